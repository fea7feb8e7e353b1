//! `path:line:column: error[E0301]: message (help)`, one line each.

use std::io::{self, Write};

use super::place::{Place, one_line};
use crate::{Diagnostic, Sources};

/// Writes one line for each finding.
pub(super) fn render(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    for diagnostic in diagnostics {
        let place = Place::new(sources, diagnostic.primary.span);
        write!(
            out,
            "{}:{}:{}: {}[{}]: {}",
            one_line(&place.file.name),
            place.start.line,
            place.start.column,
            diagnostic.severity.as_str(),
            diagnostic.code.id(),
            one_line(&diagnostic.message),
        )?;
        if let Some(help) = &diagnostic.help {
            write!(out, " ({})", one_line(help))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
