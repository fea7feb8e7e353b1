//! The report of a run, as data. Serialised, it is the JSON report.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::journal::{self, Lineage};
use crate::live::{Liveness, liveness};
use crate::run::RunFiles;
use crate::{ReportError, tree};

/// What is known about a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `wfc.report/1`.
    pub schema: &'static str,
    /// The run itself.
    pub run: RunInfo,
    /// Its inputs, defaults included.
    pub inputs: Map<String, Value>,
    /// Its outputs; empty until it has completed.
    pub outputs: Map<String, Value>,
    /// Why it failed.
    pub error: Option<ErrorInfo>,
    /// How far it is.
    pub progress: Progress,
    /// Its steps, in the order of the plan.
    pub steps: Vec<StepInfo>,
    /// What could not be read, and what looks odd.
    pub notes: Vec<String>,
}

/// The run itself.
#[derive(Debug, Serialize)]
pub struct RunInfo {
    /// Its id.
    pub run_id: String,
    /// `running`, `completed`, `failed`, `suspended`, or `interrupted`: on the
    /// disk it is running, but its process is gone.
    pub status: String,
    /// Whether the process of the last session is there; `None` for a run
    /// that has ended.
    pub process: Option<Liveness>,
    /// The name of the workflow.
    pub workflow: Option<String>,
    /// Its file, as it was given.
    pub workflow_file: Option<String>,
    /// The content hash of its plan.
    pub plan_hash: Option<String>,
    /// When it was started.
    pub started_at: Option<String>,
    /// When it ended, or when the last thing happened.
    pub updated_at: Option<String>,
    /// From the start to the last thing that happened, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// Its directory.
    pub run_dir: String,
    /// The command line that started it.
    pub argv: Vec<String>,
    /// Its context values.
    pub context: Map<String, Value>,
    /// The processes that have worked on it.
    pub sessions: Vec<SessionInfo>,
    /// The run that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Lineage>,
    /// The runs that come from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<Lineage>,
}

/// A process that has worked on a run.
#[derive(Debug, Serialize)]
pub struct SessionInfo {
    /// `exec-0001`, ...
    pub id: String,
    /// `run` or `resume`.
    pub entrypoint: String,
    /// Its process id.
    pub pid: Option<u64>,
    /// How it stands.
    pub status: String,
    /// When it began.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
}

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorInfo {
    /// `timeout`, `contract_violation`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub message: String,
    /// The step that failed, with the call steps in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Where that step is written: `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What that step itself says, when it is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The log files of that step, from the run directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// Facts.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub context: Value,
}

/// How far a run is.
#[derive(Debug, Default, Serialize)]
pub struct Progress {
    /// The steps of the workflow itself.
    pub outermost: Counts,
    /// Every step that has no steps inside, iterations and calls included.
    pub leaves: Counts,
    /// The innermost step that is being run, or was when the process died.
    pub current: Option<String>,
}

/// Steps by status.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub total: usize,
    /// Ended well.
    pub completed: usize,
    /// Ended badly.
    pub failed: usize,
    /// Not run on purpose.
    pub skipped: usize,
    /// Being run.
    pub running: usize,
    /// Not reached.
    pub pending: usize,
}

/// One step.
#[derive(Debug, Serialize)]
pub struct StepInfo {
    /// The authored name.
    pub name: String,
    /// Its key in `state.json`.
    pub key: String,
    /// Its durable id.
    pub step_id: String,
    /// `provider`, `command`, `compute`, `assert`, `call`, `if`, `match` or `loop`.
    pub kind: &'static str,
    /// `completed`, `failed`, `skipped`, `running` or `pending`.
    pub status: String,
    /// What it runs: the provider, the program, the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where it is written: `file:line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How long its process, or the processes inside it, took.
    pub duration_ms: u64,
    /// Its exit code, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// How often it was entered, where that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visits: Option<u64>,
    /// How often its last visit was begun, over every session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// When its last visit began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When its last visit ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// What makes its success doubtful.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What it has done with the files that it was to write, by path.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    /// The attempts before the last one, within one visit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier_attempts: Vec<Value>,
    /// Its artifacts.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub artifacts: Map<String, Value>,
    /// Its log files, from the run directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
    /// The steps inside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// Steps inside a step.
#[derive(Debug, Serialize)]
pub struct Group {
    /// What holds them together.
    pub kind: GroupKind,
    /// The number of the iteration from 0, the name of the branch, or the id
    /// of the call frame.
    pub label: String,
    /// The steps.
    pub steps: Vec<StepInfo>,
}

/// What holds the steps of a group together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// One iteration of a loop.
    Iteration,
    /// The branch that was taken.
    Branch,
    /// One call of a workflow.
    Call,
}

