//! `if`, `cond` and `when`.

use std::rc::Rc;

use wfc_diag::Span;
use wfc_ir::Value;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::facts::{Facts, of_condition};
use super::operators::known_truth;
use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::types::Ty;

const COND: &str = "(cond (condition value) … (else value))";

impl Checker<'_, '_> {
    /// A condition, and what it shows.
    fn condition(&mut self, datum: &Datum) -> (Expr, Facts) {
        let cond = self.expr(datum, &Want::Type(Ty::Bool));
        if let Some(truth) = known_truth(&cond) {
            self.report(messages::constant_condition(cond.span, truth));
        }
        let facts = of_condition(&self.world.types, &cond);
        (cond, facts)
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
        let (cond, facts) = self.condition(cond);
        let mut way = |facts, datum| {
            self.knowing(facts, |this| {
                let found = this.expr(datum, want);
                let item = this.item_there(&found);
                (found, item)
            })
        };
        let (mut then, then_item) = way(facts.yes, then);
        let (mut otherwise, other_item) = way(facts.no, otherwise);
        // A value that is known to be there is taken out when the other way
        // gives one.
        if self.world.types.join(&then.ty, &otherwise.ty).is_none() {
            then.ty = then_item.unwrap_or(then.ty);
            otherwise.ty = other_item.unwrap_or(otherwise.ty);
        }
        self.either(span, cond, then, otherwise)
    }

    fn either(&mut self, span: Span, cond: Expr, then: Expr, otherwise: Expr) -> Expr {
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
        let (cond, facts) = self.condition(cond);
        let body = self.knowing(facts.yes, |this| this.expr(body, &Want::Any));
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

    /// `(cond (condition value) … (else value))`. Without `else` the
    /// conditions must leave nothing out.
    pub(super) fn cond_form(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        self.scoped(|this| this.clauses(span, args, want))
    }

    fn clauses(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        let mut clauses: Vec<(Expr, Expr)> = Vec::new();
        let mut otherwise: Option<(Expr, Span)> = None;
        let mut broken = args.is_empty();
        if broken {
            let why = "there are no clauses";
            self.report(messages::shape(span, "cond", COND, why));
        }
        for clause in args {
            let Some((test, value)) = self.clause(clause) else {
                broken = true;
                continue;
            };
            if let Some((_, first)) = &otherwise {
                let first = *first;
                self.report(messages::unreachable_clause(clause.span, first));
            }
            if test.as_symbol() == Some("else") {
                let value = self.expr(value, want);
                otherwise.get_or_insert((value, test.span));
                continue;
            }
            let (cond, facts) = self.condition(test);
            let value = self.knowing(facts.yes, |this| this.expr(value, want));
            self.assume(facts.no);
            clauses.push((cond, value));
        }
        let last = match otherwise {
            Some((value, _)) => Some(value),
            // The conditions before it leave only what the last one asks for.
            None if self.is_impossible() => clauses.pop().map(|(_, value)| value),
            None => None,
        };
        let Some(mut result) = last else {
            let is_wrong = |(cond, _): &(Expr, Expr)| cond.ty == Ty::Error;
            if !broken && !clauses.iter().any(is_wrong) {
                self.report(messages::open_cond(span, args, self.sources));
            }
            return Expr::error(span);
        };
        if broken {
            return Expr::error(span);
        }
        for (cond, value) in clauses.into_iter().rev() {
            let span = cond.span;
            result = self.either(span, cond, value, result);
        }
        result.span = span;
        result
    }

    /// Splits a clause of `cond`.
    fn clause<'d>(&mut self, clause: &'d Datum) -> Option<(&'d Datum, &'d Datum)> {
        let (at, why) = match clause.as_list() {
            Some([test, value]) => return Some((test, value)),
            Some([_, _, extra, ..]) => (
                extra.span,
                "a clause has one value; put several into `(do …)`",
            ),
            Some(_) => (clause.span, "a clause is a condition and a value"),
            None if clause.kind == DatumKind::Error => return None,
            None => (clause.span, "a clause is a list"),
        };
        self.report(messages::shape(at, "cond", COND, why));
        None
    }
}
