//! Tests of the YAML reader.
#![allow(clippy::unwrap_used)]

mod errors;
mod oracle;
pub(super) mod properties;
mod reading;

use wfc_diag::{Diagnostic, FileId, Sources, Span};

use super::{Document, Kind, Node, Value, parse};

pub(super) const FILE: FileId = FileId(0);

/// Reads, and holds what must be true of every text: there is a document, the
/// findings are in order, and every place is in the file.
#[track_caller]
fn read(text: &str) -> (Document, Vec<Diagnostic>) {
    let (document, findings) = parse(FILE, text);
    let document = document.unwrap();
    let mut last = 0;
    for finding in &findings {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let spans = std::iter::once(finding.primary.span)
            .chain(finding.secondary.iter().map(|label| label.span))
            .chain(edits.map(|edit| edit.span));
        for span in spans {
            let range = span.start as usize..span.end as usize;
            assert!(
                text.get(range.clone()).is_some(),
                "{range:?} in {text:?}: {finding:?}"
            );
        }
        assert!(finding.primary.span.start >= last, "{findings:#?}");
        last = finding.primary.span.start;
    }
    spans_fit(&document.root, text);
    for span in document.comments.iter().map(|c| c.span) {
        let comment = &text[span.start as usize..span.end as usize];
        assert!(comment.starts_with('#'), "{comment:?} in {text:?}");
    }
    (document, findings)
}

fn spans_fit(node: &Node, text: &str) {
    let range = node.span.start as usize..node.span.end as usize;
    assert!(text.get(range).is_some(), "{:?} in {text:?}", node.span);
    match &node.value {
        Value::Scalar(scalar) => {
            let located = node.span_of(0..scalar.text.len(), text);
            assert!(located.start >= node.span.start.saturating_sub(text.len() as u32));
            assert!(
                text.get(located.start as usize..located.end as usize)
                    .is_some()
            );
        }
        Value::Sequence(items) => items.iter().for_each(|item| spans_fit(item, text)),
        Value::Mapping(mapping) => {
            for entry in mapping {
                spans_fit(&entry.value, text);
            }
        }
        Value::Error => {}
    }
}

/// A tree on one line: strings in quotes, other scalars by what they mean.
fn dump(node: &Node) -> String {
    match &node.value {
        Value::Error => "<error>".to_owned(),
        Value::Scalar(scalar) => match scalar.kind {
            Kind::Null => "null".to_owned(),
            Kind::Bool(value) => value.to_string(),
            Kind::Int(value) => value.to_string(),
            Kind::BigInt => format!("big {}", scalar.text),
            Kind::Float(value) => format!("float {value}"),
            Kind::String => format!("{:?}", scalar.text),
            Kind::Date => format!("date {}", scalar.text),
        },
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(dump).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(mapping) => {
            let entries: Vec<String> = mapping
                .into_iter()
                .map(|e| format!("{}: {}", e.key.text, dump(&e.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A finding in short: where, which, and the sentence.
fn short(text: &str, finding: &Diagnostic) -> String {
    let mut sources = Sources::default();
    let file = sources.add("t.yaml", text);
    let place = sources
        .file(file)
        .line_column(finding.primary.span.start as usize);
    format!(
        "{}:{} {} {}",
        place.line,
        place.column,
        finding.code.name(),
        finding.message
    )
}
