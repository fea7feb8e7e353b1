//! The layout of Workflow Lisp: the one that Lisp editors make, with the
//! author's comments, and with the same data.
//!
//! `concrete` makes a tree of the tokens, with comments and line breaks;
//! `style` says how the forms of the language are laid out; `layout` writes
//! lines. What comes out is read again and compared before anyone gets it.
//!
//! - A list that its author wrote on one line stays there if it fits into 80
//!   columns; one that its author broke stays broken.
//! - What belongs to a form stands behind its name; its body stands two columns
//!   in from its parenthesis, and the arguments of a call stand below the
//!   first.
//! - Keywords and their values share a line; if they do not all fit behind the
//!   name, each pair gets its own.
//! - Closing parentheses never begin a line, unless a comment is before them.
//! - Blank lines stay but one at a time. Texts keep their lines.

mod concrete;
mod layout;
mod style;

use wfc_diag::{FileId, has_errors};

use super::{Datum, DatumKind, File, MAX_DEPTH, parse};
use crate::format::Format;
use crate::text::{mark_and_lines, unix_lines};

/// Formats a text.
pub fn format(file: FileId, text: &str) -> Format {
    let (before, findings) = parse(file, text);
    if has_errors(&findings) {
        return Format::Errors(findings);
    }
    let formatted = lay_out(file, text);
    if formatted == text {
        return Format::Done(formatted);
    }
    let (after, findings) = parse(file, &formatted);
    match !has_errors(&findings) && same(&before, &after) {
        true => Format::Done(formatted),
        false => Format::Unsafe,
    }
}

fn lay_out(file: FileId, text: &str) -> String {
    let (mark, body) = mark_and_lines(text);
    let once = |text: &str| {
        let (tree, _) = parse(file, text);
        layout::write(&concrete::read(&tree.tokens, text))
    };
    let mut laid = once(&body);
    // A list that its author broke where the layout does not fits on a line
    // from then on, and with it perhaps the list around it.
    for _ in 0..MAX_DEPTH {
        let again = once(&laid);
        if again == laid {
            break;
        }
        laid = again;
    }
    format!("{mark}{laid}")
}

/// Do two files have the same data, documentation and comments?
fn same(a: &File, b: &File) -> bool {
    let comments = |file: &File| -> Vec<String> {
        let text = |comment: &super::Comment| unix_lines(&comment.text).into_owned();
        let all = file.comments.iter().map(text);
        all.map(|text| text.trim_end().to_owned()).collect()
    };
    comments(a) == comments(b) && same_data(&a.data, &b.data)
}

fn same_data(a: &[Datum], b: &[Datum]) -> bool {
    let mut pending = vec![(a, b)];
    while let Some((a, b)) = pending.pop() {
        if a.len() != b.len() {
            return false;
        }
        for (a, b) in a.iter().zip(b) {
            match (&a.kind, &b.kind) {
                _ if a.doc != b.doc => return false,
                (DatumKind::List(a), DatumKind::List(b)) => pending.push((a, b)),
                (a, b) if a != b => return false,
                _ => {}
            }
        }
    }
    true
}
