//! References to procedures and workflows: `proc-ref`, `workflow-ref`,
//! `bind-proc`, `let-proc`, and where a reference may stand. All of them are
//! resolved when the program is compiled.

use std::rc::Rc;

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::calls::{Formal, Signature};
use super::{Checker, Local, Want};
use crate::lisp::defs::{Name, type_ref};
use crate::lisp::generics::Bindings;
use crate::lisp::hir::{CallableId, Expr, ExprKind, LocalProc};
use crate::lisp::messages;
use crate::lisp::scope::{Item, Missing, Space};
use crate::lisp::types::{RefParam, RefTy, Ty};

impl Checker<'_, '_> {
    /// `(proc-ref name)` and `(workflow-ref name)`
    pub(super) fn reference_form(
        &mut self,
        span: Span,
        form: &str,
        args: &[Datum],
        expected: Option<&Ty>,
    ) -> Expr {
        let [datum] = args else {
            let why = "one name is needed";
            self.report(messages::shape(span, form, &format!("({form} name)"), why));
            return Expr::error(span);
        };
        let Some(name) = datum.as_symbol() else {
            if datum.kind != DatumKind::Error {
                let why = "it is named by a symbol";
                let shape = format!("({form} name)");
                self.report(messages::shape(datum.span, form, &shape, why));
            }
            return Expr::error(span);
        };
        if let Some(var) = self.local(name, datum.span)
            && matches!(self.world.vars[var].ty, Ty::Ref(_))
        {
            return self.read(var, span);
        }
        match self.world.find(datum.span, name, Space::Callable) {
            Ok(Item::Callable(id))
                if self.world.callables[id].is_workflow == (form == "workflow-ref") =>
            {
                self.reference_to(span, datum.span, id, expected)
            }
            Ok(Item::Callable(id)) => {
                let declared = self.world.callables[id].name.span;
                self.report(messages::other_reference(datum.span, form, name, declared));
                Expr::error(span)
            }
            Ok(_) | Err(Missing::Reported) => Expr::error(span),
            Err(Missing::Private { module, declared }) => {
                self.report(messages::private(datum.span, name, &module, declared));
                Expr::error(span)
            }
            Err(Missing::Unknown(known)) => {
                self.report(messages::unknown_reference(datum.span, form, name, &known));
                Expr::error(span)
            }
        }
    }

    /// A reference to a callable. A generic one is that for the types that are
    /// expected of it.
    pub(super) fn reference_to(
        &mut self,
        span: Span,
        at: Span,
        id: CallableId,
        expected: Option<&Ty>,
    ) -> Expr {
        let callable = &self.world.callables[id];
        let mut ty = Ty::Ref(Rc::new(RefTy {
            is_workflow: callable.is_workflow,
            params: callable
                .params
                .iter()
                .map(|param| RefParam {
                    name: Some(param.name.text.clone()),
                    ty: param.ty.clone(),
                    has_default: param.default.is_some(),
                })
                .collect(),
            ret: callable.ret.clone(),
        }));
        let params = callable.type_params.clone();
        let mut target = id;
        if !params.is_empty() {
            let mut bindings = Bindings::of(params.iter().map(|param| param.id));
            if let Some(expected) = expected {
                bindings.learn(&self.world.types, &ty, expected);
            }
            let Some(args) = self.type_arguments(at, id, &mut bindings) else {
                return Expr::error(span);
            };
            ty = self.world.partial(&ty, &bindings);
            target = self.world.instance(id, args, at);
        }
        self.calls.push((target, at));
        Expr {
            kind: ExprKind::Ref(target),
            ty,
            span,
        }
    }

