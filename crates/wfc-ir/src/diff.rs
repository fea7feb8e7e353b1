//! What differs between two programs, place by place.

mod rename;
mod step;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::fmt;

pub use verdict::{Judgement, Verdict, judge};

use crate::{Block, Program, Step, StepId, Type, Workflow, print};

/// What kind of thing differs: what a reader of the list cares about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// What is done to the world: commands, agents, prompts, calls.
    Effect,
    /// What is promised: inputs, results, types, output contracts.
    Contract,
    /// When and where to: order, guards, routes.
    Control,
    /// How long and how often: time-outs, retries, bounds.
    Limit,
    /// The ledger of artifacts.
    State,
    /// Values that are computed.
    Data,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The workflow; empty for the program itself.
    pub workflow: String,
    /// The step, by its id on the left, or on the right when it was added.
    pub step: Option<String>,
    /// What about it: `argv`, `prompt base`, `added`, `moved`, ...
    pub aspect: String,
    /// The left side in brief; `None` when it has none.
    pub left: Option<String>,
    /// The right side in brief; `None` when it has none.
    pub right: Option<String>,
    /// What kind of thing differs.
    pub kind: ChangeKind,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangeKind::Effect => "effect",
            ChangeKind::Contract => "contract",
            ChangeKind::Control => "control",
            ChangeKind::Limit => "limit",
            ChangeKind::State => "state",
            ChangeKind::Data => "data",
        })
    }
}

impl fmt::Display for Change {
    /// `main/review: argv (effect): "a" -> "b"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.workflow.as_str(), &self.step) {
            ("", _) => f.write_str("program")?,
            (workflow, None) => f.write_str(workflow)?,
            (workflow, Some(step)) => write!(f, "{workflow}/{step}")?,
        }
        write!(f, ": {} ({})", self.aspect, self.kind)?;
        match (&self.left, &self.right) {
            (None, None) => Ok(()),
            (Some(left), None) => write!(f, ": was {left}"),
            (None, Some(right)) => write!(f, ": now {right}"),
            (Some(left), Some(right)) => write!(f, ": {left} -> {right}"),
        }
    }
}

/// What differs between `a` and `b`: nothing when their core hashes are
/// equal. Sorted by workflow in the order of `a`, then by step in its order.
/// A step that stands elsewhere, under the same last name and with the same
/// kind of operation, is moved and not removed and added.
pub fn diff(a: &Program, b: &Program) -> Vec<Change> {
    if a.core_hash() == b.core_hash() {
        return Vec::new();
    }
    let mut changes = Changes::default();
    changes.differ(
        ChangeKind::Contract,
        "schema",
        &format!("{} {}.{}", a.schema.schema, a.schema.major, a.schema.minor),
        &format!("{} {}.{}", b.schema.schema, b.schema.major, b.schema.minor),
    );
    changes.differ(ChangeKind::Control, "entry", &a.entry, &b.entry);
    // The entries stand for each other whatever their names.
    let renamed = a.entry != b.entry
        && !b.workflows.contains_key(&a.entry)
        && !a.workflows.contains_key(&b.entry);
    let partner = |name: &str| match renamed && name == a.entry {
        true => b.entry.clone(),
        false => name.to_owned(),
    };
    let mut met = HashSet::new();
    for (name, left) in &a.workflows {
        changes.workflow.clone_from(name);
        let other = partner(name);
        match b.workflows.get(&other) {
            Some(right) => {
                met.insert(other);
                diff_workflow(left, right, &mut changes);
            }
            None => changes.push(ChangeKind::Control, "removed", None, None),
        }
    }
    for name in b.workflows.keys().filter(|name| !met.contains(*name)) {
        changes.workflow.clone_from(name);
        changes.push(ChangeKind::Control, "added", None, None);
    }
    if changes.found.is_empty() {
        // Such as the name of a hole in a program of 1.0.
        changes.workflow.clear();
        changes.push(ChangeKind::Data, "differs in what is not shown", None, None);
    }
    changes.found
}

/// The differences so far, and the place that is being compared.
#[derive(Default)]
struct Changes {
    found: Vec<Change>,
    workflow: String,
    step: Option<String>,
}

