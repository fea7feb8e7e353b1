//! What the differences of two programs mean to those who call them, and to
//! runs of the one that stopped.

use std::collections::{HashMap, HashSet};

use super::{Change, ChangeKind, Placed, pair, placed};
use crate::{Param, Program, StepId, Type, Workflow};

/// How far the one program can stand for the other. Each is worse than the one
/// before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They are one program.
    Same,
    /// Who called the first can call the second, and a run of the first that
    /// stopped anywhere has done nothing that the second would do otherwise.
    Compatible,
    /// As above, for runs that stopped before the first difference.
    Resumable,
    /// Who called the first cannot call the second as before.
    Incompatible,
}

impl Verdict {
    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Compatible => "compatible",
            Verdict::Resumable => "resumable",
            Verdict::Incompatible => "incompatible",
        }
    }
}

/// A verdict with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How far the second can stand for the first.
    pub verdict: Verdict,
    /// What callers of the first would stumble over.
    pub interface: Vec<String>,
    /// In each workflow, the first step by which its runs part; none when they
    /// part from the beginning.
    pub parting: Vec<(String, Option<StepId>)>,
}

/// What `changes`, the differences between `a` and `b`, mean.
pub fn judge(a: &Program, b: &Program, changes: &[Change]) -> Judgement {
    let (mut interface, mut parting) = (Vec::new(), Vec::new());
    if let (Some(left), Some(right)) = (a.workflows.get(&a.entry), b.workflows.get(&b.entry)) {
        interface_problems(left, right, &mut interface);
    }
    for (name, left) in &a.workflows {
        let of_workflow: Vec<&Change> = changes.iter().filter(|c| c.workflow == *name).collect();
        let renamed = (*name == a.entry).then_some(&b.entry);
        let right = b.workflows.get(name).or_else(|| b.workflows.get(renamed?));
        if let Some(first) = part(left, right, &of_workflow) {
            parting.push((name.clone(), first));
        }
    }
    let verdict = match (changes.is_empty(), interface.is_empty(), parting.is_empty()) {
        (true, ..) => Verdict::Same,
        (_, false, _) => Verdict::Incompatible,
        (_, true, false) => Verdict::Resumable,
        (_, true, true) => Verdict::Compatible,
    };
    Judgement {
        verdict,
        interface,
        parting,
    }
}

fn interface_problems(a: &Workflow, b: &Workflow, found: &mut Vec<String>) {
    let may_be_left_out = |input: &Param| !input.required || input.default.is_some();
    for input in &a.inputs {
        let name = &input.name;
        match b.inputs.iter().find(|other| other.name == *name) {
            None => found.push(format!("input `{name}` is gone")),
            Some(other) if !input.ty.fits(&other.ty) => {
                found.push(format!(
                    "input `{name}` was {}, and is {}",
                    input.ty, other.ty
                ));
            }
            Some(other) if may_be_left_out(input) && !may_be_left_out(other) => {
                found.push(format!("input `{name}` must be given now"));
            }
            Some(_) => {}
        }
    }
    let is_new = |input: &&Param| !a.inputs.iter().any(|other| other.name == input.name);
    for input in b.inputs.iter().filter(is_new) {
        if !may_be_left_out(input) {
            let name = &input.name;
            found.push(format!("input `{name}` is new, and must be given"));
        }
    }
    match (&a.result, &b.result) {
        // One more output is no harm.
        (Type::Record { fields: a }, Type::Record { fields: b }) => {
            for field in a {
                let name = &field.name;
                match b.iter().find(|other| other.name == *name) {
                    None => found.push(format!("output `{name}` is gone")),
                    Some(other) if !other.ty.fits(&field.ty) => {
                        found.push(format!(
                            "output `{name}` was {}, and is {}",
                            field.ty, other.ty
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        (a, b) if !b.fits(a) => found.push(format!("the result was {a}, and is {b}")),
        _ => {}
    }
}

/// Where a run of `a` first does something that `b` does otherwise: not at all,
/// from the beginning, or at a step of `a`.
fn part(a: &Workflow, b: Option<&Workflow>, changes: &[&Change]) -> Option<Option<StepId>> {
    let Some(b) = b else {
        return Some(None);
    };
    let from_the_beginning = changes.iter().any(|change| {
        let aspect = change.aspect.as_str();
        change.step.is_none()
            && matches!(
                change.kind,
                ChangeKind::Effect | ChangeKind::State | ChangeKind::Data | ChangeKind::Control
            )
            && !matches!(aspect, "result" | "finally")
    });
    if from_the_beginning {
        return Some(None);
    }
    let (left, right) = (placed(a), placed(b));
    let mut differs: HashSet<&str> = changes
        .iter()
        .filter(|change| change.kind != ChangeKind::Limit && change.aspect != "added")
        .filter_map(|change| change.step.as_deref())
        .collect();
    let back: HashMap<&StepId, &StepId> = pair(&left, &right)
        .into_iter()
        .map(|(l, r)| (&right[r].step.id, &left[l].step.id))
        .collect();
    let new = right.iter().enumerate();
    for (at, placed) in new.filter(|(_, placed)| !back.contains_key(&placed.step.id)) {
        differs.extend(met_after(&right, at, placed, &back).map(StepId::as_str));
    }
    let first = left
        .iter()
        .find(|placed| differs.contains(placed.step.id.as_str()));
    first.map(|placed| Some(placed.step.id.clone()))
}

/// The step of the old program at which a run comes upon a new one: the next in
/// its region, or the statement around it. At the very end there is none.
fn met_after<'a>(
    all: &[Placed<'a>],
    at: usize,
    new: &Placed<'a>,
    back: &HashMap<&'a StepId, &'a StepId>,
) -> Option<&'a StepId> {
    let beside = |other: &&Placed<'a>| other.owner == new.owner && other.region == new.region;
    let next = all[at + 1..]
        .iter()
        .filter(beside)
        .find_map(|other| back.get(&other.step.id));
    next.or_else(|| back.get(new.owner?)).copied()
}
