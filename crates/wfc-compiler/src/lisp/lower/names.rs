//! Names of steps: ids, presentation keys, durable ids.

use std::collections::{HashMap, HashSet};

use wfc_ir::{Shown, StepId};

/// Where steps are being made: what their names begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The id that the steps are inside of.
    id: Option<String>,
    /// What their keys begin with.
    key: String,
    /// What their durable ids begin with.
    step_id: String,
    /// The loops that enclose them, outermost first.
    rounds: Vec<StepId>,
}

impl Scope {
    /// The scope of the outermost steps.
    pub(super) fn root() -> Self {
        Scope {
            step_id: "root.".to_owned(),
            ..Scope::default()
        }
    }

    /// The scope of steps that are part of something named `name`, which is
    /// no step with branches.
    pub(super) fn part(&self, name: &str) -> Self {
        Scope {
            id: Some(self.id_of(&token(name))),
            key: format!("{}{}.", self.key, key_text(name)),
            step_id: format!("{}{}.", self.step_id, token(name)),
            rounds: self.rounds.clone(),
        }
    }

    /// The loops that enclose the steps, outermost first.
    pub(super) fn rounds(&self) -> &[StepId] {
        &self.rounds
    }

    /// The scope of a branch of a step.
    pub(super) fn branch(&self, step: &Ident, tag: &str) -> Self {
        Scope {
            id: Some(format!("{}.{tag}", step.id)),
            key: format!("{}.{}.", step.shown.key, key_text(tag)),
            step_id: format!("{}.{}.", step.shown.step_id, token(tag)),
            rounds: self.rounds.clone(),
        }
    }

    /// The scope of the body of a loop.
    pub(super) fn iteration(&self, step: &Ident) -> Self {
        let index = self.rounds.len();
        Scope {
            id: Some(step.id.to_string()),
            key: format!("{}[{{{index}}}].", step.shown.key),
            step_id: format!("{}#{{{index}}}.body.", step.shown.step_id),
            rounds: self.rounds.iter().chain([&step.id]).cloned().collect(),
        }
    }

    fn id_of(&self, token: &str) -> String {
        match &self.id {
            Some(outer) => format!("{outer}/{token}"),
            None => token.to_owned(),
        }
    }
}

/// The names of one step.
#[derive(Clone, Debug)]
pub(super) struct Ident {
    pub(super) id: StepId,
    pub(super) shown: Shown,
    /// The id before it was made unique, and the number that did it.
    base: StepId,
    count: u32,
}

/// The names that are taken in a workflow.
#[derive(Debug, Default)]
pub(super) struct Taken {
    ids: HashSet<StepId>,
    keys: HashSet<String>,
    /// The last number that was added to an id, so that many steps of one
    /// name do not try all the numbers again.
    last: HashMap<StepId, u32>,
}

impl Taken {
    /// Names for a step called `name`, made unique by a number; not taken
    /// before [`Taken::take`].
    pub(super) fn free(&self, scope: &Scope, name: &str) -> Ident {
        let base = StepId(scope.id_of(&token(name)));
        let mut count = self.last.get(&base).map_or(1, |last| last + 1);
        loop {
            let numbered = match count {
                1 => name.to_owned(),
                _ => format!("{name}_{count}"),
            };
            let token = token(&numbered);
            let key = format!("{}{}", scope.key, key_text(&numbered));
            let id = StepId(scope.id_of(&token));
            if !self.ids.contains(&id) && !self.keys.contains(&key) {
                return Ident {
                    id,
                    shown: Shown {
                        name: key_text(&numbered),
                        key,
                        step_id: format!("{}{token}", scope.step_id),
                        hidden: false,
                    },
                    base,
                    count,
                };
            }
            count += 1;
        }
    }

    pub(super) fn take(&mut self, ident: &Ident) {
        self.ids.insert(ident.id.clone());
        self.keys.insert(ident.shown.key.clone());
        self.last.insert(ident.base.clone(), ident.count);
    }

    pub(super) fn release(&mut self, id: &StepId, key: &str) {
        self.ids.remove(id);
        self.keys.remove(key);
    }
}

/// A name as part of an id: lower case, `_` for what is no letter or digit.
pub(super) fn token(name: &str) -> String {
    let mut token = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            token.push(c.to_ascii_lowercase());
        } else if !token.is_empty() && !token.ends_with('_') {
            token.push('_');
        }
    }
    let trimmed = token.trim_end_matches('_').to_owned();
    match trimmed.chars().next() {
        None => "step".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("step_{trimmed}"),
        Some(_) => trimmed,
    }
}

/// A name as part of a key. Braces and brackets would be read as places for
/// iterations.
fn key_text(name: &str) -> String {
    name.replace(['{', '}', '[', ']'], "_")
}
