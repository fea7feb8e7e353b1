//! References, texts with holes and conditions.

use wfc_ir::{Cond, Expr, Prim, RunField, StepField, StepId, TextPart, Value};

use super::super::leaf;
use super::{Writer, constant, scalar};
use crate::yaml::field;

impl Writer<'_> {
    /// What a `{ref}` may name, seen from the region at hand.
    pub(super) fn reference(&mut self, expr: &Expr, outermost: &str) -> Option<String> {
        match expr {
            Expr::Input { name } => Some(format!("inputs.{name}")),
            Expr::Step { step, field } => {
                let field = match field {
                    StepField::Artifact { .. }
                    | StepField::ExitCode
                    | StepField::Outcome { .. } => field_words(field)?,
                    _ => return None,
                };
                let scope = scope_of(step);
                let place = match () {
                    () if scope == self.scope && !scope.is_empty() => "self",
                    () if scope.is_empty() => outermost,
                    () if scope == around(&self.scope) => "parent",
                    () => {
                        self.gaps
                            .add(format!("the value of the step `{step}` from so deep"));
                        "self"
                    }
                };
                Some(format!("{place}.steps.{}.{field}", leaf(step)))
            }
            Expr::Get { base, field } if **base == Expr::Out => {
                Some(format!("self.outputs.{field}"))
            }
            _ => None,
        }
    }

    /// A text with holes.
    pub(super) fn template(&mut self, expr: &Expr) -> String {
        let mut text = String::new();
        match expr {
            Expr::Lit {
                value: Value::String(words),
            } => text.push_str(&words.replace('$', "$$")),
            Expr::Lit { value } => text.push_str(&value.to_string()),
            Expr::Text { parts } => {
                for part in parts {
                    match part {
                        TextPart::Text(words) => text.push_str(&words.replace('$', "$$")),
                        TextPart::Hole { value, .. } => text.push_str(&self.hole(value)),
                    }
                }
            }
            other => text.push_str(&self.hole(other)),
        }
        scalar(&text)
    }

    pub(super) fn hole(&mut self, expr: &Expr) -> String {
        let (shown, filter) = match expr {
            Expr::Prim {
                prim: Prim::ToJson,
                args,
            } => match args.as_slice() {
                [inner] => (inner, "|json"),
                _ => (expr, ""),
            },
            other => (other, ""),
        };
        match self.way(shown) {
            Some(way) => format!("${{{way}{filter}}}"),
            None => {
                self.gaps.add(format!("the value `{expr}` in a text"));
                String::new()
            }
        }
    }

    /// The name of a value in a text.
    pub(super) fn way(&mut self, expr: &Expr) -> Option<String> {
        Some(match expr {
            Expr::Input { name } => format!("inputs.{name}"),
            Expr::Context { key } => format!("context.{key}"),
            Expr::Run { field } => match field {
                RunField::Id => "run.id".to_owned(),
                RunField::Root => "run.root".to_owned(),
                RunField::TimestampUtc => "run.timestamp_utc".to_owned(),
            },
            Expr::Step { step, field } => match field_words(field)?.as_str() {
                "" => format!("steps.{}", leaf(step)),
                words => format!("steps.{}.{words}", leaf(step)),
            },
            Expr::LoopIndex { step } if self.rounds.last() == Some(step) => "loop.index".to_owned(),
            Expr::LoopTotal { step } if self.rounds.last() == Some(step) => "loop.total".to_owned(),
            Expr::Item { step } => {
                let depth = self.lists.iter().position(|each| each == step)?;
                match depth + 1 == self.lists.len() {
                    true => "item".to_owned(),
                    false => format!("item{}", depth + 1),
                }
            }
            Expr::Get { base, field } => {
                let base = self.way(base)?;
                base.starts_with("item")
                    .then(|| format!("{base}.{field}"))?
            }
            _ => return None,
        })
    }

    /// A literal, a text with holes, or a `{ref}`.
    pub(super) fn value(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Lit {
                value: Value::String(_),
            }
            | Expr::Text { .. } => self.template(expr),
            Expr::Lit { value } => constant(value),
            Expr::List { items } => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Expr::Record { fields } => {
                let mut entries = super::Entries::default();
                for (key, value) in fields {
                    entries.add(&scalar(key), self.value(value));
                }
                entries.text()
            }
            other => match self.reference(other, "root") {
                Some(reference) => format!("{{ ref: {reference} }}"),
                None => {
                    self.gaps.add(format!("the value `{other}`"));
                    String::new()
                }
            },
        }
    }

    pub(super) fn cond(&mut self, cond: &Cond) -> String {
        self.test(&cond.test, &cond.probes)
    }

    pub(super) fn test(&mut self, test: &Expr, probes: &[Expr]) -> String {
        let compare = |op: &str| Some(op.to_owned());
        let (prim, args) = match test {
            Expr::Probe { index } => {
                let pattern = probes.get(*index).cloned().unwrap_or(Expr::Out);
                return format!("{{ exists: {} }}", self.template(&pattern));
            }
            Expr::Prim { prim, args } => (*prim, args.as_slice()),
            other => {
                return match self.reference(other, "root") {
                    Some(reference) => format!("{{ artifact_bool: {{ ref: {reference} }} }}"),
                    None => {
                        self.gaps.add(format!("the condition `{other}`"));
                        String::new()
                    }
                };
            }
        };
        let op = match prim {
            Prim::Eq => compare("eq"),
            Prim::Ne => compare("ne"),
            Prim::Lt => compare("lt"),
            Prim::Le => compare("lte"),
            Prim::Gt => compare("gt"),
            Prim::Ge => compare("gte"),
            _ => None,
        };
        match (op, prim, args) {
            (Some(op), _, [left, right]) => {
                let (left, right) = (self.value(left), self.value(right));
                format!("{{ compare: {{ left: {left}, op: {op}, right: {right} }} }}")
            }
            (_, Prim::TextEq, [left, right]) => {
                let (left, right) = (self.template(left), self.template(right));
                format!("{{ equals: {{ left: {left}, right: {right} }} }}")
            }
            (_, Prim::Not, [Expr::Probe { index }]) => {
                let pattern = probes.get(*index).cloned().unwrap_or(Expr::Out);
                format!("{{ not_exists: {} }}", self.template(&pattern))
            }
            (_, Prim::Not, [inner]) => format!("{{ not: {} }}", self.test(inner, probes)),
            (_, Prim::And | Prim::Or, parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.test(part, probes)).collect();
                let word = if prim == Prim::And {
                    "all_of"
                } else {
                    "any_of"
                };
                format!("{{ {word}: [{}] }}", parts.join(", "))
            }
            _ => {
                self.gaps.add(format!("the condition `{test}`"));
                String::new()
            }
        }
    }
}