impl Changes {
    fn push(
        &mut self,
        kind: ChangeKind,
        aspect: &str,
        left: Option<String>,
        right: Option<String>,
    ) {
        self.found.push(Change {
            workflow: self.workflow.clone(),
            step: self.step.clone(),
            aspect: aspect.to_owned(),
            left: left.as_deref().map(brief),
            right: right.as_deref().map(brief),
            kind,
        });
    }

    fn differ(&mut self, kind: ChangeKind, aspect: &str, left: &str, right: &str) {
        self.differ_option(kind, aspect, Some(left.to_owned()), Some(right.to_owned()));
    }

    fn differ_option(
        &mut self,
        kind: ChangeKind,
        aspect: &str,
        left: Option<String>,
        right: Option<String>,
    ) {
        if left != right {
            let (left, right) = match (left, right) {
                (Some(left), Some(right)) => {
                    let (left, right) = window(&left, &right);
                    (Some(left), Some(right))
                }
                sides => sides,
            };
            self.push(kind, aspect, left, right);
        }
    }

    /// Compares types, and says when one of them admits more than the other.
    fn differ_type(&mut self, aspect: &str, left: &Type, right: &Type) {
        let aspect = match (left.fits(right), right.fits(left)) {
            (true, false) => format!("{aspect} widened"),
            (false, true) => format!("{aspect} narrowed"),
            _ => aspect.to_owned(),
        };
        self.differ(
            ChangeKind::Contract,
            &aspect,
            &left.to_string(),
            &right.to_string(),
        );
    }

    /// Compares named things one by one, so that each line shows one of them.
    fn differ_named<'a>(
        &mut self,
        kind: ChangeKind,
        aspect: &str,
        left: impl IntoIterator<Item = (&'a str, String)>,
        right: impl IntoIterator<Item = (&'a str, String)>,
    ) {
        let left: Vec<(&str, String)> = left.into_iter().collect();
        let right: Vec<(&str, String)> = right.into_iter().collect();
        let on_right: HashMap<&str, &String> = right.iter().map(|(n, v)| (*n, v)).collect();
        let on_left: HashSet<&str> = left.iter().map(|(name, _)| *name).collect();
        for (name, value) in &left {
            self.differ_option(
                kind,
                &format!("{aspect} {name}"),
                Some(value.clone()),
                on_right.get(name).map(|value| (*value).clone()),
            );
        }
        for (name, value) in right.iter().filter(|(name, _)| !on_left.contains(name)) {
            self.push(kind, &format!("{aspect} {name}"), None, Some(value.clone()));
        }
        let order = |all: &[(&str, String)]| all.iter().map(|(n, _)| (*n).to_owned()).collect();
        let (left, right): (Vec<String>, Vec<String>) = (order(&left), order(&right));
        let same_names =
            on_left.len() == on_right.len() && right.iter().all(|n| on_left.contains(n.as_str()));
        if same_names {
            self.differ(
                kind,
                &format!("{aspect} order"),
                &left.join(", "),
                &right.join(", "),
            );
        }
    }
}

/// The longest text that one side of a change is shown as.
const BRIEF: usize = 100;

/// `text` in one line, cut when it is too long.
fn brief(text: &str) -> String {
    let line = text.replace('\n', "\\n");
    if line.chars().count() <= BRIEF {
        return line;
    }
    let cut: String = line.chars().take(BRIEF - 3).collect();
    format!("{cut}...")
}

/// Two long texts from shortly before the first character that differs, so
/// that the cut does not hide the difference.
fn window(left: &str, right: &str) -> (String, String) {
    let longest = left.chars().count().max(right.chars().count());
    if longest <= BRIEF {
        return (left.to_owned(), right.to_owned());
    }
    let common = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let skip = common.saturating_sub(20);
    let from = |text: &str| {
        let rest: String = text.chars().skip(skip).collect();
        if skip == 0 {
            rest
        } else {
            format!("...{rest}")
        }
    };
    (from(left), from(right))
}

fn diff_workflow(a: &Workflow, b: &Workflow, changes: &mut Changes) {
    use ChangeKind::{Contract, Control, Data, Effect, Limit, State};
    changes.step = None;
    let inputs = |w: &'_ Workflow| -> Vec<(String, String)> {
        let shown = |p: &crate::Param| {
            let words = p
                .description
                .as_ref()
                .map_or(String::new(), |d| format!(" {d:?}"));
            (p.name.clone(), format!("{}{words}", print::param(p)))
        };
        w.inputs.iter().map(shown).collect()
    };
    let (left, right) = (inputs(a), inputs(b));
    changes.differ_named(Contract, "input", named(&left), named(&right));
    changes.differ_type("result type", &a.result, &b.result);
    let context = |w: &'_ Workflow| -> Vec<(String, String)> {
        w.context
            .iter()
            .map(|(k, v)| (k.clone(), format!("{v:?}")))
            .collect()
    };
    let (left, right) = (context(a), context(b));
    changes.differ_named(Data, "context", named(&left), named(&right));
    let providers = |w: &'_ Workflow| -> Vec<(String, String)> {
        w.providers
            .iter()
            .map(|(k, v)| (k.clone(), print::provider(k, v)))
            .collect()
    };
    let (left, right) = (providers(a), providers(b));
    changes.differ_named(Effect, "provider", named(&left), named(&right));
    let artifacts = |w: &'_ Workflow| -> Vec<(String, String)> {
        w.artifacts
            .iter()
            .map(|(k, v)| (k.clone(), print::artifact(k, v)))
            .collect()
    };
    let (left, right) = (artifacts(a), artifacts(b));
    changes.differ_named(State, "artifact", named(&left), named(&right));
    let ledger = |w: &Workflow| {
        let l = w.ledger;
        format!(
            "by name {}, freshness for all {}, consuming writes pointers {}",
            l.by_name, l.global_freshness, l.consume_writes_pointer
        )
    };
    changes.differ(State, "ledger", &ledger(a), &ledger(b));
    let strict = |w: &Workflow| if w.strict { "end the run" } else { "continue" };
    changes.differ(Control, "failures", strict(a), strict(b));
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    changes.differ_option(
        Limit,
        "max_transitions",
        number(a.max_transitions),
        number(b.max_transitions),
    );
    let name = |w: &Workflow| w.finally.as_ref().map(|f| f.name.clone());
    changes.differ_option(Control, "finally", name(a), name(b));
    diff_steps(a, b, changes);
}

