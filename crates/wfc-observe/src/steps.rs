//! Finding a step of a run by what people call it.

use std::fmt;

use crate::{GroupKind, Report, StepInfo};

/// How many steps a message names.
const SHOWN: usize = 6;

/// A step with its full name: its key, with the call steps in front. Its log
/// files are called that way.
#[derive(Clone, Debug)]
pub struct NamedStep<'a> {
    /// Its full name.
    pub name: String,
    /// The step.
    pub step: &'a StepInfo,
}

/// Why there is no step to show.
#[derive(Debug)]
pub enum StepError {
    /// No step is called that.
    Unknown {
        /// What was asked for.
        given: String,
        /// The step whose name is nearest to that.
        near: Option<String>,
    },
    /// Several steps are called that.
    Ambiguous {
        /// What was asked for.
        given: String,
        /// Their full names, in order.
        candidates: Vec<String>,
    },
}

impl StepError {
    /// What to do next, if there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            StepError::Unknown { near, .. } => {
                let near = near.as_ref()?;
                Some(format!("did you mean `{near}`?"))
            }
            StepError::Ambiguous { candidates, .. } => {
                // The last iterations are the ones that people ask for.
                let skipped = candidates.len().saturating_sub(SHOWN);
                let shown = candidates[skipped..].join("`, `");
                Some(match skipped {
                    0 => format!("they are `{shown}`"),
                    more => format!("the last of them are `{shown}`; there are {more} more"),
                })
            }
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepError::Unknown { given, .. } => write!(f, "the run has no step `{given}`"),
            StepError::Ambiguous { given, candidates } => {
                write!(f, "`{given}` may be any of {} steps", candidates.len())
            }
        }
    }
}

impl std::error::Error for StepError {}

impl Report {
    /// Every step with its full name, outer steps first.
    pub fn named_steps(&self) -> Vec<NamedStep<'_>> {
        fn named<'a>(prefix: &str, step: &'a StepInfo) -> NamedStep<'a> {
            NamedStep {
                name: format!("{prefix}{}", step.key),
                step,
            }
        }
        let mut pending: Vec<NamedStep<'_>> = self
            .steps
            .iter()
            .rev()
            .map(|step| named("", step))
            .collect();
        let mut all = Vec::new();
        while let Some(found) = pending.pop() {
            let prefix = &found.name[..found.name.len() - found.step.key.len()];
            for group in found.step.groups.iter().rev() {
                let inner = match group.kind {
                    GroupKind::Call => format!("{}.", found.name),
                    GroupKind::Branch | GroupKind::Iteration => prefix.to_owned(),
                };
                pending.extend(group.steps.iter().rev().map(|step| named(&inner, step)));
            }
            all.push(found);
        }
        all
    }

    /// The step that is called `given`: by its full name, its key, its durable
    /// id, or the name that its author gave it.
    ///
    /// # Errors
    /// When no step is called that, or several are.
    pub fn find_step(&self, given: &str) -> Result<NamedStep<'_>, StepError> {
        let all = self.named_steps();
        if let Some(exact) = all.iter().find(|found| found.name == given) {
            return Ok(exact.clone());
        }
        let called = |found: &&NamedStep<'_>| {
            let step = found.step;
            [&step.key, &step.step_id, &step.name]
                .iter()
                .any(|name| *name == given)
        };
        let mut found = all.iter().filter(called);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => Err(StepError::Unknown {
                given: given.to_owned(),
                near: nearest(given, &all),
            }),
            _ => Err(StepError::Ambiguous {
                given: given.to_owned(),
                candidates: all
                    .iter()
                    .filter(called)
                    .map(|found| found.name.clone())
                    .collect(),
            }),
        }
    }
}

fn nearest(given: &str, all: &[NamedStep<'_>]) -> Option<String> {
    let slips = given.chars().count().div_ceil(3).min(3);
    let lower = given.to_lowercase();
    let distance = |found: &NamedStep<'_>| {
        let to = |name: &str| strsim::osa_distance(&lower, &name.to_lowercase());
        to(&found.name).min(to(&found.step.name))
    };
    let near = all.iter().map(|found| (distance(found), &found.name));
    let near = near.filter(|(distance, _)| *distance <= slips);
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.clone())
}
