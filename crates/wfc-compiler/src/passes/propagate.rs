//! Copy and projection propagation.
//!
//! Buys: readers look at the source itself, so that the copy can go (`dead`)
//! and constants reach the places where they fold.
//!
//! ```text
//! before   compute x (hidden)   value {dir: "docs", who: inputs.name}
//!          command b            run "ls" steps[x].dir steps[x].who
//! after    compute x (hidden)   value {dir: "docs", who: inputs.name}
//!          command b            run "ls" "docs" inputs.name
//! ```
//!
//! A reader is changed only where it must run after the copy, in the same
//! entry of the same region, and where the source cannot have run again in
//! between. Refuses authored copies, guards, edges, anything but an atom
//! (constants, inputs, context, run facts, loop states, parts of steps),
//! copies of a type whose check changes or hides the value (paths, secrets),
//! a part beside which another may be missing, a copy that may fail in a
//! workflow in which failures continue, and assertions as readers: the record
//! of a failed one shows its condition.

use std::collections::HashMap;

use wfc_ir::{Block, Exec, Expr, Notes, Op, Step, StepField, StepId, Type, Workflow, to_text};

use super::facts::{Facts, hidden_value, is_straight, project};
use super::{Log, mark};

pub(super) fn run(workflow: &mut Workflow, notes: &mut Notes, log: &mut Log<'_>) {
    let straight = is_straight(&workflow.body, None);
    let mut spread = Spread {
        providers: workflow.providers.keys().cloned().collect(),
        facts: Facts::at_start(workflow),
        copies: HashMap::new(),
        sources: HashMap::new(),
        notes,
        log,
    };
    spread.block(&mut workflow.body, straight, "result");
}

/// A hidden computation whose parts may be read at their source.
struct Copy {
    ty: Type,
    value: Expr,
}

/// A walk in the order in which steps run, with the copies that hold there.
struct Spread<'a, 'b> {
    providers: Vec<String>,
    facts: Facts,
    copies: HashMap<StepId, Copy>,
    /// The copies of each step, by the step.
    sources: HashMap<StepId, Vec<StepId>>,
    notes: &'a mut Notes,
    log: &'a mut Log<'b>,
}

impl Spread<'_, '_> {
    fn block(&mut self, block: &mut Block, straight: bool, place: &str) {
        let entered = self.facts.mark();
        let mut own = Vec::new();
        for step in &mut block.steps {
            self.rerun(step);
            self.step(step);
            let id = step.id.clone();
            let around = self.facts.enter(&step.op);
            for inner in step.op.blocks_mut() {
                self.block(inner, true, id.as_str());
            }
            self.facts.leave(around);
            if straight {
                own.extend(self.copy(step));
                self.facts.pass(step);
            }
        }
        if let Some(result) = &mut block.result {
            self.expr(result, place);
        }
        // Another entry of the region, or none, may come before the next
        // reader.
        own.iter().for_each(|id| {
            self.copies.remove(id);
        });
        self.facts.back_to(entered);
    }

    /// Ends the copies of `step` and of the steps inside it, which are about
    /// to run (again).
    fn rerun(&mut self, step: &Step) {
        if self.sources.is_empty() {
            return;
        }
        let mut end = |id: &StepId| {
            for copy in self.sources.remove(id).into_iter().flatten() {
                self.copies.remove(&copy);
            }
        };
        end(&step.id);
        for block in step.op.blocks() {
            block.each_step(&mut |inner| end(&inner.id));
        }
    }

    /// Takes up `step` when it is a copy.
    fn copy(&mut self, step: &Step) -> Option<StepId> {
        let value = hidden_value(step, self.notes)?;
        if !self.facts.is_strict() && !self.facts.is_total(value) {
            return None;
        }
        let mut sources = Vec::new();
        value.walk(&mut |e| {
            if let Expr::Step { step, .. } = e {
                sources.push(step.clone());
            }
        });
        if sources.contains(&step.id) {
            return None;
        }
        for source in sources {
            self.sources
                .entry(source)
                .or_default()
                .push(step.id.clone());
        }
        let copy = Copy {
            ty: step.result.clone(),
            value: value.clone(),
        };
        self.copies.insert(step.id.clone(), copy);
        Some(step.id.clone())
    }

    /// What to read instead of `field` of `step`.
    fn source(&self, step: &StepId, field: &StepField) -> Option<Expr> {
        let copy = self.copies.get(step)?;
        let part = project(&copy.value, &copy.ty, field)?;
        let atom = matches!(
            part,
            Expr::Lit { .. }
                | Expr::Input { .. }
                | Expr::Context { .. }
                | Expr::Run { .. }
                | Expr::LoopState { .. }
                | Expr::LoopIndex { .. }
                | Expr::LoopTotal { .. }
                | Expr::Step { .. }
        );
        (atom && self.facts.stands_alone(&copy.value, field)).then_some(part)
    }

    fn expr(&mut self, expr: &mut Expr, place: &str) -> bool {
        let mut through = None;
        expr.walk(&mut |e| {
            if let Expr::Step { step, field } = e
                && self.source(step, field).is_some()
            {
                through = Some(step.clone());
            }
        });
        let Some(through) = through else {
            return false;
        };
        let whole = std::mem::replace(expr, Expr::Out);
        *expr = whole.map(&mut |e| match &e {
            Expr::Step { step, field } => self.source(step, field).unwrap_or(e),
            _ => e,
        });
        self.log
            .say(place, format_args!("reads through `{through}`"));
        true
    }

    fn step(&mut self, step: &mut Step) {
        let shows_condition = matches!(step.op, Op::Assert { .. });
        if self.copies.is_empty() || shows_condition || self.names_provider(step) {
            return;
        }
        let id = step.id.clone();
        let mut changed = false;
        step.exprs_mut(&mut |e| changed |= self.expr(e, id.as_str()));
        if changed {
            mark(&id, self.notes);
        }
    }

    /// Would the step name an unknown provider, where it now computes one?
    fn names_provider(&self, step: &Step) -> bool {
        let Op::Process(process) = &step.op else {
            return false;
        };
        let Exec::Provider { provider, .. } = &process.exec else {
            return false;
        };
        let Expr::Step { step, field } = provider else {
            return false;
        };
        match self.source(step, field) {
            Some(Expr::Lit { value }) => !self.providers.contains(&to_text(&value)),
            _ => false,
        }
    }
}