/// Reads the run in `dir` and reports on it.
///
/// # Errors
/// When neither its state nor its journal can be read.
pub fn report(dir: &Path) -> Result<Report, ReportError> {
    let files = RunFiles::read(dir)?;
    let state = &files.state;
    let run = run_info(&files);
    let over = matches!(run.status.as_str(), "completed" | "failed");
    let steps = tree::steps(&files, over);
    let mut progress = Progress::default();
    for step in &steps {
        progress.outermost.add(&step.status);
    }
    tree::visit(&steps, &mut |step| {
        if step.groups.is_empty() {
            progress.leaves.add(&step.status);
        }
    });
    if !over {
        let unfinished = files.journal.unfinished.clone();
        progress.current =
            unfinished.or_else(|| tree::deepest(&steps, "running").map(|step| step.name));
    }
    let mut notes = files.notes.clone();
    if run.status == "interrupted" {
        let last = files.journal.sessions.last();
        let pid = last.map_or(String::new(), |session| format!(" {}", session.pid));
        notes.push(format!(
            "no live process: process{pid} is gone; `wfc resume {}` goes on from what was recorded",
            run.run_id
        ));
    }
    let done = files.journal.done.as_ref();
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let recorded = files.journal.run.as_ref().map(|run| &run.bound_inputs);
    Ok(Report {
        schema: "wfc.report/1",
        inputs: object(state.get("bound_inputs"))
            .or_else(|| recorded.cloned())
            .unwrap_or_default(),
        outputs: done
            .and_then(|done| object(Some(&done.outputs)))
            .or_else(|| object(state.get("workflow_outputs")))
            .unwrap_or_default(),
        error: run_error(&files, &run, &steps),
        progress,
        steps,
        notes,
        run,
    })
}

fn run_info(files: &RunFiles) -> RunInfo {
    let (state, journal) = (&files.state, &files.journal);
    let text = |key: &str| state.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut sessions = sessions(state);
    // The journal is ahead of the state, never behind it.
    let stated = match (&journal.done, journal.interrupted) {
        (Some(done), _) => done.status.clone(),
        (None, true) => "suspended".to_owned(),
        (None, false) => text("status").unwrap_or_else(|| "running".to_owned()),
    };
    let process = (stated == "running").then(|| owner(files));
    let dead = process == Some(Liveness::Dead);
    let status = match dead {
        true => "interrupted".to_owned(),
        false => stated,
    };
    if let Some(last) = sessions
        .last_mut()
        .filter(|last| dead && last.status == "running")
    {
        "gone".clone_into(&mut last.status);
    }
    let recorded = journal.run.as_ref();
    let started_at = text("started_at").or_else(|| recorded.map(|run| run.started_at.clone()));
    let updated_at = journal.last_at.clone().or_else(|| text("updated_at"));
    let name = files
        .dir
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let plan = files.plan.as_ref();
    RunInfo {
        run_id: text("run_id")
            .or_else(|| recorded.map(|run| run.run_id.clone()))
            .or(name)
            .unwrap_or_default(),
        status,
        process,
        workflow: plan
            .and_then(|plan| plan.entry())
            .map(|entry| entry.name.clone()),
        workflow_file: text("workflow_file"),
        plan_hash: recorded
            .map(|run| run.plan_hash.clone())
            .or_else(|| plan.map(wfc_ir::Plan::hash)),
        elapsed_ms: elapsed(started_at.as_deref(), updated_at.as_deref()),
        started_at,
        updated_at,
        run_dir: files.dir.display().to_string(),
        argv: recorded.map(|run| run.argv.clone()).unwrap_or_default(),
        context: state
            .get("context")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        sessions,
        origin: recorded.and_then(|run| run.origin.clone()),
        forks: recorded.map_or_else(Vec::new, |run| journal::forks(&files.dir, &run.run_id)),
    }
}

