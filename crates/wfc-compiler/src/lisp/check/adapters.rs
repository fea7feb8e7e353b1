//! Commands that take their input as one JSON argument: `:inputs`, and the
//! signature that a certified adapter has for them.

use wfc_diag::Span;
use wfc_ir::Prim;
use wfc_syntax::lisp::types::parse_type;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::types::Ty;
use crate::project::{Command, CommandInput};

const FORM: &str = "command-result";
const SHAPE: &str = ":inputs ((field value) …)";

/// The commands that forms are, or were once, made of. Calling them by name
/// takes up a state, or moves an item, that nobody has found to be valid.
const OF_FORMS: &[(&str, &str)] = &[
    ("validate_reusable_phase_state", "resume-or-start"),
    ("load_canonical_phase_result", "resume-or-start"),
    ("write_reusable_phase_state_v1", "resume-or-start"),
    ("apply_resource_transition", "resource-transition"),
];

/// The form that a command belongs to, for any type of result. What stands for
/// the form is at the place of the form.
pub(super) fn form_of(command: &str, at: Span, form: Span) -> Option<&'static str> {
    let bare = command.split("__").next().unwrap_or(command);
    let found = OF_FORMS.iter().find(|(known, _)| *known == bare);
    found.filter(|_| at != form).map(|(_, form)| *form)
}

/// The mistake was reported.
pub(super) struct Reported;

impl Checker<'_, '_> {
    /// `:adapter name` says that the command is one whose input is described.
    pub(super) fn adapter(
        &mut self,
        arguments: &Arguments<'_>,
        command: &str,
        bound: Option<&Command>,
        fine: &mut bool,
    ) {
        let Some(datum) = arguments.get("adapter") else {
            return;
        };
        let Some(name) = datum.as_symbol() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    FORM,
                    ":adapter name",
                    "an adapter is named by a symbol",
                ));
            }
            *fine = false;
            return;
        };
        if name != command {
            self.report(messages::other_adapter(datum.span, name, command));
            *fine = false;
        } else if bound.is_some_and(|bound| bound.inputs.is_none()) {
            self.report(messages::no_adapter(datum.span, name));
            *fine = false;
        }
    }

    /// The JSON argument that `:inputs` describes.
    pub(super) fn command_input(
        &mut self,
        span: Span,
        arguments: &Arguments<'_>,
        name: &str,
        bound: Option<&Command>,
    ) -> Result<Option<Expr>, Reported> {
        let signature = bound.and_then(|bound| bound.inputs.as_deref());
        let Some(datum) = arguments.get("inputs") else {
            // Who writes all the arguments need not describe one of them.
            let described = arguments.get("argv").is_none() || arguments.get("adapter").is_some();
            if described && signature.is_some_and(|all| all.iter().any(|each| each.required)) {
                self.report(messages::shape(
                    span,
                    FORM,
                    SHAPE,
                    "`:inputs` is missing: the project describes what the command takes",
                ));
                return Err(Reported);
            }
            return Ok(None);
        };
        let Some(items) = datum.as_list() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    FORM,
                    SHAPE,
                    "the inputs are a list",
                ));
            }
            return Err(Reported);
        };
        let mut fine = true;
        let mut given: Vec<(&str, Span)> = Vec::new();
        let mut fields: Vec<(String, Expr)> = Vec::new();
        for item in items {
            let Some(([field, value], name_of)) = item
                .as_list()
                .and_then(|pair| <&[Datum; 2]>::try_from(pair).ok())
                .and_then(|pair| Some((pair, pair[0].as_symbol()?)))
            else {
                if item.kind != DatumKind::Error {
                    self.report(messages::shape(
                        item.span,
                        FORM,
                        SHAPE,
                        "an input is written `(field value)`",
                    ));
                }
                fine = false;
                continue;
            };
            if let Some((_, first)) = given.iter().find(|(other, _)| *other == name_of) {
                let found = messages::duplicate("input", name_of, field.span, *first);
                self.report(found);
                fine = false;
            }
            given.push((name_of, field.span));
            let known = signature.map(|all| all.iter().find(|each| each.name == name_of));
            let key = match known {
                Some(None) => {
                    let all = signature.unwrap_or_default();
                    let names: Vec<&str> = all.iter().map(|each| each.name.as_str()).collect();
                    self.report(messages::unknown_input(field.span, name_of, name, &names));
                    fine = false;
                    self.expr(value, &Want::Any);
                    continue;
                }
                Some(Some(input)) => input.key.clone(),
                None => name_of.to_owned(),
            };
            let value = match known
                .flatten()
                .and_then(|input| self.input_type(input, field.span))
            {
                Some(ty) => self.expr(value, &Want::Type(ty)),
                None => self.expr(value, &Want::Any),
            };
            if !value.ty.is_data() {
                let found = messages::not_data(value.span, &self.world.types.show(&value.ty));
                self.report(found);
                fine = false;
            }
            fine &= value.ty != Ty::Error;
            fields.push((key, value));
        }
        let missing: Vec<&str> = signature
            .unwrap_or_default()
            .iter()
            .filter(|input| input.required)
            .map(|input| input.name.as_str())
            .filter(|name| !given.iter().any(|(other, _)| other == name))
            .collect();
        // A misspelt input was reported as an unknown one.
        let missing: Vec<&str> = missing
            .into_iter()
            .filter(|name| {
                !given.iter().any(|(other, _)| {
                    !signature
                        .unwrap_or_default()
                        .iter()
                        .any(|i| i.name == *other)
                        && wfc_diag::nearest(other, [*name]).is_some()
                })
            })
            .collect();
        if !missing.is_empty() {
            self.report(messages::missing_inputs(datum.span, name, &missing));
            fine = false;
        }
        if !fine {
            return Err(Reported);
        }
        let object = Expr {
            kind: ExprKind::Record(fields),
            ty: Ty::Json,
            span: datum.span,
        };
        Ok(Some(Expr {
            kind: ExprKind::Prim(Prim::ToJson, vec![object]),
            ty: Ty::String,
            span: datum.span,
        }))
    }

    /// The type of an input, if the module at hand knows it by that name. A
    /// description may call a type by a name that the module does not see.
    fn input_type(&mut self, input: &CommandInput, at: Span) -> Option<Ty> {
        let written = parse_type(&input.type_name, at).ok();
        let mut quiet = Vec::new();
        let ty = self.world.resolve(&written, &mut quiet);
        (quiet.is_empty() && ty != Ty::Error).then_some(ty)
    }
}
