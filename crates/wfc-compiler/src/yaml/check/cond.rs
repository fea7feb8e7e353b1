//! Conditions: what is compared with what.

use wfc_diag::Span;
use wfc_ir::{Type, Value};

use super::refs::Typed;
use super::{Checker, Spot, types};
use crate::yaml::hir::{Compare, Cond, Operand, Part, Ref, Test, Text};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn condition(&mut self, cond: &Cond, spot: Spot) {
        match &cond.test {
            Test::Unknown => {}
            Test::Equals { left, right } => {
                self.text(left, spot);
                self.text(right, spot);
                self.textual(left, right, cond.span);
            }
            Test::Exists { pattern } | Test::NotExists { pattern } => self.text(pattern, spot),
            Test::Bool(subject) => {
                let Some(found) = self.reference(subject, spot) else {
                    return;
                };
                if !types::can_fit(&found.ty, &Type::Bool) {
                    self.report(messages::mismatch(
                        subject.span,
                        "what `artifact_bool` asks",
                        "a bool",
                        &types::shown(&found.ty),
                        None,
                    ));
                }
            }
            Test::Compare { left, op, right } => self.compare(left, *op, right, cond.span, spot),
            Test::Score { subject, bounds } => {
                if let Some(found) = self.reference(subject, spot)
                    && !types::is_ordered(&found.ty)
                {
                    let shown = types::shown(&found.ty);
                    self.report(messages::not_ordered(subject.span, "score", &shown));
                }
                self.range(bounds);
            }
            Test::All(all) | Test::Any(all) => {
                all.iter().for_each(|cond| self.condition(cond, spot));
            }
            Test::Not(inner) => self.condition(inner, spot),
        }
    }

    /// Two texts without holes are equal or not, whatever happens.
    fn textual(&mut self, left: &Text, right: &Text, span: Span) {
        let constant = |text: &Text| text.parts.iter().all(|p| matches!(p, Part::Lit(_)));
        if constant(left) && constant(right) {
            let answer = left.as_literal() == right.as_literal();
            self.report(messages::constant_condition(span, answer));
        }
    }

    fn compare(&mut self, left: &Operand, op: Compare, right: &Operand, span: Span, spot: Spot) {
        let a = self.operand(left, spot);
        let b = self.operand(right, spot);
        if let (Operand::Literal(left), Operand::Literal(right)) = (left, right)
            && let Some(answer) = constant(&left.value, op, &right.value)
        {
            self.report(messages::constant_condition(span, answer));
            return;
        }
        if op.is_ordered() {
            for (operand, typed) in [(left, &a), (right, &b)] {
                if let (Some(typed), Some(span)) = (typed, place(operand))
                    && !types::is_ordered(&typed.ty)
                {
                    let shown = types::shown(&typed.ty);
                    self.report(messages::not_ordered(span, op.word(), &shown));
                    // That the other side goes with it is no second mistake.
                    break;
                }
            }
            return;
        }
        let (Some(a), Some(b)) = (a, b) else { return };
        let outcome = match (left, right) {
            (Operand::Ref(subject), Operand::Literal(word))
            | (Operand::Literal(word), Operand::Ref(subject)) => {
                let typed = if matches!(left, Operand::Ref(_)) {
                    &a
                } else {
                    &b
                };
                outside(subject, typed, &word.value, word.span)
            }
            _ => None,
        };
        if let Some(found) = outcome {
            self.report(found);
        } else if !types::can_equal(&a.ty, &b.ty) {
            let shown = |operand: &Operand, typed: &Typed| match operand {
                Operand::Literal(value) => types::literal(&value.value),
                Operand::Ref(subject) => {
                    format!("`{}` ({})", subject.text, types::shown(&typed.ty))
                }
                _ => types::shown(&typed.ty),
            };
            let span = [right, left]
                .into_iter()
                .find_map(|operand| match operand {
                    Operand::Literal(value) => Some(value.span),
                    _ => None,
                })
                .or(place(right))
                .unwrap_or(span);
            let quoted = match (left, right) {
                (Operand::Literal(value), _) => quoted(&value.value, &b.ty),
                (_, Operand::Literal(value)) => quoted(&value.value, &a.ty),
                _ => None,
            };
            let (left, right) = (shown(left, &a), shown(right, &b));
            let found = messages::never_equal(span, &left, &right);
            self.report(match quoted {
                Some(text) => found.help(format!("write `{text}` without the quotes")),
                None => found,
            });
        }
    }

    pub(super) fn operand(&mut self, operand: &Operand, spot: Spot) -> Option<Typed> {
        match operand {
            Operand::Literal(value) => Some(Typed {
                ty: types::of_value(&value.value),
                declared: None,
            }),
            Operand::Ref(subject) => self.reference(subject, spot),
            Operand::Text(text) => {
                self.text(text, spot);
                None
            }
            Operand::Unknown => None,
        }
    }

    /// A lower bound above the upper one is never met.
    fn range(&mut self, bounds: &[(Compare, crate::yaml::hir::Spanned<Value>)]) {
        let bound = |ops: [Compare; 2]| {
            let mut all = bounds.iter();
            let (op, value) = all.find(|(op, _)| ops.contains(op))?;
            Some((*op, value.value.as_f64()?, value.span))
        };
        let lower = bound([Compare::Gt, Compare::Gte]);
        let upper = bound([Compare::Lt, Compare::Lte]);
        if let (Some((low_op, low, low_span)), Some((high_op, high, span))) = (lower, upper) {
            let closed = low_op == Compare::Gte && high_op == Compare::Lte;
            if low > high || (low == high && !closed) {
                self.report(messages::empty_range(span, low_span));
            }
        }
    }
}

/// A word that is not one of those of an enum.
fn outside(subject: &Ref, typed: &Typed, word: &Value, span: Span) -> Option<wfc_diag::Diagnostic> {
    let (Type::Enum { allowed }, Some(word)) = (&typed.ty, word.as_str()) else {
        return None;
    };
    if allowed.iter().any(|known| known == word) {
        return None;
    }
    let declared = typed.declared;
    Some(messages::outside_enum(
        span,
        word,
        &subject.text,
        allowed,
        declared,
    ))
}

/// The text of a literal that would be of type `other` without its quotes.
fn quoted<'v>(value: &'v Value, other: &Type) -> Option<&'v str> {
    let text = value.as_str()?;
    let plain: Value = serde_json::from_str(text).ok()?;
    let fits = match other {
        Type::Bool => plain.is_boolean(),
        Type::Int | Type::Float => plain.is_number(),
        _ => false,
    };
    fits.then_some(text)
}

fn place(operand: &Operand) -> Option<Span> {
    match operand {
        Operand::Literal(value) => Some(value.span),
        Operand::Ref(subject) => Some(subject.span),
        Operand::Text(text) => Some(text.span),
        Operand::Unknown => None,
    }
}

/// The answer of a comparison of two constants.
fn constant(left: &Value, op: Compare, right: &Value) -> Option<bool> {
    Some(match op {
        Compare::Eq => left == right,
        Compare::Ne => left != right,
        ordered => {
            let (a, b) = (left.as_f64()?, right.as_f64()?);
            match ordered {
                Compare::Lt => a < b,
                Compare::Lte => a <= b,
                Compare::Gt => a > b,
                _ => a >= b,
            }
        }
    })
}
