//! What a run does when the disk does not do what it is told.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Map;
use support::Workspace;
use support::faults::{At, Fault, Faults, Loss};
use wfc_compiler::{Options, OsLoader, compile, plan_optimised};
use wfc_vm::{Disk, Ended, Event, Progress, RunConfig, RunError, RunStatus};

/// Steps that leave a line each in `effects`, in a loop and out of it.
const WORKFLOW: &str = r#"
version: "2.14"
name: lines
steps:
  - name: First
    command: ["sh", "-c", "echo first >> effects; echo 1 > first.txt"]
    expected_outputs:
      - name: first
        path: first.txt
        type: integer
  - name: Each
    for_each:
      items: ["a", "b"]
      as: item
      steps:
        - name: Line
          command: ["sh", "-c", "echo ${item} >> effects"]
  - name: Last
    command: ["sh", "-c", "echo last >> effects"]
"#;

/// What [`WORKFLOW`] leaves when nothing runs twice.
const EFFECTS: [&str; 4] = ["first", "a", "b", "last"];

struct Scene {
    workspace: Workspace,
    plan: wfc_ir::Plan,
    /// The run, once it has a directory.
    run_id: Option<String>,
    /// The steps that were reported settled.
    settled: HashSet<String>,
}

impl Scene {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace.write("lines.yaml", WORKFLOW);
        let loader = OsLoader::new(workspace.path());
        let compiled = compile("lines.yaml", &Options::default(), &loader);
        let plan = plan_optimised(compiled.program.unwrap(), 1, &mut Vec::new());
        Scene {
            workspace,
            plan,
            run_id: None,
            settled: HashSet::new(),
        }
    }

    fn config(&self, disk: Disk) -> RunConfig {
        RunConfig {
            workspace: self.workspace.path().to_owned(),
            runs_root: self.workspace.path().join(wfc_vm::RUNS_ROOT),
            stream_output: false,
            cassette: None,
            provider_retries: 0,
            retry_delay_ms: 0,
            continue_on_error: false,
            argv: Vec::new(),
            disk,
        }
    }

    /// Starts the run, or goes on with it, and hears what is reported.
    fn go(&mut self, disk: Disk) -> Result<Ended, RunError> {
        let config = self.config(disk);
        let (run_id, settled) = (self.run_id.clone(), &mut self.settled);
        let seen = &mut self.run_id;
        let mut observe = |progress: &Progress<'_>| match progress {
            Progress::Run { run_id, .. } => *seen = Some((*run_id).to_owned()),
            Progress::Step {
                event: Event::Settled { name, .. },
                ..
            } => drop(settled.insert(name.clone())),
            _ => {}
        };
        match run_id {
            Some(run_id) => wfc_vm::resume(&run_id, &config, &mut observe),
            None => wfc_vm::start(
                self.plan.clone(),
                Map::new(),
                IndexMap::new(),
                &config,
                &mut observe,
            ),
        }
    }

    fn effects(&self) -> Vec<String> {
        let path = self.workspace.path().join("effects");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Breaks the disk of a run once, then lets it go on.
fn check(at: At, fault: Fault, loss: Option<Loss>) {
    let what = format!("{at:?} {fault:?} {loss:?}");
    let mut scene = Scene::new();
    let faults = Faults::new(at, fault);
    let first = scene.go(faults.disk());
    if let Some(loss) = loss {
        faults.lose(loss);
    }
    let told = scene.settled.clone();
    let before = scene.effects();
    if !matches!(&first, Ok(ended) if ended.status == RunStatus::Completed) {
        // A run that nobody was told of is begun again by hand.
        let begun = scene.run_id.clone();
        let runs = scene.workspace.path().join(wfc_vm::RUNS_ROOT);
        let there = begun
            .as_ref()
            .is_some_and(|id| runs.join(id).join("journal.jsonl").exists());
        if !there {
            assert!(told.is_empty(), "{what}: {told:?} were told and are lost");
            scene.run_id = None;
        }
        match scene.go(Disk::default()) {
            Ok(ended) => assert_eq!(ended.status, RunStatus::Completed, "{what}"),
            Err(RunError::Completed(_)) => {}
            Err(error) => panic!("{what}: {error}"),
        }
    }
    let effects = scene.effects();
    // Each step ran, in order, and only what ran last may have run again.
    let mut once = effects.clone();
    once.dedup();
    if loss.is_none() {
        assert_eq!(once, EFFECTS, "{what}: after {before:?}");
        assert!(effects.len() <= EFFECTS.len() + 1, "{what}: {effects:?}");
    }
}

#[test]
fn a_run_that_dies_at_any_operation_goes_on() {
    let mut scene = Scene::new();
    let faults = Faults::none();
    scene.go(faults.disk()).unwrap();
    assert_eq!(scene.effects(), EFFECTS);
    let operations = faults.operations();
    assert!(operations.len() > 30, "{operations:#?}");
    for number in 0..operations.len() {
        for fault in [Fault::DiesBefore, Fault::DiesWithin, Fault::DiesAfter] {
            check(At::Number(number), fault, None);
        }
    }
}
