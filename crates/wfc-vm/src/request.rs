//! What the machine asks of the host, and what it is told.

use crate::{SelectRequest, Selected, SnapshotRequest, Taken};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use wfc_ir::{
    Capture, Contract, FailureClass, Guidance, Inject, InputMode, Limits, PromptPosition, Protocol,
    Retries, Type, TypeError, Value,
};

/// Where in a run a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coord {
    /// The call steps, loop iterations and steps on the way, without the
    /// branches taken: `design/revise#0/review`. Two programs that differ
    /// only in how they branch have equal paths.
    pub path: String,
    /// Durable id in the innermost call frame, such as `root.revise#0.it.review`.
    pub step_id: String,
    /// The call frame, such as `root.design::visit::1`; empty at the root.
    pub frame: String,
    /// How often this step has been entered in this frame, from 1.
    pub visit: u64,
    /// The name that files of this step carry: the call steps and the key in
    /// `state.json`, joined by `.`; not yet made safe for a file system.
    pub log_name: String,
}

/// A question or an order to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Run a process and enforce its contract.
    Process(Box<ProcessRequest>),
    /// Does each glob pattern match something in the workspace?
    Probe {
        /// Who asks.
        coord: Coord,
        /// The patterns, relative to the workspace.
        patterns: Vec<String>,
    },
    /// Does a value fit its type, existing paths included?
    Check {
        /// Who asks.
        coord: Coord,
        /// The value.
        value: Value,
        /// The type.
        ty: Type,
    },
    /// Wait until enough files match a pattern.
    Wait {
        /// Who asks.
        coord: Coord,
        /// The pattern, relative to the workspace.
        pattern: String,
        /// How long to wait, in seconds.
        timeout_sec: f64,
        /// How long to pause between two looks, in milliseconds.
        poll_ms: u64,
        /// How many files are enough.
        min_count: u64,
    },
    /// Write a small file in full, making its directory.
    Write {
        /// Who asks.
        coord: Coord,
        /// The file, relative to the workspace.
        path: String,
        /// Its text.
        text: String,
    },
    /// Make the directory above a file.
    Directory {
        /// Who asks.
        coord: Coord,
        /// The file, relative to the workspace.
        path: String,
    },
    /// What time is it?
    Clock {
        /// Who asks.
        coord: Coord,
    },
    /// Note what is there before a process starts.
    Snapshot(Box<SnapshotRequest>),
    /// Choose a variant by what changed, and write its bundle.
    Select(Box<SelectRequest>),
}

impl Request {
    /// Who asks.
    pub fn coord(&self) -> &Coord {
        match self {
            Request::Process(process) => &process.coord,
            Request::Probe { coord, .. }
            | Request::Check { coord, .. }
            | Request::Wait { coord, .. }
            | Request::Write { coord, .. }
            | Request::Directory { coord, .. }
            | Request::Clock { coord } => coord,
            Request::Snapshot(snapshot) => &snapshot.coord,
            Request::Select(select) => &select.coord,
        }
    }
}

/// A process to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessRequest {
    /// Who asks.
    pub coord: Coord,
    /// What to start.
    pub exec: ExecRequest,
    /// What it must write.
    pub contract: Option<Contract>,
    /// The concrete paths of the contract; the paths of a contract without a
    /// path of its own start with [`RESULTS_PREFIX`] and are completed by the host.
    pub contract_paths: Vec<String>,
    /// The files it works from.
    pub depends: Option<DependsRequest>,
    /// What to keep of its standard output.
    pub capture: Capture,
    /// A file of the workspace that gets all of its standard output.
    pub output_file: Option<String>,
    /// Variables that must be in the environment.
    pub secrets: Vec<String>,
    /// Extra environment.
    pub env: IndexMap<String, String>,
    /// How long it may run, in seconds.
    pub timeout_sec: Option<f64>,
    /// How long it may be silent, and how long it may take to end.
    pub limits: Limits,
    /// How often to try again, and after which failures.
    pub retries: Retries,
}

/// The files that a process works from, as patterns relative to the workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependsRequest {
    /// Each must match something.
    pub required: Vec<String>,
    /// These need not.
    pub optional: Vec<String>,
    /// How an agent is told of what they match.
    pub inject: Option<Inject>,
}

/// What to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "exec", rename_all = "snake_case")]
pub enum ExecRequest {
    /// An argument vector.
    Command {
        /// The arguments.
        argv: Vec<String>,
    },
    /// An agent.
    Provider {
        /// The name of the template.
        provider: String,
        /// The arguments; `${PROMPT}` is still to be replaced.
        argv: Vec<String>,
        /// How the prompt reaches it.
        input: InputMode,
        /// What it writes on standard output.
        #[serde(default, skip_serializing_if = "Protocol::is_plain")]
        output: Protocol,
        /// What to tell it.
        prompt: PromptParts,
    },
}

/// The parts of a prompt, every value known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptParts {
    /// The text to start from.
    pub base: PromptSource,
    /// Files shown in front: the authored name, and the path.
    pub assets: Vec<(String, String)>,
    /// Values to work from.
    pub inputs: Vec<(String, Value, Guidance)>,
    /// Where the values stand.
    pub position: PromptPosition,
    /// Whether the contract is spelled out at the end.
    pub contract: bool,
}

