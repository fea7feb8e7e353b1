//! Values that become artifacts: where they come from, what may be said about
//! them, and where their pointers are.

use wfc_diag::Span;
use wfc_ir::Type;

use super::narrow::{Widening, narrow};
use super::refs::Typed;
use super::{Checker, Spot};
use crate::yaml::hir::{Material, Source, Step};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn materialize(&mut self, step: &Step, values: &[Material], spot: Spot) {
        for value in values {
            self.material(value, spot);
        }
        self.pointers(step, values);
    }

    fn material(&mut self, value: &Material, spot: Spot) {
        if let Some((pointer, _)) = &value.pointer {
            self.text(pointer, spot);
        }
        let (source, declared) = match &value.source {
            Source::Unknown => return,
            Source::Literal(_) => (None, None),
            Source::NowNs => (Some(Type::Int), None),
            Source::Input(name) => match self.input(&name.value, name.span) {
                Some(Typed { ty, declared }) => (Some(ty), declared),
                None => return,
            },
            Source::Ref(reference) => match self.reference(reference, spot) {
                Some(Typed { ty, declared }) => (Some(ty), declared),
                None => return,
            },
        };
        let (ty, widenings) = narrow(source.as_ref(), value.contract.as_ref());
        for widening in widenings {
            let Widening {
                span,
                message,
                label,
            } = widening;
            self.report(match source {
                None => messages::bad_contract(span, message, label),
                Some(_) => {
                    let declared = declared.unwrap_or(value.source_span);
                    messages::contract_widened(span, message, label, declared)
                }
            });
        }
        let Some(ty) = ty else { return };
        let what = format!("`{}`", value.name.value);
        if let Source::Literal(literal) = &value.source {
            let declared = value.contract.as_ref().map(|contract| contract.span);
            self.literal(literal, &what, &ty, declared);
        }
        if !matches!(ty, Type::Path { .. }) {
            self.only_for_paths(value, &ty);
        }
    }

    fn only_for_paths(&mut self, value: &Material, ty: &Type) {
        let name = (value.name.value.as_str(), value.name.span);
        let pointer = value.pointer.as_ref().map(|(_, key)| ("a pointer", *key));
        let parent = value.ensure_parent.map(|key| ("`ensure_parent`", key));
        for (what, key) in pointer.into_iter().chain(parent) {
            self.report(messages::no_path_to_point_to(key, what, name, ty));
        }
    }

    /// A published path has one pointer file: that of the artifact.
    fn pointers(&mut self, step: &Step, values: &[Material]) {
        for publish in &step.publishes {
            let from = values.iter().find(|v| v.name.value == publish.from.value);
            let own: Option<(String, Span)> = from
                .and_then(|value| value.pointer.as_ref())
                .map(|(text, _)| (text.authored(), text.span));
            let mut registry = self.module.workflow.artifacts.iter();
            let def = registry.find(|def| def.name.value == publish.artifact.value);
            let canonical = def.and_then(|def| Some((def.pointer.as_ref()?.authored(), def)));
            if let (Some((own, span)), Some((canonical, def))) = (own, canonical)
                && own != canonical
            {
                self.report(messages::second_pointer(
                    span,
                    &own,
                    (&def.name.value, def.name.span),
                    &canonical,
                ));
            }
        }
    }
}
