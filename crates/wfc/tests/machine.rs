//! The machine over random programs: optimising changes nothing that can be
//! observed, and a run that stops at any question goes on as if it had not.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../../wfc-compiler/tests/support/mod.rs"]
mod programs;

use std::sync::Arc;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use wfc_compiler::plan_optimised;
use wfc_ir::{Plan, Program, verify_plan};
use wfc_vm::{
    ExecRequest, Machine, Moment, Outcome, ProcessOutcome, Request, RunStatus, Start, Taken, Yield,
    state_json,
};

/// A run is cut off after this many questions; programs with edges may be
/// long-winded, and a prefix is as good to compare.
const QUESTIONS: usize = 200;

/// What can be observed of a run.
#[derive(Clone, Debug, PartialEq)]
struct Trace {
    /// Who asked for what, in order.
    questions: Vec<String>,
    /// The answers.
    answers: Vec<Outcome>,
    /// How it ended, or `None` when it was cut off.
    end: Option<Yield>,
    /// `state.json` at the end.
    state: Value,
}

fn machine(plan: &Arc<Plan>) -> Machine {
    let inputs = json!({ "n": 2, "flag": true, "word": "A" });
    Machine::new(
        Arc::clone(plan),
        Start {
            run_id: "20260101T000000Z-aaaaaa".to_owned(),
            run_root: "/run".to_owned(),
            started_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
            inputs: inputs.as_object().unwrap().clone(),
            context: IndexMap::new(),
            continue_on_error: false,
            provider_retries: 0,
            retry_delay_ms: 0,
        },
    )
}

/// A world whose answers depend on the question alone.
fn answer(request: &Request) -> Outcome {
    match request {
        Request::Process(process) => {
            let ExecRequest::Command { argv } = &process.exec else {
                panic!("the programs start commands only");
            };
            let seed = wfc_ir::hash_of(&json!([process.coord.path, process.coord.visit, argv]));
            let fails = seed.ends_with('0');
            let word = if seed.ends_with(|c: char| c < '8') {
                "A"
            } else {
                "B"
            };
            Outcome::Process(Box::new(ProcessOutcome {
                exit_code: i64::from(fails),
                duration_ms: 1,
                artifacts: if fails {
                    serde_json::Map::new()
                } else {
                    json!({ "out": word }).as_object().unwrap().clone()
                },
                ..ProcessOutcome::default()
            }))
        }
        Request::Probe { patterns, .. } => Outcome::Probe {
            matched: vec![true; patterns.len()],
        },
        Request::Check { value, .. } => Outcome::Checked {
            value: value.clone(),
        },
        Request::Wait { pattern, .. } => {
            let timed_out = wfc_ir::hash_bytes(pattern.as_bytes()).ends_with('0');
            Outcome::Waited {
                files: Vec::new(),
                waited_ms: 1,
                polls: 1,
                timed_out,
            }
        }
        Request::Write { .. } | Request::Directory { .. } => Outcome::Written,
        Request::Clock { .. } => Outcome::Clock { unix_ns: 1 },
        Request::Snapshot(snapshot) => Outcome::Snapshot {
            taken: Taken {
                max_bytes: snapshot.max_bytes,
                candidates: IndexMap::new(),
            },
        },
        Request::Select(_) => panic!("the programs select nothing"),
    }
}

fn question(request: &Request) -> String {
    match request {
        Request::Process(process) => format!(
            "{} {} {:?}",
            process.coord.path, process.coord.visit, process.exec
        ),
        other => format!("{other:?}"),
    }
}

/// Runs to the end, after feeding the answers of an earlier run.
fn run(plan: &Arc<Plan>, earlier: &[Outcome]) -> Trace {
    let mut machine = machine(plan);
    let mut trace = Trace {
        questions: Vec::new(),
        answers: Vec::new(),
        end: None,
        state: Value::Null,
    };
    while trace.questions.len() < QUESTIONS {
        match machine.step() {
            Yield::Perform(request) => {
                let known = earlier.get(trace.answers.len()).cloned();
                let outcome = known.unwrap_or_else(|| answer(&request));
                trace.questions.push(question(&request));
                trace.answers.push(outcome.clone());
                machine.answer(outcome);
            }
            end => {
                trace.end = Some(end);
                break;
            }
        }
    }
    trace.state = state_json(
        &machine,
        &Moment {
            now: "now".to_owned(),
            status: RunStatus::Running,
            step_started_at: None,
            sessions: Vec::new(),
            error: None,
        },
    );
    trace
}

fn plan(program: &Program, level: u8) -> Arc<Plan> {
    let plan = plan_optimised(program.clone(), level, &mut Vec::new());
    verify_plan(&plan).unwrap();
    Arc::new(plan)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn optimising_changes_nothing_that_can_be_observed(program in programs::programs()) {
        let (plain, optimised) = (run(&plan(&program, 0), &[]), run(&plan(&program, 1), &[]));
        prop_assert_eq!(plain, optimised);
    }

    #[test]
    fn a_run_that_stops_at_any_question_goes_on_as_if_it_had_not(program in programs::programs()) {
        let plan = plan(&program, 1);
        let whole = run(&plan, &[]);
        for stop in 0..whole.answers.len() {
            prop_assert_eq!(&run(&plan, &whole.answers[..stop]), &whole, "stopped at {}", stop);
        }
    }

    #[test]
    fn a_plan_survives_being_written_and_read(program in programs::programs()) {
        let plan = plan(&program, 1);
        let text = serde_json::to_string_pretty(&*plan).unwrap();
        let read: Plan = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.hash(), plan.hash());
        prop_assert_eq!(&read, &*plan);
    }
}
