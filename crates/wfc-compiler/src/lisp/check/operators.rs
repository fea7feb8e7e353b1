//! The pure operators.

use wfc_diag::Span;
use wfc_ir::{Prim, Value};
use wfc_syntax::lisp::Datum;

use super::facts::of_condition;
use super::{Checker, Want};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// An operator.
pub(super) struct Operator {
    pub(super) name: &'static str,
    prim: Prim,
    rule: Rule,
    /// How many operands it takes: at least, at most.
    least: usize,
    most: usize,
}

/// How an operator is typed.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// Two values of one type; the result says whether they are equal.
    Equal,
    /// Numbers to a truth.
    Order,
    /// Truths to a truth.
    Logic,
    /// Numbers to a number.
    Number,
    /// Texts to a text.
    Concat,
    /// A text to a truth.
    IsEmpty,
    /// An optional to a truth.
    IsSome,
    /// An optional and a value to a value.
    OrElse,
    /// An integer to a text.
    IntText,
    /// Anything that is one word to a text.
    WordText,
}

const MANY: usize = usize::MAX;

const fn op(name: &'static str, prim: Prim, rule: Rule, least: usize, most: usize) -> Operator {
    Operator {
        name,
        prim,
        rule,
        least,
        most,
    }
}

/// Every operator.
pub(super) const OPERATORS: &[Operator] = &[
    op("=", Prim::Eq, Rule::Equal, 2, 2),
    op("!=", Prim::Ne, Rule::Equal, 2, 2),
    op("<", Prim::Lt, Rule::Order, 2, 2),
    op("<=", Prim::Le, Rule::Order, 2, 2),
    op(">", Prim::Gt, Rule::Order, 2, 2),
    op(">=", Prim::Ge, Rule::Order, 2, 2),
    op("and", Prim::And, Rule::Logic, 2, MANY),
    op("or", Prim::Or, Rule::Logic, 2, MANY),
    op("not", Prim::Not, Rule::Logic, 1, 1),
    op("+", Prim::Add, Rule::Number, 2, MANY),
    op("-", Prim::Sub, Rule::Number, 2, 2),
    op("*", Prim::Mul, Rule::Number, 2, MANY),
    op("/", Prim::Div, Rule::Number, 2, 2),
    op("mod", Prim::Mod, Rule::Number, 2, 2),
    op("min", Prim::Min, Rule::Number, 2, MANY),
    op("max", Prim::Max, Rule::Number, 2, MANY),
    op("string/concat", Prim::Concat, Rule::Concat, 2, MANY),
    op("string/empty?", Prim::IsEmpty, Rule::IsEmpty, 1, 1),
    op("string/from-int", Prim::ToText, Rule::IntText, 1, 1),
    op("symbol/name", Prim::ToText, Rule::WordText, 1, 1),
    op("some?", Prim::IsSome, Rule::IsSome, 1, 1),
    op("or-else", Prim::OrElse, Rule::OrElse, 2, 2),
];

/// The operator of this name.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

impl Checker<'_, '_> {
    pub(super) fn operation(
        &mut self,
        span: Span,
        head: Span,
        operator: &'static Operator,
        args: &[Datum],
    ) -> Expr {
        if let Some(stray) = args.iter().find(|arg| arg.as_keyword().is_some()) {
            self.report(messages::keyword_needed(stray.span, operator.name));
            return Expr::error(span);
        }
        if args.len() < operator.least || args.len() > operator.most {
            let most = (operator.most != MANY).then_some(operator.most);
            self.report(messages::operands(
                span,
                head,
                operator.name,
                operator.least,
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
            Rule::Concat => (self.each(args, &Ty::String), Ty::String),
            Rule::IsEmpty => (self.each(args, &Ty::String), Ty::Bool),
            Rule::IntText => (self.each(args, &Ty::Int), Ty::String),
            Rule::WordText => (self.words(operator.name, args), Ty::String),
            Rule::IsSome => {
                let (operand, _) = self.optional(operator.name, &args[0]);
                (vec![operand], Ty::Bool)
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
            let ty = if ty == Ty::Bool || ty == Ty::String {
                ty
            } else {
                Ty::Error
            };
            return Expr {
                kind: ExprKind::Error,
                ty,
                span,
            };
        }
        Expr {
            kind: ExprKind::Prim(operator.prim, operands),
            ty,
            span,
        }
    }

    fn each(&mut self, args: &[Datum], ty: &Ty) -> Vec<Expr> {
        let want = Want::Type(ty.clone());
        args.iter().map(|arg| self.expr(arg, &want)).collect()
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
            match operand.ty {
                Ty::Int => operands.push(operand),
                Ty::Float => {
                    if ty != Ty::Error {
                        ty = Ty::Float;
                    }
                    operands.push(operand);
                }
                Ty::Error | Ty::Unknown => {
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
            Ty::Error | Ty::Unknown => (Expr::error(arg.span), Ty::Error),
            _ if self.was_optional(&operand) => {
                let item = operand.ty.clone();
                (operand, item)
            }
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
        if left.ty == Ty::Error || right.ty == Ty::Error {
            return vec![Expr::error(left.span), Expr::error(right.span)];
        }
        let types = &self.world.types;
        let union = [&left, &right].into_iter().find(|side| match &side.ty {
            Ty::Case(..) => true,
            Ty::Named(id) => types.variants(*id).is_some(),
            _ => false,
        });
        let diagnostic = if let Some(union) = union {
            Some(messages::union_equality(types, union, name))
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

    pub(super) fn some_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        let [arg] = args else {
            self.report(messages::operands(
                span,
                span,
                "some",
                1,
                Some(1),
                args.len(),
            ));
            return Expr::error(span);
        };
        let want = match expected {
            Some(Ty::Optional(item)) if **item != Ty::Unknown => Want::Type((**item).clone()),
            _ => Want::Any,
        };
        let mut inner = self.expr(arg, &want);
        if let Ty::Optional(_) = inner.ty {
            self.report(messages::optional_twice(span));
            return Expr::error(span);
        }
        inner.ty = match inner.ty {
            Ty::Error => Ty::Error,
            ty => Ty::Optional(ty.into()),
        };
        inner.span = span;
        inner
    }

    pub(super) fn list_form(&mut self, span: Span, args: &[Datum], expected: Option<&Ty>) -> Expr {
        let want = match expected {
            Some(Ty::List(item)) if **item != Ty::Unknown => Want::Type((**item).clone()),
            _ => Want::Any,
        };
        let mut item = match &want {
            Want::Type(ty) => ty.clone(),
            _ => Ty::Unknown,
        };
        let mut items = Vec::new();
        for arg in args {
            let each = self.expr(arg, &want);
            if want == Want::Any {
                match self.world.types.join(&item, &each.ty) {
                    Some(joined) => item = joined,
                    None => {
                        let diagnostic = messages::mismatch(&self.world.types, &each, &item);
                        self.report(diagnostic);
                    }
                }
            }
            items.push(each);
        }
        let broken = items.iter().any(|each| each.ty == Ty::Error);
        Expr {
            kind: if broken {
                ExprKind::Error
            } else {
                ExprKind::List(items)
            },
            ty: Ty::List(item.into()),
            span,
        }
    }
}

/// `true` or `false` of a literal, for conditions that never change.
pub(super) fn known_truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Lit(Value::Bool(flag)) => Some(*flag),
        _ => None,
    }
}
