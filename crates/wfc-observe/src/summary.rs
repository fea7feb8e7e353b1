//! A run in one line. Lists show many runs, so only what is needed is read:
//! the state where it tells the whole story, the journal where it may be
//! behind.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use wfc_ir::{Plan, RegionIx};

use crate::live::{Liveness, owner_of};
use crate::report::{elapsed, report};
use crate::runs::id_time;
use crate::tree::MAX_DEPTH;
use crate::{ReportError, reading};

/// A run in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// Its id.
    pub run_id: String,
    /// The name of the workflow.
    pub workflow: Option<String>,
    /// `running`, `completed`, `failed`, `suspended`, `interrupted` (it was
    /// running, and its process is gone) or `unreadable`.
    pub status: String,
    /// When it was started.
    pub started_at: Option<String>,
    /// When the last thing happened.
    pub updated_at: Option<String>,
    /// From the start to the last thing that happened, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// How many steps of the workflow itself are settled.
    pub steps_done: usize,
    /// How many there are; `None` without a plan.
    pub steps_total: Option<usize>,
    /// The step that is being run, or was when the process died.
    pub current: Option<String>,
    /// Why it failed, or cannot be read, in one line.
    pub error: Option<String>,
    /// Its directory.
    pub run_dir: String,
}

impl RunSummary {
    /// Whether a resume could go on with it.
    pub fn resumable(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "suspended" | "interrupted")
    }
}

/// Reads the run in `dir` as far as one line needs it. A run of which nothing
/// can be read is `unreadable`.
pub fn summary(dir: &Path) -> RunSummary {
    let state = reading::whole(&dir.join("state.json")).ok();
    let state = state.and_then(|text| serde_json::from_slice::<State>(&text).ok());
    let trusted = state.filter(|state| match state.status.as_str() {
        "completed" | "failed" | "suspended" => true,
        // Whether it still is, only its process can tell.
        "running" => owner_of(dir) == Liveness::Alive,
        _ => false,
    });
    match trusted {
        Some(state) => of_state(dir, state),
        None => of_report(dir),
    }
}

/// How long nothing has happened in a run; `None` when it does not say.
pub fn idle(run: &RunSummary) -> Option<Duration> {
    let last = run.updated_at.as_ref().or(run.started_at.as_ref());
    let last = match last.and_then(|time| time.parse::<Timestamp>().ok()) {
        Some(time) => time,
        None => id_time(&run.run_id)?,
    };
    let idle = Timestamp::now().duration_since(last);
    // A time to come is no time ago.
    Some(Duration::try_from(idle).unwrap_or_default())
}

