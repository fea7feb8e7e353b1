//! Calls of workflows and procedures.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::operators::OPERATORS;
use super::{Checker, FORMS, LATER, Want};
use crate::lisp::hir::{CallableId, Effect, Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::scope::{Item, Missing, Space};
use crate::lisp::types::Ty;

impl Checker<'_, '_> {
    /// `(call workflow :param value …)`
    pub(super) fn call_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(call workflow :param value …)";
        let arguments = self.arguments("call", args);
        let Some(target) = arguments.plain.first() else {
            self.report(messages::shape(
                span,
                "call",
                SHAPE,
                "the workflow is not named",
            ));
            return Expr::error(span);
        };
        self.extra(&arguments, 1, "call", SHAPE);
        let name = match &target.kind {
            DatumKind::Symbol(name) => name,
            DatumKind::Error => return Expr::error(span),
            _ => {
                self.report(messages::shape(
                    target.span,
                    "call",
                    SHAPE,
                    "a workflow is named by a symbol",
                ));
                return Expr::error(span);
            }
        };
        match self.world.find(target.span, name, Space::Callable) {
            Ok(Item::Callable(id)) if self.world.callables[id].is_workflow => {
                self.effects.insert(Effect {
                    kind: "calls-workflow",
                    subject: self.world.callables[id].name.text.clone(),
                    var: None,
                });
                self.bind(span, target.span, id, &arguments)
            }
            Ok(Item::Callable(id)) => {
                let declared = self.world.callables[id].name.span;
                self.report(messages::call_of_procedure(target.span, name, declared));
                self.visit(&arguments);
                Expr::error(span)
            }
            Ok(Item::Macro(_)) => {
                self.report(messages::call_of_macro(target.span, name));
                Expr::error(span)
            }
            Ok(Item::Type(_) | Item::Schema(_)) => Expr::error(span),
            Err(missing) => {
                let found = messages::unknown_workflow(target.span, name, missing);
                self.diagnostics.extend(found);
                self.visit(&arguments);
                Expr::error(span)
            }
        }
    }

    /// `(procedure value …)` or `(procedure :param value …)`
    pub(super) fn procedure_call(
        &mut self,
        span: Span,
        head: &Datum,
        name: &str,
        args: &[Datum],
    ) -> Expr {
        let arguments = self.arguments(name, args);
        let visit_all = |this: &mut Self| {
            for plain in &arguments.plain {
                // The operands of an unknown form may be anything: a name
                // that has no meaning there is no second mistake.
                if plain.as_list().is_some_and(|l| {
                    l.first()
                        .is_some_and(|h| h.as_symbol().is_some_and(known_head))
                }) {
                    this.expr(plain, &Want::Any);
                }
            }
        };
        match self.world.find(head.span, name, Space::Callable) {
            Ok(Item::Callable(id)) if !self.world.callables[id].is_workflow => {
                self.bind(span, head.span, id, &arguments)
            }
            Ok(Item::Callable(id)) => {
                let declared = self.world.callables[id].name.span;
                self.report(messages::workflow_without_call(head.span, name, declared));
                // The call is clear enough to be checked.
                self.bind(span, head.span, id, &arguments)
            }
            Ok(Item::Type(_) | Item::Schema(_) | Item::Macro(_)) => Expr::error(span),
            Err(Missing::Reported) => Expr::error(span),
            Err(Missing::Private { module, declared }) => {
                self.report(messages::private(head.span, name, &module, declared));
                Expr::error(span)
            }
            Err(Missing::Unknown(procedures)) => {
                let later = LATER.contains(&name);
                let local = self
                    .local(name, head.span)
                    .map(|var| self.world.vars[var].name.span);
                let known: Vec<&str> = FORMS
                    .iter()
                    .copied()
                    .chain(OPERATORS.iter().map(|op| op.name))
                    .chain(procedures.iter().map(String::as_str))
                    .collect();
                self.report(messages::unknown_form(
                    head.span, name, &known, later, local,
                ));
                if !later {
                    let before = self.diagnostics.len();
                    visit_all(self);
                    if wfc_diag::nearest(name, FORMS.iter().copied()).is_some() {
                        // Whether a form may stand there depends on the form
                        // that is meant.
                        let mut place = 0;
                        self.diagnostics.retain(|each| {
                            place += 1;
                            place <= before || each.code != wfc_diag::codes::LISP_FORM
                        });
                    }
                }
                Expr::error(span)
            }
        }
    }

    /// Binds arguments to parameters, by position or by keyword.
    fn bind(&mut self, span: Span, head: Span, id: CallableId, arguments: &Arguments<'_>) -> Expr {
        let callee = &self.world.callables[id];
        let name = callee.name.text.clone();
        let declared = callee.name.span;
        let is_workflow = callee.is_workflow;
        let ret = callee.ret.clone();
        let params: Vec<(String, Ty, bool, Span)> = callee
            .params
            .iter()
            .map(|p| {
                (
                    p.name.text.clone(),
                    p.ty.clone(),
                    p.default.is_some(),
                    p.name.span,
                )
            })
            .collect();
        self.calls.push((id, head));
        let plain: &[&Datum] = if is_workflow { &[] } else { &arguments.plain };
        let mut bound: Vec<(usize, Expr)> = Vec::new();
        let mut fine = true;
        if plain.len() > params.len() {
            self.report(messages::operands(
                span,
                head,
                &name,
                params.len(),
                Some(params.len()),
                plain.len() + arguments.pairs.len(),
            ));
            fine = false;
        }
        for (index, value) in plain.iter().enumerate() {
            match params.get(index) {
                Some(param) => {
                    let found = self.argument(value, param);
                    fine &= found.ty != Ty::Error;
                    bound.push((index, found));
                }
                None => {
                    self.expr(value, &Want::Any);
                }
            }
        }
        for (key, at, value) in &arguments.pairs {
            let Some(index) = params.iter().position(|(param, ..)| param == key) else {
                let names: Vec<&str> = params.iter().map(|(param, ..)| param.as_str()).collect();
                self.report(messages::unknown_argument(
                    *at, key, &name, &names, declared,
                ));
                self.expr(value, &Want::Any);
                fine = false;
                continue;
            };
            if bound.iter().any(|(other, _)| *other == index) {
                self.report(messages::bound_twice(*at, key, &name));
                fine = false;
            }
            let found = self.argument(value, &params[index]);
            fine &= found.ty != Ty::Error;
            bound.push((index, found));
        }
        let missing: Vec<&str> = params
            .iter()
            .enumerate()
            .filter(|(index, (_, _, has_default, _))| {
                !has_default && !bound.iter().any(|(other, _)| other == index)
            })
            .map(|(_, (param, ..))| param.as_str())
            .collect();
        if !missing.is_empty() && plain.len() <= params.len() {
            fine = false;
            self.report(messages::missing_arguments(
                span, head, &name, &missing, declared,
            ));
        }
        Expr {
            kind: if fine {
                ExprKind::Call(id, bound)
            } else {
                ExprKind::Error
            },
            ty: ret,
            span,
        }
    }

    fn argument(&mut self, value: &Datum, param: &(String, Ty, bool, Span)) -> Expr {
        let (_, ty, _, declared) = param;
        let before = self.diagnostics.len();
        let found = self.expr(value, &Want::Type(ty.clone()));
        // A finding about the value itself also says who asks for the type.
        if let [only] = &mut self.diagnostics[before..]
            && only.code == wfc_diag::codes::TYPE_MISMATCH
            && only.primary.span == value.span
        {
            *only = only
                .clone()
                .also(*declared, "the parameter is declared here");
        }
        found
    }
}

/// Is it the name of a form or operator?
fn known_head(name: &str) -> bool {
    FORMS.contains(&name) || OPERATORS.iter().any(|op| op.name == name)
}
