//! The pure operators.

use wfc_diag::Span;
use wfc_ir::{Prim, Value};
use wfc_syntax::lisp::Datum;

use super::facts::of_condition;
use super::signatures::{Kind, Operator, Rule};
use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::types::Ty;

impl Checker<'_, '_> {
    pub(super) fn operation(
        &mut self,
        span: Span,
        head: Span,
        operator: &'static Operator,
        args: &[Datum],
        expected: Option<&Ty>,
    ) -> Expr {
        if let Some(stray) = args.iter().find(|arg| arg.as_keyword().is_some()) {
            self.report(messages::keyword_needed(stray.span, operator.name));
            return Expr::error(span);
        }
        let (least, most) = operator.count();
        if args.len() < least || most.is_some_and(|most| args.len() > most) {
            self.report(messages::operands(
                span,
                head,
                operator.name,
                least,
                most,
                args.len(),
            ));
            for arg in args {
                self.expr(arg, &Want::Any);
            }
            return Expr::error(span);
        }
        let (operands, ty) = match operator.rule {
            Rule::Equal => (self.equal(operator.name, args), Ty::Bool),
            Rule::Logic => (self.logic(operator.prim, args), Ty::Bool),
            Rule::Order => {
                let (operands, _) = self.numbers(operator.name, args);
                (operands, Ty::Bool)
            }
            Rule::Number => self.numbers(operator.name, args),
            Rule::Words => (self.words(operator.name, args), Ty::String),
            Rule::IsSome => {
                let (operand, _) = self.optional(operator.name, &args[0]);
                (vec![operand], Ty::Bool)
            }
            Rule::Plain(params, result) => {
                self.plain(operator.name, args, params, result, expected)
            }
            Rule::OrElse => {
                let (operand, item) = self.optional(operator.name, &args[0]);
                let want = match &item {
                    Ty::Unknown => Want::Any,
                    item => Want::Type(item.clone()),
                };
                let other = self.expr(&args[1], &want);
                let ty = match item {
                    Ty::Unknown => other.ty.clone(),
                    item => self.world.types.join(&item, &other.ty).unwrap_or(item),
                };
                (vec![operand, other], ty)
            }
        };
        if operands.iter().any(|operand| operand.ty == Ty::Error) {
            // The type of the result is known all the same.
            let ty = match ty {
                Ty::Bool | Ty::String => ty,
                _ => Ty::Error,
            };
            return Expr {
                kind: ExprKind::Error,
                ty,
                span,
            };
        }
        Expr {
            kind: operator.apply(operands),
            ty,
            span,
        }
    }

