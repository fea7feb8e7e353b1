//! The shape of the file: keys, kinds, forms, versions.

use wfc_diag::{Applicability, Diagnostic, Span, codes, one_of};

use super::{error, insert};
use crate::yaml::gates::{Feature, Version};

pub(crate) fn unknown_key(span: Span, key: &str, what: &str, allowed: &[&str]) -> Diagnostic {
    error(
        codes::UNKNOWN_KEY,
        span,
        format!("{what} has no key `{key}`"),
    )
    .label("unknown key")
    .suggest(span, key, allowed.iter().copied())
}

pub(crate) fn missing_key(span: Span, key: &str, what: &str) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        format!("{what} needs the key `{key}`"),
    )
    .label(format!("`{key}` is missing here"))
}

pub(crate) fn missing_version(span: Span) -> Diagnostic {
    let newest = Version::NEWEST.as_str();
    missing_key(span, "version", "a workflow")
        .help(format!("begin the file with `version: \"{newest}\"`"))
        .fix(insert(
            span,
            format!("version: \"{newest}\"\n"),
            format!("begin the file with `version: \"{newest}\"`"),
        ))
}

/// A word for a type that other languages use.
pub(crate) fn foreign_type(diagnostic: Diagnostic, span: Span, word: &str) -> Diagnostic {
    const SYNONYMS: [(&str, &str); 12] = [
        ("boolean", "bool"),
        ("int", "integer"),
        ("number", "float"),
        ("double", "float"),
        ("str", "string"),
        ("text", "string"),
        ("path", "relpath"),
        ("file", "relpath"),
        ("array", "list"),
        ("object", "map"),
        ("dict", "map"),
        ("choice", "enum"),
    ];
    match SYNONYMS.iter().find(|(other, _)| *other == word) {
        None => diagnostic,
        Some((_, own)) => diagnostic
            .help(format!("the type is called `{own}` here"))
            .replace(
                span,
                *own,
                format!("replace `{word}` with `{own}`"),
                Applicability::Unsafe,
            ),
    }
}

/// An operator as other languages write it.
pub(crate) fn foreign_operator(diagnostic: Diagnostic, span: Span, word: &str) -> Diagnostic {
    const SYNONYMS: [(&str, &str); 14] = [
        ("=", "eq"),
        ("==", "eq"),
        ("is", "eq"),
        ("equal", "eq"),
        ("equals", "eq"),
        ("!=", "ne"),
        ("<>", "ne"),
        ("not", "ne"),
        ("neq", "ne"),
        ("<", "lt"),
        ("<=", "lte"),
        ("le", "lte"),
        (">", "gt"),
        (">=", "gte"),
    ];
    match SYNONYMS.iter().find(|(other, _)| *other == word) {
        None => diagnostic,
        Some((_, own)) => write(diagnostic, span, own),
    }
}

/// A call without the id that names its frame. `indent` is that of the keys of
/// a step laid out in lines.
pub(crate) fn missing_call_id(
    span: Span,
    before: Span,
    indent: Option<usize>,
    id: Option<&str>,
) -> Diagnostic {
    let found = missing_key(span, "id", "a step with `call`")
        .note("the id names the frame of the call on disk, so it must not follow the display name");
    let Some(id) = id else { return found };
    let text = match indent {
        Some(indent) => format!("id: {id}\n{}", " ".repeat(indent)),
        None => format!("id: {id}, "),
    };
    let message = format!("add `id: {id}`");
    found
        .help(message.clone())
        .fix(insert(before, text, message))
}

pub(crate) fn wrong_type(span: Span, what: &str, expected: &str, found: &str) -> Diagnostic {
    error(
        codes::WRONG_TYPE,
        span,
        format!("{what} must be {expected}, not {found}"),
    )
    .label(format!("expected {expected}"))
}

pub(crate) fn quote(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    diagnostic
        .help(format!("write {quoted} for the text"))
        .replace(span, quoted, "put it in quotes", Applicability::Safe)
}

/// A help that says what to write instead, with the fix.
pub(crate) fn write(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    let message = format!("write `{text}`");
    diagnostic
        .help(message.clone())
        .replace(span, text, message, Applicability::Unsafe)
}

pub(crate) fn date(span: Span, what: &str, text: &str) -> Diagnostic {
    let found = wrong_type(span, what, "a text, a number or a boolean", "a date")
        .note("YAML reads an unquoted date as a date, which means nothing here");
    quote(found, span, text)
}

pub(crate) fn bad_word<'a>(
    span: Span,
    what: &str,
    found: &str,
    allowed: impl IntoIterator<Item = &'a str> + Clone,
) -> Diagnostic {
    error(
        codes::BAD_VALUE,
        span,
        format!("`{found}` is no value for {what}"),
    )
    .label("not one of the allowed values")
    .suggest(span, found, allowed)
}

pub(crate) fn bad_value(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    error(codes::BAD_VALUE, span, message).label(label)
}

pub(crate) fn empty(span: Span, what: &str, items: &str) -> Diagnostic {
    bad_value(span, format!("{what} must not be empty"), "empty")
        .help(format!("add {items}, or remove the key"))
}

