//! `loop/recur`, `continue` and `done`; `loop/until`.

use wfc_diag::Span;
use wfc_ir::Value;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Checker, Local, LoopContext, Want};
use crate::lisp::defs::Name;
use crate::lisp::hir::{Expr, ExprKind, Loop, Until, VarId};
use crate::lisp::messages;
use crate::lisp::types::Ty;

const SHAPE: &str = "(loop/recur :max 5 :state first :on-exhausted value (fn (state) body))";

/// The binder and the body of a loop.
struct Body<'d> {
    binder: Name,
    body: &'d Datum,
}

impl Checker<'_, '_> {
    pub(super) fn loop_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        // The function stands last, after the keywords.
        let (function, keywords) = match args.split_last() {
            Some((last, before)) if last.head() == Some("fn") => (Some(last), before),
            _ => (None, args),
        };
        let mut arguments = self.arguments("loop/recur", keywords);
        self.known(
            "loop/recur",
            &mut arguments,
            &["max", "state", "on-exhausted"],
        );
        self.extra(&arguments, 0, "loop/recur", SHAPE);
        let max = match arguments.get("max") {
            Some(max) => self.bound(max),
            None => {
                self.report(messages::shape(
                    span,
                    "loop/recur",
                    SHAPE,
                    "`:max` is missing: every loop has a bound",
                ));
                Expr::error(span)
            }
        };
        let init = match arguments.get("state") {
            Some(state) => self.expr(state, &Want::Any),
            None => {
                self.report(messages::shape(
                    span,
                    "loop/recur",
                    SHAPE,
                    "`:state` is missing: the state of the first round",
                ));
                Expr::error(span)
            }
        };
        let function = match function {
            Some(function) => self.function(function),
            None => {
                self.report(messages::shape(
                    span,
                    "loop/recur",
                    SHAPE,
                    "the body `(fn (state) …)` is missing at the end",
                ));
                None
            }
        };
        let Some(function) = function else {
            return Expr::error(span);
        };
        // What is known of one variant need not hold in the next round.
        let state_ty = match &init.ty {
            Ty::Case(id, _) => Ty::Named(*id),
            ty => ty.clone(),
        };
        let state = self.world.var(function.binder.clone(), state_ty.clone());
        self.loops.push(LoopContext {
            state_ty: state_ty.clone(),
            result: expected.map(|ty| (ty.clone(), span)),
            ends: false,
            span,
        });
        let body = self.within(&function.binder, state, |this| {
            this.expr(function.body, &Want::Tail)
        });
        let context = self.loops.pop();
        let ends = context.as_ref().is_some_and(|context| context.ends);
        let mut result = context.and_then(|context| context.result);
        let exhausted = arguments.get("on-exhausted").map(|value| {
            let want = match &result {
                Some((ty, _)) if expected.is_some() => Want::Type(ty.clone()),
                _ => Want::Any,
            };
            self.within(&function.binder, state, |this| this.expr(value, &want))
        });
        if let Some(exhausted) = &exhausted {
            result = match result {
                None => Some((exhausted.ty.clone(), exhausted.span)),
                Some((ty, first)) => match self.world.types.join(&ty, &exhausted.ty) {
                    Some(ty) => Some((ty, first)),
                    None => {
                        let diagnostic =
                            messages::arm_differs(&self.world.types, exhausted, &ty, first);
                        self.report(diagnostic);
                        Some((Ty::Error, first))
                    }
                },
            };
        }
        let broken = [&max, &init, &body]
            .into_iter()
            .chain(&exhausted)
            .any(|part| part.ty == Ty::Error);
        if !ends && exhausted.is_none() && !broken {
            self.report(messages::endless(span));
            return Expr::error(span);
        }
        let Some((result_ty, _)) = result else {
            return Expr::error(span);
        };
        if broken || result_ty == Ty::Error {
            return Expr {
                kind: ExprKind::Error,
                ty: result_ty,
                span,
            };
        }
        Expr {
            ty: result_ty.clone(),
            kind: ExprKind::Loop(Box::new(Loop {
                max,
                init,
                state,
                body,
                exhausted,
                state_ty,
                result_ty,
            })),
            span,
        }
    }

    /// `(loop/until :max n :until (fn (value) condition) :on-exhausted value
    /// body)`
    pub(super) fn until_form(&mut self, span: Span, args: &[Datum]) -> Expr {
        const FORM: &str = "loop/until";
        const SHAPE: &str = "(loop/until :max 5 :until (fn (value) condition) body)";
        // The body stands last, after the keywords and what belongs to them.
        let (body, keywords) = match args.split_last() {
            Some((last, before)) if args.len() % 2 == 1 => (Some(last), before),
            _ => (None, args),
        };
        let mut arguments = self.arguments(FORM, keywords);
        self.known(FORM, &mut arguments, &["max", "until", "on-exhausted"]);
        self.extra(&arguments, 0, FORM, SHAPE);
        let missing = |this: &mut Self, why: &str| {
            this.report(messages::shape(span, FORM, SHAPE, why));
        };
        let max = arguments.get("max").map(|max| self.bound(max));
        if max.is_none() {
            missing(self, "`:max` is missing: every loop has a bound");
        }
        let body = body.map(|body| self.expr(body, &Want::Any));
        if body.is_none() {
            missing(self, "the body is missing at the end");
        }
        let test = arguments.get("until");
        if test.is_none() {
            missing(self, "`:until` is missing: when the loop is to end");
        }
        let (Some(max), Some(body), Some(test)) = (max, body, test) else {
            return Expr::error(span);
        };
        if test.head() != Some("fn") {
            let why = "`:until` must be `(fn (value) condition)`";
            self.report(messages::shape(test.span, FORM, SHAPE, why));
            return Expr::error(span);
        }
        let Some(function) = self.function(test) else {
            return Expr::error(span);
        };
        let ty = match &body.ty {
            Ty::Case(id, _) => Ty::Named(*id),
            ty => ty.clone(),
        };
        let out = self.world.var(function.binder.clone(), ty.clone());
        let test = self.within(&function.binder, out, |this| {
            this.expr(function.body, &Want::Type(Ty::Bool))
        });
        let exhausted = arguments.get("on-exhausted").map(|value| {
            self.within(&function.binder, out, |this| {
                this.expr(value, &Want::Type(ty.clone()))
            })
        });
        let broken = [&max, &body, &test]
            .into_iter()
            .chain(&exhausted)
            .any(|part| part.ty == Ty::Error);
        if broken {
            return Expr::error(span);
        }
        Expr {
            kind: ExprKind::Until(Box::new(Until {
                max,
                body,
                out,
                test,
                exhausted,
            })),
            ty,
            span,
        }
    }

    fn within<T>(&mut self, binder: &Name, state: VarId, body: impl FnOnce(&mut Self) -> T) -> T {
        self.scoped(|this| {
            this.locals.push(Local {
                name: binder.text.clone(),
                var: state,
            });
            body(this)
        })
    }

    pub(super) fn bound(&mut self, datum: &Datum) -> Expr {
        let max = self.expr(datum, &Want::Type(Ty::Int));
        if let ExprKind::Lit(Value::Number(number)) = &max.kind
            && number.as_i64().is_some_and(|n| n < 1)
        {
            self.report(messages::bad_bound(datum.span));
            return Expr::error(datum.span);
        }
        max
    }

    fn function<'d>(&mut self, datum: &'d Datum) -> Option<Body<'d>> {
        const FN: &str = "(fn (state) body)";
        let members = datum.as_list()?;
        let binder = match members.get(1).map(|list| (list, list.as_list())) {
            Some((_, Some([binder]))) if binder.as_symbol().is_some() => Name::of(binder),
            Some((list, _)) => {
                if list.kind != DatumKind::Error {
                    self.report(messages::shape(
                        list.span,
                        "fn",
                        FN,
                        "one name in parentheses is needed: that of the state",
                    ));
                }
                return None;
            }
            None => {
                self.report(messages::shape(
                    datum.span,
                    "fn",
                    FN,
                    "the name of the state is missing",
                ));
                return None;
            }
        };
        match members {
            [_, _, body] => Some(Body { binder, body }),
            [_, _, _, second, ..] => {
                self.report(messages::shape(
                    second.span,
                    "fn",
                    FN,
                    "there is a second body; put both into `(do …)`",
                ));
                None
            }
            _ => {
                self.report(messages::shape(datum.span, "fn", FN, "the body is missing"));
                None
            }
        }
    }

    /// `(continue state)` and `(done result)`
    pub(super) fn tail_form(
        &mut self,
        span: Span,
        head: Span,
        name: &str,
        args: &[Datum],
        want: &Want,
    ) -> Expr {
        let [arg] = args else {
            self.report(messages::operands(span, head, name, 1, Some(1), args.len()));
            return Expr::error(span);
        };
        if let Some(context) = self.loops.last_mut() {
            context.ends |= name == "done";
        }
        if *want != Want::Tail {
            self.report(messages::tail_out_of_place(
                head,
                name,
                self.loops.is_empty(),
            ));
            self.expr(arg, &Want::Any);
            return Expr::error(span);
        }
        let Some(context) = self.loops.last() else {
            return Expr::error(span);
        };
        let kind = if name == "continue" {
            let want = match &context.state_ty {
                Ty::Error => Want::Any,
                ty => Want::Type(ty.clone()),
            };
            let value = self.expr(arg, &want);
            if value.ty == Ty::Error {
                return Expr::error(span);
            }
            ExprKind::Continue(Box::new(value))
        } else {
            let value = self.done(arg);
            if value.ty == Ty::Error {
                return Expr::error(span);
            }
            ExprKind::Done(Box::new(value))
        };
        Expr {
            kind,
            ty: Ty::Tail,
            span,
        }
    }

    fn done(&mut self, arg: &Datum) -> Expr {
        // Inside the result, this loop can no longer go on.
        let known = self.loops.last().and_then(|each| each.result.as_ref());
        let want = known.map_or(Want::Any, |(ty, _)| Want::Like(ty.clone()));
        let value = self.expr(arg, &want);
        let Some(context) = self.loops.last_mut() else {
            return value;
        };
        match context.result.take() {
            None => {
                if value.ty != Ty::Error {
                    context.result = Some((value.ty.clone(), value.span));
                }
                value
            }
            Some((ty, first)) => match self.world.types.join(&ty, &value.ty) {
                Some(joined) => {
                    context.result = Some((joined, first));
                    value
                }
                None => {
                    context.result = Some((ty.clone(), first));
                    let diagnostic = messages::arm_differs(&self.world.types, &value, &ty, first);
                    self.report(diagnostic);
                    Expr::error(value.span)
                }
            },
        }
    }
}
