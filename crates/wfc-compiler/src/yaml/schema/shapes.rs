//! Every mapping of the DSL: its keys, a sentence about each, and the form of
//! its value.

/// The form of a value.
pub(super) enum Form {
    /// Whatever JSON can say.
    Any,
    /// A text, number, boolean or null.
    Scalar,
    /// A text, or a number or boolean that is read as one.
    Words,
    Text,
    /// A text with something in it.
    Name,
    Id,
    Pointer,
    Version,
    OneOf(&'static [&'static str]),
    Bool,
    Number,
    Seconds,
    /// An integer that is at least this.
    Count(u64),
    /// The mapping of this name.
    Shape(&'static str),
    List(&'static Form),
    /// A list that is not empty.
    Some(&'static Form),
    /// Named values.
    Map(&'static Form),
    Either(&'static [Form]),
}

/// A key of a mapping.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// One sentence.
    pub(super) about: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
}

/// A mapping.
pub(super) struct Shape {
    /// Its name in the schema.
    pub(super) name: &'static str,
    /// What the reader calls it.
    pub(super) what: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key that may be left out.
const fn may(name: &'static str, form: Form, about: &'static str) -> Key {
    Key {
        name,
        about,
        form,
        required: false,
    }
}

/// A key that must be there.
const fn must(name: &'static str, form: Form, about: &'static str) -> Key {
    Key {
        required: true,
        ..may(name, form, about)
    }
}

const fn shape(name: &'static str, what: &'static str, keys: &'static [Key]) -> Shape {
    Shape { name, what, keys }
}

const SIMPLE: Form = Form::OneOf(&["enum", "integer", "float", "bool", "relpath", "string"]);
const COMPOUND: Form = Form::OneOf(&[
    "enum", "integer", "float", "bool", "relpath", "string", "optional", "list", "map",
]);
const NAMES: Form = Form::List(&Form::Name);
const STEPS: Form = Form::Some(&Form::Shape("step"));
const BLOCK: Form = Form::Either(&[STEPS, Form::Shape("block")]);
const COMMAND: Form = Form::Either(&[Form::Some(&Form::Text), Form::Name]);
const REF: Form = Form::Shape("from");

const TYPE: Key = must("type", SIMPLE, "What the value may be.");
const FIELD_TYPE: Key = must("type", COMPOUND, "What the value may be.");
const KIND: Key = may(
    "kind",
    Form::OneOf(&["relpath", "scalar"]),
    "Whether the value is a path or a single value; the type says it too.",
);
const ALLOWED: Key = may("allowed", Form::Some(&Form::Name), "The words of an enum.");
const UNDER: Key = may(
    "under",
    Form::Name,
    "The directory that a path must lie in.",
);
const MUST_EXIST: Key = may(
    "must_exist_target",
    Form::Bool,
    "Whether the file that a path names must exist.",
);
const REQUIRED: Key = may(
    "required",
    Form::Bool,
    "Whether it must be there; true unless said otherwise.",
);
const DESCRIPTION: Key = may(
    "description",
    Form::Words,
    "What it is, for people and agents.",
);
const FORMAT_HINT: Key = may(
    "format_hint",
    Form::Words,
    "How the value is written, for agents.",
);
const EXAMPLE: Key = may(
    "example",
    Form::Words,
    "A value as it could be, for agents.",
);
const ITEM: Key = may(
    "item",
    Form::Shape("type"),
    "The type inside an optional, or of each item of a list.",
);
const ITEMS: Key = may(
    "items",
    Form::Shape("type"),
    "The type of each item of a list.",
);
const KEYS: Key = may(
    "keys",
    Form::Shape("key_type"),
    "The type of the keys of a map, which is `string`.",
);
const VALUES: Key = may(
    "values",
    Form::Shape("type"),
    "The type of each value of a map.",
);
const ID: Key = may(
    "id",
    Form::Id,
    "A name that lasts when the step or block is renamed or moved.",
);
const PARAMS: Key = may(
    "provider_params",
    Form::Map(&Form::Any),
    "Values for the parameters of the provider.",
);
const FIRST_OUTPUT: Key = may(
    "first_output_sec",
    Form::Seconds,
    "Seconds within which the process must have written something.",
);
const IDLE_OUTPUT: Key = may(
    "idle_output_sec",
    Form::Seconds,
    "Seconds that the process may go on without writing something.",
);
const GRACE: Key = may(
    "grace_sec",
    Form::Seconds,
    "Seconds between telling the process to end and killing it; 2 unless said otherwise.",
);
const ARTIFACT: Key = must("artifact", Form::Name, "The name of the artifact.");
const REFERENCE: Key = must(
    "ref",
    Form::Name,
    "Where the value comes from, such as `root.steps.Draft.artifacts.report`.",
);

/// Every mapping with keys of its own. A key is a line: this is a table.
#[rustfmt::skip]
pub(super) const SHAPES: &[Shape] = &[
    shape("workflow", "a workflow", &[
        must("version", Form::Version, "The version of the DSL, in quotes."),
        may("name", Form::Name, "The name of the workflow."),
        may("strict_flow", Form::Bool, "Whether a failed step without a handler ends the run; true unless said otherwise."),
        may("context", Form::Map(&Form::Scalar), "Texts that `${context.NAME}` stands for."),
        may("inputs", Form::Map(&Form::Shape("input")), "What the workflow is given, by name."),
        may("outputs", Form::Map(&Form::Shape("output")), "What the workflow returns, by name."),
        may("imports", Form::Map(&Form::Name), "Workflows to `call`: a name and a path beside this file."),
        may("providers", Form::Map(&Form::Shape("provider")), "Agents, by name: how each is started."),
        may("artifacts", Form::Map(&Form::Shape("artifact")), "Artifacts that steps publish and consume, by name."),
        may("max_transitions", Form::Count(1), "How many steps may follow one another before the run is stopped."),
        must("steps", STEPS, "What is done, in this order unless a step says where to go."),
        may("finally", BLOCK, "Steps that run at the end, whatever happened."),
        may("secrets", NAMES, "Names of environment variables that must be set and are masked in all evidence."),
        may("inbox_dir", Form::Name, "The directory that waiting tasks lie in."),
        may("processed_dir", Form::Name, "The directory that finished tasks are moved to."),
        may("failed_dir", Form::Name, "The directory that failed tasks are moved to."),
        may("task_extension", Form::Name, "How the names of task files end."),
    ]),
    shape("input", "an input", &[
        KIND, TYPE, ALLOWED, UNDER, MUST_EXIST, REQUIRED,
        may("default", Form::Any, "The value when none is given."),
        DESCRIPTION,
    ]),
    shape("output", "an output", &[
        KIND, TYPE, ALLOWED, UNDER, MUST_EXIST,
        must("from", REF, "Where the value comes from."),
        DESCRIPTION,
    ]),
    shape("from", "`from`", &[REFERENCE]),
    shape("provider", "a provider", &[
        must("command", Form::Some(&Form::Text), "The program and its arguments; `${PROMPT}` and parameters are filled in."),
        may("input_mode", Form::OneOf(&["argv", "stdin"]), "How the agent gets its prompt; `argv` unless said otherwise."),
        may("defaults", Form::Map(&Form::Any), "Values of parameters that a step does not give."),
        may("output", Form::OneOf(&["plain", "claude_json", "codex_json", "gemini_json", "qwen_json", "text"]), "What the agent writes on standard output; `plain`, the answer itself, unless said otherwise; `text` is an answer that is not empty."),
        may("timeout_sec", Form::Seconds, "Seconds after which the process is stopped, where a step does not say."),
        FIRST_OUTPUT,
        IDLE_OUTPUT,
        GRACE,
        may("session_support", Form::Shape("session_support"), "How the agent begins a session and goes on with it."),
    ]),
    shape("session_support", "`session_support`", &[
        must("metadata_mode", Form::OneOf(&["codex_exec_jsonl_stdout"]), "Where the id of a session is found."),
        must("fresh_command", Form::Some(&Form::Text), "The program that begins a session, and its arguments."),
        may("resume_command", Form::Some(&Form::Text), "The program that goes on with a session, and its arguments; `${SESSION_ID}` stands in it once."),
    ]),
    shape("artifact", "an artifact", &[
        KIND, TYPE, ALLOWED,
        may("pointer", Form::Name, "The file that names the current path."),
        UNDER, MUST_EXIST, DESCRIPTION,
    ]),
    shape("step", "a step", &[
        must("name", Form::Name, "The name of the step, which references use."),
        ID,
        may("agent", Form::Text, "A note on who does the step."),
        may("when", Form::Shape("condition"), "The step is skipped unless this holds."),
        may("command", COMMAND, "The program to run and its arguments; no shell unless it is named."),
        may("provider", Form::Name, "The agent to ask, by its name in `providers`."),
        may("call", Form::Name, "The workflow to run, by its name in `imports`."),
        may("if", Form::Shape("condition"), "Chooses between `then` and `else`."),
        may("match", Form::Shape("match"), "Chooses a case by the value of an enum."),
        may("repeat_until", Form::Shape("repeat_until"), "Runs its steps until a condition holds."),
        may("assert", Form::Shape("condition"), "The step fails unless this holds."),
        may("set_scalar", Form::Shape("set_scalar"), "Sets a scalar artifact."),
        may("increment_scalar", Form::Shape("increment_scalar"), "Adds to a scalar artifact."),
        may("for_each", Form::Shape("for_each"), "Runs its steps for each item of a list."),
        may("wait_for", Form::Shape("wait_for"), "Waits until files are there."),
        may("adjudicated_provider", Form::Shape("adjudicated_provider"), "Asks several agents and lets another choose."),
        may("materialize_artifacts", Form::Shape("materialize_artifacts"), "Makes artifacts of values and inputs."),
        may("select_variant_output", Form::Shape("select_variant_output"), "Makes a variant of files that were written."),
        may("then", BLOCK, "What is done if the condition holds."),
        may("else", BLOCK, "What is done if it does not."),
        may("with", Form::Map(&Form::Any), "The inputs of the workflow that is called."),
        may("on", Form::Shape("on"), "Where to go after the step."),
        may("max_visits", Form::Count(1), "How often the step may run before the run is stopped."),
        may("publishes", Form::List(&Form::Shape("publish")), "Outputs that become the newest version of an artifact."),
        may("consumes", Form::List(&Form::Shape("consume")), "Artifacts that the step needs."),
        may("expected_outputs", Form::Some(&Form::Shape("expected_output")), "Files that the step must write, one for each value."),
        may("output_bundle", Form::Shape("output_bundle"), "A JSON file that the step must write, with its fields."),
        may("variant_output", Form::Shape("variant_output"), "A JSON file that the step must write, whose fields depend on one of them."),
        may("output_capture", Form::OneOf(&["text", "lines", "json"]), "How standard output is kept; `text` unless said otherwise."),
        may("allow_parse_error", Form::Bool, "Whether output that is no JSON is tolerated with `output_capture: json`."),
        may("persist_artifacts_in_state", Form::Bool, "Whether artifacts are kept in `state.json`; true unless said otherwise."),
        may("inject_output_contract", Form::Bool, "Whether the prompt tells what must be written; true unless said otherwise."),
        may("env", Form::Map(&Form::Text), "Variables for the environment of the process, taken as they are."),
        may("timeout_sec", Form::Seconds, "Seconds after which the process is stopped."),
        FIRST_OUTPUT,
        IDLE_OUTPUT,
        GRACE,
        may("retries", Form::Either(&[Form::Count(0), Form::Shape("retries")]), "How often the process is started again when it fails."),
        may("replay", Form::OneOf(&["rerun", "once"]), "What a resume does when the step was begun and how it ended is not known; `rerun` unless said otherwise."),
        PARAMS,
        may("input_file", Form::Name, "The file in the workspace that the prompt is read from."),
        may("asset_file", Form::Name, "The file beside the workflow that the prompt is read from."),
        may("asset_depends_on", NAMES, "Files beside the workflow that are put in front of the prompt."),
        may("inject_consumes", Form::Bool, "Whether the prompt tells about consumed artifacts; true unless said otherwise."),
        may("consumes_injection_position", Form::OneOf(&["prepend", "append"]), "Where the prompt tells about consumed artifacts."),
        may("prompt_consumes", NAMES, "The consumed artifacts that the prompt tells about; all unless said otherwise."),
        may("prompt_inputs", Form::Map(&Form::Any), "Values that the prompt tells the agent, by name."),
        may("depends_on", Form::Shape("depends_on"), "Files that must be there, and may be put into the prompt."),
        may("output_file", Form::Name, "A file that standard output is written to as well."),
        may("consume_bundle", Form::Shape("consume_bundle"), "A JSON file that the consumed artifacts are written to."),
        may("provider_session", Form::Shape("provider_session"), "The session of the agent that is begun or taken up."),
        may("managed_jobs", Form::Shape("managed_jobs"), "Long jobs that the agent may start."),
        may("pre_snapshot", Form::Shape("pre_snapshot"), "What is noted about files before the step."),
        may("requires_variant", Form::Shape("requires_variant"), "The variant that must have been written."),
        may("secrets", NAMES, "Names of environment variables that the process needs and that are masked."),
        may("on_item_complete", Form::Any, "What becomes of a task when its item is done."),
    ]),
    shape("block", "a block of steps", &[
        ID,
        must("steps", STEPS, "What is done, in this order."),
        may("outputs", Form::Map(&Form::Shape("output")), "What the statement gives to later steps, by name."),
    ]),
    shape("on", "`on`", &[
        may("success", Form::Shape("goto"), "After success."),
        may("failure", Form::Shape("goto"), "After failure."),
        may("always", Form::Shape("goto"), "After either."),
    ]),
    shape("goto", "a handler", &[
        must("goto", Form::Name, "The step to go on with; `_end` ends the workflow."),
    ]),
    shape("provider_session", "`provider_session`", &[
        must("mode", Form::OneOf(&["fresh", "resume"]), "Whether a session is begun or taken up."),
        may("publish_artifact", Form::Name, "With `fresh`: the artifact that gets the id of the session."),
        may("session_id_from", Form::Name, "With `resume`: the consumed artifact that holds the id of the session."),
    ]),
    shape("managed_jobs", "`managed_jobs`", &[
        must("policy", Form::Name, "The file that says which programs are jobs."),
        must("watch_roots", Form::Some(&Form::Name), "Directories in which jobs are looked for."),
        may("backend", Form::OneOf(&["auto", "local", "slurm"]), "Where jobs run; `auto` unless said otherwise."),
        must("poll_budget_sec", Form::Count(1), "Seconds that jobs are waited for."),
        must("on", Form::Shape("managed_on"), "Where to go after the jobs."),
    ]),
    shape("managed_on", "`on` of `managed_jobs`", &[
        must("complete", Form::Name, "The step after jobs that ended well; `_end` ends the workflow."),
        must("failed", Form::Name, "The step after jobs that failed."),
        must("invalid", Form::Name, "The step after jobs of which it cannot be said how they ended."),
        must("outstanding", Form::OneOf(&["fail_resumable"]), "Jobs that go on end the run, which can be resumed."),
    ]),
    shape("adjudicated_provider", "`adjudicated_provider`", &[
        must("candidates", Form::Some(&Form::Shape("adjudicated_candidate")), "The agents that do the task."),
        must("evaluator", Form::Shape("evaluator"), "The agent that judges what they did."),
        may("selection", Form::Shape("selection"), "How one of them is chosen."),
        may("score_ledger_path", Form::Name, "The file under `artifacts/` that the scores are kept in."),
    ]),
    shape("adjudicated_candidate", "an adjudicated candidate", &[
        must("id", Form::Id, "The name of the candidate."),
        must("provider", Form::Name, "The agent, by its name in `providers`."),
        PARAMS,
        may("input_file", Form::Name, "The file in the workspace that takes the place of the prompt of the step."),
        may("asset_file", Form::Name, "The file beside the workflow that takes the place of the prompt of the step."),
    ]),
    shape("evaluator", "an evaluator", &[
        must("provider", Form::Name, "The agent, by its name in `providers`."),
        PARAMS,
        may("input_file", Form::Name, "The file in the workspace that the prompt is read from."),
        may("asset_file", Form::Name, "The file beside the workflow that the prompt is read from."),
        may("rubric_input_file", Form::Name, "The file in the workspace that says what to judge by."),
        may("rubric_asset_file", Form::Name, "The file beside the workflow that says what to judge by."),
        must("evidence_confidentiality", Form::OneOf(&["same_trust_boundary"]), "Who may see what candidates wrote."),
        may("evidence_limits", Form::Shape("evidence_limits"), "How much of it is shown."),
    ]),
    shape("evidence_limits", "`evidence_limits`", &[
        may("max_item_bytes", Form::Count(1), "Bytes of one piece; 262144 unless said otherwise."),
        may("max_packet_bytes", Form::Count(1), "Bytes of all of it; 1048576 unless said otherwise."),
    ]),
    shape("selection", "`selection`", &[
        may("tie_break", Form::OneOf(&["candidate_order"]), "Who wins with equal scores: the first."),
        may("require_score_for_single_candidate", Form::Bool, "Whether a candidate without a rival needs a score."),
    ]),
    shape("consume", "an item of `consumes`", &[
        ARTIFACT,
        may("producers", NAMES, "The steps whose versions count; any step unless said otherwise."),
        may("policy", Form::OneOf(&["latest_successful"]), "Which version is taken."),
        may("freshness", Form::OneOf(&["any", "since_last_consume"]), "Whether the version must be newer than the one consumed last."),
        DESCRIPTION, FORMAT_HINT, EXAMPLE,
    ]),
    shape("publish", "an item of `publishes`", &[
        ARTIFACT,
        must("from", Form::Name, "The output of the step that is published."),
    ]),
    shape("depends_on", "`depends_on`", &[
        may("required", NAMES, "Patterns of files; each must match."),
        may("optional", NAMES, "Patterns of files that need not be there."),
        may("inject", Form::Either(&[Form::Bool, Form::Shape("inject")]), "Whether, and how, the prompt tells about the files."),
    ]),
    shape("inject", "`inject`", &[
        may("mode", Form::OneOf(&["list", "content", "none"]), "Whether the prompt gets the names of the files or what is in them."),
        may("instruction", Form::Name, "What the prompt says about the files."),
        may("position", Form::OneOf(&["prepend", "append"]), "Where in the prompt."),
    ]),
    shape("consume_bundle", "`consume_bundle`", &[
        must("path", Form::Name, "The JSON file."),
        may("include", NAMES, "The artifacts in it; all that are consumed unless said otherwise."),
    ]),
    shape("retries", "`retries`", &[
        must("max", Form::Count(0), "How often the process is started again."),
        may("delay_ms", Form::Count(0), "Milliseconds before the second start; 1000 unless said otherwise."),
        may("backoff", Form::Number, "By what the pause grows from one start to the next, 1 or more; 2 unless said otherwise."),
        may("max_delay_ms", Form::Count(0), "Milliseconds that the pause does not grow beyond; 60000 unless said otherwise."),
        may("jitter", Form::Number, "The part of the pause that chance may add to it, from 0 to 1; 0.2 unless said otherwise."),
        may("after", Form::Some(&Form::OneOf(&["error", "timeout", "rate_limit", "auth", "contract", "output", "signal", "exit", "start"])), "The failures after which it is started again; `error`, `timeout` and `rate_limit` unless said otherwise."),
    ]),
    shape("set_scalar", "`set_scalar`", &[
        ARTIFACT,
        must("value", Form::Scalar, "The new value."),
    ]),
    shape("increment_scalar", "`increment_scalar`", &[
        ARTIFACT,
        must("by", Form::Number, "What is added."),
    ]),
    shape("repeat_until", "`repeat_until`", &[
        ID,
        must("outputs", Form::Map(&Form::Shape("output")), "What each round gives to the condition, and the last to later steps."),
        must("condition", Form::Shape("condition"), "The loop ends when this holds after a round."),
        must("max_iterations", Form::Count(1), "How many rounds there may be."),
        may("on_exhausted", Form::Shape("on_exhausted"), "What the loop gives when all rounds are used up; it fails otherwise."),
        must("steps", STEPS, "What a round does."),
    ]),
    shape("for_each", "`for_each`", &[
        may("items", Form::List(&Form::Any), "The items; this or `items_from`."),
        may("items_from", Form::Name, "The list that a step has printed: `steps.NAME.lines` or `steps.NAME.json.KEY`."),
        may("as", Form::Name, "What an item is called in `${...}`; `item` unless said otherwise."),
        must("steps", STEPS, "What is done for each item."),
    ]),
    shape("wait_for", "`wait_for`", &[
        must("glob", Form::Name, "The pattern that files must match."),
        may("timeout_sec", Form::Seconds, "Seconds to wait; 300 unless said otherwise."),
        may("poll_ms", Form::Count(1), "Milliseconds between two looks; 500 unless said otherwise."),
        may("min_count", Form::Count(0), "How many files are enough; 1 unless said otherwise."),
    ]),
    shape("on_exhausted", "`on_exhausted`", &[
        must("outputs", Form::Map(&Form::Scalar), "Values that take the place of outputs of the last round."),
    ]),
    shape("match", "`match`", &[
        REFERENCE,
        must("cases", Form::Map(&BLOCK), "What is done for each word of the enum."),
    ]),
    shape("expected_output", "an expected output", &[
        must("name", Form::Name, "The name of the artifact."),
        must("path", Form::Name, "The file that holds the value."),
        KIND, TYPE, ALLOWED, UNDER, MUST_EXIST, REQUIRED, DESCRIPTION, FORMAT_HINT, EXAMPLE,
    ]),
    shape("output_bundle", "an output bundle", &[
        must("path", Form::Name, "The JSON file."),
        must("fields", Form::Some(&Form::Shape("field")), "The values in it."),
    ]),
    shape("field", "a field", &[
        must("name", Form::Name, "The name of the artifact."),
        must("json_pointer", Form::Pointer, "Where the value stands in the file, such as `/report/path`."),
        KIND, FIELD_TYPE, ALLOWED, UNDER, MUST_EXIST, REQUIRED, DESCRIPTION, FORMAT_HINT, EXAMPLE,
        ITEM, ITEMS, KEYS, VALUES,
    ]),
    shape("variant_output", "a variant output", &[
        must("path", Form::Name, "The JSON file."),
        must("discriminant", Form::Shape("field"), "The enum that says which variant it is."),
        may("shared_fields", Form::List(&Form::Shape("field")), "The values of every variant."),
        must("variants", Form::Map(&Form::Shape("variant")), "The values of each variant, by the word of the discriminant."),
    ]),
    shape("variant", "a variant", &[
        may("fields", Form::List(&Form::Shape("field")), "The values of this variant alone."),
        may("forbidden", Form::Any, "Places that must be absent in this variant."),
    ]),
    shape("materialize_artifacts", "`materialize_artifacts`", &[
        may("values", Form::List(&Form::Shape("material")), "The values that are made."),
        may("input_values", Form::List(&Form::Shape("input_group")), "Inputs that are made values alike."),
    ]),
    shape("material", "a value", &[
        must("name", Form::Name, "The name of the artifact."),
        must("source", Form::Shape("source"), "Where the value comes from."),
        may("contract", Form::Either(&[Form::OneOf(&["inherit"]), Form::Shape("refined")]), "The type of a literal, or what narrows the type of the source."),
        may("pointer", Form::Shape("pointer"), "The file that names a path."),
        may("ensure_parent", Form::Bool, "Whether the directory of a path is made."),
    ]),
    shape("source", "a source", &[
        may("input", Form::Name, "An input of the workflow."),
        may("ref", Form::Name, "A value of a step, such as `root.steps.Draft.artifacts.report`."),
        may("literal", Form::Any, "The value itself."),
        may("runtime", Form::OneOf(&["now_ns"]), "The time of the clock, in nanoseconds."),
    ]),
    shape("refined", "a contract", &[
        may("inherit", Form::OneOf(&["source"]), "Starts from the type of the source."),
        may("refine", Form::Shape("refine"), "What narrows that type."),
        DESCRIPTION, KIND, may("type", SIMPLE, "What the value may be."), ALLOWED, UNDER, MUST_EXIST,
    ]),
    shape("refine", "`refine`", &[
        KIND, may("type", SIMPLE, "What the value may be."), ALLOWED, UNDER, MUST_EXIST,
    ]),
    shape("pointer", "`pointer`", &[must("path", Form::Name, "The file.")]),
    shape("input_group", "a group of inputs", &[
        must("names", Form::Some(&Form::Name), "The inputs."),
        must("contract", Form::OneOf(&["inherit"]), "Their types are those of the inputs."),
        must("pointer_template", Form::Name, "The file that names each path; `{name}` stands for the input."),
    ]),
    shape("pre_snapshot", "`pre_snapshot`", &[
        must("name", Form::Name, "The name of the snapshot."),
        must("digest", Form::OneOf(&["sha256"]), "How contents are told apart."),
        may("max_bytes_per_candidate", Form::Count(1), "The largest file that is looked at."),
        must("candidates", Form::Map(&Form::Shape("candidate_file")), "The files, by the word of a variant."),
    ]),
    shape("candidate_file", "a candidate", &[REFERENCE]),
    shape("select_variant_output", "`select_variant_output`", &[
        must("evidence", Form::Shape("evidence"), "What tells which variant it is."),
        must("path", Form::Name, "The JSON file that is written."),
        must("discriminant", Form::Shape("field"), "The word that names the variant."),
        may("shared_fields", Form::List(&Form::Shape("field")), "The values of every variant."),
        must("variants", Form::Map(&Form::Shape("variant")), "The values of each variant, by the word of the discriminant."),
        may("extract", Form::Shape("extract"), "How values are read from the file that changed."),
    ]),
    shape("evidence", "`evidence`", &[
        must("mode", Form::OneOf(&["snapshot_diff"]), "What is compared."),
        must("snapshot", Form::Shape("snapshot"), "What the files were before."),
    ]),
    shape("snapshot", "`snapshot`", &[REFERENCE]),
    shape("extract", "`extract`", &[
        must("from", Form::OneOf(&["candidate_path"]), "The file that is read."),
        must("line_prefix", Form::Text, "How the line begins that holds the value."),
        may("strip", Form::List(&Form::Name), "What is taken off both ends of the value."),
    ]),
    shape("requires_variant", "`requires_variant`", &[
        must("step", Form::Name, "The step whose variant is needed."),
        must("value", Form::Name, "The variant."),
    ]),
    shape("type", "a type", &[
        FIELD_TYPE, ALLOWED, UNDER, MUST_EXIST, ITEM, ITEMS, KEYS, VALUES,
    ]),
    shape("key_type", "the type of keys", &[
        must("type", Form::OneOf(&["string"]), "Always `string`."),
        ALLOWED, UNDER, MUST_EXIST,
    ]),
    shape("condition", "a condition", &[
        may("equals", Form::Shape("equals"), "Two texts are the same."),
        may("exists", Form::Name, "A file matches the pattern."),
        may("not_exists", Form::Name, "No file matches the pattern."),
        may("artifact_bool", Form::Shape("artifact_bool"), "A boolean is true. Since 1.6."),
        may("compare", Form::Shape("compare"), "Two values compare so. Since 1.6."),
        may("score", Form::Shape("score"), "A number is within bounds."),
        may("all_of", Form::Some(&Form::Shape("condition")), "All of these hold. Since 1.6."),
        may("any_of", Form::Some(&Form::Shape("condition")), "One of these holds. Since 1.6."),
        may("not", Form::Shape("condition"), "This does not hold. Since 1.6."),
    ]),
    shape("equals", "`equals`", &[
        must("left", Form::Scalar, "A text, perhaps with `${...}`."),
        must("right", Form::Scalar, "A text, perhaps with `${...}`."),
    ]),
    shape("artifact_bool", "`artifact_bool`", &[REFERENCE]),
    shape("compare", "`compare`", &[
        must("left", Form::Either(&[Form::Scalar, REF]), "A value, or `{ ref: ... }`."),
        must("op", Form::OneOf(&["eq", "ne", "lt", "lte", "gt", "gte"]), "How the two compare."),
        must("right", Form::Either(&[Form::Scalar, REF]), "A value, or `{ ref: ... }`."),
    ]),
    shape("score", "`score`", &[
        REFERENCE,
        may("gt", Form::Number, "It is greater than this."),
        may("gte", Form::Number, "It is at least this."),
        may("lt", Form::Number, "It is less than this."),
        may("lte", Form::Number, "It is at most this."),
    ]),
];
