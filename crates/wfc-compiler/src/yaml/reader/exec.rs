//! Steps that run or compute something: `command`, `provider`, `set_scalar`,
//! `increment_scalar`, `call`.

use wfc_ir::{CaptureMode, PromptPosition, ReplayClass, split_words};
use wfc_syntax::yaml::{Mapping, Node};

use super::{Fields, Reader, named};
use crate::yaml::hir::{
    Agent, Command, Data, Exec, Name, Operand, Process, PromptSource, Text, Who,
};
use crate::yaml::index::token;
use crate::yaml::messages;

const CAPTURES: [(&str, CaptureMode); 3] = [
    ("text", CaptureMode::Text),
    ("lines", CaptureMode::Lines),
    ("json", CaptureMode::Json),
];

/// What may be said of an attempt whose outcome is not known.
const REPLAYS: [(&str, ReplayClass); 2] =
    [("rerun", ReplayClass::Rerun), ("once", ReplayClass::Once)];

pub(super) const POSITIONS: [(&str, PromptPosition); 2] = [
    ("prepend", PromptPosition::Prepend),
    ("append", PromptPosition::Append),
];

impl Reader<'_> {
    pub(super) fn command(&mut self, node: &Node, fields: &Fields<'_>) -> Option<Exec> {
        let process = self.process(fields, false);
        // A command has no prompt, so this says nothing; it is read all the same.
        self.flag(fields, "inject_output_contract", true);
        let (argv, split) = match node.as_str() {
            Some(line) => self.line(node, line)?,
            None => (self.argv(node)?, false),
        };
        Some(Exec::Command(Box::new(Command {
            argv,
            split,
            process,
        })))
    }

    fn argv(&mut self, node: &Node) -> Option<Vec<Text>> {
        let Some(items) = node.as_sequence() else {
            self.wrong_type(node, "a command", "a list of texts");
            return None;
        };
        if items.is_empty() {
            let span = node.place();
            self.report(messages::empty(span, "`command`", "the program to start"));
            return None;
        }
        let count = items.len();
        let argv: Vec<Text> = items
            .iter()
            .filter_map(|item| self.template(item, "an argument"))
            .collect();
        (argv.len() == count).then_some(argv)
    }

    /// A command written as one text, which is split into words as a shell
    /// would, but no shell runs it. Without holes it is split here; the flag
    /// says that it is still to be split.
    fn line(&mut self, node: &Node, line: &str) -> Option<(Vec<Text>, bool)> {
        let text = self.template(node, "a command")?;
        // A hole has neither quotes nor backslashes, so that what is open
        // shows in the text as it is written.
        if let Err(error) = split_words(line) {
            let end = error.at + error.mark.len_utf8();
            let span = node.span_of(error.at..end, self.text);
            self.report(messages::open_quote(span, error));
            return None;
        }
        let Some(literal) = text.as_literal() else {
            return Some((vec![text], true));
        };
        let words = split_words(literal).unwrap_or_default();
        if words.is_empty() {
            let found = messages::empty(text.span, "`command`", "the program to start");
            self.report(found);
            return None;
        }
        let words = words.into_iter();
        let argv = words.map(|word| Text::literal(text.span, word)).collect();
        Some((argv, false))
    }

    fn process(&mut self, fields: &Fields<'_>, agent: bool) -> Process {
        let snapshot = fields
            .get("pre_snapshot")
            .and_then(|node| self.pre_snapshot(node));
        let contract = self.contract(fields);
        let depends = self.depends(fields, agent);
        let output_file = fields
            .get("output_file")
            .and_then(|node| self.path(node, "`output_file`"));
        let secrets = self.secrets(fields);
        let capture = fields
            .get("output_capture")
            .and_then(|node| self.word(node, "`output_capture`", &CAPTURES))
            .unwrap_or_default();
        let allow_parse_error = self.flag(fields, "allow_parse_error", false);
        if let (true, Some(span)) = (
            allow_parse_error && capture != CaptureMode::Json,
            fields.key("allow_parse_error"),
        ) {
            let other = "output_capture: json";
            self.report(messages::needs_key(span, "allow_parse_error", other));
        }
        let persist = self.flag(fields, "persist_artifacts_in_state", true);
        if let (false, Some(publishes)) = (persist, fields.key("publishes")) {
            let first = fields.key("persist_artifacts_in_state");
            let first = (
                first.unwrap_or(publishes),
                "persist_artifacts_in_state: false",
            );
            self.report(messages::key_conflict(first, (publishes, "publishes")));
        }
        let env = self.env(fields);
        // One that could not be read is still one.
        let timeout_sec = fields.get("timeout_sec").map(|node| {
            let read = self.seconds(node, "`timeout_sec`");
            read.unwrap_or(f64::INFINITY)
        });
        let limits = self.limits(fields);
        let retries = fields.get("retries").and_then(|node| self.retries(node));
        let replay = fields
            .get("replay")
            .and_then(|node| self.word(node, "`replay`", &REPLAYS));
        Process {
            snapshot,
            contract,
            depends,
            output_file,
            secrets,
            capture,
            allow_parse_error,
            persist,
            env,
            timeout_sec,
            limits,
            retries,
            replay,
        }
    }

    fn flag(&mut self, fields: &Fields<'_>, key: &str, default: bool) -> bool {
        fields
            .get(key)
            .and_then(|node| self.bool(node, &format!("`{key}`")))
            .unwrap_or(default)
    }

    /// Environment values are literal: nothing is filled in.
    fn env(&mut self, fields: &Fields<'_>) -> Vec<(Name, String)> {
        let mapping = fields
            .get("env")
            .and_then(|node| self.mapping(node, "`env`"));
        mapping
            .into_iter()
            .flat_map(Mapping::entries)
            .filter_map(|entry| {
                let value = self.string(&entry.value, "an environment value")?;
                if super::text::names_a_value(&value.value) {
                    self.report(messages::literal_hole(value.span, "an environment value"));
                }
                Some((named(entry), value.value))
            })
            .collect()
    }

    pub(super) fn agent(&mut self, node: &Node, fields: &Fields<'_>) -> Option<Exec> {
        let params = match fields.get("provider_params") {
            Some(node) => self.params(node, "`provider_params`"),
            None => Vec::new(),
        };
        let provider = self.template(node, "a provider");
        let session = self.session(fields);
        let who = provider.map(|provider| Who::One {
            provider,
            params,
            session,
        });
        self.task(who, fields)
    }

    /// What `who` is to do.
    pub(super) fn task(&mut self, who: Option<Who>, fields: &Fields<'_>) -> Option<Exec> {
        let process = self.process(fields, true);
        let prompt = self.prompt(fields, "input_file", "asset_file");
        let assets = match fields.get("asset_depends_on") {
            Some(node) => self.strings(node, "`asset_depends_on`").unwrap_or_default(),
            None => Vec::new(),
        };
        for asset in &assets {
            self.safe_path(&asset.value, asset.span, "an asset");
        }
        let prompt_consumes = fields
            .get("prompt_consumes")
            .and_then(|node| self.strings(node, "`prompt_consumes`"));
        let prompt_inputs = self.bindings(fields, "prompt_inputs");
        let inject_consumes = self.flag(fields, "inject_consumes", true);
        let position = fields
            .get("consumes_injection_position")
            .and_then(|node| self.word(node, "`consumes_injection_position`", &POSITIONS));
        let inject_contract = self.flag(fields, "inject_output_contract", true);
        Some(Exec::Provider(Box::new(Agent {
            who: who?,
            prompt,
            assets,
            prompt_consumes,
            prompt_inputs,
            inject_consumes,
            position: position.unwrap_or_default(),
            inject_contract,
            process,
        })))
    }

    /// A text from a file of the workspace or from beside the workflow.
    pub(super) fn prompt(
        &mut self,
        fields: &Fields<'_>,
        input: &'static str,
        asset: &'static str,
    ) -> PromptSource {
        let place = |key: &'static str| fields.key(key).map(|span| (span, key));
        if let (Some(first), Some(second)) = (place(input), place(asset)) {
            self.report(messages::key_conflict(first, second));
        }
        if let Some(node) = fields.get(asset) {
            let Some(name) = self.name(node, &format!("`{asset}`")) else {
                return PromptSource::None;
            };
            self.safe_path(&name.value, name.span, "an asset");
            return PromptSource::Asset(name);
        }
        fields
            .get(input)
            .and_then(|node| self.path(node, &format!("`{input}`")))
            .map_or(PromptSource::None, PromptSource::Input)
    }

    /// Named values whose texts may have holes.
    pub(super) fn params(&mut self, node: &Node, what: &str) -> Vec<(Name, Data)> {
        let mapping = self.mapping(node, what);
        mapping
            .into_iter()
            .flat_map(Mapping::entries)
            .filter_map(|entry| Some((named(entry), self.data(&entry.value, "a parameter")?)))
            .collect()
    }

    fn data(&mut self, node: &Node, what: &str) -> Option<Data> {
        if let Some(items) = node.as_sequence() {
            let items = items.iter().filter_map(|item| self.data(item, what));
            return Some(Data::List(items.collect()));
        }
        if let Some(mapping) = node.as_mapping() {
            let entries = mapping
                .into_iter()
                .filter_map(|entry| Some((entry.key.text.clone(), self.data(&entry.value, what)?)));
            return Some(Data::Map(entries.collect()));
        }
        if node.as_str().is_some() {
            return self.template(node, what).map(Data::Text);
        }
        self.json(node, what).map(|value| Data::Plain(value.value))
    }

    pub(super) fn set_scalar(&mut self, node: &Node) -> Option<Exec> {
        let fields = self.fields(node, "`set_scalar`", &["artifact", "value"])?;
        let artifact = self
            .required(&fields, "artifact")
            .and_then(|node| self.name(node, "`artifact`"));
        let value = self
            .required(&fields, "value")
            .and_then(|node| self.literal(node, "`value`"));
        Some(Exec::SetScalar {
            artifact: artifact?,
            value: value?,
        })
    }

    pub(super) fn increment_scalar(&mut self, node: &Node) -> Option<Exec> {
        let fields = self.fields(node, "`increment_scalar`", &["artifact", "by"])?;
        let artifact = self
            .required(&fields, "artifact")
            .and_then(|node| self.name(node, "`artifact`"));
        let by = self
            .required(&fields, "by")
            .and_then(|node| self.literal(node, "`by`"))
            .filter(|by| {
                let number = by.value.is_number();
                if !number {
                    let found = crate::yaml::check::literal(&by.value);
                    self.report(messages::wrong_type(by.span, "`by`", "a number", &found));
                }
                number
            });
        Some(Exec::IncrementScalar {
            artifact: artifact?,
            by: by?,
        })
    }

    pub(super) fn call(&mut self, node: &Node, fields: &Fields<'_>) -> Option<Exec> {
        if fields.get("id").is_none() && !self.broken {
            let head = self.head(fields.span);
            let before = fields.key("call").unwrap_or(head);
            let indent = (!fields.flow).then(|| self.column(before));
            let name = fields.get("name").and_then(Node::as_str);
            let id = name.and_then(|name| token(name, "step_"));
            let found = messages::missing_call_id(head, before, indent, id.as_deref());
            self.report(found);
        }
        let with = self.bindings(fields, "with");
        let alias = self.name(node, "`call`")?;
        Some(Exec::Call { alias, with })
    }

    /// Names bound to values under `key`.
    fn bindings(&mut self, fields: &Fields<'_>, key: &str) -> Vec<(Name, Operand)> {
        let mapping = fields
            .get(key)
            .and_then(|node| self.mapping(node, &format!("`{key}`")));
        mapping
            .into_iter()
            .flat_map(Mapping::entries)
            .map(|entry| (named(entry), self.binding(&entry.value)))
            .collect()
    }

    /// `{ref: ...}`, a text that may have holes, or another literal.
    fn binding(&mut self, node: &Node) -> Operand {
        let is_ref = node
            .as_mapping()
            .is_some_and(|mapping| mapping.len() == 1 && mapping.get("ref").is_some());
        if is_ref {
            return self.from(node).map_or(Operand::Unknown, Operand::Ref);
        }
        if node.as_str().is_some() {
            let text = self.template(node, "a binding");
            return match text {
                Some(text) if text.as_literal().is_none() => Operand::Text(text),
                Some(text) => {
                    let literal = text.as_literal().unwrap_or_default().into();
                    Operand::Literal(crate::yaml::hir::Spanned::new(literal, text.span))
                }
                None => Operand::Unknown,
            };
        }
        self.json(node, "a binding")
            .map_or(Operand::Unknown, Operand::Literal)
    }
}