    /// Operands by the list of their kinds, of which the last goes on.
    fn plain(
        &mut self,
        name: &str,
        args: &[Datum],
        params: &[Kind],
        result: Kind,
        expected: Option<&Ty>,
    ) -> (Vec<Expr>, Ty) {
        // What the items are, as far as it is known.
        let mut item = Ty::Unknown;
        let hint = expected.and_then(|ty| result.item_of(ty));
        let mut operands = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let kind = params.get(index).or(params.last());
            let kind = kind.copied().unwrap_or(Kind::Item);
            let about = match &item {
                Ty::Unknown => hint.clone(),
                known => Some(known.clone()),
            };
            let want = match (kind.ty(about.as_ref()), &item) {
                (Some(ty), _) if !kind.has_item() => Want::Type(ty),
                (Some(ty), Ty::Unknown) => Want::Like(ty),
                (Some(ty), _) => Want::Type(ty),
                (None, _) => Want::Any,
            };
            let operand = self.expr(arg, &want);
            let operand = match kind {
                Kind::Maybe | Kind::Item => operand,
                _ => self.there(operand),
            };
            if operand.ty == Ty::Error {
                operands.push(operand);
                continue;
            }
            if !kind.has_item() {
                operands.push(operand);
                continue;
            }
            let found = match kind {
                Kind::Item => Some(operand.ty.clone()),
                kind => kind.item_of(&operand.ty),
            };
            let joined = found.and_then(|found| self.world.types.join(&item, &found));
            match joined {
                Some(joined) => {
                    item = joined;
                    operands.push(operand);
                }
                None => {
                    let types = &self.world.types;
                    let diagnostic = messages::wrong_operand(types, &operand, name, kind.noun());
                    self.report(diagnostic);
                    operands.push(Expr::error(operand.span));
                }
            }
        }
        let item = match (item, hint) {
            (Ty::Unknown, Some(hint)) => hint,
            (item, _) => item,
        };
        if name == "list/contains?"
            && let Some(last) = operands.last()
            && last.ty != Ty::Error
            && let Some(why) = self.world.types.incomparable(&item)
        {
            let diagnostic = messages::incomparable(&self.world.types, last, name, why);
            self.report(diagnostic);
        }
        let ty = result.ty(Some(&item)).unwrap_or(Ty::Unknown);
        (operands, ty)
    }

    /// Each operand of `and` knows that those before it hold, and each of
    /// `or` that they do not.
    fn logic(&mut self, prim: Prim, args: &[Datum]) -> Vec<Expr> {
        self.scoped(|this| {
            let mut operands = Vec::new();
            for arg in args {
                let operand = this.expr(arg, &Want::Type(Ty::Bool));
                let facts = of_condition(&this.world.types, &operand);
                this.assume(match prim {
                    Prim::And => facts.yes,
                    _ => facts.no,
                });
                operands.push(operand);
            }
            operands
        })
    }

    fn numbers(&mut self, name: &str, args: &[Datum]) -> (Vec<Expr>, Ty) {
        let mut ty = Ty::Int;
        let mut operands = Vec::new();
        for arg in args {
            let operand = self.expr(arg, &Want::Any);
            let operand = self.there(operand);
            match operand.ty {
                // There never is a value of which nothing is known.
                Ty::Int | Ty::Unknown => operands.push(operand),
                Ty::Float => {
                    if ty != Ty::Error {
                        ty = Ty::Float;
                    }
                    operands.push(operand);
                }
                Ty::Error => {
                    ty = Ty::Error;
                    operands.push(Expr::error(operand.span));
                }
                _ => {
                    let diagnostic = messages::not_a_number(&self.world.types, &operand, name);
                    self.report(diagnostic);
                    ty = Ty::Error;
                    operands.push(Expr::error(operand.span));
                }
            }
        }
        (operands, ty)
    }

    fn words(&mut self, name: &str, args: &[Datum]) -> Vec<Expr> {
        let mut operands = Vec::new();
        for arg in args {
            let operand = self.expr(arg, &Want::Any);
            let operand = self.there(operand);
            if self.world.types.is_word(&operand.ty) {
                operands.push(operand);
            } else {
                let diagnostic = messages::not_a_word(&self.world.types, &operand, name);
                self.report(diagnostic);
                operands.push(Expr::error(operand.span));
            }
        }
        operands
    }

    fn optional(&mut self, name: &str, arg: &Datum) -> (Expr, Ty) {
        let operand = self.expr(arg, &Want::Any);
        match &operand.ty {
            Ty::Optional(item) => {
                let item = (**item).clone();
                (operand, item)
            }
            Ty::Error => (Expr::error(arg.span), Ty::Error),
            Ty::Unknown => (operand, Ty::Unknown),
            _ => {
                let diagnostic = messages::not_optional(&self.world.types, &operand, name);
                self.report(diagnostic);
                (Expr::error(arg.span), Ty::Error)
            }
        }
    }

    fn equal(&mut self, name: &str, args: &[Datum]) -> Vec<Expr> {
        // A bare text beside an enum is the usual slip: check the other side
        // first, so that it can be named.
        let left = self.expr(&args[0], &Want::Any);
        let right = self.expr(&args[1], &Want::Like(left.ty.clone()));
        let is_optional = |side: &Expr| matches!(side.ty, Ty::Optional(_));
        let (left, right) = match is_optional(&left) && is_optional(&right) {
            true => (left, right),
            false => (self.there(left), self.there(right)),
        };
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return vec![Expr::error(left.span), Expr::error(right.span)];
        }
        let types = &self.world.types;
        let side = [&left, &right]
            .into_iter()
            .find_map(|side| Some((side, types.incomparable(&side.ty)?)));
        let diagnostic = if let Some((side, why)) = side {
            Some(messages::incomparable(types, side, name, why))
        } else if let Some(side) = [&left, &right].into_iter().find(|s| types.is_opaque(&s.ty)) {
            Some(messages::opaque_equality(types, side, name))
        } else if !left.ty.is_data() || types.join(&left.ty, &right.ty).is_none() {
            Some(messages::never_equal(types, &left, &right))
        } else {
            None
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
            return vec![Expr::error(left.span), Expr::error(right.span)];
        }
        vec![left, right]
    }
}

/// `true` or `false` of a literal, for conditions that never change.
pub(super) fn known_truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Lit(Value::Bool(flag)) => Some(*flag),
        _ => None,
    }
}
