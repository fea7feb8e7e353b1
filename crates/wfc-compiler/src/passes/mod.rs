//! The optimiser.
//!
//! Its law: a pass may remove pure work and add freedom. It may not remove,
//! duplicate or reorder an observable effect, and an authored step is one: it
//! leaves a record under its name. So a pass changes hidden steps only (those
//! that a front end made up, `Shown::hidden`), and of the others only the form
//! of the expressions in them. A failure is observable too: work that can fail
//! is not removed.
//!
//! What a pass removes from a program it leaves in the notes: the map from
//! steps to places stays complete.

mod branches;
mod dead;
mod facts;
mod fold;
mod fuse;
mod propagate;

use wfc_ir::{Notes, OriginKind, Program, Step, StepId, Workflow};

/// How often the passes run at most. Each round can only shrink the program;
/// what is left after these is left for good.
const ROUNDS: usize = 8;

/// Runs the passes of `level` over `program`: none at 0, all at 1 and above.
/// `report` gets a line for each change, as `pass: workflow/step: what`.
///
/// # Panics
///
/// In debug builds, when a pass breaks a program that was well-formed.
pub fn optimise(mut program: Program, level: u8, report: &mut Vec<String>) -> Program {
    if level == 0 {
        return program;
    }
    let passes: [(&str, Pass); 5] = [
        ("fold", fold::run),
        ("branches", branches::run),
        ("propagate", propagate::run),
        ("fuse", fuse::run),
        ("dead", dead::run),
    ];
    let well_formed = cfg!(debug_assertions) && wfc_ir::verify(&program).is_ok();
    for _ in 0..ROUNDS {
        let before = report.len();
        for (name, pass) in passes {
            for (workflow_name, workflow) in &mut program.workflows {
                let mut log = Log {
                    pass: name,
                    workflow: workflow_name,
                    lines: report,
                };
                let notes = program.notes.entry(workflow_name.clone()).or_default();
                pass(workflow, notes, &mut log);
            }
            if well_formed {
                let verdict = wfc_ir::verify(&program);
                assert!(
                    verdict.is_ok(),
                    "the pass `{name}` broke the program: {verdict:#?}"
                );
            }
        }
        if report.len() == before {
            break;
        }
    }
    program
}

/// One pass over one workflow.
type Pass = fn(&mut Workflow, &mut Notes, &mut Log<'_>);

/// Where a pass says what it did.
struct Log<'a> {
    pass: &'static str,
    workflow: &'a str,
    lines: &'a mut Vec<String>,
}

impl Log<'_> {
    fn say(&mut self, step: &str, what: impl std::fmt::Display) {
        self.lines
            .push(format!("{}: {}/{step}: {what}", self.pass, self.workflow));
    }
}

/// Was the step made up by a front end, with no record of its own? A step
/// without a note counts as authored.
fn is_hidden(id: &StepId, notes: &Notes) -> bool {
    notes.shown.get(id).is_some_and(|shown| shown.hidden)
}

/// Does the step do nothing but its operation: no guard, no need, no edge, no ledger?
fn is_plain(step: &Step) -> bool {
    step.when.is_none()
        && step.max_visits.is_none()
        && step.requires.is_none()
        && step.on.is_empty()
        && step.consumes.is_empty()
        && step.publishes.is_empty()
}

/// Notes that a pass rewrote a step.
fn mark(id: &StepId, notes: &mut Notes) {
    if let Some(origin) = notes.origins.get_mut(id) {
        origin.kind = OriginKind::Pass;
    }
}
