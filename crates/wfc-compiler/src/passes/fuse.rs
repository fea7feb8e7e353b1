//! Fusion of pure steps.
//!
//! Buys: one step, and one journal record, for a chain of computations.
//!
//! ```text
//! before   compute x (hidden)   value inputs.a < 3
//!          compute y (hidden)   value if steps[x].result then "few" else "many"
//! after    compute y (hidden)   value if inputs.a < 3 then "few" else "many"
//! ```
//!
//! Only of neighbours, and only where the second is the one reader of the
//! first. Refuses authored steps, guards, edges and ledger entries, a first
//! value that can fail (the failure would move, or a branch would hide it), a
//! type whose check changes or hides the value, a result that is larger than
//! the two together or nests too deep to be read back, and the outermost region
//! where edges lead or moves are counted.

use std::collections::HashMap;

use wfc_ir::{Block, Expr, Notes, Op, Step, StepId, Workflow};

use super::facts::{Facts, hidden_value, is_straight, project, reads, size, uses};
use super::{Log, mark};
use crate::nesting::{MAX_NESTING, nesting};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let uses = uses(workflow);
    let mut facts = Facts::at_start(workflow);
    let straight = is_straight(&workflow.body, workflow.max_transitions);
    fuse(&mut workflow.body, straight, &uses, &mut facts, notes, log);
}

fn fuse(
    block: &mut Block,
    straight: bool,
    uses: &HashMap<StepId, usize>,
    facts: &mut Facts,
    notes: &mut Notes,
    log: &mut Log<'_>,
) {
    let entered = facts.mark();
    let mut position = 0;
    while let Some(step) = block.steps.get_mut(position) {
        let around = facts.enter(&step.op);
        for inner in step.op.blocks_mut() {
            fuse(inner, true, uses, facts, notes, log);
        }
        facts.leave(around);
        if straight && let Some(value) = fused(&block.steps[position..], uses, facts, notes) {
            let first = block.steps.remove(position);
            let second = &mut block.steps[position];
            log.say(
                first.id.as_str(),
                format_args!("is part of `{}`", second.id),
            );
            mark(&second.id, notes);
            second.op = Op::Compute { value };
            // The second may fuse with the third in turn.
            continue;
        }
        if straight {
            facts.pass(&block.steps[position]);
        }
        position += 1;
    }
    facts.back_to(entered);
}

/// The value of the second of `steps` with the first written into it.
fn fused(
    steps: &[Step],
    uses: &HashMap<StepId, usize>,
    facts: &Facts,
    notes: &Notes,
) -> Option<Expr> {
    let [first, second, ..] = steps else {
        return None;
    };
    let value = hidden_value(first, notes)?;
    let reader = hidden_value(second, notes)?;
    let read = reads(reader, &first.id);
    let only_reader = read > 0 && uses.get(&first.id) == Some(&read);
    if !only_reader || !facts.is_total(value) {
        return None;
    }
    let mut complete = true;
    let whole = reader.clone().map(&mut |e| match &e {
        Expr::Step { step, field } if *step == first.id => project(value, &first.result, field)
            .unwrap_or_else(|| {
                complete = false;
                e
            }),
        _ => e,
    });
    let small = size(&whole) <= size(value) + size(reader);
    (complete && small && nesting(&whole) <= MAX_NESTING).then_some(whole)
}