    /// `(bind-proc reference :param value …)`
    pub(super) fn bind_proc(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        const FORM: &str = "bind-proc";
        const SHAPE: &str = "(bind-proc (proc-ref name) :param value …)";
        let arguments = self.arguments(FORM, args);
        self.extra(&arguments, 1, FORM, SHAPE);
        let Some(base) = arguments.plain.first() else {
            self.report(messages::shape(
                span,
                FORM,
                SHAPE,
                "the reference is missing",
            ));
            self.visit(&arguments);
            return Expr::error(span);
        };
        if let Some(id) = self.generic_named(base) {
            return self.bind_generic(span, base.span, id, &arguments, expected);
        }
        let base = self.expr(base, &Want::Any);
        let Ty::Ref(of) = base.ty.clone() else {
            if base.ty != Ty::Error {
                let found = messages::no_reference(&self.world.types, base.span, &base.ty);
                self.report(found);
            }
            self.visit(&arguments);
            return Expr::error(span);
        };
        let names: Vec<&str> = of.params.iter().filter_map(|p| p.name.as_deref()).collect();
        let mut bound: Vec<(usize, Expr)> = Vec::new();
        let mut fine = true;
        for (key, at, value) in &arguments.pairs {
            let index = of
                .params
                .iter()
                .position(|p| p.name.as_deref() == Some(*key));
            let Some(index) = index else {
                self.report(match names.len() == of.params.len() {
                    true => {
                        let what = "the procedure";
                        messages::unknown_argument(*at, key, what, &names, base.span)
                    }
                    false => messages::nameless_reference(*at, key),
                });
                self.expr(value, &Want::Any);
                fine = false;
                continue;
            };
            let value = self.expr(value, &Want::Type(of.params[index].ty.clone()));
            fine &= value.ty != Ty::Error;
            bound.push((index, value));
        }
        if !fine {
            return Expr::error(span);
        }
        let left = of.params.iter().enumerate();
        let left = left.filter(|(index, _)| !bound.iter().any(|(other, _)| other == index));
        Expr {
            ty: Ty::Ref(Rc::new(RefTy {
                is_workflow: of.is_workflow,
                params: left.map(|(_, param)| param.clone()).collect(),
                ret: of.ret.clone(),
            })),
            kind: ExprKind::Bind(Box::new(base), bound),
            span,
        }
    }

    /// The generic procedure that `(proc-ref name)` names.
    fn generic_named(&mut self, datum: &Datum) -> Option<CallableId> {
        let [head, name] = datum.as_list()? else {
            return None;
        };
        let text = name.as_symbol()?;
        if head.as_symbol() != Some("proc-ref") || self.local(text, name.span).is_some() {
            return None;
        }
        match self.world.find(name.span, text, Space::Callable) {
            Ok(Item::Callable(id)) if !self.world.callables[id].type_params.is_empty() => Some(id),
            _ => None,
        }
    }

    /// A generic procedure some of whose parameters are bound: what is bound
    /// says what the types are, and what is expected says the rest.
    fn bind_generic(
        &mut self,
        span: Span,
        at: Span,
        id: CallableId,
        arguments: &super::keywords::Arguments<'_>,
        expected: Option<&Ty>,
    ) -> Expr {
        let callable = &self.world.callables[id];
        let formals: Vec<Formal> = callable.params.iter().map(Formal::of).collect();
        let (name, ret) = (callable.name.clone(), callable.ret.clone());
        let mut bindings = Bindings::of(callable.type_params.iter().map(|param| param.id));
        let names: Vec<&str> = formals.iter().filter_map(|f| f.name.as_deref()).collect();
        let mut bound: Vec<(usize, Expr)> = Vec::new();
        let mut fine = true;
        for (key, place, value) in &arguments.pairs {
            let Some(index) = names.iter().position(|known| known == key) else {
                let found = messages::unknown_argument(*place, key, &name.text, &names, name.span);
                self.report(found);
                self.expr(value, &Want::Any);
                fine = false;
                continue;
            };
            let value = self.argument(value, &formals[index], &mut bindings);
            fine &= value.ty != Ty::Error;
            bound.push((index, value));
        }
        if !fine {
            return Expr::error(span);
        }
        let reference = |left: &dyn Fn(usize) -> bool| {
            let params = formals.iter().enumerate().filter(|(index, _)| left(*index));
            Ty::Ref(Rc::new(RefTy {
                is_workflow: false,
                params: params
                    .map(|(_, formal)| RefParam {
                        name: formal.name.clone(),
                        ty: formal.ty.clone(),
                        has_default: formal.has_default,
                    })
                    .collect(),
                ret: ret.clone(),
            }))
        };
        let whole = reference(&|_| true);
        let left = reference(&|index| !bound.iter().any(|(other, _)| *other == index));
        if let Some(expected) = expected {
            bindings.learn(&self.world.types, &left, expected);
        }
        let Some(args) = self.type_arguments(at, id, &mut bindings) else {
            return Expr::error(span);
        };
        let target = self.world.instance(id, args, at);
        self.calls.push((target, at));
        let base = Expr {
            kind: ExprKind::Ref(target),
            ty: self.world.partial(&whole, &bindings),
            span: at,
        };
        Expr {
            ty: self.world.partial(&left, &bindings),
            kind: ExprKind::Bind(Box::new(base), bound),
            span,
        }
    }

