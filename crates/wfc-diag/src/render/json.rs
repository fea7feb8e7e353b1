//! One JSON document. Keys are only ever added within `wfc.diag/1`; every key
//! is always present.

use std::io::{self, Write};

use serde::Serialize;

use super::count;
use super::place::Place;
use crate::{Applicability, Diagnostic, Edit, Fix, Label, LineColumn, Severity, Sources, Span};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    diagnostics: Vec<Finding<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    advice: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    range: Range<'a>,
    label: &'a str,
    related: Vec<Related<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fix: Option<Repair<'a>>,
}

#[derive(Serialize)]
struct Range<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    range: Range<'a>,
}

#[derive(Serialize)]
struct Repair<'a> {
    message: &'a str,
    applicability: &'static str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    replacement: &'a str,
}

/// Writes the document and a line feed.
pub(super) fn render(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema: "wfc.diag/1",
        diagnostics: diagnostics.iter().map(|d| finding(sources, d)).collect(),
        summary: Summary {
            errors: count(diagnostics, Severity::Error),
            warnings: count(diagnostics, Severity::Warning),
            advice: count(diagnostics, Severity::Advice),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn finding<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let related = |label: &'a Label| Related {
        message: &label.message,
        range: range(sources, label.span),
    };
    Finding {
        code: diagnostic.code.id(),
        name: diagnostic.code.name(),
        severity: diagnostic.severity.as_str(),
        message: &diagnostic.message,
        range: range(sources, diagnostic.primary.span),
        label: &diagnostic.primary.message,
        related: diagnostic.secondary.iter().map(related).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fix: diagnostic.fix.as_ref().map(|fix| repair(sources, fix)),
    }
}

fn repair<'a>(sources: &'a Sources, fix: &'a Fix) -> Repair<'a> {
    let replacement = |edit: &'a Edit| Replacement {
        range: range(sources, edit.span),
        replacement: &edit.replacement,
    };
    Repair {
        message: &fix.message,
        applicability: match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::DisplayOnly => "display-only",
        },
        edits: fix.edits.iter().map(replacement).collect(),
    }
}

fn range(sources: &Sources, span: Span) -> Range<'_> {
    let place = Place::new(sources, span);
    let position = |at: LineColumn, offset: usize| Position {
        line: at.line,
        column: at.column,
        offset,
    };
    Range {
        file: &place.file.name,
        start: position(place.start, place.bytes.start),
        end: position(place.end, place.bytes.end),
    }
}