fn named(all: &[(String, String)]) -> impl Iterator<Item = (&str, String)> {
    all.iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
}

/// A step and the region that it stands in.
struct Placed<'a> {
    step: &'a Step,
    /// The step that holds the region, if one does.
    owner: Option<&'a StepId>,
    /// The word for the region.
    region: &'a str,
    /// The step in front of it in its region.
    before: Option<&'a StepId>,
}

fn diff_steps(a: &Workflow, b: &Workflow, changes: &mut Changes) {
    let (left, right) = (placed(a), placed(b));
    let pairs = pair(&left, &right);
    let partner: HashMap<&StepId, &Placed> = pairs
        .iter()
        .map(|(l, r)| (&left[*l].step.id, &right[*r]))
        .collect();
    let back: HashMap<&StepId, &StepId> = pairs
        .iter()
        .map(|(l, r)| (&right[*r].step.id, &left[*l].step.id))
        .collect();
    // A step under another id is compared as if it had kept its own: what
    // refers to it has not changed by that.
    let names: HashMap<StepId, StepId> = back
        .iter()
        .filter(|(new, old)| new != old)
        .map(|(new, old)| ((*new).clone(), (*old).clone()))
        .collect();
    let value = |block: &Block| {
        let result = block.result.clone();
        result.map(|e| rename::expr(e, &names).to_string())
    };
    changes.differ_option(ChangeKind::Data, "result", value(&a.body), value(&b.body));
    for placed in &left {
        changes.step = Some(placed.step.id.to_string());
        let Some(other) = partner.get(&placed.step.id) else {
            let (kind, shown) = step::summary(placed.step);
            changes.push(kind, "removed", Some(shown), None);
            continue;
        };
        let owner = placed
            .owner
            .map(|owner| partner.get(owner).map(|o| &o.step.id));
        let same_region = match owner {
            None => other.owner.is_none(),
            Some(owner) => owner == other.owner,
        };
        let to = other.step.id.to_string();
        // The ids of the steps inside follow.
        let owner_renamed = owner.is_some_and(|new| new != placed.owner);
        if !same_region || placed.region != other.region {
            changes.push(ChangeKind::Control, "moved", None, Some(to));
        } else if placed.step.id != other.step.id && !owner_renamed {
            changes.push(ChangeKind::Control, "renamed", None, Some(to));
        } else if comes_later(placed, other, &partner, &back) {
            let after = |id: Option<&StepId>| id.map(|id| format!("after {id}"));
            let (left, right) = (after(placed.before), after(other.before));
            changes.push(ChangeKind::Control, "order", left, right);
        }
        if names.is_empty() {
            step::diff(placed.step, other.step, changes);
        } else {
            let mut renamed = other.step.clone();
            rename::step(&mut renamed, &names);
            step::diff(placed.step, &renamed, changes);
        }
    }
    for placed in right
        .iter()
        .filter(|placed| !back.contains_key(&placed.step.id))
    {
        changes.step = Some(placed.step.id.to_string());
        let (kind, shown) = step::summary(placed.step);
        changes.push(kind, "added", None, Some(shown));
    }
    changes.step = None;
}

