//! References, texts with holes, conditions and data.

use indexmap::IndexMap;
use wfc_ir::{Cond, Expr, Prim, StepField, TextPart, Value};

use super::Lowering;
use crate::yaml::field;
use crate::yaml::hir::{self, Compare, Data, Exec, Hole, Operand, Part, Path, Test, Text};
use crate::yaml::index::{ScopeKind, Target};

impl Lowering<'_> {
    pub(super) fn reference(&self, reference: &hir::Ref, scope: usize) -> Expr {
        self.path(&reference.path, scope, false)
    }

    /// What is read of the output of a step.
    pub(super) fn captured(&self, reference: &hir::Ref, scope: usize) -> Expr {
        self.path(&reference.path, scope, true)
    }

    fn path(&self, path: &Path, scope: usize, in_text: bool) -> Expr {
        match path {
            Path::Run(field) => Expr::Run { field: *field },
            Path::Context(key) => Expr::Context { key: key.clone() },
            Path::Input(name) => Expr::Input { name: name.clone() },
            Path::Output(name) => Expr::Out.get(name.clone()),
            Path::Step { from, rest } => {
                let found = match in_text {
                    true => self.index.read(scope, *from, rest),
                    false => {
                        let found = self.index.find(scope, *from, rest);
                        found.map(|(step, read)| (Target::near(step), read))
                    }
                };
                let Ok((target, read)) = found else {
                    return Expr::lit(Value::Null);
                };
                let field = field::parse(read, in_text).unwrap_or(StepField::Artifacts);
                self.step_read(target, field)
            }
            Path::LoopIndex => match self.enclosing_loop(scope) {
                Some((step, _)) => Expr::LoopIndex { step },
                None => Expr::lit(Value::Null),
            },
            Path::LoopTotal => match self.enclosing_loop(scope) {
                Some((_, Some(max))) => Expr::lit(max),
                Some((step, None)) => Expr::LoopTotal { step },
                None => Expr::lit(Value::Null),
            },
            Path::Item { outwards, keys } => match self.list_loop(scope, *outwards) {
                Some(step) => keys
                    .iter()
                    .fold(Expr::Item { step }, |item, key| Expr::Get {
                        base: Box::new(item),
                        field: key.clone(),
                    }),
                None => Expr::lit(Value::Null),
            },
            Path::Unknown => Expr::lit(Value::Null),
        }
    }

    fn step_read(&self, target: Target, read: StepField) -> Expr {
        let Some((each, index)) = target.iteration else {
            let step = self.id(target.step);
            return Expr::Step { step, field: read };
        };
        let inner = self.index.step(target.step);
        let name = inner.map_or_else(String::new, |inner| inner.step.name.value.clone());
        let read = Box::new(read);
        Expr::Step {
            step: self.id(each),
            field: StepField::Iteration { index, name, read },
        }
    }

    /// The loop over a list around `scope` with `outwards` others between.
    fn list_loop(&self, scope: usize, outwards: usize) -> Option<wfc_ir::StepId> {
        let around = |ix: &usize| self.index.scope(*ix)?.parent;
        std::iter::successors(Some(scope), around)
            .filter_map(|ix| self.index.scope(ix))
            .filter(|scope| scope.kind == ScopeKind::Each)
            .nth(outwards)
            .and_then(|scope| scope.owner)
            .map(|owner| self.id(owner))
    }

    /// The innermost loop around `scope`, and its limit when that is known.
    fn enclosing_loop(&self, scope: usize) -> Option<(wfc_ir::StepId, Option<u64>)> {
        let mut around = self.index.scope(scope);
        while let Some(scope) = around {
            if scope.kind.repeats() {
                let entry = self.index.step(scope.owner?)?;
                let max = match &entry.step.exec {
                    Exec::Repeat(repeat) => Some(repeat.max),
                    _ => None,
                };
                return Some((entry.id.clone(), max));
            }
            around = self.index.scope(scope.parent?);
        }
        None
    }

    /// A text; a constant when it has no holes.
    pub(super) fn text(&self, text: &Text, scope: usize) -> Expr {
        if let Some(literal) = text.as_literal() {
            return Expr::lit(literal);
        }
        let parts = text
            .parts
            .iter()
            .map(|part| match part {
                Part::Lit(text) => TextPart::Text(text.clone()),
                Part::Hole(hole) => self.hole(hole, scope),
            })
            .collect();
        Expr::Text { parts }
    }

    fn hole(&self, hole: &Hole, scope: usize) -> TextPart {
        let value = self.path(&hole.path, scope, true);
        TextPart::Hole {
            name: hole.name.clone(),
            value: match hole.json {
                true => Expr::prim(Prim::ToJson, vec![value]),
                false => value,
            },
        }
    }

    pub(super) fn data(&self, data: &Data, scope: usize) -> Expr {
        match data {
            Data::Plain(value) => Expr::lit(value.clone()),
            Data::Text(text) => self.text(text, scope),
            Data::List(items) => Expr::List {
                items: items.iter().map(|item| self.data(item, scope)).collect(),
            },
            Data::Map(entries) => Expr::Record {
                fields: entries
                    .iter()
                    .map(|(key, value)| (key.clone(), self.data(value, scope)))
                    .collect::<IndexMap<_, _>>(),
            },
        }
    }

    pub(super) fn operand(&self, operand: &Operand, scope: usize) -> Expr {
        match operand {
            Operand::Literal(value) => Expr::lit(value.value.clone()),
            Operand::Ref(reference) => self.reference(reference, scope),
            Operand::Text(text) => self.text(text, scope),
            Operand::Unknown => Expr::lit(Value::Null),
        }
    }

    pub(super) fn condition(&self, cond: &hir::Cond, scope: usize) -> Cond {
        let mut probes = Vec::new();
        let test = self.test(cond, scope, &mut probes);
        Cond { probes, test }
    }

    fn test(&self, cond: &hir::Cond, scope: usize, probes: &mut Vec<Expr>) -> Expr {
        let mut probe = |pattern: &Text| {
            probes.push(self.text(pattern, scope));
            Expr::Probe {
                index: probes.len() - 1,
            }
        };
        match &cond.test {
            Test::Equals { left, right } => Expr::prim(
                Prim::TextEq,
                vec![self.text(left, scope), self.text(right, scope)],
            ),
            Test::Exists { pattern } => probe(pattern),
            Test::NotExists { pattern } => {
                let found = probe(pattern);
                Expr::prim(Prim::Not, vec![found])
            }
            Test::Bool(subject) => self.reference(subject, scope),
            Test::Compare { left, op, right } => Expr::prim(
                prim(*op),
                vec![self.operand(left, scope), self.operand(right, scope)],
            ),
            Test::Score { subject, bounds } => {
                let mut tests: Vec<Expr> = bounds
                    .iter()
                    .map(|(op, bound)| {
                        let bound = Expr::lit(bound.value.clone());
                        Expr::prim(prim(*op), vec![self.reference(subject, scope), bound])
                    })
                    .collect();
                match tests.len() {
                    1 => tests.swap_remove(0),
                    _ => Expr::prim(Prim::And, tests),
                }
            }
            Test::All(all) => {
                let all = all.iter().map(|cond| self.test(cond, scope, probes));
                Expr::prim(Prim::And, all.collect())
            }
            Test::Any(all) => {
                let all = all.iter().map(|cond| self.test(cond, scope, probes));
                Expr::prim(Prim::Or, all.collect())
            }
            Test::Not(inner) => Expr::prim(Prim::Not, vec![self.test(inner, scope, probes)]),
            Test::Unknown => Expr::lit(false),
        }
    }
}

fn prim(op: Compare) -> Prim {
    match op {
        Compare::Eq => Prim::Eq,
        Compare::Ne => Prim::Ne,
        Compare::Lt => Prim::Lt,
        Compare::Lte => Prim::Le,
        Compare::Gt => Prim::Gt,
        Compare::Gte => Prim::Ge,
    }
}
