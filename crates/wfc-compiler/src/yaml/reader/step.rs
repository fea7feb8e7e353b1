//! One step: the keys that all steps share, and which form it has.

use wfc_diag::Span;
use wfc_syntax::yaml::{Entry, Mapping, Node};

use super::{Fields, Reader, later};
use crate::yaml::gates::Feature;
use crate::yaml::hir::{Block, Consume, Exec, Managed, Publish, Routes, Spanned, Step};
use crate::yaml::messages;

/// Where a list of steps stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `steps` of the file.
    Body,
    /// `finally`.
    Finally,
    /// A branch or case of a statement of the body.
    Branch,
    /// The steps of a loop.
    Loop,
    /// A branch or case of a statement in a loop.
    LoopBranch,
    /// The steps of a loop over a list.
    Each,
}

impl Place {
    /// May `if` and `match` stand here?
    fn takes_branches(self) -> bool {
        matches!(self, Place::Body | Place::Loop)
    }

    /// May `for_each` stand here?
    fn takes_lists(self) -> bool {
        matches!(self, Place::Body | Place::Branch | Place::Each)
    }

    /// The place inside a branch of a statement that stands here.
    pub(super) fn branch(self) -> Place {
        match self {
            Place::Loop | Place::LoopBranch => Place::LoopBranch,
            _ => Place::Branch,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Place::Body => "in `steps`",
            Place::Finally => "in `finally`",
            Place::Branch | Place::LoopBranch => "in a branch",
            Place::Loop => "in a loop",
            Place::Each => "in a `for_each`",
        }
    }
}

/// What a step does: the keys that exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Command,
    Provider,
    Adjudicated,
    SetScalar,
    IncrementScalar,
    Assert,
    Call,
    If,
    Match,
    Repeat,
    Materialize,
    Select,
    Each,
    Wait,
}

const FORMS: &[(&str, Form)] = &[
    ("command", Form::Command),
    ("provider", Form::Provider),
    ("adjudicated_provider", Form::Adjudicated),
    ("call", Form::Call),
    ("if", Form::If),
    ("match", Form::Match),
    ("repeat_until", Form::Repeat),
    ("for_each", Form::Each),
    ("wait_for", Form::Wait),
    ("assert", Form::Assert),
    ("set_scalar", Form::SetScalar),
    ("increment_scalar", Form::IncrementScalar),
    ("materialize_artifacts", Form::Materialize),
    ("select_variant_output", Form::Select),
];

/// Every step.
const ANY: &[&str] = &["name", "id", "agent", "when"];
/// Every step but statements.
const ORDINARY: &[&str] = &[
    "on",
    "max_visits",
    "publishes",
    "consumes",
    "consume_bundle",
];
/// Every step but branches.
const NEED: &[&str] = &["requires_variant"];
/// Steps that run a process.
const PROCESS: &[&str] = &[
    "expected_outputs",
    "output_bundle",
    "variant_output",
    "pre_snapshot",
    "persist_artifacts_in_state",
    "inject_output_contract",
    "depends_on",
    "secrets",
    "env",
    "timeout_sec",
    "first_output_sec",
    "idle_output_sec",
    "grace_sec",
    "retries",
    "replay",
];
/// Steps whose standard output is kept.
const OUTPUT: &[&str] = &["output_capture", "allow_parse_error", "output_file"];
/// Steps that run one agent.
const ONE_AGENT: &[&str] = &["provider_params", "provider_session", "managed_jobs"];
/// Steps that run agents.
const AGENT: &[&str] = &[
    "input_file",
    "asset_file",
    "asset_depends_on",
    "inject_consumes",
    "consumes_injection_position",
    "prompt_consumes",
    "prompt_inputs",
];

/// Every group. A step that runs one agent has them all.
const GROUPS: &[&[&str]] = &[
    ANY,
    ORDINARY,
    NEED,
    PROCESS,
    OUTPUT,
    AGENT,
    ONE_AGENT,
    later::OF_STEP,
];

const GATED: &[&str] = &[
    "id",
    "publishes",
    "consumes",
    "prompt_consumes",
    "prompt_inputs",
    "inject_consumes",
    "consumes_injection_position",
    "consume_bundle",
    "output_bundle",
    "variant_output",
    "pre_snapshot",
    "requires_variant",
    "materialize_artifacts",
    "select_variant_output",
    "assert",
    "set_scalar",
    "increment_scalar",
    "max_visits",
    "if",
    "call",
    "provider_session",
    "managed_jobs",
    "adjudicated_provider",
    "asset_file",
    "asset_depends_on",
    "match",
    "repeat_until",
    "replay",
];

const NEST_HELP: &str =
    "put the inner part into a workflow of its own and `call` it, or write the workflow in Lisp";