    /// `(let-proc (name ((param Type) …) -> Type :captures (x …) body) rest)`
    pub(super) fn let_proc(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const FORM: &str = "let-proc";
        const SHAPE: &str =
            "(let-proc (name ((param Type) …) -> Result :captures (x …) body) rest)";
        let bad = |this: &mut Self, at: Span, why: &str| {
            this.report(messages::shape(at, FORM, SHAPE, why));
            Expr::error(span)
        };
        let [procedure, rest] = args else {
            return bad(self, span, "a procedure and one body are needed");
        };
        let (name, formals, ret, more) = match procedure.as_list() {
            Some([name, formals, arrow, ret, more @ ..])
                if name.as_symbol().is_some()
                    && formals.as_list().is_some()
                    && arrow.as_symbol() == Some("->") =>
            {
                (Name::of(name), formals, ret, more)
            }
            _ => return bad(self, procedure.span, "this is no procedure"),
        };
        let (captures, body) = match more {
            [body] => (None, body),
            [key, list, body] if key.as_keyword() == Some("captures") => (Some(list), body),
            _ => {
                return bad(
                    self,
                    procedure.span,
                    "a body is needed after the result type",
                );
            }
        };
        if self.is_first_language(span) && self.in_local_proc {
            let why = "the language 0.1 has no local procedure inside of another";
            return bad(self, span, why);
        }
        let Some(reach) = self.captured(captures) else {
            return Expr::error(span);
        };
        let mut params = Vec::new();
        let mut types = Vec::new();
        let mut inner = reach;
        for formal in formals.as_list().unwrap_or_default() {
            let Some([param, ty]) = formal.as_list() else {
                return bad(self, formal.span, "a parameter is written `(name Type)`");
            };
            let written = type_ref(ty, self.diagnostics);
            let ty = self.world.resolve(&written, self.diagnostics);
            let var = self.world.var(Name::of(param), ty.clone());
            types.push(RefParam {
                name: Some(Name::of(param).text),
                ty,
                has_default: false,
            });
            inner.push(Local {
                name: Name::of(param).text,
                var,
            });
            params.push(var);
        }
        let written = type_ref(ret, self.diagnostics);
        let ret_ty = self.world.resolve(&written, self.diagnostics);
        // The body is a procedure: it sees its own names, and is in no loop and
        // no phase.
        let outer = std::mem::replace(&mut self.locals, inner);
        let loops = std::mem::take(&mut self.loops);
        let phases = std::mem::take(&mut self.phases);
        let body = self.expr(body, &Want::Type(ret_ty.clone()));
        self.locals = outer;
        self.loops = loops;
        self.phases = phases;
        let ty = Ty::Ref(Rc::new(RefTy {
            is_workflow: false,
            params: types,
            ret: ret_ty,
        }));
        let var = self.world.var(name.clone(), ty);
        let outer = std::mem::replace(&mut self.in_local_proc, true);
        let rest = self.scoped(|this| {
            this.locals.push(Local {
                name: name.text,
                var,
            });
            this.world.vars[var].is_local_proc = true;
            this.expr(rest, want)
        });
        self.in_local_proc = outer;
        if body.ty == Ty::Error {
            return Expr {
                kind: ExprKind::Error,
                ty: rest.ty,
                span,
            };
        }
        let module = self.world.modules.of(span.file);
        let local = LocalProc {
            var,
            module,
            params,
            body,
        };
        Expr {
            ty: rest.ty.clone(),
            kind: ExprKind::LetProc(Rc::new(local), Box::new(rest)),
            span,
        }
    }

