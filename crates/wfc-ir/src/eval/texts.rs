//! Text, and paths.

use super::{EvalError, lists};
use crate::Value;

pub(super) fn text(value: &Value) -> Result<&str, EvalError> {
    value.as_str().ok_or_else(|| {
        EvalError::Type(format!(
            "expected a string, found {}",
            crate::types::shown(value)
        ))
    })
}

/// Does `test` hold of two texts?
pub(super) fn both(
    a: &Value,
    b: &Value,
    test: impl Fn(&str, &str) -> bool,
) -> Result<Value, EvalError> {
    Ok(Value::from(test(text(a)?, text(b)?)))
}

/// Texts as one, with `between` between them.
pub(super) fn join(all: &Value, between: &Value) -> Result<Value, EvalError> {
    let texts = lists::items(all)?.iter().map(text);
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    Ok(Value::from(texts.join(text(between)?)))
}

/// What stands between the places of `at`; every character when that is
/// empty.
pub(super) fn split(whole: &Value, at: &Value) -> Result<Value, EvalError> {
    let (whole, at) = (text(whole)?, text(at)?);
    Ok(Value::Array(if at.is_empty() {
        whole.chars().map(|c| Value::from(c.to_string())).collect()
    } else {
        whole.split(at).map(Value::from).collect()
    }))
}

/// `old` replaced by `new`; nothing when that is empty.
pub(super) fn replace(whole: &Value, old: &Value, new: &Value) -> Result<Value, EvalError> {
    let (whole, old, new) = (text(whole)?, text(old)?, text(new)?);
    Ok(Value::from(if old.is_empty() {
        whole.to_owned()
    } else {
        whole.replace(old, new)
    }))
}

/// The path `child` inside of `root`, which it does not leave.
pub(super) fn join_path(root: &Value, child: &Value) -> Result<Value, EvalError> {
    let (root, child) = (text(root)?, text(child)?);
    let bad = |why: &str| {
        let child = Value::from(child);
        Err(EvalError::Type(format!(
            "{} {why}",
            crate::types::shown(&child)
        )))
    };
    if child.is_empty() {
        return bad("is no path");
    }
    if child.starts_with('/') {
        return bad("is absolute, and must begin below a directory");
    }
    if child.contains(['\0', '\\']) {
        return bad("has a character that no path may have");
    }
    if child.split('/').any(|part| part == "..") {
        return bad("would leave the directory");
    }
    let parts = child.split('/').filter(|part| !matches!(*part, "" | "."));
    let child = parts.collect::<Vec<_>>().join("/");
    let root = root.trim_end_matches('/');
    Ok(Value::from(match (root, child.as_str()) {
        ("" | ".", child) => child.to_owned(),
        (root, "") => root.to_owned(),
        (root, child) => format!("{root}/{child}"),
    }))
}
