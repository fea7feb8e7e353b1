//! Calls of workflows and procedures.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::signatures::OPERATORS;
use super::{Checker, FORMS, LATER, Want};
use crate::lisp::generics::Bindings;
use crate::lisp::hir::{CallableId, Effect, Expr, ExprKind, Param};
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
        if let Some(var) = self.local(name, target.span)
            && let Ty::Ref(of) = self.world.vars[var].ty.clone()
            && of.is_workflow
        {
            return self.apply(span, target, var, &of, &arguments);
        }
        match self.world.find(target.span, name, Space::Callable) {
            Ok(Item::Callable(id)) if self.world.callables[id].is_workflow => {
                self.effects.insert(Effect {
                    kind: "calls-workflow",
                    subject: self.world.callables[id].name.text.clone(),
                    var: None,
                });
                self.bind(span, target.span, id, &arguments, None)
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
            Ok(_) => Expr::error(span),
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
        expected: Option<&Ty>,
    ) -> Expr {
        let arguments = self.arguments(name, args);
        if let Some(var) = self.local(name, head.span)
            && let Ty::Ref(of) = self.world.vars[var].ty.clone()
            && !of.is_workflow
        {
            return self.apply(span, head, var, &of, &arguments);
        }
        if let Some(var) = self.local(name, head.span)
            && self.world.vars[var].ty == Ty::Error
        {
            // What it was to refer to was reported.
            self.visit(&arguments);
            return Expr::error(span);
        }
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
                self.bind(span, head.span, id, &arguments, expected)
            }
            Ok(Item::Callable(id)) => {
                let declared = self.world.callables[id].name.span;
                self.report(messages::workflow_without_call(head.span, name, declared));
                // The call is clear enough to be checked.
                self.bind(span, head.span, id, &arguments, expected)
            }
            Ok(_) => Expr::error(span),
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
                let library = crate::lisp::modules::in_library_is(name);
                self.report(match library {
                    Some(module) => messages::not_imported(head.span, name, module),
                    None => messages::unknown_form(head.span, name, &known, later, local),
                });
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

    /// A call of a workflow or procedure of the program.
    fn bind(
        &mut self,
        span: Span,
        head: Span,
        id: CallableId,
        arguments: &Arguments<'_>,
        expected: Option<&Ty>,
    ) -> Expr {
        let callee = &self.world.callables[id];
        let signature = Signature {
            name: callee.name.text.clone(),
            declared: callee.name.span,
            params: callee.params.iter().map(Formal::of).collect(),
            by_position: !callee.is_workflow,
        };
        let ret = callee.ret.clone();
        let mut bindings = Bindings::of(callee.type_params.iter().map(|param| param.id));
        let is_generic = !bindings.is_empty();
        if !is_generic {
            self.calls.push((id, head));
        }
        let bound = self.bind_arguments(span, head, &signature, arguments, &mut bindings);
        if !is_generic {
            return Expr {
                kind: bound.map_or(ExprKind::Error, |args| ExprKind::Call(id, args)),
                ty: ret,
                span,
            };
        }
        // What the arguments leave open the place may say.
        if let Some(expected) = expected {
            bindings.learn(&self.world.types, &ret, expected);
        }
        let args = match bound {
            Some(bound) => self
                .type_arguments(head, id, &mut bindings)
                .zip(Some(bound)),
            None => None,
        };
        let ty = self.world.partial(&ret, &bindings);
        let Some((types, args)) = args else {
            // Inside of another generic procedure it still closes a circle.
            self.calls.push((id, head));
            let ty = if self.world.types.is_vague(&ty) {
                Ty::Error
            } else {
                ty
            };
            return Expr {
                kind: ExprKind::Error,
                ty,
                span,
            };
        };
        let target = self.world.instance(id, types, head);
        self.calls.push((target, head));
        Expr {
            kind: ExprKind::Call(target, args),
            ty,
            span,
        }
    }

    /// The arguments for the type parameters of a callable, if each is known
    /// and has what is asked of it; otherwise that is reported.
    pub(super) fn type_arguments(
        &mut self,
        head: Span,
        id: CallableId,
        bindings: &mut Bindings,
    ) -> Option<Vec<Ty>> {
        let callee = &self.world.callables[id];
        let (name, params) = (callee.name.clone(), callee.type_params.clone());
        self.world.learn_from_bounds(&params, bindings);
        let types = &self.world.types;
        let open = bindings.open(types);
        if !open.is_empty() {
            let found = messages::unfixed_params(types, head, &name.text, &open, name.span);
            self.report(found);
            return None;
        }
        let unmet = self.world.unmet(&params, bindings);
        if !unmet.is_empty() {
            let types = &self.world.types;
            let found = messages::unmet_bounds(types, head, &name.text, &unmet, name.span);
            self.report(found);
            return None;
        }
        let types = &self.world.types;
        let args = params
            .iter()
            .filter_map(|param| bindings.get(types, param.id));
        let args: Vec<Ty> = args.cloned().collect();
        (!args.contains(&Ty::Error)).then_some(args)
    }

    /// Binds arguments to parameters, by position or by keyword; nothing when
    /// a mistake was reported. Learns what the type parameters are.
    pub(super) fn bind_arguments(
        &mut self,
        span: Span,
        head: Span,
        signature: &Signature,
        arguments: &Arguments<'_>,
        bindings: &mut Bindings,
    ) -> Option<Vec<(usize, Expr)>> {
        let params = &signature.params;
        let name = signature.name.as_str();
        let plain: &[&Datum] = match signature.by_position {
            true => &arguments.plain,
            false => &[],
        };
        let mut fine = true;
        if plain.len() > params.len() {
            self.report(messages::operands(
                span,
                head,
                name,
                params.len(),
                Some(params.len()),
                plain.len() + arguments.pairs.len(),
            ));
            fine = false;
        }
        let mut given: Vec<(usize, &Datum)> = Vec::new();
        for (index, value) in plain.iter().enumerate() {
            match params.get(index) {
                Some(_) => given.push((index, value)),
                None => {
                    self.expr(value, &Want::Any);
                }
            }
        }
        for (place, (key, at, value)) in arguments.pairs.iter().enumerate() {
            let named = params
                .iter()
                .position(|param| param.name.as_deref() == Some(key));
            // What the parameters of a reference are called is not known: the
            // keywords follow their order.
            let index = named.or_else(|| {
                let next = plain.len() + place;
                let nameless = params.get(next).is_some_and(|param| param.name.is_none());
                nameless.then_some(next)
            });
            let Some(index) = index else {
                let names: Vec<&str> = params
                    .iter()
                    .filter_map(|param| param.name.as_deref())
                    .collect();
                let declared = signature.declared;
                self.report(messages::unknown_argument(*at, key, name, &names, declared));
                self.expr(value, &Want::Any);
                fine = false;
                continue;
            };
            if given.iter().any(|(other, _)| *other == index) {
                self.report(messages::bound_twice(*at, key, name));
                fine = false;
            }
            given.push((index, value));
        }
        let bound = self.argument_values(params, &given, bindings);
        fine &= bound.iter().all(|(_, value)| value.ty != Ty::Error);
        let missing: Vec<String> = params
            .iter()
            .enumerate()
            .filter(|(index, param)| {
                !param.has_default && !bound.iter().any(|(other, _)| other == index)
            })
            .map(|(index, param)| match &param.name {
                Some(name) => name.clone(),
                None => format!("{}", index + 1),
            })
            .collect();
        if !missing.is_empty() && plain.len() <= params.len() {
            fine = false;
            let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
            let declared = signature.declared;
            self.report(messages::missing_arguments(
                span, head, name, &missing, declared,
            ));
        }
        fine.then_some(bound)
    }

    /// The values of arguments, in the order in which they are written. Those
    /// that say what types are come first; a reference may have to be told.
    fn argument_values(
        &mut self,
        params: &[Formal],
        given: &[(usize, &Datum)],
        bindings: &mut Bindings,
    ) -> Vec<(usize, Expr)> {
        let mut values: Vec<Option<Expr>> = given.iter().map(|_| None).collect();
        for asks in [false, true] {
            for (place, (index, value)) in given.iter().enumerate() {
                let param = &params[*index];
                let is_open = matches!(param.ty, Ty::Ref(_)) && !bindings.is_empty();
                if is_open == asks {
                    values[place] = Some(self.argument(value, param, bindings));
                }
            }
        }
        let indices = given.iter().map(|(index, _)| *index);
        indices.zip(values.into_iter().flatten()).collect()
    }

    pub(super) fn argument(
        &mut self,
        value: &Datum,
        param: &Formal,
        bindings: &mut Bindings,
    ) -> Expr {
        let before = self.diagnostics.len();
        let wanted = self.world.partial(&param.ty, bindings);
        let found = match wanted {
            Ty::Unknown => self.expr(value, &Want::Any),
            wanted => self.expr(value, &Want::Type(wanted)),
        };
        bindings.learn(&self.world.types, &param.ty, &found.ty);
        // A finding about the value itself also says who asks for the type.
        if let [only] = &mut self.diagnostics[before..]
            && only.code == wfc_diag::codes::TYPE_MISMATCH
            && only.primary.span == value.span
        {
            *only = only
                .clone()
                .also(param.declared, "the parameter is declared here");
        }
        found
    }
}

/// What is called.
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) declared: Span,
    pub(super) params: Vec<Formal>,
    /// Are arguments without a keyword allowed?
    pub(super) by_position: bool,
}

/// A parameter of what is called.
pub(super) struct Formal {
    /// Unknown for what a parameter refers to.
    pub(super) name: Option<String>,
    pub(super) ty: Ty,
    pub(super) has_default: bool,
    pub(super) declared: Span,
}

impl Formal {
    /// The parameter of a definition.
    pub(super) fn of(param: &Param) -> Self {
        Formal {
            name: Some(param.name.text.clone()),
            ty: param.ty.clone(),
            has_default: param.default.is_some(),
            declared: param.name.span,
        }
    }
}

/// Is it the name of a form or operator?
fn known_head(name: &str) -> bool {
    FORMS.contains(&name) || OPERATORS.iter().any(|op| op.name == name)
}
