//! The Core IR: workflows, structured regions and steps.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::Schema;
use crate::types::is_false;
use crate::{
    Adjudication, Cond, Contract, Expr, Guidance, Limits, Managed, Materialized, Protocol,
    ReplayClass, Requires, Retries, Select, Session, SessionSupport, Snapshot, StepId, Type, Value,
};

/// A compiled program: the entry workflow and every workflow it can call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// `{"schema": "wfc.ir", "major": 1, "minor": n}`.
    #[serde(flatten)]
    pub schema: Schema,
    /// The workflow that a run starts with.
    pub entry: String,
    /// All workflows by name, callees after their first caller.
    pub workflows: IndexMap<String, Workflow>,
    /// Places and presentation names: beside the meaning, outside the hash.
    #[serde(default)]
    pub notes: IndexMap<String, Notes>,
}

impl Program {
    /// The content hash: everything but [`Program::notes`] and, since 1.1, the
    /// names of holes in texts, which stand for nothing but themselves.
    pub fn core_hash(&self) -> String {
        let mut bare = serde_json::json!({
            "schema": self.schema,
            "entry": self.entry,
            "workflows": self.workflows,
        });
        if self.schema.minor >= 1 {
            forget_hole_names(&mut bare["workflows"]);
        }
        crate::hash_of(&bare)
    }
}

/// Takes the names out of the holes of texts. Constants are left alone, whatever
/// they look like.
fn forget_hole_names(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_hole_names),
        Value::Object(entries) if entries.get("op").is_some_and(|op| op == "lit") => {}
        Value::Object(entries) => {
            // An expression in a field of that name says its `op`.
            if let Some(Value::Object(hole)) = entries.get_mut("hole")
                && hole.contains_key("value")
                && !hole.contains_key("op")
            {
                hole.remove("name");
            }
            entries.values_mut().for_each(forget_hole_names);
        }
        _ => {}
    }
}

/// One workflow: a signature, what it owns, and a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workflow {
    /// Its inputs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Param>,
    /// The type of its result: a record for a workflow with named outputs.
    pub result: Type,
    /// Default context values.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub context: IndexMap<String, String>,
    /// Artifacts whose versions this workflow keeps.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub artifacts: IndexMap<String, Artifact>,
    /// How the ledger of artifacts is kept.
    #[serde(default, skip_serializing_if = "Ledger::is_default")]
    pub ledger: Ledger,
    /// Provider templates that its steps may use, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub providers: IndexMap<String, Provider>,
    /// Whether a failed step ends the run unless an edge says otherwise.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub strict: bool,
    /// How many moves between settled steps are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_transitions: Option<u64>,
    /// The outermost region: an ordered list of steps with explicit edges.
    pub body: Block,
    /// Steps that run when the body has ended, however it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finally: Option<Finally>,
}

/// A workflow input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(flatten)]
    pub ty: Type,
    /// Whether a caller must bind it when there is no default.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    /// The value when it is not bound.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub default: Option<Value>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An artifact of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// The type of its versions.
    #[serde(flatten)]
    pub ty: Type,
    /// The file that always names the newest version of a path artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Expr>,
}

/// How the ledger of artifacts is kept; differs between DSL versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Producers and consumers are recorded by step name, not by durable id.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_name: bool,
    /// Freshness is counted for all consumers together.
    #[serde(default, skip_serializing_if = "is_false")]
    pub global_freshness: bool,
    /// Consuming a path artifact rewrites its pointer file.
    #[serde(default, skip_serializing_if = "is_false")]
    pub consume_writes_pointer: bool,
}

impl Ledger {
    fn is_default(&self) -> bool {
        *self == Ledger::default()
    }
}

/// How to start an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    /// The argument vector. Holes name a parameter, or `PROMPT`.
    pub command: Vec<String>,
    /// How the prompt reaches it.
    #[serde(default)]
    pub input: InputMode,
    /// Parameters that a step does not give.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub defaults: IndexMap<String, Expr>,
    /// What it writes on standard output.
    #[serde(default, skip_serializing_if = "Protocol::is_plain")]
    pub output: Protocol,
    /// How long it may run where a step does not say, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_sec: Option<f64>,
    /// Its other limits, where a step does not say.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// How it begins a conversation and goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionSupport>,
}

/// How a prompt reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// As the argument `${PROMPT}`.
    #[default]
    Argv,
    /// On standard input.
    Stdin,
}

/// A region: steps in order, and the value it yields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// The steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The value; `None` for the empty object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Expr>,
}

/// The region that runs at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finally {
    /// The authored name of the block.
    pub name: String,
    /// Its steps; they have no edges.
    pub block: Block,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Its identity within the workflow.
    pub id: StepId,
    /// What it does.
    #[serde(flatten)]
    pub op: Op,
    /// The type of its value (its artifacts).
    pub result: Type,
    /// Runs only when this holds; otherwise it is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Cond>,
    /// How often it may run in one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_visits: Option<u64>,
    /// The variant without which it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requires>,
    /// Where to go next; only in the outermost region.
    #[serde(default, skip_serializing_if = "Routes::is_empty")]
    pub on: Routes,
    /// Artifacts that must have a version before it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// A file that shows it what it consumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consume_bundle: Option<ConsumeBundle>,
    /// Artifacts that get a version when it succeeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publishes: Vec<Publish>,
}