/// What is read of a step, in the words behind its name.
fn field_words(field: &StepField) -> Option<String> {
    Some(match field {
        StepField::Artifact { name } => format!("artifacts.{name}"),
        StepField::Artifacts => "artifacts".to_owned(),
        StepField::ExitCode => "exit_code".to_owned(),
        StepField::Status => "status".to_owned(),
        StepField::Outcome { part } => {
            let mut all = field::OUTCOME.iter();
            let (word, _) = all.find(|(_, known)| known == part)?;
            format!("outcome.{word}")
        }
        StepField::Output => "output".to_owned(),
        StepField::Lines => "lines".to_owned(),
        StepField::Json { path } => {
            let keys = path.iter().map(|key| format!(".{key}"));
            format!("json{}", keys.collect::<String>())
        }
        StepField::Wait { part } => part.word().to_owned(),
        StepField::Whole => String::new(),
        StepField::Snapshot { .. } | StepField::Iteration { .. } => return None,
    })
}

/// The region that a step stands in: `loop/route.REVISE` of
/// `loop/route.REVISE/fix`.
fn scope_of(step: &StepId) -> &str {
    step.as_str()
        .rsplit_once('/')
        .map_or("", |(scope, _)| scope)
}

/// The region around a region.
fn around(scope: &str) -> &str {
    scope.rsplit_once('/').map_or("", |(around, _)| around)
}
