//! What is known of a step once it is settled.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use wfc_ir::{OutcomeField, StepField, WaitField};

use crate::{Captured, ErrorObject, Taken};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it was to do.
    Completed,
    /// It did not.
    Failed,
    /// It was not run.
    Skipped,
}

impl Status {
    /// The word used in evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
        }
    }
}

/// The normalised outcome: in which phase it was decided, how it is classed,
/// and whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `pre_execution`, `execution` or `post_execution`.
    pub phase: &'static str,
    /// `completed`, `command_failed`, ...
    pub class: &'static str,
    /// Whether trying again may help.
    pub retryable: bool,
}

impl Verdict {
    pub(super) const COMPLETED: Verdict = Verdict::of("execution", "completed", false);
    pub(super) const SKIPPED: Verdict = Verdict::of("pre_execution", "skipped", false);
    pub(super) const ASSERT_FAILED: Verdict = Verdict::of("execution", "assert_failed", false);
    pub(super) const EXHAUSTED: Verdict = Verdict::of("post_execution", "assert_failed", false);
    pub(super) const REFUSED: Verdict = Verdict::of("pre_execution", "pre_execution_failed", false);
    pub(super) const CONSUME: Verdict = Verdict::of("pre_execution", "contract_violation", false);
    pub(super) const CONTRACT: Verdict = Verdict::of("post_execution", "contract_violation", false);
    pub(super) const TIMEOUT: Verdict = Verdict::of("execution", "timeout", false);
    pub(super) const COMMAND: Verdict = Verdict::of("execution", "command_failed", false);
    pub(super) const PROVIDER: Verdict = Verdict::of("execution", "provider_failed", true);

    const fn of(phase: &'static str, class: &'static str, retryable: bool) -> Self {
        Verdict {
            phase,
            class,
            retryable,
        }
    }
}

/// The record of a settled step.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its key in `state.json`, without the loops around it.
    pub name: String,
    /// The durable id.
    pub step_id: String,
    /// How it ended.
    pub status: Status,
    /// The exit code; 0 for a skipped step.
    pub exit_code: i64,
    /// How long it took, in milliseconds; 0 unless a process ran.
    pub duration_ms: u64,
    /// What was kept of standard output.
    pub captured: Captured,
    /// What went wrong.
    pub error: Option<ErrorObject>,
    /// Facts for people who look for a cause.
    pub debug: Option<Value>,
    /// The values; `None` for a step that cannot have any.
    pub artifacts: Option<serde_json::Map<String, Value>>,
    /// What was noted of files before the step ran, with its name.
    pub snapshot: Option<(String, Taken)>,
    /// Whether the values are shown in `state.json`.
    pub persist: bool,
    /// The normalised outcome.
    pub verdict: Verdict,
    /// How often the step had been entered; `None` inside loops.
    pub visit: Option<u64>,
    /// What a wait has found.
    pub waited: Option<Waited>,
    /// What the iterations of a loop over a list have left; the record is
    /// shown as that list.
    pub iterations: Option<Vec<Iteration>>,
}

/// What the steps of one iteration have left, by their names.
pub type Iteration = Vec<(String, Arc<Record>)>;

/// What a wait has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// The files, in order, from the workspace.
    pub files: Vec<String>,
    /// How long it took, in milliseconds.
    pub waited_ms: u64,
    /// How often it looked.
    pub polls: u64,
    /// Whether it gave up.
    pub timed_out: bool,
}

impl Waited {
    fn get(&self, part: WaitField) -> Value {
        match part {
            WaitField::Files => json!(self.files),
            WaitField::WaitDurationMs => json!(self.waited_ms),
            WaitField::PollCount => json!(self.polls),
            WaitField::TimedOut => json!(self.timed_out),
        }
    }
}

/// The name of a step or branch in its record: its key, from the innermost
/// loop inwards.
pub(super) fn shown_name(key: &str) -> &str {
    key.rsplit_once("}].").map_or(key, |(_, name)| name)
}

impl Record {
    pub(super) fn completed(name: &str, step_id: String) -> Self {
        Record {
            name: name.to_owned(),
            step_id,
            status: Status::Completed,
            exit_code: 0,
            duration_ms: 0,
            captured: Captured::default(),
            error: None,
            debug: None,
            artifacts: None,
            snapshot: None,
            persist: true,
            verdict: Verdict::COMPLETED,
            visit: None,
            waited: None,
            iterations: None,
        }
    }

    pub(super) fn skipped(name: &str, step_id: String) -> Self {
        Record {
            status: Status::Skipped,
            verdict: Verdict::SKIPPED,
            ..Record::completed(name, step_id)
        }
    }

    pub(super) fn fail(mut self, exit_code: i64, verdict: Verdict, error: ErrorObject) -> Self {
        self.status = Status::Failed;
        self.exit_code = exit_code;
        self.verdict = verdict;
        self.error = Some(error);
        self
    }

