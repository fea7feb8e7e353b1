//! Branch pruning, and merging of the branch that is left with its region.
//!
//! Buys: no decision where there is nothing to decide, and one flat region in
//! which the other passes see further.
//!
//! ```text
//! before   if r (hidden)        then if true
//!            compute x (hidden)   value steps[ask].ok
//!            result {ok: steps[x].result}
//! after    compute x (hidden)   value steps[ask].ok
//!          compute r (hidden)   value {ok: steps[x].result}
//! ```
//!
//! The decision keeps its id, as a computation of its value. Refuses authored
//! decisions (they have a record, and the front ends warn about them), probes,
//! guards, edges and ledger entries, a branch that would put an authored step
//! into the region (records of skipped branches and visits go by regions), a
//! branch that never runs but holds an authored step or one that is read
//! elsewhere, a branch that is shown, a value that can fail (a decision says
//! so in other words), and the outermost region where edges lead or moves are
//! counted.

use std::collections::{HashMap, HashSet};

use wfc_ir::{Block, Expr, Notes, Op, Step, StepId, Value, Workflow};

use super::facts::{Facts, is_straight, uses};
use super::{Log, is_hidden, is_plain, mark};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let uses = uses(workflow);
    let straight = is_straight(&workflow.body, workflow.max_transitions);
    let mut facts = Facts::at_start(workflow);
    prune(&mut workflow.body, straight, &uses, &mut facts, notes, log);
}

fn prune(
    block: &mut Block,
    straight: bool,
    uses: &HashMap<StepId, usize>,
    facts: &mut Facts,
    notes: &mut Notes,
    log: &mut Log<'_>,
) {
    let entered = facts.mark();
    let mut steps = Vec::with_capacity(block.steps.len());
    for mut step in block.steps.drain(..) {
        let around = facts.enter(&step.op);
        for inner in step.op.blocks_mut() {
            prune(inner, true, uses, facts, notes, log);
        }
        facts.leave(around);
        match decided(&step, notes, uses, facts) {
            Some(position) if straight => {
                log.say(step.id.as_str(), "decides nothing");
                mark(&step.id, notes);
                let taken = take_branch(step.op, position);
                steps.extend(taken.steps);
                step.op = Op::Compute {
                    value: taken
                        .result
                        .unwrap_or(Expr::lit(Value::Object(Default::default()))),
                };
            }
            _ => {}
        }
        if straight {
            facts.pass(&step);
        }
        steps.push(step);
    }
    block.steps = steps;
    facts.back_to(entered);
}

/// The branches of a decision in order, each with the word under which the
/// notes know it, and the position of the one that is taken.
type Branches<'a> = (Vec<(&'a str, Option<&'a Block>)>, usize);

fn branches(op: &Op) -> Option<Branches<'_>> {
    match op {
        Op::If {
            cond,
            then,
            otherwise,
        } if cond.probes.is_empty() => match cond.test {
            Expr::Lit {
                value: Value::Bool(truth),
            } => {
                let all = vec![("then", Some(then)), ("else", otherwise.as_ref())];
                Some((all, usize::from(!truth)))
            }
            _ => None,
        },
        Op::Match {
            subject: Expr::Lit { value },
            cases,
            default,
        } => {
            let word = value.as_str()?;
            let taken = cases
                .iter()
                .position(|case| case.tag == word)
                .or(default.as_ref().map(|_| cases.len()))?;
            let cases = cases
                .iter()
                .map(|case| (case.tag.as_str(), Some(&case.block)));
            let default = default.iter().map(|block| ("default", Some(block)));
            Some((cases.chain(default).collect(), taken))
        }
        _ => None,
    }
}

/// The position of the branch that `step` always takes, when the step may go.
fn decided(
    step: &Step,
    notes: &Notes,
    uses: &HashMap<StepId, usize>,
    facts: &mut Facts,
) -> Option<usize> {
    if !is_plain(step) || !is_hidden(&step.id, notes) {
        return None;
    }
    let (all, taken) = branches(&step.op)?;
    let shown = |tag: &str| {
        notes
            .shown
            .get(&step.id.branch(tag))
            .is_some_and(|shown| !shown.hidden)
    };
    if all.iter().any(|(tag, _)| shown(tag)) {
        return None;
    }
    let mut fine = true;
    for (position, block) in all.iter().enumerate() {
        let Some(block) = block.1 else {
            continue;
        };
        if position == taken {
            fine &= block.steps.iter().all(|inner| is_hidden(&inner.id, notes));
            let entered = facts.mark();
            block.steps.iter().for_each(|inner| facts.pass(inner));
            fine &= block.result.as_ref().is_none_or(|e| facts.is_total(e));
            facts.back_to(entered);
        } else {
            fine &= never_seen(block, notes, uses);
        }
    }
    fine.then_some(taken)
}

/// Does nothing outside of the branch know it, and nobody its steps?
fn never_seen(block: &Block, notes: &Notes, uses: &HashMap<StepId, usize>) -> bool {
    let mut ids = HashSet::new();
    let mut hidden = true;
    let mut inside: HashMap<&StepId, usize> = HashMap::new();
    block.each_step(&mut |step| {
        hidden &= is_hidden(&step.id, notes);
        ids.insert(&step.id);
        for producer in step.consumes.iter().flat_map(|each| &each.producers) {
            *inside.entry(producer).or_default() += 1;
        }
    });
    block.each_expr(&mut |root| {
        root.walk(&mut |e| {
            if let Expr::Step { step, .. } = e {
                *inside.entry(step).or_default() += 1;
            }
        });
    });
    hidden
        && ids
            .iter()
            .all(|id| uses.get(*id).copied().unwrap_or(0) == inside.get(*id).copied().unwrap_or(0))
}

fn take_branch(op: Op, position: usize) -> Block {
    let block = match op {
        Op::If {
            then, otherwise, ..
        } => [Some(then), otherwise].into_iter().nth(position).flatten(),
        Op::Match { cases, default, .. } => cases
            .into_iter()
            .map(|case| case.block)
            .chain(default)
            .nth(position),
        _ => None,
    };
    block.unwrap_or_default()
}
