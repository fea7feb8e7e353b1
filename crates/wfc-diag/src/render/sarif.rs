//! SARIF 2.1.0: the static analysis interchange format of code scanners.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::place::{Place, full_text};
use crate::{Code, Diagnostic, Edit, Fix, Label, Severity, Sources, Span, explain};

/// Writes one run and a line feed.
pub(super) fn render(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|d| d.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| result(sources, &codes, diagnostic))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "wfc",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "name": code.name(),
        "shortDescription": { "text": code.name().replace('-', " ") },
        "help": { "text": explain(code), "markdown": explain(code) },
        "defaultConfiguration": { "level": level(code.info().severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn result(sources: &Sources, codes: &[Code], diagnostic: &Diagnostic) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": level(diagnostic.severity),
        "message": { "text": full_text(diagnostic) },
        "locations": [location(sources, &diagnostic.primary)],
    });
    if !diagnostic.secondary.is_empty() {
        result["relatedLocations"] = diagnostic
            .secondary
            .iter()
            .map(|label| location(sources, label))
            .collect();
    }
    if let Some(fix) = &diagnostic.fix {
        result["fixes"] = json!([repair(sources, fix)]);
    }
    result
}

fn location(sources: &Sources, label: &Label) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&sources.file(label.span.file).name) },
            "region": region(sources, label.span),
        },
    });
    if !label.message.is_empty() {
        location["message"] = json!({ "text": label.message });
    }
    location
}

fn region(sources: &Sources, span: Span) -> Value {
    let place = Place::new(sources, span);
    json!({
        "startLine": place.start.line,
        "startColumn": place.start.column,
        "endLine": place.end.line,
        "endColumn": place.end.column,
    })
}

fn repair(sources: &Sources, fix: &Fix) -> Value {
    let mut files: BTreeMap<_, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.span.file).or_default().push(edit);
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, edits)| {
            let replacements: Vec<Value> = edits
                .into_iter()
                .map(|edit| {
                    json!({
                        "deletedRegion": region(sources, edit.span),
                        "insertedContent": { "text": edit.replacement },
                    })
                })
                .collect();
            json!({
                "artifactLocation": { "uri": uri(&sources.file(file).name) },
                "replacements": replacements,
            })
        })
        .collect();
    json!({
        "description": { "text": fix.message },
        "artifactChanges": changes,
    })
}

/// A path as a URI reference: `file:` where it is absolute, else relative.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
