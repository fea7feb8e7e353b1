//! Bindings, sequences, conditions, and the making of records and variants.

use std::rc::Rc;

use wfc_diag::Span;
use wfc_ir::Value;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::operators::known_truth;
use super::{Checker, Local, Want};
use crate::lisp::defs::Name;
use crate::lisp::hir::{Expr, ExprKind, VarId};
use crate::lisp::messages;
use crate::lisp::scope::{Item, Space};
use crate::lisp::types::{Ty, TypeId};

impl Checker<'_, '_> {
    /// `(let* ((name expr) …) body)`. `let` binds the same way: later
    /// bindings see earlier ones only in `let*`.
    pub(super) fn let_form(&mut self, span: Span, form: &str, args: &[Datum], want: &Want) -> Expr {
        let shape = format!("({form} ((name value) …) body)");
        let Some((list, bodies)) = args.split_first() else {
            self.report(messages::shape(
                span,
                form,
                &shape,
                "the bindings are missing",
            ));
            return Expr::error(span);
        };
        let Some(pairs) = list.as_list() else {
            if list.kind != DatumKind::Error {
                self.report(messages::shape(
                    list.span,
                    form,
                    &shape,
                    "the bindings are a list",
                ));
            }
            return Expr::error(span);
        };
        self.scoped(|this| {
            let sequential = form == "let*";
            let mut bound: Vec<(VarId, Expr)> = Vec::new();
            let mut names: Vec<Name> = Vec::new();
            let mut waiting: Vec<Local> = Vec::new();
            for pair in pairs {
                let (name, value) = match pair.as_list() {
                    Some([name, value]) if name.as_symbol().is_some() => (name, value),
                    _ => {
                        if pair.kind != DatumKind::Error {
                            this.report(messages::bad_binding(pair, list, form));
                        }
                        // What uses the name that was meant is no second mistake.
                        let meant = pair.as_list().map_or(Some(pair), <[Datum]>::first);
                        if let Some(meant) = meant.filter(|m| m.as_symbol().is_some()) {
                            let name = Name::of(meant);
                            let var = this.world.var(name.clone(), Ty::Error);
                            this.locals.push(Local {
                                name: name.text,
                                var,
                            });
                        }
                        // One note is enough for `(let* (a 1) …)`.
                        if pair.as_list().is_none() {
                            break;
                        }
                        continue;
                    }
                };
                let name = Name::of(name);
                if let Some(first) = names.iter().find(|other| other.same(&name)) {
                    let first = first.span;
                    this.report(messages::duplicate("binding", &name.text, name.span, first));
                }
                let value = this.expr(value, &Want::Any);
                let var = this.world.var(name.clone(), value.ty.clone());
                let local = Local {
                    name: name.text.clone(),
                    var,
                };
                if sequential {
                    this.locals.push(local);
                } else {
                    waiting.push(local);
                }
                names.push(name);
                bound.push((var, value));
            }
            this.locals.extend(waiting);
            let body = this.body(span, form, &shape, bodies, want);
            this.unused_bindings(&bound);
            Expr {
                ty: body.ty.clone(),
                kind: ExprKind::Let(bound, Box::new(body)),
                span,
            }
        })
    }

    fn body(&mut self, span: Span, form: &str, shape: &str, bodies: &[Datum], want: &Want) -> Expr {
        match bodies {
            [body] => self.expr(body, want),
            [] => {
                self.report(messages::shape(span, form, shape, "the body is missing"));
                Expr::error(span)
            }
            [_, second, ..] => {
                self.report(messages::shape(
                    second.span,
                    form,
                    shape,
                    "there is a second body; put both into `(do …)`",
                ));
                Expr::error(span)
            }
        }
    }

    /// Warns of names that nothing reads and whose value does nothing.
    fn unused_bindings(&mut self, bound: &[(VarId, Expr)]) {
        for (var, value) in bound {
            let entry = &self.world.vars[*var];
            let silent = entry.uses > 0
                || entry.name.text.starts_with('_')
                || value.ty == Ty::Error
                || acts(value);
            if !silent {
                let diagnostic = messages::unused("binding", &entry.name);
                self.report(diagnostic);
            }
        }
    }

