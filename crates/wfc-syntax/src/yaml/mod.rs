//! YAML text to a tree with spans and comments, never failing.
//!
//! `events` wraps the event parser; `build` makes a tree of the events;
//! `scalar` says what a plain scalar means. When the parser gets stuck,
//! `diagnose` finds the mistake and the smallest repair; the repaired text is
//! read again, from the start, and `patch` keeps every position true to the
//! file. So after a syntax error what follows is read with the structure the
//! author meant: an unclosed bracket or quote is closed, a line in a wrong
//! column is moved to the nearest right one, a value that needs quotes gets
//! them, and a line that cannot be understood is left out. A value that is lost
//! is [`Value::Error`], about which nobody complains again. If a repair does
//! not help, the line is dropped; after [`MAX_REPAIRS`] repairs what was read
//! so far is kept.

mod build;
mod diagnose;
mod diagnose_flow;
mod diagnose_text;
mod events;
mod format;
mod lines;
mod locate;
mod patch;
mod scalar;
mod tags;
#[cfg(test)]
mod tests;
mod tree;

use wfc_diag::{Diagnostic, FileId, Span, codes, sort_diagnostics};

pub use format::format;
pub use scalar::resolve;
pub use tree::{
    Alias, Anchor, Comment, Document, Entry, Key, Kind, Mapping, Node, Scalar, Style, Value,
};

use crate::limits::{MAX_FILE_BYTES, MAX_FINDINGS, MAX_REPAIRS};
use events::Problem;
use patch::Patched;

/// Reads a YAML file. The document is there unless the file is too large; a
/// file without any value has a missing null as its root. The findings are in
/// source order, and every span lies in the file.
pub fn parse(file: FileId, text: &str) -> (Option<Document>, Vec<Diagnostic>) {
    if text.len() > MAX_FILE_BYTES {
        let finding = Diagnostic::new(
            codes::YAML_SYNTAX,
            Span::at(file, 0),
            "the file is too large to be read",
        )
        .note(format!("the limit is {MAX_FILE_BYTES} bytes"));
        return (None, vec![finding]);
    }
    let mut patched = Patched::new(text);
    let mut findings = Vec::new();
    // Failures so far, and where in the file the last repair ends.
    let mut failures: Vec<(usize, Problem)> = Vec::new();
    let mut mended = 0;
    loop {
        let outcome = build::build(file, &patched);
        let patches = outcome.stuck.as_ref().map(|stuck| {
            let at = stuck.failure.offset;
            let failure = (patched.in_file(&(at..at)).start, stuck.failure.problem);
            let repeated = failures.contains(&failure);
            failures.push(failure);
            let finding = diagnose::diagnose(file, &patched, stuck);
            // What is found where a repair was made is its consequence.
            let start = finding.diagnostic.primary.span.start as usize;
            if findings.is_empty() || !repeated && start >= mended {
                findings.push(finding.diagnostic);
            }
            if failures.len() > MAX_REPAIRS {
                Vec::new()
            } else if repeated || finding.patches.is_empty() {
                diagnose::drop_lines(patched.text(), stuck)
            } else {
                finding.patches
            }
        });
        let Some(patches) = patches.filter(|patches| !patches.is_empty()) else {
            findings.extend(outcome.diagnostics);
            sort_diagnostics(&mut findings);
            if findings.len() > MAX_FINDINGS {
                let more = findings.len() - MAX_FINDINGS;
                findings.truncate(MAX_FINDINGS);
                if let Some(last) = findings.last_mut() {
                    let note = format!("{more} further findings in this file are not shown");
                    last.notes.push(note);
                }
            }
            return (Some(outcome.document), findings);
        };
        for patch in &patches {
            let end = patched.in_file(&patch.range).end;
            mended = mended.max(lines::line_end(text, end));
        }
        patched.apply(&patches);
    }
}
