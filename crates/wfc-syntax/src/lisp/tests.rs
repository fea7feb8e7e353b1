#![allow(clippy::unwrap_used)]

mod formatting;
mod layout;
mod properties;
mod reading;
mod typing;

use std::fmt::Write as _;

use wfc_diag::{Diagnostic, FileId, Span};

use super::{Datum, DatumKind, parse};

const FILE: FileId = FileId(0);

/// Reads `input` and compares the data (one a line, then a rule) and the
/// findings with `expected`.
fn check(input: &str, expected: &str) {
    let (file, diagnostics) = parse(FILE, input);
    let mut shown = String::new();
    for datum in &file.data {
        show(datum, &mut shown);
        shown.push('\n');
    }
    for found in &diagnostics {
        shown.push_str(&describe(input, found));
        shown.push('\n');
    }
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let shown: Vec<&str> = shown.lines().map(str::trim).collect();
    assert_eq!(
        shown.join("\n"),
        expected.join("\n"),
        "\n--- input ---\n{input}\n"
    );
}

/// A datum on one line: `#doc` before it when it has one, `!` for an error.
fn show(datum: &Datum, out: &mut String) {
    if let Some(doc) = &datum.doc {
        write!(out, "{doc:?}#").unwrap();
    }
    match &datum.kind {
        DatumKind::List(data) => {
            out.push('(');
            for (at, datum) in data.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                show(datum, out);
            }
            out.push(')');
        }
        DatumKind::Symbol(name) => out.push_str(name),
        DatumKind::Keyword(name) => write!(out, ":{name}").unwrap(),
        DatumKind::Str(value) => write!(out, "{value:?}").unwrap(),
        DatumKind::Int(value) => write!(out, "{value}").unwrap(),
        DatumKind::Float(value) => write!(out, "{value:?}").unwrap(),
        DatumKind::Bool(value) => write!(out, "{value}").unwrap(),
        DatumKind::Error => out.push('!'),
    }
}

/// `line:column code message [secondary places] {fix}`.
fn describe(input: &str, found: &Diagnostic) -> String {
    let mut out = format!(
        "{} {} {}",
        place(input, found.primary.span),
        found.code.name(),
        found.message
    );
    for label in &found.secondary {
        write!(out, " [{} {}]", place(input, label.span), label.message).unwrap();
    }
    for edit in found.fix.iter().flat_map(|fix| &fix.edits) {
        write!(
            out,
            " {{{} {:?}}}",
            place(input, edit.span),
            edit.replacement
        )
        .unwrap();
    }
    out
}

/// `line:column`, and `+length` when it is not one byte.
fn place(input: &str, span: Span) -> String {
    let before = &input[..span.start as usize];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    match span.end - span.start {
        1 => format!("{line}:{column}"),
        length => format!("{line}:{column}+{length}"),
    }
}