/// The text a prompt starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptSource {
    /// Nothing.
    Empty,
    /// A file to read; relative to the workspace, or absolute.
    File(String),
    /// Text.
    Text(String),
}

/// The answer to a [`Request`], of the same kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A process has ended, or could not be started.
    Process(Box<ProcessOutcome>),
    /// One answer for each pattern.
    Probe {
        /// The answers.
        matched: Vec<bool>,
    },
    /// What a wait has found.
    Waited {
        /// The files, in order, from the workspace.
        files: Vec<String>,
        /// How long it took, in milliseconds.
        waited_ms: u64,
        /// How often it looked.
        polls: u64,
        /// Whether it gave up.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        timed_out: bool,
    },
    /// The value in normal form.
    Checked {
        /// The value.
        value: Value,
    },
    /// What is wrong with the value.
    Refused {
        /// The findings; never empty.
        errors: Vec<TypeError>,
    },
    /// The file is written, or the directory made.
    Written,
    /// The time.
    Clock {
        /// Nanoseconds since 1970 in UTC.
        unix_ns: i64,
    },
    /// What was there.
    Snapshot {
        /// The files.
        taken: Taken,
    },
    /// A variant was chosen and its bundle written.
    Selected(Selected),
    /// The step that asked is to fail.
    Error {
        /// With this.
        error: ErrorObject,
    },
    /// The host could not do it.
    Failed {
        /// Why.
        error: FilesError,
    },
}

/// Why a small file operation failed, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesError {
    /// The path.
    pub path: String,
    /// What happened.
    pub message: String,
    /// Whether the path leads outside the workspace.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsafe_path: bool,
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProcessOutcome {
    /// Its exit code; 124 after a time-out, 1 when it could not be started,
    /// 2 when its output or its contract was refused, 128 + n after signal n.
    pub exit_code: i64,
    /// How long the last attempt took, in milliseconds; at least 1.
    pub duration_ms: u64,
    /// What was kept of its standard output.
    #[serde(default)]
    pub captured: Captured,
    /// The values that the contract yields.
    #[serde(default)]
    pub artifacts: serde_json::Map<String, Value>,
    /// What went wrong, when more is known than the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
    /// Why its standard output is no JSON, where that was allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsed: Option<String>,
    /// What was left out where files were shown to an agent, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub injection: Option<Value>,
    /// What the last attempt of an agent said about itself besides its answer;
    /// an object with the keys `session_id`, `model`, `usage`, `cost_usd`,
    /// `duration_ms` and `turns`, as far as they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Value>,
    /// What is doubtful about how it was started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the last attempt has done with the files that it was to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputState>,
    /// The attempts before the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Attempt>,
}

/// What was kept of standard output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Captured {
    /// Text, for the text mode and for JSON that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
    /// JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Whether more was written than is kept here; all of it is in the logs.
    #[serde(default)]
    pub truncated: bool,
}

/// An attempt that was followed by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its exit code.
    pub exit_code: i64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How it failed. A journal of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// What went wrong, when more is known than the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
    /// How long the next one was put off, in milliseconds.
    #[serde(default)]
    pub waited_ms: u64,
}

/// A file that a process was to write, after its last attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputState {
    /// From the workspace.
    pub path: String,
    /// What the attempt has done with it.
    pub change: OutputChange,
    /// The hash of its bytes, in hexadecimal digits; none for one that is not
    /// there or is too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The output in which it is named, for a file that no contract names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_in: Option<String>,
}

/// What an attempt has done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputChange {
    /// It was not there before.
    Created,
    /// It has other bytes than before.
    Changed,
    /// The same bytes have been written again.
    Rewritten,
    /// Nobody has written it.
    Unchanged,
    /// It is not there.
    Missing,
}

impl OutputChange {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            OutputChange::Created => "created",
            OutputChange::Changed => "changed",
            OutputChange::Rewritten => "rewritten",
            OutputChange::Unchanged => "unchanged",
            OutputChange::Missing => "missing",
        }
    }
}

/// An error as `state.json` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// `timeout`, `execution_error`, `contract_violation`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub message: String,
    /// Facts; an object, empty when there are none.
    #[serde(default, serialize_with = "facts")]
    pub context: Value,
}

fn facts<S: serde::Serializer>(context: &Value, to: S) -> Result<S::Ok, S::Error> {
    match context {
        Value::Null => serde_json::Map::new().serialize(to),
        context => context.serialize(to),
    }
}

/// Marks a path that the host completes with the directory of the run.
pub const RESULTS_PREFIX: &str = "@results/";

/// A number of seconds as JSON: a whole one is an integer.
pub(crate) fn seconds(seconds: f64) -> serde_json::Value {
    // Below 2^53 every whole number is exact.
    match seconds.fract() == 0.0 && seconds.abs() < 9e15 {
        true => serde_json::json!(seconds as i64),
        false => serde_json::json!(seconds),
    }
}