impl Form {
    /// The groups of keys that go with the form, beside the form itself.
    fn keys(self) -> Vec<&'static [&'static str]> {
        match self {
            Form::Command => vec![ANY, ORDINARY, NEED, PROCESS, OUTPUT, later::OF_STEP],
            Form::Provider => GROUPS.to_vec(),
            Form::Adjudicated => vec![ANY, ORDINARY, NEED, PROCESS, AGENT, later::OF_STEP],
            Form::Call => vec![ANY, ORDINARY, NEED, &["with"], later::OF_STEP],
            Form::SetScalar
            | Form::IncrementScalar
            | Form::Assert
            | Form::Wait
            | Form::Materialize
            | Form::Select => vec![ANY, ORDINARY, NEED, later::OF_STEP],
            Form::If => vec![ANY, &["then", "else"]],
            Form::Match => vec![ANY],
            Form::Repeat => vec![ANY, NEED],
            Form::Each => vec![ANY, &["on", "publishes", "consumes"], NEED, later::OF_STEP],
        }
    }
}

/// The keys that say what a step does, each with the others that go with it.
pub(in crate::yaml) fn forms() -> Vec<(&'static str, Vec<&'static str>)> {
    let all = FORMS.iter().copied();
    all.map(|(key, form)| (key, form.keys().concat())).collect()
}

/// Which steps a known key belongs to.
fn owners(key: &str) -> &'static str {
    match key {
        "then" | "else" => "steps with `if`",
        "with" => "steps with `call`",
        "requires_variant" => "steps that do something; give it to the steps inside",
        key if ONE_AGENT.contains(&key) => "steps with `provider`",
        key if AGENT.contains(&key) => "steps with `provider` or `adjudicated_provider`",
        key if OUTPUT.contains(&key) => "steps with `command` or `provider`",
        key if PROCESS.contains(&key) => "steps that run a command or agents",
        _ => "other steps",
    }
}

/// What the step does, in the order of [`FORMS`].
fn forms_of<'n>(fields: &Fields<'n>) -> Vec<(Form, &'n Entry)> {
    FORMS
        .iter()
        .copied()
        .filter_map(|(key, form)| Some((form, fields.entry(key)?)))
        .collect()
}