    /// Is a place in a module of the language 0.1?
    fn is_first_language(&self, at: Span) -> bool {
        let module = self.world.modules.of(at.file);
        self.world.modules.all[module].language.as_deref() == Some("0.1")
    }

    /// The names that the body of a local procedure sees: those that it
    /// captures, or all.
    fn captured(&mut self, captures: Option<&Datum>) -> Option<Vec<Local>> {
        let all = |this: &Self| this.locals.iter().map(Local::again).collect();
        let Some(list) = captures else {
            return Some(all(self));
        };
        let Some(items) = list.as_list() else {
            let why = "`:captures` needs a list of names";
            self.report(messages::shape(
                list.span,
                "let-proc",
                ":captures (x y)",
                why,
            ));
            return None;
        };
        let mut found: Vec<Local> = Vec::new();
        let mut places: Vec<Span> = Vec::new();
        for item in items {
            let name = item.as_symbol().unwrap_or_default();
            let Some(var) = self.local(name, item.span) else {
                // This reports what is wrong with it.
                self.expr(item, &Want::Any);
                return None;
            };
            if let Some(first) = found.iter().position(|other| other.name == name) {
                let first = places[first];
                self.report(messages::duplicate("captured name", name, item.span, first));
                return None;
            }
            self.world.vars[var].uses += 1;
            places.push(item.span);
            found.push(Local {
                name: name.to_owned(),
                var,
            });
        }
        Some(found)
    }

    /// A call of what a variable refers to.
    pub(super) fn apply(
        &mut self,
        span: Span,
        head: &Datum,
        var: usize,
        of: &RefTy,
        arguments: &super::keywords::Arguments<'_>,
    ) -> Expr {
        self.world.vars[var].uses += 1;
        if self.world.vars[var].is_local_proc && self.is_first_language(span) {
            self.report(messages::bare_local_proc(head.span));
        }
        let name = self.world.vars[var].name.clone();
        let signature = Signature {
            name: name.text,
            declared: name.span,
            params: of
                .params
                .iter()
                .map(|param| Formal {
                    name: param.name.clone(),
                    ty: param.ty.clone(),
                    has_default: param.has_default,
                    declared: name.span,
                })
                .collect(),
            by_position: !of.is_workflow,
        };
        let mut bindings = Bindings::default();
        let bound = self.bind_arguments(span, head.span, &signature, arguments, &mut bindings);
        let keys = arguments.pairs.iter();
        let keys = keys.map(|(key, at, _)| ((*key).to_owned(), *at)).collect();
        Expr {
            kind: match bound {
                Some(args) => ExprKind::Apply(var, args, keys),
                None => ExprKind::Error,
            },
            ty: of.ret.clone(),
            span,
        }
    }

    /// Reports references where none may stand.
    pub(super) fn references_in(&mut self, expr: &Expr, may_be_one: bool) {
        if matches!(expr.ty, Ty::Ref(_)) {
            let is_known = matches!(
                expr.kind,
                ExprKind::Var(_) | ExprKind::Ref(_) | ExprKind::Bind(..) | ExprKind::Error
            );
            if !may_be_one || !is_known {
                let found = messages::misplaced_reference(&self.world.types, expr.span, &expr.ty);
                self.report(found);
                return;
            }
        }
        match &expr.kind {
            ExprKind::Let(bound, body) => {
                bound
                    .iter()
                    .for_each(|(_, value)| self.references_in(value, true));
                self.references_in(body, false);
            }
            ExprKind::Call(_, args) | ExprKind::Apply(_, args, _) => {
                args.iter()
                    .for_each(|(_, value)| self.references_in(value, true));
            }
            ExprKind::Bind(base, args) => {
                self.references_in(base, true);
                args.iter()
                    .for_each(|(_, value)| self.references_in(value, true));
            }
            _ => expr.each_child(&mut |child| self.references_in(child, false)),
        }
    }
}