pub(crate) fn elapsed(from: Option<&str>, to: Option<&str>) -> Option<u64> {
    let from: Timestamp = from?.parse().ok()?;
    let to: Timestamp = to?.parse().ok()?;
    u64::try_from(to.as_millisecond() - from.as_millisecond()).ok()
}

/// The process of the last session.
fn owner(files: &RunFiles) -> Liveness {
    if let Some(session) = files.journal.sessions.last() {
        return liveness(session.pid, &session.process_start, &session.boot_id);
    }
    let session = files
        .state
        .pointer("/runtime_observability/executor_sessions")
        .and_then(|sessions| sessions.as_array()?.last());
    let pid = session.and_then(|session| u32::try_from(session["pid"].as_u64()?).ok());
    let start = session.and_then(|session| session["process_start_time"].as_str());
    match pid {
        Some(pid) => liveness(pid, start.unwrap_or_default(), ""),
        None => Liveness::Unknown,
    }
}

fn sessions(state: &Value) -> Vec<SessionInfo> {
    let sessions = state
        .pointer("/runtime_observability/executor_sessions")
        .and_then(Value::as_array);
    let text = |session: &Value, key: &str| session[key].as_str().map(str::to_owned);
    sessions
        .into_iter()
        .flatten()
        .map(|session| SessionInfo {
            id: text(session, "session_id").unwrap_or_default(),
            entrypoint: text(session, "entrypoint").unwrap_or_default(),
            pid: session["pid"].as_u64(),
            status: text(session, "status").unwrap_or_default(),
            started_at: text(session, "started_at"),
            ended_at: text(session, "ended_at"),
        })
        .collect()
}

/// The error of the run, with the step that it comes from.
fn run_error(files: &RunFiles, run: &RunInfo, steps: &[StepInfo]) -> Option<ErrorInfo> {
    if run.status != "failed" {
        return None;
    }
    let culprit = tree::deepest(steps, "failed");
    let stated = files
        .journal
        .done
        .as_ref()
        .and_then(|done| done.error.as_ref())
        .or_else(|| files.state.get("error"));
    let mut error = stated
        .and_then(error_info)
        .or_else(|| culprit.as_ref()?.step.error.clone())
        .unwrap_or_else(|| {
            let code = culprit.as_ref().and_then(|found| found.step.exit_code);
            ErrorInfo {
                kind: "step_failed".to_owned(),
                message: match code {
                    Some(code) => format!("the step ended with exit code {code}"),
                    None => "the run failed and says no more".to_owned(),
                },
                step: None,
                place: None,
                cause: None,
                logs: Vec::new(),
                context: Value::Null,
            }
        });
    if let Some(found) = culprit {
        error.step = Some(found.name);
        error.place = found.step.place.clone();
        error.logs = found.step.logs.clone();
        error.cause = match (&found.step.error, found.step.exit_code) {
            (Some(own), _) if own.message == error.message => None,
            (Some(own), _) => Some(format!("{}: {}", own.kind, own.message)),
            (None, Some(code)) if error.kind != "step_failed" => Some(format!("exit code {code}")),
            (None, _) => None,
        };
    }
    Some(error)
}

/// An error object of `state.json`.
pub(crate) fn error_info(value: &Value) -> Option<ErrorInfo> {
    let error = value.as_object()?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(ErrorInfo {
        kind: text("type")?,
        message: text("message").unwrap_or_default(),
        step: None,
        place: None,
        cause: None,
        logs: Vec::new(),
        context: error.get("context").cloned().unwrap_or(Value::Null),
    })
}

impl Counts {
    fn add(&mut self, status: &str) {
        self.total += 1;
        match status {
            "completed" => self.completed += 1,
            "failed" => self.failed += 1,
            "skipped" => self.skipped += 1,
            "running" => self.running += 1,
            _ => self.pending += 1,
        }
    }
}
