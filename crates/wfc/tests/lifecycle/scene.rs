//! A workspace in which runs are brought to a state, acted on, and looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wfc_compiler::{Options, OsLoader, compile, plan_optimised};
use wfc_ir::Plan;
use wfc_vm::{
    Disk, Ended, Event, ExecRequest, Fate, HostError, Operation, Outcome, ProcessOutcome, Progress,
    Recorded, Request, RunConfig, RunError, Watch, Way, World,
};

use crate::facts::{Facts, Visit};
use crate::support::{Workspace, run_config};

/// What a run has left: its files, and what was executed for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) run_id: Option<String>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) executions: BTreeMap<Visit, usize>,
}

impl Snapshot {
    /// Whether there is a run to go on with.
    pub(crate) fn began(&self) -> bool {
        self.facts().records > 0
    }

    pub(crate) fn facts(&self) -> Facts {
        let journal = self.files.get("journal.jsonl");
        Facts::of(journal.map_or(&[], Vec::as_slice))
    }

    /// States with one key would go on in one way.
    pub(crate) fn key(&self) -> String {
        let shown = self
            .files
            .get("plan.json")
            .map(|text| wfc_ir::hash_bytes(text));
        let ran: BTreeSet<&Visit> = self.executions.keys().collect();
        format!("{} ran {ran:?} shows {shown:?}", self.facts().key())
    }
}

/// How an action came out.
pub(crate) struct Came {
    pub(crate) run_id: Option<String>,
    /// The process steps that were reported settled.
    pub(crate) settled: BTreeSet<String>,
    pub(crate) result: Result<Ended, RunError>,
}

/// The world outside: programs that do nothing but be counted.
#[derive(Debug)]
pub(crate) struct Stage {
    executions: Mutex<BTreeMap<Visit, usize>>,
    asked: Mutex<usize>,
    interrupt: Option<usize>,
    fails: Mutex<&'static str>,
}

impl Stage {
    pub(crate) fn of(before: &Snapshot, interrupt: Option<usize>) -> Arc<Self> {
        Arc::new(Stage {
            executions: Mutex::new(before.executions.clone()),
            asked: Mutex::new(0),
            interrupt,
            fails: Mutex::new(""),
        })
    }

    pub(crate) fn executions(&self) -> BTreeMap<Visit, usize> {
        self.executions.lock().unwrap().clone()
    }
}

impl World for Stage {
    fn perform(&self, request: &Request) -> Option<Result<Outcome, HostError>> {
        let Request::Process(process) = request else {
            return None;
        };
        let ExecRequest::Command { argv } = &process.exec else {
            return None;
        };
        let visit = (process.coord.path.clone(), process.coord.visit);
        let earlier = {
            let mut executions = self.executions.lock().unwrap();
            let times = executions.entry(visit).or_default();
            *times += 1;
            *times - 1
        };
        let number = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked - 1
        };
        if self.interrupt == Some(number) {
            return Some(Err(HostError::Interrupted));
        }
        // It fails the first time.
        let fails = earlier == 0 && argv[0] == *self.fails.lock().unwrap();
        Some(Ok(Outcome::Process(Box::new(ProcessOutcome {
            exit_code: i64::from(fails),
            duration_ms: 1,
            ..ProcessOutcome::default()
        }))))
    }
}

pub(crate) struct Scene {
    workspace: Workspace,
    pub(crate) plan: Plan,
    pub(crate) changed: Arc<Plan>,
    fails: &'static str,
}

fn plan(workspace: &Workspace, workflow: &str) -> Plan {
    workspace.write("life.yaml", workflow);
    let loader = OsLoader::new(workspace.path());
    let compiled = compile("life.yaml", &Options::default(), &loader);
    let program = compiled
        .program
        .unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    plan_optimised(program, 1, &mut Vec::new())
}

impl Scene {
    pub(crate) fn new(workflow: &str, fails: &'static str) -> Self {
        let workspace = Workspace::in_memory();
        let changed = plan(&workspace, &workflow.replace("[last]", "[last, one]"));
        let plan = plan(&workspace, workflow);
        assert_ne!(plan.hash(), changed.hash());
        Scene {
            workspace,
            plan,
            changed: changed.into(),
            fails,
        }
    }