/// Explicit edges of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Routes {
    /// After success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<Target>,
    /// After failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Target>,
    /// After either; wins over the other two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always: Option<Target>,
    /// After managed jobs of which it cannot be said how they ended; those
    /// that ended well or badly are a success or a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<Target>,
}

impl Routes {
    /// Is there no edge?
    pub fn is_empty(&self) -> bool {
        *self == Routes::default()
    }

    /// All edges.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        [&self.success, &self.failure, &self.always, &self.invalid]
            .into_iter()
            .flatten()
    }
}

/// The end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A step of the same region.
    Step(StepId),
    /// The successful end of the workflow.
    End,
}

/// A need for an artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Consume {
    /// The artifact.
    pub artifact: String,
    /// Only versions of these steps count; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub producers: Vec<StepId>,
    /// Only a version newer than the last one consumed will do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fresh: bool,
}

/// A JSON file with the consumed values, written before the step runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConsumeBundle {
    /// The file, from the workspace.
    pub path: Expr,
    /// The consumed artifacts in it; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
}

/// A promise of an artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Publish {
    /// The artifact.
    pub artifact: String,
    /// The artifact of the step itself that becomes the new version.
    pub from: String,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Op {
    /// Runs a process: a command or an agent.
    Process(Box<Process>),
    /// Computes a value.
    Compute {
        /// The value; an object becomes the artifacts.
        value: Expr,
    },
    /// Takes values from where they are, and keeps them as artifacts.
    Materialize {
        /// The values.
        values: Vec<Materialized>,
    },
    /// Chooses a variant by the file that changed.
    Select(Box<Select>),
    /// Fails unless a condition holds.
    Assert {
        /// The condition.
        cond: Cond,
    },
    /// Runs another workflow in a frame of its own.
    Call {
        /// The workflow.
        workflow: String,
        /// Its inputs.
        args: IndexMap<String, Expr>,
    },
    /// Runs one of two regions.
    If {
        /// The condition.
        cond: Cond,
        /// When it holds.
        then: Block,
        /// When it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<Block>,
    },
    /// Runs the region of one word.
    Match {
        /// The word: an enum value or the tag of a union value.
        subject: Expr,
        /// The regions.
        cases: Vec<Case>,
        /// For every other word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<Block>,
    },
    /// Repeats a region.
    Loop(Box<Loop>),
    /// Runs a region once for each item of a list.
    Each(Box<Each>),
    /// Waits for files.
    Wait(Box<Wait>),
}

/// One case of a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// The word.
    pub tag: String,
    /// The region.
    pub block: Block,
}

/// A bounded loop: the body runs, then `until` is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loop {
    /// The state before the first iteration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Expr>,
    /// How many iterations at most; evaluated once. None at all when it is 0
    /// and there is a value for that, `exhausted`.
    pub max: Expr,
    /// The body; its value is `Out` in what follows.
    pub body: Block,
    /// Ends the loop when it holds after an iteration.
    pub until: Cond,
    /// The state of the next iteration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Expr>,
    /// The value of the loop, from the last `Out`.
    pub value: Expr,
    /// The value when `max` is reached; `None` makes that a failure. Sees the
    /// last `Out` and, as the loop state, what `next` gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhausted: Option<Expr>,
}

/// A region that runs once for each item of a list, in order.
///
/// A step that fails in it lets the next step of the iteration run, and fails
/// neither the iteration nor the whole: what follows has to look at the
/// records. An iteration of a [`Loop`] inside is still whole or has failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Each {
    /// The items; evaluated once. What is no list fails the step.
    pub items: Expr,
    /// The body. It has no value.
    pub body: Block,
}

/// Waits until enough files match a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// The pattern, from the workspace.
    pub glob: Expr,
    /// How long to wait, in seconds; then the step fails with exit code 124.
    pub timeout_sec: f64,
    /// How long to pause between two looks, in milliseconds.
    pub poll_ms: u64,
    /// How many files are enough.
    pub min_count: u64,
}

/// A process to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// What to start.
    #[serde(flatten)]
    pub exec: Exec,
    /// What is noted of some files before it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
    /// What it must write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// The files that it works from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depends: Option<Depends>,
    /// What to keep of its standard output.
    #[serde(default, skip_serializing_if = "Capture::is_default")]
    pub capture: Capture,
    /// A file of the workspace that gets all of its standard output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_file: Option<Expr>,
    /// Variables that must be in the environment, and whose values are kept
    /// out of everything that is recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Extra environment.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, Expr>,
    /// How long it may run, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_sec: Option<f64>,
    /// How long it may be silent, and how long it may take to end.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// How often to try again; `None` takes the default of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<Retries>,
    /// Whether its artifacts are kept in `state.json`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub persist: bool,
    /// The conversation that an agent takes part in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// How jobs are treated that an agent starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<Managed>,
    /// What a resume may do with an attempt whose outcome was never recorded:
    /// `rerun` or `once`; `None` takes the class of its kind.
    // A node of a plan has a `replay` of its own, and what it does beside it.
    #[serde(
        default,
        rename = "declared_replay",
        skip_serializing_if = "Option::is_none"
    )]
    pub replay: Option<ReplayClass>,
}

