//! Findings in the expansion of a macro, told at the place of its use.

use wfc_diag::{Diagnostic, Label, Span};

use super::Macros;
use crate::lisp::messages;

/// Moves what is found in expansions to where the author wrote the outermost
/// use. The places in the templates stay as further labels, the innermost
/// first. A fix of a template is left out: not everyone who uses a macro can
/// change it.
pub(in crate::lisp) fn trace(macros: &Macros<'_>, diagnostics: &mut [Diagnostic]) {
    for each in diagnostics {
        let mut ways = Vec::new();
        while let Some(expansion) = macros.of(each.primary.span) {
            let name = &macros.all[expansion.id].name.text;
            let at_site = Label {
                span: expansion.site,
                message: messages::in_expansion(name),
            };
            let inside = std::mem::replace(&mut each.primary, at_site);
            each.secondary.insert(ways.len(), inside);
            ways.push(name.as_str());
        }
        if ways.len() > 1 {
            ways.reverse();
            each.notes.push(messages::expansion_way(&ways));
        }
        for label in &mut each.secondary {
            label.span = authored(label.span);
        }
        let edits = each.fix.iter().flat_map(|fix| &fix.edits);
        if edits.into_iter().any(|edit| edit.span.file.context() > 0) {
            each.fix = None;
        }
    }
}

/// The uses of macros that a span is from, the innermost first.
pub(in crate::lisp) fn sites(macros: &Macros<'_>, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = span;
    while let Some(expansion) = macros.of(at) {
        at = expansion.site;
        found.push(authored(at));
    }
    found
}

fn authored(span: Span) -> Span {
    Span {
        file: span.file.file(),
        ..span
    }
}
