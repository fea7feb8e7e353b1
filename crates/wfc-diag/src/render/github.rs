//! GitHub Actions workflow commands, which become annotations on a change.

use std::io::{self, Write};

use super::place::{Place, full_text};
use crate::{Diagnostic, Severity, Sources};

/// Writes one command for each finding.
pub(super) fn render(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "notice",
        };
        let place = Place::new(sources, diagnostic.primary.span);
        write!(
            out,
            "::{command} file={},line={},endLine={}",
            property(&place.file.name),
            place.start.line,
            place.end.line,
        )?;
        // Annotations have columns only within one line.
        if place.start.line == place.end.line {
            write!(
                out,
                ",col={},endColumn={}",
                place.start.column, place.end.column
            )?;
        }
        let title = format!("{} {}", diagnostic.code.id(), diagnostic.code.name());
        writeln!(
            out,
            ",title={}::{}",
            property(&title),
            data(&full_text(diagnostic))
        )?;
    }
    Ok(())
}

/// Escapes the text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
