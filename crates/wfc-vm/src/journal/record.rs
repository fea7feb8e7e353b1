//! What a journal can say.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use wfc_ir::Value;

use crate::run::Decision;
use crate::{Coord, ErrorObject, Outcome, ProcessIdentity};

/// The format of a journal, as its first record names it.
pub const JOURNAL_SCHEMA: &str = "wfc.journal/1";

/// One fact about a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// What is run; the first record, and there is only one.
    Run(RunRecord),
    /// A process has taken the run over.
    Session(SessionRecord),
    /// A request is about to be performed.
    Intent {
        /// Whose.
        coord: Coord,
        /// How often it has been begun, this time included; from 1.
        attempt: u32,
        /// When.
        at: String,
    },
    /// A process of the step that was begun last has been started. It leads a
    /// group of its own.
    Process {
        /// Which step, as in its intent.
        path: String,
        /// The process.
        #[serde(flatten)]
        identity: ProcessIdentity,
    },
    /// The answer to the request of the intent before it.
    Outcome {
        /// Whose.
        coord: Coord,
        /// The answer.
        outcome: Outcome,
        /// When.
        at: String,
    },
    /// The run has ended.
    Done {
        /// `completed` or `failed`.
        status: String,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<ErrorObject>,
        /// The outputs of the workflow.
        #[serde(default)]
        outputs: Value,
        /// When.
        at: String,
    },
    /// A person has said what becomes of a step that must not happen twice.
    Decided {
        /// Which.
        coord: Coord,
        /// What they said.
        decision: Decision,
        /// When.
        at: String,
    },
    /// The run follows another plan from here on, which fits all that counts
    /// of what it has done.
    Plan {
        /// What it follows.
        #[serde(flatten)]
        follows: Follows,
        /// When.
        at: String,
    },
    /// A resume runs a failed step again: no answer from this record on counts.
    Void {
        /// The sequence number of the first answer that no longer counts.
        from_seq: u64,
    },
    /// The session was asked to stop and did.
    Interrupted {
        /// When.
        at: String,
    },
}

/// What is run, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`JOURNAL_SCHEMA`].
    pub schema: String,
    /// The id of the run.
    pub run_id: String,
    /// The plan that it follows.
    #[serde(flatten)]
    pub follows: Follows,
    /// When it was started.
    pub started_at: String,
    /// The run that it goes on from, when it does not begin at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Its context.
    pub context: IndexMap<String, String>,
    /// The command line.
    pub argv: Vec<String>,
    /// Whether it goes on after a failed step.
    pub continue_on_error: bool,
    /// How often a provider step is tried again when it does not say.
    pub provider_retries: u32,
    /// How long it waits before that, in milliseconds.
    #[serde(default = "retry_delay_ms")]
    pub retry_delay_ms: u64,
}

/// What a run is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follows {
    /// The content hash of the plan.
    pub plan_hash: String,
    /// The inputs, defaults included.
    pub bound_inputs: serde_json::Map<String, Value>,
    /// The files that prompts are read from and that no step writes, with the
    /// digests of what they held.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub prompts: IndexMap<String, String>,
}

/// Where a run comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The run.
    pub run_id: String,
    /// The step at which the two part; none when this one has begun anew with
    /// the inputs of the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How many recorded answers they share.
    #[serde(default)]
    pub answers: usize,
    /// What the other run has done after that, and must not happen twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<Spent>,
}

/// One visit of a step that has been made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spent {
    /// The path of the step.
    pub path: String,
    /// Which visit.
    pub visit: u64,
}

/// What a run waits that was recorded without it.
fn retry_delay_ms() -> u64 {
    1000
}

/// Which process works on a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Its process id.
    pub pid: u32,
    /// When the kernel says it started; tells reused process ids apart.
    pub process_start: String,
    /// Which boot of the machine.
    pub boot_id: String,
    /// When it took the run over, as [`crate::now_iso`].
    pub started_at: String,
    /// `run` or `resume`.
    pub entrypoint: String,
}