pub(crate) fn bad_id(span: Span, id: &str) -> Diagnostic {
    bad_value(
        span,
        format!("`{id}` is no id: an id is a letter followed by letters, digits and `_`"),
        "not an id",
    )
}

pub(crate) fn gate(span: Span, feature: Feature, since: Version, version: Span) -> Diagnostic {
    let newer = since.as_str();
    error(
        codes::VERSION_GATE,
        span,
        format!("{} requires version \"{newer}\"", feature.describe()),
    )
    .label(format!("new in \"{newer}\""))
    .also(version, "the file declares an older version")
    .help(format!("raise `version` to \"{newer}\" or later"))
    .replace(
        version,
        format!("\"{newer}\""),
        format!("raise the version to \"{newer}\""),
        Applicability::Unsafe,
    )
}

pub(crate) fn unknown_version(span: Span, found: &str) -> Diagnostic {
    let newest = Version::NEWEST.as_str();
    error(
        codes::VERSION_UNSUPPORTED,
        span,
        format!("there is no version \"{found}\" of the language"),
    )
    .label("unknown version")
    .note(format!("expected {}", one_of(Version::all())))
    .help(format!("for a new file write \"{newest}\""))
    .replace(
        span,
        format!("\"{newest}\""),
        format!("replace `{found}` with \"{newest}\""),
        Applicability::Unsafe,
    )
}

pub(crate) fn not_supported(span: Span, key: &str) -> Diagnostic {
    error(
        codes::NOT_SUPPORTED,
        span,
        format!("`{key}` is not supported yet by this version of wfc"),
    )
    .label("known, but not supported yet")
}

pub(crate) fn no_form(span: Span, forms: &[&str]) -> Diagnostic {
    error(
        codes::EXECUTION_FORMS,
        span,
        "the step does not say what it does",
    )
    .label("nothing to execute")
    .note(format!("expected one of {}", one_of(forms.iter().copied())))
    .help("add `command: [...]` or another of these keys")
}

pub(crate) fn two_forms(first: (Span, &str), second: (Span, &str)) -> Diagnostic {
    error(
        codes::EXECUTION_FORMS,
        second.0,
        format!("a step cannot have both `{}` and `{}`", first.1, second.1),
    )
    .label("a second thing to do")
    .also(first.0, format!("`{}` is here", first.1))
    .help("make two steps of it, or remove one of the keys")
}

pub(crate) fn key_conflict(first: (Span, &str), second: (Span, &str)) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        second.0,
        format!("`{}` and `{}` exclude each other", first.1, second.1),
    )
    .label("excluded")
    .also(first.0, format!("by `{}`", first.1))
    .help("keep one of them")
}

pub(crate) fn key_of_other_form(span: Span, key: &str, form: &str, owners: &str) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        span,
        format!("`{key}` has no meaning in a step with `{form}`"),
    )
    .label(format!("belongs to {owners}"))
    .help("remove the key")
}

pub(crate) fn needs_key(span: Span, key: &str, other: &str) -> Diagnostic {
    error(
        codes::KEY_CONFLICT,
        span,
        format!("`{key}` has no meaning without `{other}`"),
    )
    .label(format!("needs `{other}`"))
}

pub(crate) fn placement(
    span: Span,
    message: impl Into<String>,
    label: &str,
    help: &str,
) -> Diagnostic {
    error(codes::PLACEMENT, span, message)
        .label(label)
        .help(help)
}

pub(crate) fn one_operator(span: Span, count: usize, allowed: &[&str]) -> Diagnostic {
    let message = match count {
        0 => "a condition needs an operator".to_owned(),
        n => format!("a condition has one operator, and this has {n}"),
    };
    let code = match count {
        0 => codes::MISSING_KEY,
        _ => codes::KEY_CONFLICT,
    };
    let found = error(code, span, message)
        .label("expected one operator")
        .note(format!("expected {}", one_of(allowed.iter().copied())));
    match count {
        0 => found,
        _ => found.help("join several with `all_of` or `any_of`"),
    }
}

pub(crate) fn open_quote(span: Span, error: wfc_ir::Unsplit) -> Diagnostic {
    let (label, help) = match error.mark {
        '\\' => (
            "nothing follows",
            "write `\\\\` for a backslash, or write the command as a list",
        ),
        _ => (
            "has no partner",
            "close the quote, put a backslash before it, or write the command as a list",
        ),
    };
    let message = format!("the command cannot be split into words: {error}");
    bad_value(span, message, label).help(help)
}

pub(crate) fn hole_in_operand(span: Span, text: &str) -> Diagnostic {
    let found = bad_value(
        span,
        "nothing is filled into an operand of `compare`",
        "compared as it is written",
    );
    let name = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
    match name.and_then(|name| name.strip_prefix("steps.")) {
        Some(rest) => found.help(format!("write `{{ref: root.steps.{rest}}}`")),
        None => match name.filter(|name| name.starts_with("inputs.")) {
            Some(name) => found.help(format!("write `{{ref: {name}}}`")),
            None => found.help("write `{ref: ...}`, or use `equals` to compare texts"),
        },
    }
}
