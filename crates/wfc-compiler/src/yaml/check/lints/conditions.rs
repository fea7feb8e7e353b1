//! Conditions that say something twice, or as texts what are values.

use super::Checker;
use crate::yaml::hir::{Cond, Exec, Operand, Part, Path, Ref, Test, Text};
use crate::yaml::index::Entry;
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn step_conditions(&mut self, entry: &Entry<'_>) {
        if let Some(when) = &entry.step.when {
            self.stringly(when);
            self.twice(when);
        }
        match &entry.step.exec {
            Exec::Assert(cond) | Exec::If { cond, .. } => self.twice(cond),
            Exec::Repeat(repeat) => self.twice(&repeat.until),
            _ => {}
        }
    }

    fn stringly(&mut self, cond: &Cond) {
        let Test::Equals { left, right } = &cond.test else {
            return;
        };
        let read = |text: &Text| {
            let mut holes = text.holes();
            holes.any(|hole| matches!(hole.path, Path::Step { .. }))
        };
        if !read(left) && !read(right) {
            return;
        }
        let shown = match (alone(left), right.as_literal()) {
            (Some(name), Some(word)) => {
                format!("`compare: {{left: {{ref: root.{name}}}, op: eq, right: {word}}}`")
            }
            _ => "`compare` or `artifact_bool` with `ref`".to_owned(),
        };
        self.report(messages::stringly_equals(cond.span, &shown));
    }

    fn twice(&mut self, cond: &Cond) {
        match &cond.test {
            Test::All(all) | Test::Any(all) => {
                for (number, each) in all.iter().enumerate() {
                    if let Some(first) = all[..number].iter().find(|other| same(other, each)) {
                        self.report(messages::duplicate_condition(each.span, first.span));
                    }
                    self.twice(each);
                }
            }
            Test::Not(inner) => self.twice(inner),
            _ => {}
        }
    }
}

/// The name in the only hole of a text that has nothing else.
fn alone(text: &Text) -> Option<&str> {
    match text.parts.as_slice() {
        [Part::Hole(hole)] if hole.name.contains(".artifacts.") => Some(&hole.name),
        _ => None,
    }
}

/// Do two conditions ask the same, word for word?
fn same(a: &Cond, b: &Cond) -> bool {
    match (&a.test, &b.test) {
        (
            Test::Equals { left, right },
            Test::Equals {
                left: other_left,
                right: other_right,
            },
        ) => same_text(left, other_left) && same_text(right, other_right),
        (Test::Exists { pattern }, Test::Exists { pattern: other })
        | (Test::NotExists { pattern }, Test::NotExists { pattern: other }) => {
            same_text(pattern, other)
        }
        (Test::Bool(subject), Test::Bool(other)) => same_ref(subject, other),
        (
            Test::Compare { left, op, right },
            Test::Compare {
                left: other_left,
                op: other_op,
                right: other_right,
            },
        ) => op == other_op && same_operand(left, other_left) && same_operand(right, other_right),
        (
            Test::Score { subject, bounds },
            Test::Score {
                subject: other,
                bounds: other_bounds,
            },
        ) => {
            let plain = |bounds: &[(_, crate::yaml::hir::Spanned<wfc_ir::Value>)]| {
                let all = bounds.iter().map(|(op, value)| (*op, value.value.clone()));
                all.collect::<Vec<_>>()
            };
            same_ref(subject, other) && plain(bounds) == plain(other_bounds)
        }
        (Test::All(all), Test::All(other)) | (Test::Any(all), Test::Any(other)) => {
            all.len() == other.len() && all.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Test::Not(inner), Test::Not(other)) => same(inner, other),
        _ => false,
    }
}

fn same_ref(a: &Ref, b: &Ref) -> bool {
    a.text == b.text
}

fn same_operand(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Literal(a), Operand::Literal(b)) => a.value == b.value,
        (Operand::Ref(a), Operand::Ref(b)) => same_ref(a, b),
        (Operand::Text(a), Operand::Text(b)) => same_text(a, b),
        _ => false,
    }
}

pub(super) fn same_text(a: &Text, b: &Text) -> bool {
    a.parts.len() == b.parts.len()
        && a.parts.iter().zip(&b.parts).all(|pair| match pair {
            (Part::Lit(a), Part::Lit(b)) => a == b,
            (Part::Hole(a), Part::Hole(b)) => a.name == b.name && a.json == b.json,
            _ => false,
        })
}
