//! The findings of several compilations over one table of files.

use wfc_diag::{Diagnostic, Sources, sort_diagnostics};

/// Findings with the files they lie in.
#[derive(Default)]
pub(crate) struct Merged {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl Merged {
    /// Adds findings that lie in `sources`. A file that has been added before
    /// is in the table once, so that its findings are equal and shown once.
    pub(crate) fn add(&mut self, sources: &Sources, mut diagnostics: Vec<Diagnostic>) {
        self.sources.take_in(sources, &mut diagnostics);
        self.diagnostics.append(&mut diagnostics);
    }

    /// The table, and the findings in source order without repeats.
    pub(crate) fn finish(mut self) -> (Sources, Vec<Diagnostic>) {
        sort_diagnostics(&mut self.diagnostics);
        (self.sources, self.diagnostics)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use wfc_diag::{Span, codes};

    #[test]
    fn a_shared_file_is_told_once() {
        let mut merged = Merged::default();
        for own in ["a", "b"] {
            let mut sources = Sources::default();
            let file = sources.add(format!("{own}.yaml"), "x: 1\n");
            let shared = sources.add("lib.yaml", "y: 1\n");
            let found = |file| Diagnostic::new(codes::UNKNOWN_KEY, Span::new(file, 0, 1), "odd");
            merged.add(&sources, vec![found(shared), found(file)]);
        }
        let (sources, diagnostics) = merged.finish();
        let names: Vec<&str> = diagnostics
            .iter()
            .map(|each| sources.file(each.primary.span.file).name.as_str())
            .collect();
        assert_eq!(names, ["a.yaml", "lib.yaml", "b.yaml"]);
    }
}
