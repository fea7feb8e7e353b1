//! Copy and projection propagation.
//!
//! Buys: readers look at the source itself, so that the copy can go (`dead`)
//! and constants reach the places where they fold.
//!
//! ```text
//! before   compute x (hidden)   value {dir: "docs", who: steps[ask].name}
//!          command b            run "ls" steps[x].dir steps[x].who
//! after    compute x (hidden)   value {dir: "docs", who: steps[ask].name}
//!          command b            run "ls" "docs" steps[ask].name
//! ```
//!
//! A reader is changed only where it must run after the copy, in the same
//! entry of the same region, and where the source cannot have run again in
//! between. Refuses authored copies, guards, edges, anything but an atom
//! (constants, inputs, context, run facts, loop states, parts of steps),
//! copies of a type whose check changes or hides the value (paths, secrets),
//! and a copy that may fail in a workflow in which failures continue.

use std::collections::HashSet;

use wfc_ir::{Block, Expr, Notes, Step, StepField, StepId, Type, Workflow};

use super::facts::{Facts, hidden_value, is_straight, project};
use super::{Log, mark};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let mut facts = Facts::at_start(workflow);
    let straight = is_straight(&workflow.body, None);
    spread(&mut workflow.body, straight, &mut facts, notes, log);
}

fn spread(
    block: &mut Block,
    straight: bool,
    facts: &mut Facts,
    notes: &mut Notes,
    log: &mut Log<'_>,
) {
    let entered = facts.mark();
    for position in 0..block.steps.len() {
        let (before, after) = block.steps.split_at_mut(position + 1);
        let Some(step) = before.last_mut() else {
            continue;
        };
        for inner in step.op.blocks_mut() {
            spread(inner, true, facts, notes, log);
        }
        if !straight {
            continue;
        }
        let value = hidden_value(step, notes).cloned();
        if let Some(value) = value
            && (facts.is_strict() || facts.is_total(&value))
        {
            let copy = Copied::new(step, value, after);
            for reader in after.iter_mut() {
                copy.into_step(reader, notes, log);
            }
            if let Some(result) = &mut block.result {
                copy.into_expr(result, "result", log);
            }
        }
        facts.pass(step);
    }
    facts.back_to(entered);
}

/// A hidden computation whose parts may be read at their source.
struct Copied {
    id: StepId,
    ty: Type,
    value: Expr,
    /// The steps that may run again before a reader of the copy does.
    unstable: HashSet<StepId>,
}

impl Copied {
    fn new(step: &Step, value: Expr, after: &[Step]) -> Self {
        let mut unstable = HashSet::new();
        let mut add = |step: &Step| {
            unstable.insert(step.id.clone());
        };
        add(step);
        for later in after {
            add(later);
            for block in later.op.blocks() {
                block.each_step(&mut add);
            }
        }
        Copied {
            id: step.id.clone(),
            ty: step.result.clone(),
            value,
            unstable,
        }
    }

    /// What to read instead of `field` of the copy.
    fn source(&self, field: &StepField) -> Option<Expr> {
        let part = project(&self.value, &self.ty, field)?;
        let stable = match &part {
            Expr::Lit { .. }
            | Expr::Input { .. }
            | Expr::Context { .. }
            | Expr::Run { .. }
            | Expr::LoopState { .. }
            | Expr::LoopIndex { .. } => true,
            Expr::Step { step, .. } => !self.unstable.contains(step),
            _ => false,
        };
        stable.then_some(part)
    }

    fn into_expr(&self, expr: &mut Expr, place: &str, log: &mut Log<'_>) -> bool {
        let mut reads = false;
        expr.walk(&mut |e| {
            reads |= matches!(e, Expr::Step { step, field }
                if *step == self.id && self.source(field).is_some());
        });
        if !reads {
            return false;
        }
        let whole = std::mem::replace(expr, Expr::Out);
        *expr = whole.map(&mut |e| match &e {
            Expr::Step { step, field } if *step == self.id => self.source(field).unwrap_or(e),
            _ => e,
        });
        log.say(place, format_args!("reads through `{}`", self.id));
        true
    }

    fn into_step(&self, step: &mut Step, notes: &mut Notes, log: &mut Log<'_>) {
        let id = step.id.clone();
        let mut changed = false;
        step.exprs_mut(&mut |e| changed |= self.into_expr(e, id.as_str(), log));
        if changed {
            mark(&id, notes);
        }
        for block in step.op.blocks_mut() {
            for inner in &mut block.steps {
                self.into_step(inner, notes, log);
            }
            if let Some(result) = &mut block.result {
                self.into_expr(result, id.as_str(), log);
            }
        }
    }
}
