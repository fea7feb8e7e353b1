//! What a run does when the disk does not do what it is told.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::HashSet;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Map;
use support::faults::{At, EIO, ENOSPC, EROFS, Fault, Faults, Loss};
use support::{Workspace, run_config};
use wfc_compiler::{Options, OsLoader, compile, plan_optimised};
use wfc_vm::{Disk, Ended, Event, LockError, Progress, RunError, RunStatus, Status};

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
    /// The steps that were reported to have done their work.
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

    /// Starts the run, or goes on with it, and hears what is reported.
    fn go(&mut self, disk: Disk) -> Result<Ended, RunError> {
        loop {
            match self.try_to_go(disk.clone()) {
                // A process that another test is about to start still has the
                // open files of all tests.
                Err(RunError::Locked(LockError::Held { .. })) => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                ended => return ended,
            }
        }
    }

    fn try_to_go(&mut self, disk: Disk) -> Result<Ended, RunError> {
        let config = run_config(self.workspace.path(), disk);
        let (run_id, settled) = (self.run_id.clone(), &mut self.settled);
        let seen = &mut self.run_id;
        let mut observe = |progress: &Progress<'_>| match progress {
            Progress::Run { run_id, .. } => *seen = Some((*run_id).to_owned()),
            Progress::Step {
                event: Event::Settled { name, record, .. },
                ..
            } if record.status == Status::Completed => drop(settled.insert(name.clone())),
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

/// Breaks the disk of a run once, perhaps cuts the power, then lets it go on.
fn check(at: At, fault: Fault, loss: Option<Loss>) {
    let what = format!("{at:?} {fault:?} {loss:?}");
    let mut scene = Scene::new();
    let faults = Faults::new(at, fault);
    let first = scene.go(faults.disk());
    if let Some(loss) = loss {
        faults.lose(loss);
    }
    let told = scene.settled.clone();
    let completed = |ended: &Result<Ended, RunError>| matches!(ended, Ok(ended) if ended.status == RunStatus::Completed);
    if !completed(&first) || loss.is_some() {
        // A run without a first record never began, and nobody was told of it.
        let runs = scene.workspace.path().join(wfc_vm::RUNS_ROOT);
        let journal = |id: &String| runs.join(id).join("journal.jsonl");
        let recorded = |id: &String| {
            let there = std::fs::read(journal(id));
            there.is_ok_and(|bytes| bytes.contains(&b'\n'))
        };
        if !scene.run_id.as_ref().is_some_and(recorded) {
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
    let mut once = effects.clone();
    once.dedup();
    match loss {
        // Each step ran, in order, and only the one at hand may have run again.
        None => {
            assert_eq!(once, EFFECTS, "{what}");
            assert!(effects.len() <= EFFECTS.len() + 1, "{what}: {effects:?}");
        }
        // What nobody was told of may be lost; what was told is never done
        // again.
        Some(_) => {
            for (line, step) in
                EFFECTS
                    .iter()
                    .zip(["First", "Each[0].Line", "Each[1].Line", "Last"])
            {
                let times = effects.iter().filter(|effect| *effect == line).count();
                assert!(times >= 1, "{what}: {effects:?}");
                assert!(times == 1 || !told.contains(step), "{what}: {effects:?}");
            }
        }
    }
}

/// The operations of an undisturbed run.
fn operations() -> Vec<String> {
    let mut scene = Scene::new();
    let faults = Faults::none();
    scene.go(faults.disk()).unwrap();
    assert_eq!(scene.effects(), EFFECTS);
    let operations = faults.operations();
    assert!(operations.len() > 30, "{operations:#?}");
    operations
}

#[test]
fn a_run_that_dies_at_any_operation_goes_on() {
    for number in 0..operations().len() {
        for fault in [Fault::DiesBefore, Fault::DiesWithin, Fault::DiesAfter] {
            check(At::Number(number), fault, None);
        }
    }
}

#[test]
fn a_loss_of_power_at_any_operation_loses_nothing_that_was_told() {
    for number in 0..operations().len() {
        for loss in [Loss::All, Loss::Bytes, Loss::Torn] {
            check(At::Number(number), Fault::DiesAfter, Some(loss));
        }
    }
}

#[test]
fn a_run_whose_disk_refuses_goes_on_when_it_takes_again() {
    for number in 0..operations().len() {
        for error in [ENOSPC, EROFS] {
            check(At::Number(number), Fault::FailsFromHere(error), None);
        }
        check(At::Number(number), Fault::Fails(EIO), None);
        // A flush that has failed is not believed later.
        check(At::Number(number), Fault::Fails(EIO), Some(Loss::All));
    }
}

/// Breaks the disk of a run, and compares what it says.
fn says(at: At, fault: Fault, message: &str, help: &str) {
    let mut scene = Scene::new();
    let faults = Faults::new(at, fault);
    let error = scene.go(faults.disk()).unwrap_err();
    assert!(faults.happened());
    let place = scene.workspace.path().canonicalize().unwrap();
    let id = scene.run_id.clone().unwrap_or_default();
    let said = error.to_string().replace(&*place.to_string_lossy(), "WS");
    assert_eq!(said.replace(&id, "ID"), message);
    assert_eq!(error.help().as_deref(), Some(help));
    // As far as the disk still takes it, the state tells of it.
    let state = scene
        .workspace
        .path()
        .join(wfc_vm::RUNS_ROOT)
        .join(id)
        .join("state.json");
    if let Fault::Fails(_) = fault {
        let state = std::fs::read_to_string(state).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        assert_eq!(state["status"], "failed");
        assert_eq!(state["error"]["message"], error.to_string());
        let sessions = &state["runtime_observability"]["executor_sessions"];
        assert_eq!(sessions[0]["status"], "failed");
    }
}

#[test]
fn what_a_run_says_when_its_disk_refuses() {
    let journal = "WS/.orchestrate/runs/ID/journal.jsonl";
    let unwritten = |why: &str| {
        format!(
            "a record could not be written to the journal {journal}: {why}; nothing more is recorded, so the run stops here"
        )
    };
    says(
        At::Kind("write journal.jsonl", 3),
        Fault::FailsFromHere(ENOSPC),
        &unwritten("No space left on device (os error 28)"),
        "make room there first",
    );
    says(
        At::Kind("write journal.jsonl", 4),
        Fault::FailsFromHere(EROFS),
        &unwritten("Read-only file system (os error 30)"),
        "the file system must be writable; mount it so first",
    );
    says(
        At::Kind("sync journal.jsonl", 0),
        Fault::Fails(EIO),
        &unwritten("Input/output error (os error 5)"),
        "find out what is wrong with that disk first",
    );
    says(
        At::Kind("rename to state.json", 0),
        Fault::Fails(EIO),
        "WS/.orchestrate/runs/ID/state.json: Input/output error (os error 5)",
        "find out what is wrong with that disk first",
    );
}

#[test]
fn a_flush_that_failed_is_the_last() {
    let mut scene = Scene::new();
    let faults = Faults::new(At::Kind("sync journal.jsonl", 0), Fault::Fails(EIO));
    scene.go(faults.disk()).unwrap_err();
    let syncs = faults.operations();
    let syncs = syncs.iter().filter(|done| *done == "sync journal.jsonl");
    assert_eq!(syncs.count(), 1);
    assert!(scene.settled.is_empty(), "{:?}", scene.settled);
}
