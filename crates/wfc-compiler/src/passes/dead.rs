//! Dead pure bindings.
//!
//! Buys: fewer steps, so fewer journal records; what the other passes have
//! read through goes away.
//!
//! ```text
//! before   compute x (hidden)   value "docs"
//!          command b            run "ls" "docs"
//! after    command b            run "ls" "docs"
//! ```
//!
//! Refuses an authored step (it has a record), a step that something reads, a
//! step with a guard, an edge or a ledger entry, a value whose evaluation can
//! fail, and the outermost region where edges lead or moves are counted.

use std::collections::HashMap;

use wfc_ir::{Block, Notes, StepId, Workflow};

use super::Log;
use super::facts::{Facts, hidden_value, is_straight, uses};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let uses = uses(workflow);
    let mut facts = Facts::at_start(workflow);
    let straight = is_straight(&workflow.body, workflow.max_transitions);
    sweep(&mut workflow.body, straight, &uses, &mut facts, notes, log);
}

fn sweep(
    block: &mut Block,
    straight: bool,
    uses: &HashMap<StepId, usize>,
    facts: &mut Facts,
    notes: &Notes,
    log: &mut Log<'_>,
) {
    let entered = facts.mark();
    block.steps.retain_mut(|step| {
        let around = facts.enter(&step.op);
        for inner in step.op.blocks_mut() {
            sweep(inner, true, uses, facts, notes, log);
        }
        facts.leave(around);
        if !straight {
            return true;
        }
        let dead = hidden_value(step, notes)
            .is_some_and(|value| facts.is_total(value) && !uses.contains_key(&step.id));
        if dead {
            log.say(step.id.as_str(), "nothing reads it");
        } else {
            facts.pass(step);
        }
        !dead
    });
    facts.back_to(entered);
}