impl Process {
    /// A process of which nothing more is said.
    pub fn new(exec: Exec) -> Self {
        Process {
            exec,
            snapshot: None,
            contract: None,
            depends: None,
            capture: Capture::default(),
            output_file: None,
            secrets: Vec::new(),
            env: IndexMap::new(),
            timeout_sec: None,
            limits: Limits::default(),
            retries: None,
            persist: true,
            session: None,
            managed: None,
            replay: None,
        }
    }
}

/// Files of the workspace that a process works from, as patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Depends {
    /// Each must match something, or the process is not started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<Expr>,
    /// These need not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<Expr>,
    /// How an agent is told of what they match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inject: Option<Inject>,
}

/// How the files that a process works from are shown to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inject {
    /// What is shown of them.
    #[serde(default)]
    pub mode: InjectMode,
    /// The words above them; `None` for the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// Where they stand.
    #[serde(default)]
    pub position: PromptPosition,
}

/// What a prompt shows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InjectMode {
    /// Its path.
    #[default]
    List,
    /// Its text.
    Content,
}

/// What a process step starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "exec", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "at most one for each step; a box would burden every reader"
)]
pub enum Exec {
    /// An argument vector.
    Command {
        /// The arguments.
        argv: Vec<Expr>,
        /// Whether each is a line that is split into words once it is filled
        /// in, as [`crate::split_words`] does.
        #[serde(default, skip_serializing_if = "is_false")]
        split: bool,
    },
    /// An agent.
    Provider {
        /// The name of a template of the workflow.
        provider: Expr,
        /// Parameters of the template.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        params: IndexMap<String, Expr>,
        /// What to tell it.
        prompt: Prompt,
    },
    /// Several agents, and one that judges them.
    Adjudicated(Box<Adjudication>),
}

/// How a prompt is put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prompt {
    /// The text to start from.
    pub base: PromptBase,
    /// Files shown in full in front of it, in order, as paths from the
    /// workspace; `name` is how the author wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<PromptAsset>,
    /// Values to work from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<PromptInput>,
    /// Where the values stand.
    #[serde(default)]
    pub position: PromptPosition,
    /// Whether the output contract is spelled out at the end.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub contract: bool,
}

/// A file shown in a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptAsset {
    /// As authored.
    pub name: String,
    /// From the workspace, or absolute.
    pub path: String,
}

/// The text a prompt starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum PromptBase {
    /// Nothing.
    Empty,
    /// A file, read literally when the step runs; from the workspace, or
    /// absolute.
    File {
        /// The path.
        path: Expr,
    },
    /// Text.
    Text {
        /// The text.
        text: Expr,
    },
}

/// A value shown in a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptInput {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: Expr,
    /// Words about it.
    #[serde(default, skip_serializing_if = "Guidance::is_empty")]
    pub guidance: Guidance,
}

/// Where the values stand in a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptPosition {
    /// Before the text.
    #[default]
    Prepend,
    /// After it.
    Append,
}

/// What is kept of standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// How it is read.
    #[serde(default)]
    pub mode: CaptureMode,
    /// Whether text that is not JSON is kept instead of being a failure.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_parse_error: bool,
}

impl Capture {
    fn is_default(&self) -> bool {
        *self == Capture::default()
    }
}

/// How standard output is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// As one text.
    #[default]
    Text,
    /// As lines.
    Lines,
    /// As JSON.
    Json,
}

/// What stands beside the meaning of one workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notes {
    /// The file that declares it, as the user named it.
    pub file: String,
    /// `sha256:` of the bytes of that file.
    pub checksum: String,
    /// Where its finished tasks lie, from the workspace, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed_dir: Option<String>,
    /// Presentation names of steps and of branches (`route.REVISE`).
    #[serde(default)]
    pub shown: IndexMap<StepId, Shown>,
    /// Where steps come from.
    #[serde(default)]
    pub origins: IndexMap<StepId, Origin>,
}

/// The names under which people see a step. `{0}`, `{1}`, ... stand for the
/// iterations of the enclosing loops, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// The authored name of the step itself.
    pub name: String,
    /// Its key in `state.json`, such as `Review[{0}].Route.REVISE.Fix`.
    pub key: String,
    /// Its durable id, such as `root.review#{0}.iteration.route.revise.fix`.
    pub step_id: String,
    /// A step the author did not write; it has no record of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
}

/// Where a step comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The place that stands for it.
    pub place: Place,
    /// Byte range in that file.
    pub bytes: (u32, u32),
    /// How it came about.
    pub kind: OriginKind,
    /// The expansions that led to it, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<Place>,
}

/// A position in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
}

/// How a step came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// Written by the author.
    Authored,
    /// Made by the front end out of something the author wrote.
    Desugared,
    /// The body of a procedure or macro.
    Expanded,
    /// Made by a pass.
    Pass,
}

/// A key that is there has a value, be it null: a null default is a default.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}
