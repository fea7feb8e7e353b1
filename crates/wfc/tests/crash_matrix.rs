//! Promises about crashes, at every place where one can happen.
//!
//! Each scenario of `tests/crash` is run once to its end. Then it is run again
//! for every operation that changes a file, by a process that aborts right
//! before or right after it; some of them take with them what was written and
//! not flushed, or half of it, as a loss of power does. What is left is
//! resumed, and held against the run that nothing disturbed.
//!
//! `WFC_CRASH_EVERY=1 cargo test --test crash_matrix` tries every combination;
//! the suite takes them in turn.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use support::faults::{Faults, Loss};
use support::{Workspace, copy, repository, run_config, wfc};
use wfc_ir::Plan;
use wfc_vm::{Disk, Ended, Operation, Progress, RunError, Status, Watch};

/// Where the child process finds what it is to do.
const ORDER: &str = "WFC_CRASH_ORDER";

/// Fewer places than this, and the suite no longer shows what it says.
const ENOUGH: usize = 2_000;

/// How long a dying process waits for its threads.
const GRACE: Duration = Duration::from_millis(100);

/// Where a run is to end.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    /// The number of the operation, from 1.
    operation: usize,
    after: bool,
    /// What the power takes with it; without it the system lives on.
    loss: Option<Loss>,
}

/// What a child process is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    workspace: PathBuf,
    /// The run to go on with; none to begin one.
    resume: Option<String>,
    /// None to run to the end.
    place: Option<Place>,
}

/// Ends the process at a place.
#[derive(Debug)]
struct Saboteur {
    place: Option<Place>,
    /// Knows what a loss of power would take.
    files: Arc<Faults>,
    /// How many operations have changed something.
    seen: AtomicUsize,
    /// Operations that have begun and are not over.
    going_on: AtomicUsize,
    dying: AtomicBool,
}

impl Saboteur {
    /// Dies, and takes the loss with it. Other threads begin nothing more, and
    /// what they have begun is waited for, unless it has failed.
    fn die(&self, loss: Option<Loss>, own: usize) -> ! {
        self.dying.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        while self.going_on.load(Ordering::SeqCst) > own && begun.elapsed() < GRACE {
            std::thread::yield_now();
        }
        if let Some(loss) = loss {
            self.files.lose(loss);
        }
        std::process::abort();
    }
}

impl Watch for Saboteur {
    fn before(&self, operation: Operation<'_>) -> std::io::Result<()> {
        if operation.changes() {
            let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
            if let Some(place) = self.place
                && !place.after
                && number == place.operation
            {
                self.die(place.loss, 0);
            }
            while self.dying.load(Ordering::SeqCst) {
                std::thread::park();
            }
            self.going_on.fetch_add(1, Ordering::SeqCst);
        }
        self.files.before(operation)
    }

    fn after(&self, operation: Operation<'_>) -> std::io::Result<()> {
        self.files.after(operation)?;
        if operation.changes() {
            if let Some(place) = self.place
                && place.after
                && self.seen.load(Ordering::SeqCst) >= place.operation
            {
                self.die(place.loss, 1);
            }
            self.going_on.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// Runs or resumes. Every step that is told to be settled leaves a line in
/// `told.log`.
fn go(workspace: &Path, resume: Option<&str>, disk: Disk) -> Result<Ended, RunError> {
    let config = run_config(workspace, disk);
    let told = workspace.join("told.log");
    let mut observe = |progress: &Progress<'_>| {
        if let Progress::Step {
            event: wfc_vm::Event::Settled { kind, record, .. },
            ..
        } = progress
            && matches!(*kind, "command" | "provider")
            && record.status != Status::Skipped
        {
            append(&told, "told\n");
        }
    };
    match resume {
        Some(run) => wfc_vm::resume(run, &config, &mut observe),
        None => {
            let plan = std::fs::read(workspace.join("plan.json")).unwrap();
            let plan: Plan = serde_json::from_slice(&plan).unwrap();
            wfc_vm::start(plan, Map::new(), IndexMap::new(), &config, &mut observe)
        }
    }
}

fn append(path: &Path, text: &str) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Not a test of its own: this program again, as the process that crashes.
#[test]
fn the_process_that_crashes() {
    let Ok(order) = std::env::var(ORDER) else {
        return;
    };
    let order: Order = serde_json::from_str(&order).unwrap();
    let saboteur = Arc::new(Saboteur {
        place: order.place,
        seen: AtomicUsize::new(0),
        files: Faults::none(),
        going_on: AtomicUsize::new(0),
        dying: AtomicBool::new(false),
    });
    let disk = Disk::watched(Arc::clone(&saboteur) as Arc<dyn Watch>);
    let ended = match go(&order.workspace, order.resume.as_deref(), disk) {
        Ok(_) | Err(RunError::Completed(_)) => String::new(),
        Err(error) => error.to_string(),
    };
    let seen = saboteur.seen.load(Ordering::SeqCst);
    std::fs::write(order.workspace.join("seen"), seen.to_string()).unwrap();
    std::fs::write(order.workspace.join("error"), ended).unwrap();
}

/// Lets a child do it. How it came to its end, with the error if there was
/// one; `None` when it crashed.
fn child(order: &Order) -> Option<Result<(), String>> {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_crashes", "--nocapture"])
        .env(ORDER, serde_json::to_string(order).unwrap())
        .env("TOKEN", "hush-hush-hush")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(order.workspace.join("stderr")).unwrap())
        .status()
        .unwrap();
    status.success().then(|| {
        let error = std::fs::read_to_string(order.workspace.join("error")).unwrap();
        if error.is_empty() { Ok(()) } else { Err(error) }
    })
}

/// A workspace with a compiled scenario in it.
struct Scenario {
    name: String,
    template: Workspace,
}

impl Scenario {
    fn new(file: &Path) -> Self {
        let template = Workspace::new();
        copy(file.parent().unwrap(), template.path());
        let compiled = wfc(&template)
            .args(["compile", "--emit", "plan", "--output", "plan.json"])
            .arg(file.file_name().unwrap())
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{file:?}: {compiled:?}");
        Scenario {
            name: file.file_name().unwrap().to_str().unwrap().to_owned(),
            template,
        }
    }