impl Reader<'_> {
    /// Reads a list of steps, or a mapping around one.
    pub(super) fn block(
        &mut self,
        entry: &Entry,
        what: &str,
        place: Place,
        outputs: bool,
    ) -> Block {
        let node = &entry.value;
        let mut block = Block {
            ix: self.next_block(),
            span: entry.key.span,
            id: None,
            outputs: Vec::new(),
            steps: Vec::new(),
        };
        let mut list = Some(node);
        if place != Place::Body && node.as_mapping().is_some() {
            let allowed: &[&str] = match outputs {
                true => &["id", "steps", "outputs"],
                false => &["id", "steps"],
            };
            let Some(fields) = self.fields(node, "a block of steps", allowed) else {
                return block;
            };
            self.gate_keys(&fields, &["id"]);
            block.id = fields.get("id").and_then(|node| self.id(node));
            block.outputs = self.outputs(&fields);
            list = self.required(&fields, "steps");
        }
        if let Some(node) = list {
            block.steps = self.steps(node, what, place);
        }
        block
    }

    /// The `outputs` of a statement.
    pub(super) fn outputs(&mut self, fields: &Fields<'_>) -> Vec<crate::yaml::hir::Output> {
        let Some(node) = fields.get("outputs") else {
            return Vec::new();
        };
        let mapping = self.mapping(node, "`outputs`");
        mapping
            .into_iter()
            .flat_map(Mapping::entries)
            .filter_map(|entry| self.output(super::named(entry), &entry.value))
            .collect()
    }

    pub(super) fn steps(&mut self, node: &Node, what: &str, place: Place) -> Vec<Step> {
        let Some(items) = self.list(node, what) else {
            return Vec::new();
        };
        if items.is_empty() && !self.broken {
            self.report(messages::empty(node.place(), what, "a step"));
        }
        items
            .iter()
            .filter_map(|item| self.step(item, place))
            .collect()
    }

    fn step(&mut self, node: &Node, place: Place) -> Option<Step> {
        let mapping = self.mapping(node, "a step")?;
        let mut fields = Fields::new(node, mapping, "a step");
        let ix = self.next_step();
        let form = self.form(&mut fields);
        self.gate_keys(&fields, GATED);
        let name = self
            .required(&fields, "name")
            .and_then(|node| self.name(node, "the name of a step"));
        let id = fields.get("id").and_then(|node| self.id(node));
        if let Some(node) = fields.get("agent") {
            self.string(node, "`agent`");
        }
        let when = fields.get("when").map(|node| self.condition(node));
        let max_visits = fields
            .get("max_visits")
            .and_then(|node| self.count(node, "`max_visits`", 1));
        let (managed, on) = match self.managed_of(form, &fields) {
            Some((managed, routes)) => (managed, routes),
            None => (None, self.routes(&fields)),
        };
        let on = match place {
            // Read for what is wrong in it, and ignored.
            Place::Each => Routes::default(),
            _ => on,
        };
        let consumes = self.consumes(&fields);
        let consume_bundle = self.consume_bundle(&fields);
        let publishes = self.publishes(&fields);
        let requires = fields
            .get("requires_variant")
            .and_then(|node| self.requires_variant(node));
        self.step_place(&fields, form, place);
        let partial = self.later(&fields, later::OF_STEP);
        let exec = match form {
            Some((form, entry)) => self.exec(form, entry, &fields, place),
            None => Exec::Unknown,
        };
        let head = self.head(fields.span);
        Some(Step {
            ix,
            span: head,
            name: name.unwrap_or(Spanned::new(String::new(), head)),
            id,
            when,
            max_visits,
            on,
            consumes,
            consume_bundle,
            publishes,
            requires,
            first_key: self.first_key(&fields),
            managed,
            exec,
            partial,
        })
    }

    /// Where the first key stands, and how far it is indented in a step laid
    /// out in lines.
    fn first_key(&self, fields: &Fields<'_>) -> (Span, Option<usize>) {
        let first = fields.mapping.entries().first();
        let first = first.map_or(fields.span, |entry| entry.key.span);
        (first, (!fields.flow).then(|| self.column(first)))
    }

    /// What the step does; reports when that is nothing, or two things, and
    /// keys that are unknown or belong to other forms.
    fn form<'n>(&mut self, fields: &mut Fields<'n>) -> Option<(Form, &'n Entry)> {
        let mut present = forms_of(fields);
        let first = (!present.is_empty()).then(|| present.remove(0));
        let rest = present;
        if let Some((_, first)) = first {
            for (_, second) in &rest {
                let place = |entry: &'n Entry| (entry.key.span, entry.key.text.as_str());
                self.report(messages::two_forms(place(first), place(second)));
            }
        }
        self.step_keys(fields, first.filter(|_| rest.is_empty()));
        // A misspelt form is known by now.
        let first = first.or_else(|| forms_of(fields).first().copied());
        if first.is_none() && !self.broken {
            let head = self.head(fields.span);
            let names: Vec<&str> = FORMS.iter().map(|(key, _)| *key).collect();
            self.report(messages::no_form(head, &names));
        }
        first
    }

    /// Checks the keys of a step.
    fn step_keys(&mut self, fields: &mut Fields<'_>, form: Option<(Form, &Entry)>) {
        let forms = || FORMS.iter().map(|(key, _)| *key);
        let everything: Vec<&str> = forms()
            .chain(GROUPS.concat())
            .chain(["then", "else", "with"])
            .collect();
        let allowed: Vec<&str> = match form {
            Some((form, entry)) => form
                .keys()
                .into_iter()
                .flatten()
                .copied()
                .chain([entry.key.text.as_str()])
                .collect(),
            None => everything.clone(),
        };
        for entry in fields.mapping {
            let key = entry.key.text.as_str();
            if allowed.contains(&key) {
                continue;
            }
            let span = entry.key.span;
            match form {
                Some((_, owner)) if everything.contains(&key) => {
                    // A second form was reported as such.
                    if !forms().any(|form| form == key) {
                        let form = owner.key.text.as_str();
                        let found = messages::key_of_other_form(span, key, form, owners(key));
                        self.report(found);
                    }
                }
                _ => {
                    let allowed = allowed.iter().copied();
                    let ready = allowed.filter(|key| !later::OF_STEP.contains(key));
                    self.unknown_key(fields, entry, ready);
                }
            }
        }
    }

    /// The rules about what may stand where.
    fn step_place(&mut self, fields: &Fields<'_>, form: Option<(Form, &Entry)>, place: Place) {
        if place == Place::Body {
            return;
        }
        let here = place.describe();
        if let Some((form, entry)) = form {
            let refused = match form {
                Form::If | Form::Match => !place.takes_branches(),
                Form::Repeat => true,
                Form::Each => !place.takes_lists(),
                _ => false,
            };
            if refused {
                let key = &entry.key.text;
                let message = format!("`{key}` cannot stand {here}");
                let found = messages::placement(entry.key.span, message, "not here", NEST_HELP);
                self.report(found);
            }
        }
        const BODY_ONLY: [(&str, &str); 4] = [
            (
                "on",
                "the steps of a block run in their order; use `if` or `match` to choose",
            ),
            ("max_visits", "limit the statement around it"),
            (
                "provider_session",
                "only steps directly in `steps` take part in a session",
            ),
            (
                "managed_jobs",
                "its `on` leads to other steps; only steps directly in `steps` have such edges",
            ),
        ];
        for (key, help) in BODY_ONLY {
            if let Some(span) = fields.key(key) {
                if (key, place) == ("on", Place::Each) {
                    self.report(messages::ignored_edge(span));
                    continue;
                }
                let message = format!("a step {here} cannot have `{key}`");
                self.report(messages::placement(span, message, "top level only", help));
            }
        }
    }

    /// The managed jobs of a step that can have some.
    fn managed_of(
        &mut self,
        form: Option<(Form, &Entry)>,
        fields: &Fields<'_>,
    ) -> Option<(Option<Managed>, Routes)> {
        match form {
            Some((Form::Provider, _)) => self.managed(fields),
            _ => None,
        }
    }

    fn routes(&mut self, fields: &Fields<'_>) -> Routes {
        const EVENTS: &[&str] = &["success", "failure", "always"];
        let Some(on) = fields
            .get("on")
            .and_then(|node| self.fields(node, "`on`", EVENTS))
        else {
            return Routes::default();
        };
        let mut target = |event: &str| {
            let handler = self.fields_of(on.get(event)?, "a handler", &["goto"], "goto")?;
            let node = self.required(&handler, "goto")?;
            self.name(node, "`goto`")
        };
        Routes {
            success: target("success"),
            failure: target("failure"),
            always: target("always"),
            invalid: None,
        }
    }

    fn consumes(&mut self, fields: &Fields<'_>) -> Vec<Consume> {
        const KEYS: &[&str] = &[
            "artifact",
            "producers",
            "policy",
            "freshness",
            "description",
            "format_hint",
            "example",
        ];
        const FRESHNESS: [(&str, bool); 2] = [("any", false), ("since_last_consume", true)];
        let mut all = Vec::new();
        let items = match fields.get("consumes") {
            Some(node) => self.list(node, "`consumes`").unwrap_or_default(),
            None => return all,
        };
        for item in items {
            let Some(fields) = self.fields(item, "an item of `consumes`", KEYS) else {
                continue;
            };
            let artifact = self
                .required(&fields, "artifact")
                .and_then(|node| self.name(node, "`artifact`"));
            if let Some(node) = fields.get("policy") {
                self.word(node, "`policy`", &[("latest_successful", ())]);
            }
            let fresh = fields
                .get("freshness")
                .and_then(|node| self.word(node, "`freshness`", &FRESHNESS));
            let producers = fields
                .get("producers")
                .and_then(|node| self.strings(node, "`producers`"));
            let guidance = self.guidance(&fields);
            if let Some(artifact) = artifact {
                all.push(Consume {
                    artifact,
                    producers: producers.unwrap_or_default(),
                    fresh: fresh.unwrap_or(false),
                    guidance,
                });
            }
        }
        self.unique(all.iter().map(|consume| &consume.artifact), "consumes of");
        all
    }

    fn publishes(&mut self, fields: &Fields<'_>) -> Vec<Publish> {
        let mut all = Vec::new();
        let items = match fields.get("publishes") {
            Some(node) => self.list(node, "`publishes`").unwrap_or_default(),
            None => return all,
        };
        for item in items {
            let Some(fields) = self.fields(item, "an item of `publishes`", &["artifact", "from"])
            else {
                continue;
            };
            let artifact = self
                .required(&fields, "artifact")
                .and_then(|node| self.name(node, "`artifact`"));
            let from = self
                .required(&fields, "from")
                .and_then(|node| self.name(node, "`from`"));
            if let (Some(artifact), Some(from)) = (artifact, from) {
                all.push(Publish { artifact, from });
            }
        }
        all
    }

    fn exec(&mut self, form: Form, entry: &Entry, fields: &Fields<'_>, place: Place) -> Exec {
        let node = &entry.value;
        let read = match form {
            Form::Command => self.command(node, fields),
            Form::Provider => self.agent(node, fields),
            Form::Adjudicated => self.adjudicated(entry, fields),
            Form::SetScalar => self.set_scalar(node),
            Form::IncrementScalar => self.increment_scalar(node),
            Form::Assert => Some(Exec::Assert(self.condition(node))),
            Form::Call => self.call(node, fields),
            Form::If => self.branches(node, fields, place),
            Form::Match => self.cases(node, place),
            Form::Repeat => self.repeat(entry),
            Form::Materialize => self.materialize(node),
            Form::Select => self.select(node),
            Form::Each => self.each(entry),
            Form::Wait => self.wait(node),
        };
        read.unwrap_or(Exec::Unknown)
    }

    /// Reports a feature that the version lacks.
    pub(super) fn gate_feature(&mut self, feature: Feature, span: Span) {
        self.gate(feature, span);
    }
}