/// How many bytes the files of a run have. Links are not followed.
pub fn size(dir: &Path) -> u64 {
    let mut bytes = 0;
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        let entries = std::fs::read_dir(dir).into_iter().flatten();
        for entry in entries.filter_map(Result::ok) {
            match entry.metadata() {
                Ok(data) if data.is_dir() => pending.push(entry.path()),
                Ok(data) => bytes += data.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}

fn of_state(dir: &Path, state: State) -> RunSummary {
    let plan = reading::whole(&dir.join("plan.json")).ok();
    let plan = plan.and_then(|text| serde_json::from_slice::<Plan>(&text).ok());
    let keys = plan.as_ref().map(outermost);
    let settled = |key: &str| state.steps.get(key).is_some_and(Step::is_settled);
    let now = Timestamp::now().to_string();
    let running = state.status == "running";
    RunSummary {
        run_id: id_of(dir),
        workflow: plan
            .as_ref()
            .and_then(|plan| Some(plan.entry()?.name.clone())),
        elapsed_ms: match running {
            true => elapsed(state.started_at.as_deref(), Some(&now)),
            false => elapsed(state.started_at.as_deref(), state.updated_at.as_deref()),
        },
        started_at: state.started_at,
        updated_at: state.updated_at,
        steps_done: keys.iter().flatten().filter(|key| settled(key)).count(),
        steps_total: keys.map(|keys| keys.len()),
        current: state
            .current_step
            .filter(|_| running)
            .and_then(|step| step.name),
        error: state
            .error
            .filter(|_| state.status == "failed")
            .map(|error| one_line(&error.kind, &error.message)),
        status: state.status,
        run_dir: dir.display().to_string(),
    }
}

fn of_report(dir: &Path) -> RunSummary {
    let run_dir = dir.display().to_string();
    match report(dir) {
        Ok(report) => {
            let counts = report.progress.outermost;
            let planned = report.run.workflow.is_some();
            RunSummary {
                run_id: id_of(dir),
                workflow: report.run.workflow,
                status: report.run.status,
                started_at: report.run.started_at,
                updated_at: report.run.updated_at,
                elapsed_ms: report.run.elapsed_ms,
                steps_done: counts.completed + counts.failed + counts.skipped,
                steps_total: planned.then_some(counts.total),
                current: report.progress.current,
                error: report
                    .error
                    .map(|error| one_line(&error.kind, &error.message)),
                run_dir,
            }
        }
        Err(error) => RunSummary {
            run_id: id_of(dir),
            workflow: None,
            status: "unreadable".to_owned(),
            started_at: None,
            updated_at: None,
            elapsed_ms: None,
            steps_done: 0,
            steps_total: None,
            current: None,
            error: Some(match error {
                ReportError::Unreadable { why, .. } => why.join("; "),
                other => other.to_string(),
            }),
            run_dir,
        },
    }
}

/// The directory is what commands name a run by, whatever the files in it
/// claim.
fn id_of(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or(dir.as_os_str());
    name.to_string_lossy().into_owned()
}

fn one_line(kind: &str, message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    format!("{kind}: {first}")
}

/// The keys of the steps that the workflow itself shows, as the tree of a
/// report has them.
fn outermost(plan: &Plan) -> Vec<&str> {
    let Some(entry) = plan.entry() else {
        return Vec::new();
    };
    let finally = entry.finally.as_ref().map(|(_, region)| *region);
    let mut keys = Vec::new();
    let mut pending: Vec<(RegionIx, usize)> = finally
        .into_iter()
        .chain([entry.body])
        .map(|region| (region, 0))
        .collect();
    // The plan has not been verified: nothing may be indexed.
    while let Some((region, depth)) = pending.pop() {
        let region = entry.regions.get(region.0 as usize);
        let nodes = region.map_or(&[][..], |region| &region.nodes);
        for node in nodes {
            let Some(node) = entry.nodes.get(node.0 as usize) else {
                continue;
            };
            match node.hidden {
                false => keys.push(node.key.as_str()),
                // It has no record; what it holds stands in its place.
                true if depth < MAX_DEPTH => {
                    let inner = node.op.regions().into_iter();
                    pending.extend(inner.map(|region| (region, depth + 1)));
                }
                true => {}
            }
        }
    }
    keys
}

/// What a list needs of `state.json`.
#[derive(Deserialize)]
struct State {
    status: String,
    #[serde(default)]
    started_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    steps: HashMap<String, Step>,
    #[serde(default)]
    current_step: Option<CurrentStep>,
    #[serde(default)]
    error: Option<StateError>,
}

#[derive(Deserialize)]
struct CurrentStep {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct StateError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

/// How a step stands. Its outputs may be large; they are passed over.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Settled,
    Open,
}

impl Step {
    fn is_settled(&self) -> bool {
        *self == Step::Settled
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Record;
        impl<'de> Visitor<'de> for Record {
            type Value = Step;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the record of a step")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Step, A::Error> {
                let mut step = Step::Open;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "status" {
                        let status = map.next_value::<String>()?;
                        if matches!(status.as_str(), "completed" | "failed" | "skipped") {
                            step = Step::Settled;
                        }
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(step)
            }

            /// A loop over a list is the list of its iterations.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Step, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Step::Settled)
            }
        }
        deserializer.deserialize_any(Record)
    }
}
