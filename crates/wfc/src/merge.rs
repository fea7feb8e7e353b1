//! The findings of several compilations over one table of files.

use std::collections::HashMap;

use wfc_diag::{Diagnostic, FileId, Label, Sources, Span, sort_diagnostics};

/// Findings with the files they lie in.
#[derive(Default)]
pub(crate) struct Merged {
    sources: Sources,
    by_name: HashMap<String, FileId>,
    diagnostics: Vec<Diagnostic>,
}

impl Merged {
    /// Adds findings that lie in `sources`. A file that has been added before
    /// is in the table once, so that its findings are equal and shown once.
    pub(crate) fn add(&mut self, sources: &Sources, diagnostics: Vec<Diagnostic>) {
        let mut ids = HashMap::new();
        for (id, file) in sources.iter() {
            let ours = *self
                .by_name
                .entry(file.name.clone())
                .or_insert_with(|| self.sources.add(file.name.clone(), file.text.clone()));
            ids.insert(id, ours);
        }
        let rebase = |span: &mut Span| {
            if let Some(ours) = ids.get(&span.file) {
                span.file = *ours;
            }
        };
        for mut each in diagnostics {
            let Label { span, .. } = &mut each.primary;
            rebase(span);
            each.secondary.iter_mut().for_each(|l| rebase(&mut l.span));
            if let Some(fix) = &mut each.fix {
                fix.edits.iter_mut().for_each(|edit| rebase(&mut edit.span));
            }
            self.diagnostics.push(each);
        }
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
    use wfc_diag::codes;

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
