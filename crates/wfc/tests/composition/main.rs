//! Everything composes: programs of Workflow Lisp made at random, well typed
//! by construction, compile, verify and run, and a run does what the program
//! says. What it says is known from an interpreter that is as plain as it can
//! be: it knows no steps, and asks for everything in the order in which it is
//! written.

#![allow(missing_docs, clippy::unwrap_used)]

mod grow;
mod reference;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use wfc_compiler::project::Project;
use wfc_compiler::{Loader, Options, compile, plan_optimised};
use wfc_ir::{Program, verify, verify_plan};
use wfc_vm::{
    ExecRequest, Machine, Moment, Outcome, ProcessOutcome, Request, RunStatus, Start, Yield,
    state_json,
};

use grow::{Grower, Made, Ty};
use reference::{Reference, answer};

/// A run that asks more is not followed to its end.
const QUESTIONS: usize = 2_000;

/// What the programs share.
const PRELUDE: &str = "
  (defenum Mood CALM BUSY LOUD)
  (defrecord Pair (a Int) (b Bool))
  (defunion Outcome (DONE (n Int)) (STUCK (why Int) (flag Bool)) (IDLE))
  (defproc ask ((x Int)) -> Int
    (command-result ask :argv (\"ask\" \"int\" x) :returns Int))
  (defproc twice ((x Int) (y Int)) -> Int
    (let* ((first (ask x)) (second (if (> y 2) (ask y) first)))
      (mod (+ first second) 97)))
  (defworkflow callee ((x Int)) -> Int
    (mod (+ (ask x) x) 97))
";

const PROJECT: &str = "
[providers.agent]
command = [\"agent\"]
input = \"stdin\"
[prompts]
p = { text = \"Think.\" }
[commands]
ask = [\"ask\"]
";

struct Memory(BTreeMap<PathBuf, String>);

impl Loader for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    fn workspace(&self) -> &Path {
        Path::new("/ws")
    }
}

/// The program `go (n Int) (flag Bool)` whose output `value` is `made`.
fn source(ty: Ty, made: &Made) -> String {
    format!(
        "(workflow-lisp (:language \"1.0\") (defmodule main) (export go){PRELUDE}
  (defrecord Out (value {}))
  (defworkflow go ((n Int) (flag Bool)) -> Out
    (record :value
{})))
",
        text::ty(ty),
        text::shown(made, 6)
    )
}

fn built(source: &str) -> Result<Program, String> {
    let files = [("wfc.toml", PROJECT), ("main.orc", source)];
    let files = files.map(|(path, text)| (path.into(), text.to_owned()));
    let memory = Memory(files.into());
    let found = Project::discover(&memory, Path::new(""));
    assert!(found.diagnostics.is_empty(), "{:#?}", found.diagnostics);
    let options = Options {
        project: found.project,
        ..Options::default()
    };
    let compiled = compile("main.orc", &options, &memory);
    compiled.program.ok_or_else(|| {
        let said = compiled.diagnostics.iter().map(|each| {
            let file = compiled.sources.file(each.primary.span.file);
            let at = file.line_column(each.primary.span.start as usize);
            format!("{}:{} {}\n", at.line, at.column, each.message)
        });
        said.collect()
    })
}

/// What a run was asked for, and its output.
#[derive(Debug, PartialEq)]
struct Ran {
    asked: Vec<String>,
    value: Value,
}

/// Runs a program; nothing when it asks too much.
fn run(program: &Program, level: u8) -> Result<Option<Ran>, String> {
    let plan = plan_optimised(program.clone(), level, &mut Vec::new());
    verify_plan(&plan).map_err(|errors| format!("{errors:?}"))?;
    let inputs = json!({ "n": 3, "flag": true });
    let start = Start {
        run_id: "20260101T000000Z-aaaaaa".to_owned(),
        run_root: "/run".to_owned(),
        started_at: "2026-01-01T00:00:00.000000+00:00".to_owned(),
        inputs: inputs.as_object().unwrap().clone(),
        context: IndexMap::new(),
        continue_on_error: false,
        provider_retries: 0,
        retry_delay_ms: 0,
    };
    let mut machine = Machine::new(Arc::new(plan), start);
    let mut asked = Vec::new();
    let end = loop {
        match machine.step() {
            Yield::Perform(request) => {
                if asked.len() > QUESTIONS {
                    return Ok(None);
                }
                machine.answer(reply(&request, &mut asked));
            }
            end => break end,
        }
    };
    let moment = Moment {
        now: "now".to_owned(),
        status: RunStatus::Completed,
        step_started_at: None,
        sessions: Vec::new(),
        error: None,
    };
    let state = state_json(&machine, &moment);
    match state["workflow_outputs"].get("value") {
        Some(value) => Ok(Some(Ran {
            asked,
            value: value.clone(),
        })),
        None => Err(format!("no output: {end:?}\n{state:#}")),
    }
}

fn reply(request: &Request, asked: &mut Vec<String>) -> Outcome {
    match request {
        Request::Process(process) => {
            let (kind, x) = match &process.exec {
                ExecRequest::Command { argv } => (argv[1].clone(), argv[2].parse().unwrap()),
                ExecRequest::Provider { prompt, .. } => {
                    ("agent".to_owned(), prompt.inputs[0].1.as_i64().unwrap())
                }
            };
            asked.push(format!("{kind} {x}"));
            let artifacts = match answer(&kind, x) {
                Value::Object(map) => map,
                value => json!({ "result": value }).as_object().unwrap().clone(),
            };
            Outcome::Process(Box::new(ProcessOutcome {
                duration_ms: 1,
                artifacts,
                ..ProcessOutcome::default()
            }))
        }
        Request::Check { value, .. } => Outcome::Checked {
            value: value.clone(),
        },
        other => panic!("nothing asks for {other:?}"),
    }
}

/// Holds a program against the interpreter, plain and optimised.
fn check(bytes: &[u8], depth: u32) -> Result<(), String> {
    let (ty, made) = Grower::new(bytes).program(depth);
    let source = source(ty, &made);
    let told = |why: String| format!("{why}\n{source}");
    let program = built(&source).map_err(told)?;
    verify(&program).map_err(|errors| told(format!("{errors:?}")))?;
    let mut reference = Reference::default();
    let value = reference.run(&made);
    for level in [0, 1] {
        let Some(ran) = run(&program, level).map_err(told)? else {
            return Ok(());
        };
        let expected = Ran {
            asked: reference.asked.clone(),
            value: value.clone(),
        };
        if ran != expected {
            return Err(told(format!(
                "optimised {level}: expected {expected:?}, found {ran:?}"
            )));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn well_typed_programs_do_what_they_say(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let found = check(&bytes, 4);
        prop_assert!(found.is_ok(), "{}", found.unwrap_err());
    }
}

/// Each form in each form, two deep and then as it comes: no pair is left to
/// chance.
#[test]
fn every_form_nests_in_every_form() {
    let mut count = 0;
    for outer in 0..=grow::FORMS {
        for inner in 0..=grow::FORMS {
            let bytes: Vec<u8> = [0, outer, inner, inner, inner]
                .into_iter()
                .chain((0..60).map(|i| outer.wrapping_mul(31).wrapping_add(inner ^ i)))
                .collect();
            for ty in [outer + inner, outer + 3 * inner + 1] {
                let mut bytes = bytes.clone();
                bytes[0] = ty;
                if let Err(why) = check(&bytes, 3) {
                    panic!("{outer} {inner} {ty}: {why}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 400, "only {count} programs");
}

/// The interpreter and the programs say something: most of them ask.
#[test]
fn the_programs_are_not_empty() {
    let mut asking = 0;
    let mut seed: u32 = 7;
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..200)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        let (_, made) = Grower::new(&bytes).program(4);
        let mut reference = Reference::default();
        reference.run(&made);
        asking += usize::from(!reference.asked.is_empty());
    }
    assert!(
        asking > 60,
        "only {asking} of 200 programs ask for something"
    );
}