/// Has the step in front of the pair changed, other than by steps that were
/// added or removed?
fn comes_later(
    left: &Placed,
    right: &Placed,
    partner: &HashMap<&StepId, &Placed>,
    back: &HashMap<&StepId, &StepId>,
) -> bool {
    let (Some(on_left), Some(on_right)) = (left.before, right.before) else {
        return false;
    };
    let both_known = partner.contains_key(on_left) && back.contains_key(on_right);
    both_known && back.get(on_right) != Some(&on_left)
}

/// Every step with its place, in order.
fn placed(workflow: &Workflow) -> Vec<Placed<'_>> {
    fn visit<'a>(
        block: &'a Block,
        owner: Option<&'a StepId>,
        region: &'a str,
        found: &mut Vec<Placed<'a>>,
    ) {
        let mut before = None;
        for step in &block.steps {
            found.push(Placed {
                step,
                owner,
                region,
                before,
            });
            before = Some(&step.id);
            for (tag, inner) in step::regions(step) {
                visit(inner, Some(&step.id), tag, found);
            }
        }
    }
    let mut found = Vec::new();
    visit(&workflow.body, None, "body", &mut found);
    if let Some(finally) = &workflow.finally {
        visit(&finally.block, None, "finally", &mut found);
    }
    found
}

/// Which step of the left is which of the right: by id, and of those that are
/// left over by last name and kind, where that is one on either side.
fn pair(left: &[Placed], right: &[Placed]) -> Vec<(usize, usize)> {
    let on_right: HashMap<&StepId, usize> = right
        .iter()
        .enumerate()
        .map(|(at, placed)| (&placed.step.id, at))
        .collect();
    let mut pairs: Vec<(usize, usize)> = left
        .iter()
        .enumerate()
        .filter_map(|(at, placed)| Some((at, *on_right.get(&placed.step.id)?)))
        .collect();
    let used_left: HashSet<usize> = pairs.iter().map(|(l, _)| *l).collect();
    let used_right: HashSet<usize> = pairs.iter().map(|(_, r)| *r).collect();
    let rest = |all: &'_ [Placed], used: &HashSet<usize>| {
        let mut by_name: HashMap<(String, &'static str), Vec<usize>> = HashMap::new();
        for (at, placed) in all.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            let id = placed.step.id.as_str();
            let leaf = id.rsplit('/').next().unwrap_or(id).to_owned();
            by_name
                .entry((leaf, placed.step.op.keyword()))
                .or_default()
                .push(at);
        }
        by_name
    };
    let candidates = rest(right, &used_right);
    for (name, from) in rest(left, &used_left) {
        if let ([from], Some([to])) = (from.as_slice(), candidates.get(&name).map(Vec::as_slice)) {
            pairs.push((*from, *to));
        }
    }
    pairs.sort_unstable();
    pairs
}