    /// `(do expr … result)`
    pub(super) fn do_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let Some((last, before)) = args.split_last() else {
            self.report(messages::shape(
                span,
                "do",
                "(do effect … result)",
                "there is nothing to do",
            ));
            return Expr::error(span);
        };
        let mut steps = Vec::new();
        for each in before {
            steps.push(self.expr(each, &Want::Any));
        }
        let result = self.expr(last, want);
        Expr {
            ty: result.ty.clone(),
            kind: ExprKind::Do(steps, Box::new(result)),
            span,
        }
    }

    /// `(if condition then else)`
    pub(super) fn if_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let [cond, then, otherwise] = args else {
            let why = match args.len() {
                2 => "the value for when the condition does not hold is missing",
                0 | 1 => "a condition and two values are needed",
                _ => "there is more than a condition and two values",
            };
            let at = args.get(3).map_or(span, |extra| extra.span);
            self.report(messages::shape(at, "if", "(if condition then else)", why));
            for arg in args.iter().take(3) {
                self.expr(arg, &Want::Any);
            }
            return Expr::error(span);
        };
        let cond = self.expr(cond, &Want::Type(Ty::Bool));
        if let Some(truth) = known_truth(&cond) {
            self.report(messages::constant_condition(cond.span, truth));
        }
        let then = self.expr(then, want);
        let otherwise = self.expr(otherwise, want);
        let Some(ty) = self.world.types.join(&then.ty, &otherwise.ty) else {
            let diagnostic = messages::arms_differ(&self.world.types, &otherwise, &then);
            self.report(diagnostic);
            return Expr::error(span);
        };
        Expr {
            kind: ExprKind::If(Box::new(cond), Box::new(then), Box::new(otherwise)),
            ty,
            span,
        }
    }

    /// `(when condition body)`: the value of the body, or none.
    pub(super) fn when_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        let [cond, body] = args else {
            let why = match args.len() {
                0 | 1 => "a condition and a body are needed",
                _ => "there is more than a condition and a body; put several into `(do …)`",
            };
            let at = args.get(2).map_or(span, |extra| extra.span);
            self.report(messages::shape(at, "when", "(when condition body)", why));
            for arg in args {
                self.expr(arg, &Want::Any);
            }
            return Expr::error(span);
        };
        let cond = self.expr(cond, &Want::Type(Ty::Bool));
        if let Some(truth) = known_truth(&cond) {
            self.report(messages::constant_condition(cond.span, truth));
        }
        let body = self.expr(body, &Want::Any);
        let ty = match &body.ty {
            Ty::Error => return Expr::error(span),
            ty @ Ty::Optional(_) => ty.clone(),
            ty => Ty::Optional(Rc::new(ty.clone())),
        };
        let none = Expr {
            kind: ExprKind::Lit(Value::Null),
            ty: ty.clone(),
            span,
        };
        Expr {
            kind: ExprKind::If(Box::new(cond), Box::new(body), Box::new(none)),
            ty,
            span,
        }
    }

    /// The definition that a form names.
    fn definition(
        &mut self,
        form: &str,
        shape: &str,
        span: Span,
        datum: Option<&&Datum>,
    ) -> Option<TypeId> {
        let Some(datum) = datum else {
            self.report(messages::shape(span, form, shape, "the type is not named"));
            return None;
        };
        let Some(name) = datum.as_symbol() else {
            if datum.kind != DatumKind::Error {
                self.report(messages::shape(
                    datum.span,
                    form,
                    shape,
                    "a type is needed here",
                ));
            }
            return None;
        };
        match self.world.find(datum.span, name, Space::Type) {
            Ok(Item::Type(id)) => Some(id),
            Ok(Item::Callable(_)) => None,
            Err(missing) => {
                let found = messages::unknown_type(datum.span, name, missing);
                self.diagnostics.extend(found);
                None
            }
        }
    }

    /// `(record Type :field value …)`
    pub(super) fn record_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(record Type :field value …)";
        let arguments = self.arguments("record", args);
        let id = self.definition("record", SHAPE, span, arguments.plain.first());
        self.extra(&arguments, 1, "record", SHAPE);
        let Some(id) = id else {
            self.visit(&arguments);
            return Expr::error(span);
        };
        if self.world.types.fields(id).is_none() {
            let at = arguments.plain[0].span;
            let diagnostic = messages::not_a_record(&self.world.types, id, at);
            self.report(diagnostic);
            self.visit(&arguments);
            return Expr::error(span);
        }
        match self.field_values(span, id, None, &arguments) {
            Some(fields) => Expr {
                kind: ExprKind::Record(fields),
                ty: Ty::Named(id),
                span,
            },
            // The type is known, so what uses it can still be checked.
            None => Expr {
                kind: ExprKind::Error,
                ty: Ty::Named(id),
                span,
            },
        }
    }

    /// `(variant Union TAG :field value …)`
    pub(super) fn variant_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const SHAPE: &str = "(variant Union TAG :field value …)";
        let arguments = self.arguments("variant", args);
        let id = self.definition("variant", SHAPE, span, arguments.plain.first());
        self.extra(&arguments, 2, "variant", SHAPE);
        let Some(id) = id else {
            self.visit(&arguments);
            return Expr::error(span);
        };
        let at = arguments.plain[0].span;
        let Some(variants) = self.world.types.variants(id) else {
            let diagnostic = messages::not_a_union(&self.world.types, id, at);
            self.report(diagnostic);
            self.visit(&arguments);
            return Expr::error(span);
        };
        let Some(tag) = arguments.plain.get(1) else {
            self.report(messages::shape(
                span,
                "variant",
                SHAPE,
                "the tag is missing",
            ));
            self.visit(&arguments);
            return Expr::error(span);
        };
        let name = tag.as_symbol().unwrap_or_default();
        let Some(index) = variants.iter().position(|v| v.name.text == name) else {
            if tag.kind != DatumKind::Error {
                let diagnostic = messages::unknown_case(&self.world.types, id, name, tag.span);
                self.report(diagnostic);
            }
            self.visit(&arguments);
            return Expr {
                kind: ExprKind::Error,
                ty: Ty::Named(id),
                span,
            };
        };
        let name = name.to_owned();
        match self.field_values(span, id, Some(index), &arguments) {
            Some(fields) => Expr {
                kind: ExprKind::Variant(name, fields),
                ty: Ty::Case(id, index),
                span,
            },
            None => Expr {
                kind: ExprKind::Error,
                ty: Ty::Case(id, index),
                span,
            },
        }
    }

    /// Reports arguments without a keyword beyond the first `count`.
    pub(super) fn extra(
        &mut self,
        arguments: &Arguments<'_>,
        count: usize,
        form: &str,
        shape: &str,
    ) {
        if let Some(extra) = arguments.plain.get(count)
            && extra.kind != DatumKind::Error
        {
            self.report(messages::shape(
                extra.span,
                form,
                shape,
                "a keyword is needed before this value",
            ));
        }
    }

    /// Checks the values of a form that cannot be made.
    pub(super) fn visit(&mut self, arguments: &Arguments<'_>) {
        for (_, _, value) in &arguments.pairs {
            self.expr(value, &Want::Any);
        }
    }

    /// The fields of a record or variant; nothing when one was reported.
    fn field_values(
        &mut self,
        span: Span,
        id: TypeId,
        variant: Option<usize>,
        arguments: &Arguments<'_>,
    ) -> Option<Vec<(String, Expr)>> {
        let types = &self.world.types;
        let declared: Vec<(String, Ty)> = match variant {
            None => types.fields(id),
            Some(index) => types
                .variants(id)
                .and_then(|all| all.get(index))
                .map(|v| v.fields.as_slice()),
        }
        .unwrap_or_default()
        .iter()
        .map(|field| (field.name.text.clone(), field.ty.clone()))
        .collect();
        let mut fine = true;
        let mut fields: Vec<(String, Expr)> = Vec::new();
        for (key, at, value) in &arguments.pairs {
            match declared.iter().find(|(name, _)| name == key) {
                Some((_, ty)) => {
                    let found = self.expr(value, &Want::Any);
                    let found = self.fit_field(found, ty, id, variant, key);
                    fine &= found.ty != Ty::Error;
                    fields.push(((*key).to_owned(), found));
                }
                None => {
                    fine = false;
                    let diagnostic =
                        messages::unknown_field(&self.world.types, id, variant, key, *at);
                    self.report(diagnostic);
                    self.expr(value, &Want::Any);
                }
            }
        }
        // A misspelt field was reported as an unknown one.
        let is_given = |name: &str| {
            arguments.pairs.iter().any(|(key, _, _)| {
                let known = declared.iter().any(|(name, _)| name == key);
                *key == name || (!known && wfc_diag::nearest(key, [name]).is_some())
            })
        };
        let missing: Vec<&str> = declared
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !is_given(name))
            .collect();
        if !missing.is_empty() {
            fine = false;
            let diagnostic =
                messages::missing_fields(&self.world.types, id, variant, &missing, span);
            self.report(diagnostic);
        }
        fine.then_some(fields)
    }

    /// As [`Checker::settle`], and says where the field is declared.
    fn fit_field(
        &mut self,
        found: Expr,
        ty: &Ty,
        id: TypeId,
        variant: Option<usize>,
        field: &str,
    ) -> Expr {
        if self.world.types.fits(&found.ty, ty) {
            return found;
        }
        let types = &self.world.types;
        let mut diagnostic = messages::mismatch(types, &found, ty);
        let fields = match variant {
            None => types.fields(id),
            Some(index) => types
                .variants(id)
                .and_then(|all| all.get(index))
                .map(|v| v.fields.as_slice()),
        };
        if let Some(declared) = fields.and_then(|f| f.iter().find(|f| f.name.text == field)) {
            diagnostic = diagnostic.also(declared.name.span, "the field is declared here");
        }
        self.report(diagnostic);
        Expr::error(found.span)
    }
}

/// Does evaluating the expression do something?
fn acts(expr: &Expr) -> bool {
    let own = matches!(
        expr.kind,
        ExprKind::Call(..)
            | ExprKind::Loop(_)
            | ExprKind::Until(_)
            | ExprKind::Provider(_)
            | ExprKind::Command(_)
            | ExprKind::Error
    );
    let mut found = own;
    expr.each_child(&mut |child| found = found || acts(child));
    found
}
