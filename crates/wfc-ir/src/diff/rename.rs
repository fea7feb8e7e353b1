//! Step ids of one program written as those of the other.

use std::collections::HashMap;

use crate::{Expr, Step, StepId, Target};

/// What to call the steps of the right side.
type Names = HashMap<StepId, StepId>;

pub(super) fn expr(expr: Expr, names: &Names) -> Expr {
    expr.map(&mut |mut e| {
        if let Expr::Step { step, .. }
        | Expr::LoopState { step }
        | Expr::LoopIndex { step }
        | Expr::LoopTotal { step }
        | Expr::Item { step } = &mut e
        {
            id(step, names);
        }
        e
    })
}

/// Renames what `step` itself reads and leads to, and what the values of its
/// regions read.
pub(super) fn step(step: &mut Step, names: &Names) {
    let mut rewrite = |e: &mut Expr| {
        let whole = std::mem::replace(e, Expr::Out);
        *e = expr(whole, names);
    };
    step.exprs_mut(&mut rewrite);
    for block in step.op.blocks_mut() {
        block.result.iter_mut().for_each(&mut rewrite);
    }
    let targets = [
        &mut step.on.success,
        &mut step.on.failure,
        &mut step.on.always,
        &mut step.on.invalid,
    ];
    for target in targets.into_iter().flatten() {
        if let Target::Step(to) = target {
            id(to, names);
        }
    }
    for producer in step.consumes.iter_mut().flat_map(|c| &mut c.producers) {
        id(producer, names);
    }
}

fn id(id: &mut StepId, names: &Names) {
    if let Some(name) = names.get(id) {
        id.clone_from(name);
    }
}
