//! Conditions that say something twice, or as texts what are values.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use wfc_diag::Span;

use super::Checker;
use crate::yaml::hir::{Cond, Exec, Operand, Part, Path, Test, Text};
use crate::yaml::index;
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn step_conditions(&mut self, entry: &index::Entry<'_>) {
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
                let mut seen: HashMap<String, Span> = HashMap::new();
                for each in all {
                    match seen.entry(said(each)) {
                        Entry::Occupied(first) => {
                            let found = messages::duplicate_condition(each.span, *first.get());
                            self.report(found);
                        }
                        Entry::Vacant(place) => {
                            place.insert(each.span);
                        }
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

/// A condition in a form that two share only when they ask the same. One that
/// could not be read is like no other.
fn said(cond: &Cond) -> String {
    let list = |word: &str, all: &[Cond]| {
        let all: Vec<String> = all.iter().map(said).collect();
        format!("{word}{all:?}")
    };
    match &cond.test {
        Test::Equals { left, right } => format!("equals {:?} {:?}", left.shown(), right.shown()),
        Test::Exists { pattern } => format!("exists {:?}", pattern.shown()),
        Test::NotExists { pattern } => format!("not_exists {:?}", pattern.shown()),
        Test::Bool(subject) => format!("bool {}", subject.text),
        Test::Compare { left, op, right } => {
            format!("{} {} {}", operand(left), op.word(), operand(right))
        }
        Test::Score { subject, bounds } => {
            let bounds = bounds.iter();
            let bounds: Vec<String> = bounds
                .map(|(op, value)| format!("{} {}", op.word(), value.value))
                .collect();
            format!("score {} {bounds:?}", subject.text)
        }
        Test::All(all) => list("all", all),
        Test::Any(all) => list("any", all),
        Test::Not(inner) => format!("not {}", said(inner)),
        Test::Unknown => format!("unknown {:?}", cond.span),
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Literal(value) => value.value.to_string(),
        Operand::Ref(subject) => format!("ref {}", subject.text),
        Operand::Text(text) => format!("text {:?}", text.shown()),
        Operand::Unknown => "unknown".to_owned(),
    }
}