    /// A part of the record, as expressions see it.
    pub(super) fn get(&self, field: &StepField) -> Option<Value> {
        match field {
            StepField::Artifact { name } => self.artifacts.as_ref()?.get(name).cloned(),
            StepField::Artifacts => self.artifacts.clone().map(Value::Object),
            StepField::Snapshot { name } => {
                let (own, taken) = self.snapshot.as_ref()?;
                (own == name).then(|| taken.to_json())
            }
            StepField::ExitCode => Some(json!(self.exit_code)),
            StepField::Status => Some(json!(self.status.as_str())),
            StepField::Outcome { part } => Some(match part {
                OutcomeField::Status => json!(self.status.as_str()),
                OutcomeField::Phase => json!(self.verdict.phase),
                OutcomeField::Class => json!(self.verdict.class),
                OutcomeField::Retryable => json!(self.verdict.retryable),
            }),
            StepField::Output => self.captured.output.clone().map(Value::String),
            StepField::Lines => self.captured.lines.as_ref().map(|lines| json!(lines)),
            StepField::Json { path } => {
                let mut value = self.captured.json.as_ref()?;
                for key in path {
                    value = value.as_object()?.get(key)?;
                }
                Some(value.clone())
            }
            StepField::Wait { part } => Some(self.waited.as_ref()?.get(*part)),
            StepField::Whole => Some(self.to_json()),
            StepField::Iteration { index, name, read } => {
                let index = usize::try_from(*index).ok()?;
                let iteration = self.iterations.as_ref()?.get(index)?;
                let (_, record) = iteration.iter().find(|(own, _)| own == name)?;
                record.get(read)
            }
        }
    }

    /// What makes its success doubtful.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let warnings = self.debug.as_ref().and_then(|debug| debug.get("warnings"));
        let warnings = warnings.and_then(Value::as_array).into_iter().flatten();
        warnings.filter_map(Value::as_str)
    }

    /// Where a called workflow has an output from.
    pub(super) fn export(&self, output: &str) -> Option<&Value> {
        self.debug
            .as_ref()?
            .get("call")?
            .get("exports")?
            .get(output)
    }

    /// The record in the shape and key order of `state.json`.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// As [`Record::to_json`].
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Some(iterations) = &self.iterations {
            return to.collect_seq(iterations.iter().map(Shown));
        }
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("status", self.status.as_str())?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("step_id", &self.step_id)?;
        map.serialize_entry("exit_code", &self.exit_code)?;
        map.serialize_entry("duration_ms", &self.duration_ms)?;
        if let Some(output) = &self.captured.output {
            map.serialize_entry("output", output)?;
        }
        if let Some(lines) = &self.captured.lines {
            map.serialize_entry("lines", lines)?;
        }
        if let Some(value) = &self.captured.json {
            map.serialize_entry("json", value)?;
        }
        map.serialize_entry("truncated", &self.captured.truncated)?;
        if let Some(error) = &self.error {
            map.serialize_entry("error", error)?;
        }
        if let Some(debug) = &self.debug {
            map.serialize_entry("debug", debug)?;
        }
        if let Some(artifacts) = self.artifacts.as_ref().filter(|_| self.persist) {
            map.serialize_entry("artifacts", artifacts)?;
        }
        if let Some((name, taken)) = &self.snapshot {
            let shown = taken.shown(&self.step_id, name);
            map.serialize_entry("snapshots", &json!({ name: shown }))?;
        }
        map.serialize_entry("skipped", &(self.status == Status::Skipped))?;
        if let Some(waited) = &self.waited {
            for (key, part) in WaitField::ALL {
                map.serialize_entry(key, &waited.get(part))?;
            }
        }
        let outcome = Outcome {
            status: self.status.as_str(),
            phase: self.verdict.phase,
            class: self.verdict.class,
            retryable: self.verdict.retryable,
        };
        map.serialize_entry("outcome", &outcome)?;
        if let Some(visit) = self.visit {
            map.serialize_entry("visit_count", &visit)?;
        }
        map.end()
    }
}

/// The normalised outcome, as it is shown.
#[derive(Serialize)]
struct Outcome {
    status: &'static str,
    phase: &'static str,
    class: &'static str,
    retryable: bool,
}

/// What an iteration has left, as it is shown: its steps by their names.
struct Shown<'a>(&'a Iteration);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, record)| (name, &**record)))
    }
}

/// What a step failed with, on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The key of the step, without the loops around it.
    pub step: String,
    /// Its durable id.
    pub step_id: String,
    /// Its exit code.
    pub exit_code: i64,
    /// Its error, if more is known than the exit code.
    pub error: Option<ErrorObject>,
    /// Its outcome.
    pub verdict: Verdict,
}
