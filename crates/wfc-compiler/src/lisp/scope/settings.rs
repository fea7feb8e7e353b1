//! What a workflow says of itself besides what it does.

use wfc_diag::Diagnostic;

use super::World;
use crate::lisp::defs::SettingsDef;
use crate::lisp::hir::{ArtifactDef, Settings};

impl World<'_> {
    /// The settings, with types that are known.
    pub(super) fn settings(
        &mut self,
        def: &SettingsDef,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Settings {
        let artifacts = def.artifacts.iter().map(|each| ArtifactDef {
            name: each.name.text.clone(),
            ty: self.resolve(&each.ty, diagnostics),
            pointer: each.pointer.clone(),
        });
        Settings {
            artifacts: artifacts.collect(),
            strict: !def.lenient,
            max_transitions: def.max_transitions,
            context: def.context.clone(),
            ledger: def.ledger,
        }
    }
}
