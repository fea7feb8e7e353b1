//! What a step needs before it runs: files, a file of what it consumes,
//! secrets.

use wfc_ir::{Inject, InjectMode};
use wfc_syntax::yaml::Node;

use super::exec::POSITIONS;
use super::{Fields, Reader};
use crate::yaml::hir::{ConsumeBundle, Depends, Name, Text};
use crate::yaml::messages;

/// Nothing is shown in mode `none`.
const MODES: [(&str, Option<InjectMode>); 3] = [
    ("list", Some(InjectMode::List)),
    ("content", Some(InjectMode::Content)),
    ("none", None),
];

impl Reader<'_> {
    /// The `depends_on` of a process; `agent` says that it has a prompt.
    pub(super) fn depends(&mut self, fields: &Fields<'_>, agent: bool) -> Option<Depends> {
        const KEYS: &[&str] = &["required", "optional", "inject"];
        let fields = self.fields(fields.get("depends_on")?, "`depends_on`", KEYS)?;
        self.gate_keys(&fields, &["inject"]);
        let required = self.patterns(&fields, "required");
        let optional = self.patterns(&fields, "optional");
        let inject = fields.entry("inject").and_then(|entry| {
            let inject = self.inject(&entry.value)?;
            if !agent {
                let span = entry.key.span;
                self.report(messages::key_of_other_form(
                    span,
                    "inject",
                    "command",
                    "steps with `provider`",
                ));
                return None;
            }
            Some(inject)
        });
        Some(Depends {
            required,
            optional,
            inject,
        })
    }

    /// A list of file patterns.
    fn patterns(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Text> {
        let what = format!("`{key}`");
        let items = fields
            .get(key)
            .and_then(|node| self.texts(node, &what))
            .unwrap_or_default();
        items
            .iter()
            .filter_map(|item| self.path(item, "a pattern"))
            .collect()
    }

    /// `true`, `false`, or how.
    fn inject(&mut self, node: &Node) -> Option<Inject> {
        const KEYS: &[&str] = &["mode", "instruction", "position"];
        if node.as_mapping().is_none() {
            // One of the words is taken for the mode.
            if node.as_str().is_some() {
                self.fields_of(node, "`inject`", KEYS, "mode");
                return None;
            }
            let on = self.bool(node, "`inject`")?;
            return on.then(|| Inject {
                mode: InjectMode::List,
                instruction: None,
                position: Default::default(),
            });
        }
        let fields = self.fields(node, "`inject`", KEYS)?;
        let mode = fields
            .get("mode")
            .map(|node| self.word(node, "`mode`", &MODES));
        let instruction = fields
            .get("instruction")
            .and_then(|node| self.name(node, "`instruction`"));
        let position = fields
            .get("position")
            .and_then(|node| self.word(node, "`position`", &POSITIONS));
        let mode = match mode {
            None => InjectMode::List,
            // What is no mode was reported.
            Some(mode) => mode.flatten()?,
        };
        Some(Inject {
            mode,
            instruction: instruction.map(|words| words.value),
            position: position.unwrap_or_default(),
        })
    }

    /// The `consume_bundle` of a step.
    pub(super) fn consume_bundle(&mut self, fields: &Fields<'_>) -> Option<ConsumeBundle> {
        let span = fields.key("consume_bundle")?;
        let node = fields.get("consume_bundle")?;
        if fields.get("consumes").is_none() {
            self.report(messages::needs_key(span, "consume_bundle", "consumes"));
        }
        let bundle = self.fields_of(node, "`consume_bundle`", &["path", "include"], "path")?;
        let path = self
            .required(&bundle, "path")
            .and_then(|node| self.path(node, "the consume bundle"));
        let include = bundle
            .get("include")
            .and_then(|node| self.strings(node, "`include`"));
        self.unique(include.iter().flatten(), "artifacts of");
        Some(ConsumeBundle {
            path: path?,
            include,
        })
    }

    /// Names of environment variables.
    pub(super) fn secrets(&mut self, fields: &Fields<'_>) -> Vec<Name> {
        let names = fields
            .get("secrets")
            .and_then(|node| self.strings(node, "`secrets`"))
            .unwrap_or_default();
        self.unique(names.iter(), "secrets");
        for name in &names {
            if name.value.contains(['=', '\0', '$']) {
                let message = format!("`{}` is no name of an environment variable", name.value);
                let found = messages::bad_value(name.span, message, "not a name")
                    .help("list the names; the values are taken from the environment");
                self.report(found);
            }
        }
        names
    }
}
