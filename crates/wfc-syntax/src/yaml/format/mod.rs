//! The layout of YAML: one for every text, with its comments, and with the
//! same meaning.
//!
//! `concrete` reads what the author wrote, unresolved; `layout` makes lines of
//! it; `weave` puts comments and blank lines between them. What comes out is
//! read again and compared before anyone gets it.
//!
//! - Two spaces for each level, lists in from their key, one space behind `:`
//!   and `-`, `, ` between items, none at the end of a line.
//! - Keys and items keep their order, blank lines stay but one at a time.
//! - `[...]` and `{ ... }` on one line stay there if they fit in it; else each
//!   item gets its line.
//! - Block texts keep their lines, other texts of several lines too.
//! - `'...'` becomes `"..."` where nothing has to be escaped for that.
//! - A comment stays behind what it stands behind, and goes with what follows
//!   otherwise, but at the end of a block it stays in it.

mod concrete;
mod layout;
mod scalars;
mod source;
#[cfg(test)]
mod tests;
mod weave;

use wfc_diag::{FileId, has_errors};

use super::{Document, Kind, Node, Value, parse};
use crate::format::Format;
use crate::text::mark_and_lines;

/// Formats a YAML text.
pub fn format(file: FileId, text: &str) -> Format {
    let (before, findings) = parse(file, text);
    let before = match before {
        Some(document) if !has_errors(&findings) => document,
        _ => return Format::Errors(findings),
    };
    let formatted = lay_out(text);
    if formatted == text {
        return Format::Done(formatted);
    }
    match parse(file, &formatted) {
        (Some(after), findings) if !has_errors(&findings) && same(&before, &after) => {
            Format::Done(formatted)
        }
        _ => Format::Unsafe,
    }
}

/// Formats a text without errors. Any other is given back, and so is one that
/// is a single scalar: that is no workflow.
fn lay_out(text: &str) -> String {
    let (mark, body) = mark_and_lines(text);
    let Some(document) = concrete::read(&body).filter(|read| !read.is_scalar()) else {
        return text.to_owned();
    };
    let source = source::Source::new(&body, &document.comments);
    let laid = layout::lay(&source, &document);
    if laid.is_torn(&document) {
        return text.to_owned();
    }
    format!("{mark}{}", weave::weave(&source, &laid))
}

/// Do two documents say the same, comments included?
fn same(a: &Document, b: &Document) -> bool {
    let comments = |document: &Document| -> Vec<String> {
        let texts = document.comments.iter().map(|comment| &comment.text);
        texts.map(|text| text.trim_end().to_owned()).collect()
    };
    let names = |document: &Document| -> Vec<String> {
        let anchors = document.anchors.iter().map(|anchor| &anchor.name);
        let aliases = document.aliases.iter().map(|alias| &alias.name);
        anchors.chain(aliases).cloned().collect()
    };
    same_value(&a.root, &b.root) && comments(a) == comments(b) && names(a) == names(b)
}

fn same_value(a: &Node, b: &Node) -> bool {
    let kind = |kind: Kind| match kind {
        // Not-a-number is the same as itself here.
        Kind::Float(value) => (Kind::Null, value.to_bits()),
        other => (other, 0),
    };
    let values = match (&a.value, &b.value) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            a.text == b.text && kind(a.kind) == kind(b.kind) && a.quoted == b.quoted
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            a.len() == b.len()
                && a.into_iter().zip(b).all(|(a, b)| {
                    a.key.text == b.key.text
                        && a.merged == b.merged
                        && same_value(&a.value, &b.value)
                })
        }
        (a, b) => a == b,
    };
    values && a.alias.is_some() == b.alias.is_some()
}