    pub(crate) fn nothing(&self) -> Snapshot {
        Snapshot::default()
    }

    fn root(&self) -> PathBuf {
        self.workspace.path().join(wfc_vm::RUNS_ROOT)
    }

    fn config(&self, stage: &Arc<Stage>, disk: Disk) -> RunConfig {
        *stage.fails.lock().unwrap() = self.fails;
        RunConfig {
            world: Some(Arc::clone(stage) as Arc<dyn World>),
            ..run_config(self.workspace.path(), disk)
        }
    }

    /// Makes the files be as they were.
    fn restore(&self, state: &Snapshot) {
        let _ = std::fs::remove_dir_all(self.root());
        let Some(id) = &state.run_id else { return };
        let run = self.root().join(id);
        std::fs::create_dir_all(run.join("logs")).unwrap();
        for (name, bytes) in &state.files {
            let path = run.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    fn watched(
        &self,
        work: impl FnOnce(&mut dyn FnMut(&Progress<'_>)) -> Result<Ended, RunError>,
    ) -> Came {
        let (mut seen, mut settled) = (None, BTreeSet::new());
        let result = work(&mut |progress| match progress {
            Progress::Run { run_id, .. } => seen = Some((*run_id).to_owned()),
            Progress::Step {
                event: Event::Settled { name, kind, .. },
                ..
            } if *kind == "command" => drop(settled.insert(name.clone())),
            _ => {}
        });
        Came {
            run_id: seen,
            settled,
            result,
        }
    }

    pub(crate) fn start(&self, before: &Snapshot, stage: &Arc<Stage>, disk: Disk) -> Came {
        self.restore(before);
        let config = self.config(stage, disk);
        self.watched(|observe| {
            let plan = self.plan.clone();
            wfc_vm::start(plan, Map::new(), IndexMap::new(), &config, observe)
        })
    }

    pub(crate) fn resume(
        &self,
        before: &Snapshot,
        stage: &Arc<Stage>,
        disk: Disk,
        way: Way,
    ) -> Came {
        self.restore(before);
        let config = self.config(stage, disk);
        let id = before.run_id.as_ref().unwrap();
        self.watched(|observe| Recorded::open(id, &config)?.resume(way, &config, observe))
    }

    /// What is there now.
    pub(crate) fn left(&self, before: &Snapshot, stage: &Stage, came: &Came) -> Snapshot {
        let run_id = before.run_id.clone().or_else(|| came.run_id.clone());
        // A run that nobody was told of is found by its directory.
        let run_id = run_id.or_else(|| only(&self.root()));
        let files = match &run_id {
            Some(id) => files(&self.root().join(id)),
            None => BTreeMap::new(),
        };
        for name in ["state.json", "plan.json"] {
            if let Some(text) = files.get(name) {
                let whole = serde_json::from_slice::<Value>(text);
                assert!(
                    whole.is_ok(),
                    "P4: {name} is torn: {}",
                    String::from_utf8_lossy(text)
                );
            }
        }
        Snapshot {
            run_id,
            files,
            executions: stage.executions(),
        }
    }

    /// The step that waits for a decision.
    pub(crate) fn halted(&self, state: &Snapshot) -> Option<String> {
        self.restore(state);
        let config = self.config(&Stage::of(state, None), Disk::default());
        let recorded = Recorded::open(state.run_id.as_ref()?, &config).unwrap();
        let outlook = recorded.outlook().unwrap();
        let halted = outlook.of(Fate::Halted).next()?;
        Some(halted.step.clone())
    }

    /// The steps that the run has come to.
    pub(crate) fn entries(&self, state: &Snapshot) -> BTreeSet<String> {
        self.restore(state);
        let config = self.config(&Stage::of(state, None), Disk::default());
        let recorded = Recorded::open(state.run_id.as_ref().unwrap(), &config).unwrap();
        let outlook = recorded.outlook().unwrap();
        let steps = outlook.of(Fate::Replayed).map(|step| step.step.clone());
        steps.collect()
    }

    /// Forks the run, and gives the visits that both share.
    pub(crate) fn fork(&self, state: &Snapshot, stage: &Arc<Stage>, step: &str) -> BTreeSet<Visit> {
        self.restore(state);
        let config = self.config(stage, Disk::default());
        let id = state.run_id.as_ref().unwrap();
        let before = files(&self.root().join(id));
        let came = self.watched(|observe| {
            Recorded::open(id, &config)?.fork(step, Way::default(), &config, observe)
        });
        match &came.result {
            Ok(_) | Err(RunError::Halted(_)) => {}
            Err(error) => panic!("fork from {step}: {error}"),
        }
        assert_eq!(
            files(&self.root().join(id)),
            before,
            "the old run is untouched"
        );
        let names = std::fs::read_dir(self.root()).unwrap();
        let mut names = names.map(|run| run.unwrap().file_name().into_string().unwrap());
        let new = names.find(|name| name != id).unwrap();
        let text = std::fs::read(self.root().join(new).join("journal.jsonl")).unwrap();
        let facts = Facts::of(&text);
        facts.check(step);
        let begun: BTreeSet<Visit> = facts.intents.into_keys().collect();
        facts.committed.difference(&begun).cloned().collect()
    }

    /// Goes on with a run while another process tries to do the same at the
    /// operation with this number.
    pub(crate) fn raced(&self, before: &Snapshot, stage: &Arc<Stage>, number: usize) -> Came {
        self.restore(before);
        let rival = Arc::new(Rival {
            number,
            seen: Mutex::new(Some(0)),
            id: before.run_id.clone().unwrap(),
            root: self.root(),
            config: self.config(stage, Disk::default()),
        });
        let way = || Way::default();
        let config = self.config(stage, Disk::watched(rival));
        let id = before.run_id.as_ref().unwrap();
        let came =
            self.watched(|observe| Recorded::open(id, &config)?.resume(way(), &config, observe));
        match &came.result {
            Ok(_) | Err(RunError::Completed(_) | RunError::Halted(_) | RunError::Locked(_)) => {}
            Err(error) => panic!("P5: {error}"),
        }
        came
    }
}

/// Another process, which tries once.
#[derive(Debug)]
struct Rival {
    number: usize,
    seen: Mutex<Option<usize>>,
    id: String,
    root: PathBuf,
    config: RunConfig,
}

impl Watch for Rival {
    fn before(&self, operation: Operation<'_>) -> io::Result<()> {
        let now = {
            let mut seen = self.seen.lock().unwrap();
            let now = *seen == Some(self.number);
            *seen = seen.filter(|_| !now).map(|seen| seen + 1);
            now
        };
        if now {
            let run = self.root.join(&self.id);
            let owned = owned(&run.join("run.lock"));
            let before = files(&run);
            let (id, config) = (self.id.clone(), self.config.clone());
            // A thread of its own, as a process would be.
            let result = std::thread::spawn(move || wfc_vm::resume(&id, &config, &mut |_| {}));
            let result = result.join().unwrap();
            if owned {
                assert!(matches!(result, Err(RunError::Locked(_))), "P5: {result:?}");
                // The owner goes on while its records are flushed.
                let flush = matches!(operation, Operation::Sync(_) | Operation::SyncDir(_));
                let alone = flush || files(&run) == before;
                assert!(alone, "P5: the run is left alone at {operation:?}");
            }
        }
        Ok(())
    }

    fn after(&self, _: Operation<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Does a process have the lock?
fn owned(lock: &Path) -> bool {
    let Ok(file) = std::fs::File::open(lock) else {
        return false;
    };
    file.try_lock().is_err()
}

fn only(root: &Path) -> Option<String> {
    let entry = std::fs::read_dir(root).ok()?.next()?.ok()?;
    entry.file_name().into_string().ok()
}

/// All files of a run but its lock, which says who has it and no more.
fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![run.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(run)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name != "run.lock" && !name.contains(".wfc-") {
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
