//! Literals against types: defaults, scalars, overrides.

use wfc_diag::Span;
use wfc_ir::{Files, PathKind, Type, Value};

use super::Checker;
use crate::yaml::hir::{Data, Spanned};
use crate::yaml::messages;

/// A workspace in which everything exists: what is there decides the run.
struct AnyFiles;

impl Files for AnyFiles {
    fn read(&self, _path: &str) -> Option<Result<String, String>> {
        None
    }

    fn resolve(&self, path: &str) -> Result<(String, PathKind), String> {
        Ok((path.to_owned(), PathKind::File))
    }
}

/// Why a literal is no value of a type, in one phrase.
pub(super) fn misfit(ty: &Type, value: &Value) -> Option<String> {
    let errors = ty.check(value, &AnyFiles).err()?;
    errors.first().map(ToString::to_string)
}

impl Checker<'_> {
    pub(super) fn defaults(&mut self) {
        for input in &self.module.workflow.inputs {
            let (Some(ty), Some(default)) = (&input.declared.ty, &input.default) else {
                continue;
            };
            // An input that need not be bound may be nothing.
            if default.value.is_null() && !input.required {
                continue;
            }
            if let Some(why) = misfit(ty, &default.value).or_else(|| self.absent(ty, default)) {
                let word = match ty {
                    Type::Enum { allowed } => default.value.as_str().map(|w| (w, &**allowed)),
                    _ => None,
                };
                let found = messages::bad_default(default.span, &why, input.name.span, word);
                self.report(found);
            }
        }
    }

    /// A default that must name something, and does not: a run that takes it
    /// could not start.
    fn absent(&self, ty: &Type, default: &Spanned<Value>) -> Option<String> {
        let Type::Path {
            under,
            must_exist: true,
        } = ty
        else {
            return None;
        };
        let path = wfc_ir::placed_under(default.value.as_str()?, under.as_deref());
        let there = self.loader.exists(std::path::Path::new(&path));
        (!there).then(|| format!("nothing is at `{path}`, and it must exist"))
    }

    pub(super) fn registry(&mut self) {
        let workflow = &self.module.workflow;
        let spot = super::Spot {
            scope: workflow.body.ix,
            at: super::At::End,
        };
        for artifact in &workflow.artifacts {
            if let Some(pointer) = &artifact.pointer {
                self.text(pointer, spot);
            }
        }
        for provider in &workflow.providers {
            for (_, value) in &provider.defaults {
                self.data(value, spot);
            }
        }
    }

    /// Checks every hole in some data.
    pub(super) fn data(&mut self, data: &Data, spot: super::Spot) {
        match data {
            Data::Plain(_) => {}
            Data::Text(text) => self.text(text, spot),
            Data::List(items) => items.iter().for_each(|item| self.data(item, spot)),
            Data::Map(entries) => entries.iter().for_each(|(_, each)| self.data(each, spot)),
        }
    }

    /// Reports a literal that is no value of `ty`.
    pub(super) fn literal(
        &mut self,
        value: &Spanned<Value>,
        what: &str,
        ty: &Type,
        declared: Option<Span>,
    ) {
        if misfit(ty, &value.value).is_none() {
            return;
        }
        if let (Type::Enum { allowed }, Some(word)) = (ty, value.value.as_str()) {
            let found = messages::outside_allowed(value.span, what, word, allowed, declared);
            self.report(found);
            return;
        }
        let found = messages::mismatch(
            value.span,
            what,
            &super::types::shown(ty),
            &super::types::literal(&value.value),
            declared,
        );
        // What is inside a value, or a path, needs more words.
        let inside = matches!(ty, Type::Path { .. } | Type::List { .. } | Type::Map { .. });
        self.report(match misfit(ty, &value.value) {
            Some(why) if inside => found.note(why),
            _ => found,
        });
    }
}