    fn workspace(&self) -> Workspace {
        let workspace = Workspace::new();
        copy(self.template.path(), workspace.path());
        workspace
    }
}

/// A record of a journal, without the frame around it.
type Line = Value;

/// All records of the only run, oldest first; none without a journal.
fn records(workspace: &Workspace) -> Vec<Line> {
    let Some(run) = workspace.only_run() else {
        return Vec::new();
    };
    let path = workspace.run_dir(&run).join("journal.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .collect()
}

/// The answers that count, without times: what replay goes by.
fn answers(records: &[Line]) -> Vec<(String, Value)> {
    let mut answers: Vec<(u64, String, Value)> = Vec::new();
    for line in records {
        let record = &line["record"];
        match record["type"].as_str().unwrap() {
            "outcome" => {
                let mut outcome = record["outcome"].clone();
                let what = outcome.as_object_mut().unwrap();
                // Whether a file is new depends on what was interrupted.
                for other in ["duration_ms", "waited_ms", "unix_ns", "earlier", "outputs"] {
                    what.remove(other);
                }
                let who = format!("{} {}", record["coord"]["path"], record["coord"]["visit"]);
                answers.push((line["seq"].as_u64().unwrap(), who, outcome));
            }
            "void" => {
                let from = record["from_seq"].as_u64().unwrap();
                answers.retain(|(seq, ..)| *seq < from);
            }
            _ => {}
        }
    }
    answers
        .into_iter()
        .map(|(_, who, outcome)| (who, outcome))
        .collect()
}

/// How often each process that was answered for had been started, by sequence
/// number: it left that many effects.
fn committed(records: &[Line]) -> Vec<(u64, usize)> {
    let processes = records.iter().filter(|line| {
        let record = &line["record"];
        record["type"] == "outcome" && record["outcome"]["outcome"] == "process"
    });
    processes
        .map(|line| {
            let earlier = line["record"]["outcome"]["earlier"].as_array();
            let attempts = 1 + earlier.map_or(0, Vec::len);
            (line["seq"].as_u64().unwrap(), attempts)
        })
        .collect()
}

fn lines(workspace: &Workspace, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(workspace.path().join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A run that nothing disturbed.
#[derive(Debug)]
struct Whole {
    operations: usize,
    status: String,
    outputs: Value,
    answers: Vec<(String, Value)>,
    /// Starts for each process that was answered for.
    attempts: Vec<usize>,
    effects: Vec<String>,
}

impl Whole {
    fn of(scenario: &Scenario) -> Self {
        let workspace = scenario.workspace();
        let order = Order {
            workspace: workspace.path().to_owned(),
            resume: None,
            place: None,
        };
        assert_eq!(
            child(&order),
            Some(Ok(())),
            "{} does not run",
            scenario.name
        );
        let records = records(&workspace);
        let done = &records.last().unwrap()["record"];
        assert_eq!(done["type"], "done");
        Whole {
            operations: lines(&workspace, "seen")[0].parse().unwrap(),
            status: done["status"].as_str().unwrap().to_owned(),
            outputs: done["outputs"].clone(),
            answers: answers(&records),
            attempts: committed(&records).into_iter().map(|(_, n)| n).collect(),
            effects: lines(&workspace, "effects.log"),
        }
    }
}

/// Crashes at a place, goes on, and says what is wrong with what came of it.
fn check(scenario: &Scenario, whole: &Whole, place: Place) -> Result<bool, String> {
    let workspace = scenario.workspace();
    let first = child(&Order {
        workspace: workspace.path().to_owned(),
        resume: None,
        place: Some(place),
    });
    if let Some(Err(error)) = first {
        return Err(format!("it fails without a crash: {error}"));
    }
    let crashed = first.is_none();
    let told = lines(&workspace, "told.log").len();
    let run = workspace.only_run();
    if let Some(run) = &run
        && place.loss.is_none()
        && let Ok(state) = std::fs::read(workspace.run_dir(run).join("state.json"))
        && let Err(error) = serde_json::from_slice::<Value>(&state)
    {
        return Err(format!("P4: a reader sees half of state.json: {error}"));
    }
    let survived = records(&workspace);
    let begun = !survived.is_empty();
    let resumed = run.map(|run| {
        let order = Order {
            workspace: workspace.path().to_owned(),
            resume: Some(run),
            place: None,
        };
        child(&order).unwrap_or_else(|| {
            let words = std::fs::read_to_string(workspace.path().join("stderr"));
            Err(format!("it crashes: {}", words.unwrap()))
        })
    });
    if begun && let Some(Err(error)) = resumed {
        return Err(format!("the resume is refused: {error}"));
    }
    let all = lines(&workspace, "effects.log");
    if !begun {
        return if told > 0 || !all.is_empty() {
            Err(format!("P1: the run is gone; told {told}, done {all:?}"))
        } else {
            Ok(crashed)
        };
    }

    let records = records(&workspace);
    let done = &records.last().unwrap()["record"];
    if done["type"] != "done" || done["status"] != whole.status.as_str() {
        return Err(format!("it ends as {done}"));
    }
    let state = workspace
        .run_dir(&workspace.only_run().unwrap())
        .join("state.json");
    let state: Value = serde_json::from_slice(&std::fs::read(state).unwrap()).unwrap();
    if state["status"] != whole.status.as_str() {
        return Err(format!("state.json says {}", state["status"]));
    }
    if done["outputs"] != whole.outputs {
        return Err(format!(
            "P6: it gives {}, not {}",
            done["outputs"], whole.outputs
        ));
    }
    let answers = answers(&records);
    if answers != whole.answers {
        return Err(format!(
            "P6: answers {answers:#?}\nnot {:#?}",
            whole.answers
        ));
    }

    // What the resume could go by.
    let (before, since) = records.split_at(survived.len());
    let kept = committed(before);
    if told > kept.len() {
        return Err(format!(
            "P1: {told} steps were told of, {} were kept",
            kept.len()
        ));
    }
    let void = since
        .iter()
        .chain(before)
        .find_map(|line| line["record"]["from_seq"].as_u64());
    let valid = kept
        .iter()
        .filter(|(seq, _)| void.is_none_or(|from| *seq < from));
    let settled: usize = valid.map(|(_, attempts)| attempts).sum();
    let again = &whole.effects[settled..];
    let Some(first) = all
        .strip_suffix(again)
        .filter(|first| whole.effects.starts_with(first))
    else {
        return Err(format!(
            "P2, P3: {settled} effects were committed; {all:?} is not some of {:?} and then {again:?}",
            whole.effects
        ));
    };
    // Of the effects, one step's may have been lost to the journal.
    let kept_effects: usize = kept.iter().map(|(_, attempts)| attempts).sum();
    let open = whole.attempts.get(kept.len()).copied().unwrap_or(0);
    if place.loss.is_none() && first.len() > kept_effects + open {
        return Err(format!(
            "P3: {} effects, {kept_effects} committed, at most {open} under way",
            first.len()
        ));
    }
    Ok(crashed)
}

fn scenarios() -> Vec<Scenario> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(repository().join("tests/crash"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "yaml" || kind == "orc")
        })
        .filter(|path| path.file_stem().unwrap() != "helper")
        .collect();
    files.sort();
    files.iter().map(|file| Scenario::new(file)).collect()
}

/// The places of a run with so many operations: before and after each, and
/// of the losses one for each place, or all of them.
fn places(operations: usize) -> Vec<Place> {
    let every = std::env::var_os("WFC_CRASH_EVERY").is_some();
    let losses = [None, Some(Loss::Bytes), Some(Loss::Half)];
    let mut places = Vec::new();
    for operation in 1..=operations {
        for after in [false, true] {
            let turn = places.len() % losses.len();
            for (number, &loss) in losses.iter().enumerate() {
                if every || number == turn {
                    places.push(Place {
                        operation,
                        after,
                        loss,
                    });
                }
            }
        }
    }
    places
}

#[test]
fn wherever_a_run_crashes_it_goes_on_as_promised() {
    let scenarios = scenarios();
    assert!(scenarios.len() >= 25, "{} scenarios", scenarios.len());
    let mut jobs = Vec::new();
    for scenario in &scenarios {
        let whole = Arc::new(Whole::of(scenario));
        for place in places(whole.operations) {
            jobs.push((scenario, Arc::clone(&whole), place));
        }
    }
    let (next, crashes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let broken = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((scenario, whole, place)) =
                    jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    match check(scenario, whole, *place) {
                        Ok(crashed) => {
                            crashes.fetch_add(usize::from(crashed), Ordering::Relaxed);
                        }
                        Err(what) => {
                            let mut broken = broken.lock().unwrap();
                            broken.push(format!("{} at {place:?}: {what}", scenario.name));
                        }
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(
        broken.is_empty(),
        "{} of {}:\n{}",
        broken.len(),
        jobs.len(),
        broken.join("\n")
    );
    let crashes = crashes.into_inner();
    assert!(
        crashes >= ENOUGH,
        "only {crashes} crashes of {}",
        jobs.len()
    );
}
