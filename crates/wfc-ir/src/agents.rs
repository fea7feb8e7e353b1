//! What an agent step can be beyond one process that answers once: sessions
//! that go on, candidates that are judged, and jobs that outlive the step.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::types::is_false;
use crate::{Expr, Prompt, PromptBase};

/// What an agent writes on standard output, and so where its answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The answer itself; the exit code says whether it succeeded.
    #[default]
    Plain,
    /// The result envelope of Claude Code, alone (`--output-format json`) or
    /// at the end of its events (`stream-json`).
    ClaudeJson,
    /// The events of `codex exec --json`.
    CodexJson,
    /// The envelope of Gemini CLI (`-o json`) or its events (`stream-json`).
    GeminiJson,
    /// The result envelope of Qwen Code (`-o json`), or its events
    /// (`stream-json`).
    QwenJson,
    /// The answer itself, which is not empty.
    Text,
}

impl Protocol {
    /// Every protocol with the word that names it, the plain one first.
    pub const ALL: [(&'static str, Protocol); 6] = [
        ("plain", Protocol::Plain),
        ("claude_json", Protocol::ClaudeJson),
        ("codex_json", Protocol::CodexJson),
        ("gemini_json", Protocol::GeminiJson),
        ("qwen_json", Protocol::QwenJson),
        ("text", Protocol::Text),
    ];

    /// Is standard output the answer?
    pub fn is_plain(&self) -> bool {
        *self == Protocol::Plain
    }

    /// The word that names it.
    pub fn word(self) -> &'static str {
        let mut all = Protocol::ALL.iter();
        all.find(|(_, protocol)| *protocol == self)
            .map_or("", |(word, _)| word)
    }
}

/// The commands with which an agent begins a conversation and goes on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionSupport {
    /// Where the id of the conversation is found.
    pub metadata: SessionMetadata,
    /// The argument vector that begins one. Holes as in `Provider.command`.
    pub fresh: Vec<String>,
    /// The argument vector that goes on; holds `${SESSION_ID}` once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Vec<String>>,
}

/// Where the id of a conversation is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionMetadata {
    /// In the JSON lines on standard output.
    CodexExecJsonlStdout,
}

impl SessionMetadata {
    /// Every kind with the word that names it.
    pub const ALL: [(&'static str, SessionMetadata); 1] = [(
        "codex_exec_jsonl_stdout",
        SessionMetadata::CodexExecJsonlStdout,
    )];
}

/// The part of a step in a conversation with an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Session {
    /// Begins one.
    Fresh {
        /// The artifact of the step, and of the registry, that gets its id.
        publish: String,
    },
    /// Goes on with one.
    Resume {
        /// The consumed artifact that holds its id.
        from: String,
    },
}

/// Several agents at one task, and one that judges what they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adjudication {
    /// What every candidate is told.
    pub prompt: Prompt,
    /// The agents, in the order that decides between equal scores.
    pub candidates: Vec<Candidate>,
    /// The judge.
    pub evaluator: Evaluator,
    /// Whether a candidate without a rival needs a score as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub score_single: bool,
    /// Where the scores are kept, relative to the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Expr>,
}

/// One of several agents at a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// Its name within the step.
    pub id: String,
    /// The name of a template of the workflow.
    pub provider: String,
    /// Parameters of the template.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub params: IndexMap<String, Expr>,
    /// What its prompt starts from, when that is not what the step says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<PromptBase>,
}

/// The agent that gives each candidate a score from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluator {
    /// The name of a template of the workflow.
    pub provider: String,
    /// Parameters of the template.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub params: IndexMap<String, Expr>,
    /// What it is told; the evidence is put behind it.
    pub prompt: PromptBase,
    /// What it is to judge by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubric: Option<PromptBase>,
    /// Who may see the evidence.
    pub confidentiality: Confidentiality,
    /// How many bytes one piece of evidence may have.
    pub max_item_bytes: u64,
    /// How many bytes all of it may have.
    pub max_packet_bytes: u64,
}

/// Who may see what candidates wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidentiality {
    /// The judge is trusted as the candidates are.
    SameTrustBoundary,
}

/// Jobs that an agent starts and that the run watches over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Managed {
    /// The file that says which programs are jobs, relative to the workspace.
    pub policy: String,
    /// What it said when the workflow was compiled; nothing when it was not
    /// there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<JobPolicy>,
    /// Directories in which jobs are looked for.
    pub watch_roots: Vec<String>,
    /// Where jobs run.
    pub backend: Backend,
    /// How long jobs are waited for, in seconds.
    pub poll_budget_sec: u64,
}

/// Where a job runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Where the policy or the machine says.
    #[default]
    Auto,
    /// Here.
    Local,
    /// On a Slurm cluster.
    Slurm,
}

impl Backend {
    /// Every backend with the word that names it.
    pub const ALL: [(&'static str, Backend); 3] = [
        ("auto", Backend::Auto),
        ("local", Backend::Local),
        ("slurm", Backend::Slurm),
    ];
}

/// Which programs are jobs, in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobPolicy {
    /// One entry for each program.
    pub entries: Vec<JobEntry>,
}

/// What becomes of one program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobEntry {
    /// Its name.
    pub id: String,
    /// How it is treated.
    pub mode: JobMode,
    /// The program, relative to the workspace.
    pub path: String,
    /// Where it runs; defaults are filled in.
    pub backend: Backend,
    /// What is known of the job; always there for a managed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobMetadata>,
}

/// How a program is treated that an agent starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobMode {
    /// As a job, always.
    ForceManaged,
    /// As a job, unless it is small.
    AutoManaged,
    /// As it is, always.
    ForceLocal,
    /// As it is.
    Unmanaged,
}

impl JobMode {
    /// Every mode with the word that names it.
    pub const ALL: [(&'static str, JobMode); 4] = [
        ("force_managed", JobMode::ForceManaged),
        ("auto_managed", JobMode::AutoManaged),
        ("force_local", JobMode::ForceLocal),
        ("unmanaged", JobMode::Unmanaged),
    ];

    /// Does it make jobs?
    pub fn is_managed(self) -> bool {
        matches!(self, JobMode::ForceManaged | JobMode::AutoManaged)
    }
}

/// What must be known of a job. Templates have holes such as
/// `{job_identity_hash}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobMetadata {
    /// What it is called.
    pub name_template: String,
    /// Where its state is kept, relative to the workspace.
    pub state_root_template: String,
    /// The argument behind which its output directory stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_root_arg: Option<String>,
    /// Files that must be there when it is done.
    pub verify_files: Vec<String>,
    /// Directories whose files it runs with as they are now.
    pub snapshot_roots: Vec<String>,
    /// Files that configure it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config_globs: Vec<String>,
    /// The extractor that said so, and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extractor: Option<(String, String)>,
}
