//! Calls: the bindings against the inputs of the called workflow.

use wfc_diag::{Span, codes, nearest};

use super::{Checker, Spot, types};
use crate::yaml::hir::{Input, Name, Operand, Workflow};
use crate::yaml::messages;
use crate::yaml::modules::Modules;

impl Checker<'_> {
    pub(super) fn call(&mut self, alias: &Name, with: &[(Name, Operand)], spot: Spot) {
        self.used.imports.insert(alias.value.clone());
        let module = self.module;
        let found: Vec<_> = with
            .iter()
            .map(|(_, value)| self.operand(value, spot))
            .collect();
        if Modules::import(module, &alias.value).is_none() {
            let imports = &module.workflow.imports;
            let known = imports.iter().map(|import| import.alias.value.as_str());
            let found = messages::unknown(
                codes::UNKNOWN_IMPORT,
                alias.span,
                "import",
                &alias.value,
                known,
            );
            let mut paths = imports.iter().filter_map(|import| {
                let path = import.path.as_ref()?;
                (path.value == alias.value).then_some(import.alias.value.as_str())
            });
            self.report(match paths.next() {
                Some(own) => messages::write(found, alias.span, own)
                    .note("`call` takes the name of an import, not its path"),
                None => found,
            });
            return;
        }
        // An import that could not be read was reported.
        let Some(callee) = self.modules.callee(module, &alias.value) else {
            return;
        };
        let callee = &callee.workflow;
        for ((name, value), found) in with.iter().zip(found) {
            let Some(input) = callee.inputs.iter().find(|i| i.name.value == name.value) else {
                let known: Vec<&str> = callee
                    .inputs
                    .iter()
                    .map(|input| input.name.value.as_str())
                    .filter(|input| !with.iter().any(|(name, _)| name.value == *input))
                    .collect();
                self.report(messages::unknown_binding(
                    name.span,
                    &name.value,
                    &alias.value,
                    &known,
                ));
                continue;
            };
            let Some(wanted) = &input.declared.ty else {
                continue;
            };
            let what = format!("the input `{}` of `{}`", name.value, alias.value);
            let declared = Some(input.name.span);
            match (value, found) {
                (Operand::Literal(value), _) => self.literal(value, &what, wanted, declared),
                (Operand::Ref(reference), Some(found)) if !types::can_fit(&found.ty, wanted) => {
                    self.report(messages::mismatch(
                        reference.span,
                        &what,
                        &types::shown(wanted),
                        &types::shown(&found.ty),
                        declared,
                    ));
                }
                _ => {}
            }
        }
        self.missing(alias, with, callee);
    }

    fn missing(&mut self, alias: &Name, with: &[(Name, Operand)], callee: &Workflow) {
        // Of a file with syntax errors, the inputs are not all known.
        if callee.broken {
            return;
        }
        let missing: Vec<(&str, Span)> = callee
            .inputs
            .iter()
            .filter(|input| input.required && input.default.is_none())
            .filter(|input| !with.iter().any(|(name, _)| name.value == input.name.value))
            // A misspelt binding was reported as an unknown one.
            .filter(|input| {
                !with
                    .iter()
                    .any(|(name, _)| is_slip(&name.value, input, callee))
            })
            .map(|input| (input.name.value.as_str(), input.name.span))
            .collect();
        if missing.is_empty() {
            return;
        }
        self.report(messages::missing_bindings(
            alias.span,
            &alias.value,
            &missing,
        ));
    }
}

/// Is `name` no input of `callee`, and looks like `input`?
fn is_slip(name: &str, input: &Input, callee: &Workflow) -> bool {
    let known = callee.inputs.iter().any(|input| input.name.value == name);
    !known && nearest(name, [input.name.value.as_str()]).is_some()
}
