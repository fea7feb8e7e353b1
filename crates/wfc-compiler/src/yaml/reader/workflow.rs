//! The whole file: its header, its registries, its steps.

use std::path::PathBuf;

use wfc_diag::Span;
use wfc_ir::{InputMode, Limits, Protocol, Type};
use wfc_syntax::yaml::{Kind, Node, Value as Tree};

use super::agents::SessionHole;
use super::step::Place;
use super::{Fields, Reader, named};
use crate::yaml::gates::{Feature, Version};
use crate::yaml::hir::{
    ArtifactDef, Block, Declared, Import, Input, Name, ProviderArg, ProviderDef, SessionDef,
    Spanned, Workflow,
};
use crate::yaml::messages;

const KEYS: &[&str] = &[
    "version",
    "name",
    "strict_flow",
    "context",
    "inputs",
    "outputs",
    "imports",
    "providers",
    "artifacts",
    "max_transitions",
    "steps",
    "finally",
    "secrets",
    "inbox_dir",
    "processed_dir",
    "failed_dir",
    "task_extension",
];

const GATED: &[&str] = &[
    "inputs",
    "outputs",
    "imports",
    "artifacts",
    "max_transitions",
    "finally",
];

/// The registries whose entries can go when nothing uses them.
const REMOVABLE: &[&str] = &["imports", "providers", "artifacts"];

const INPUT_MODES: [(&str, InputMode); 2] =
    [("argv", InputMode::Argv), ("stdin", InputMode::Stdin)];

impl Reader<'_> {
    pub(super) fn workflow(&mut self, path: PathBuf, root: &Node) -> Option<Workflow> {
        let mapping = self.mapping(root, "a workflow")?;
        let mut fields = Fields::new(root, mapping, "a workflow");
        self.strict(&mut fields, KEYS);
        // The version first: everything else is judged by it.
        let version = self.version(&fields);
        self.gate_keys(&fields, GATED);

        let name = fields
            .get("name")
            .and_then(|node| self.name(node, "the name of a workflow"));
        let strict = fields
            .get("strict_flow")
            .and_then(|node| self.bool(node, "`strict_flow`"));
        let max_transitions = fields
            .get("max_transitions")
            .and_then(|node| self.count(node, "`max_transitions`", 1));
        let context = self.context(&fields);
        let inputs = self.entries(&fields, "inputs", Self::input);
        let outputs = self.entries(&fields, "outputs", |reader, name, node| {
            reader.redundant_kind(node);
            reader.output(name, node)
        });
        let imports = self.entries(&fields, "imports", Self::import);
        let providers = self.entries(&fields, "providers", Self::provider);
        let artifacts = self.entries(&fields, "artifacts", Self::artifact);
        let secrets = self.secrets(&fields);
        let processed_dir = self.queue(&fields);
        let body = self.body(&fields);
        let finally = fields
            .entry("finally")
            .map(|entry| self.block(entry, "`finally`", Place::Finally, false));
        let removals = super::remove::removals(self.text, root, REMOVABLE);
        Some(Workflow {
            path,
            version,
            name,
            context,
            inputs,
            outputs,
            imports,
            providers,
            artifacts,
            secrets,
            strict: strict.unwrap_or(true),
            max_transitions: max_transitions.map(|n| n.value),
            processed_dir,
            body,
            finally,
            step_count: self.steps,
            block_count: self.blocks,
            broken: self.broken || self.lost,
            removals,
        })
    }

    fn version(&mut self, fields: &Fields<'_>) -> Option<Spanned<Version>> {
        let Some(node) = fields.get("version") else {
            if !self.broken {
                let start = Span::at(self.file, fields.span.start as usize);
                self.report(messages::missing_version(start));
            }
            return None;
        };
        let span = node.place();
        // Also when the quotes are missing: the file is judged by the version
        // that was meant. The text counts, since 2.10 is not 2.1.
        let text = match node.as_scalar() {
            Some(scalar) if scalar.kind != Kind::Null => scalar.text.as_str(),
            _ => {
                self.wrong_type(node, "`version`", "a text");
                return None;
            }
        };
        let version = Version::parse(text);
        match version {
            None => self.report(messages::unknown_version(span, text)),
            Some(_) if node.as_str().is_none() => {
                self.wrong_type(node, "`version`", "a text in quotes");
            }
            Some(_) => {}
        }
        let version = Spanned::new(version?, span);
        self.version = version.clone();
        Some(version)
    }

    /// Reads each entry of a mapping of named things.
    fn entries<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, Name, &Node) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        let Some(mapping) = self.mapping(node, &format!("`{key}`")) else {
            self.lost = true;
            return Vec::new();
        };
        mapping
            .into_iter()
            .filter_map(|entry| read(self, named(entry), &entry.value))
            .collect()
    }

    fn context(&mut self, fields: &Fields<'_>) -> Vec<(Name, String)> {
        self.entries(fields, "context", |reader, name, node| {
            let Tree::Scalar(scalar) = &node.value else {
                reader.wrong_type(node, "a context value", "a text, a number or a boolean");
                return None;
            };
            // Context values are texts; those that are no text keep the
            // capitals they always had in prompts.
            let text = match scalar.kind {
                Kind::Bool(true) => "True".to_owned(),
                Kind::Bool(false) => "False".to_owned(),
                Kind::Null => "None".to_owned(),
                Kind::Int(value) => value.to_string(),
                Kind::Date => {
                    reader.json_scalar(node, scalar, "a context value");
                    return None;
                }
                Kind::String | Kind::Float(_) | Kind::BigInt => scalar.text.clone(),
            };
            Some((name, text))
        })
    }

    fn input(&mut self, name: Name, node: &Node) -> Option<Input> {
        const KEYS: &[&str] = &[
            "kind",
            "type",
            "allowed",
            "under",
            "must_exist_target",
            "required",
            "default",
            "description",
        ];
        let Some(fields) = self.fields_of(node, "an input", KEYS, "type") else {
            return Some(Input {
                declared: unread(&name),
                name,
                required: false,
                default: None,
                description: None,
            });
        };
        self.redundant_kind(node);
        let declared = self.boundary_type(&fields);
        let required = fields
            .get("required")
            .and_then(|node| self.bool(node, "`required`"));
        let default = fields
            .get("default")
            .and_then(|node| self.json(node, "a default"));
        let description = fields
            .get("description")
            .and_then(|node| self.words_of(node, "`description`"));
        Some(Input {
            name,
            declared,
            required: required.unwrap_or(true),
            default,
            description,
        })
    }

    /// Advises against `kind: relpath` beside `type: relpath`.
    fn redundant_kind(&mut self, node: &Node) {
        let Some(mapping) = node.as_mapping() else {
            return;
        };
        let says = |key: &str| {
            let entry = mapping.get(key)?;
            (entry.value.as_str() == Some("relpath")).then_some(entry)
        };
        if let (Some(kind), Some(_)) = (says("kind"), says("type")) {
            let removal = super::remove::entry(self.text, node, "kind");
            self.report(messages::redundant_kind(kind.key.span, removal));
        }
    }

    fn import(&mut self, alias: Name, node: &Node) -> Option<Import> {
        let path = self.name(node, "an import").filter(|path| {
            let relative = !path.value.starts_with('/');
            if !relative {
                self.report(messages::absolute_import(path.span));
            }
            relative
        });
        Some(Import { alias, path })
    }

    fn provider(&mut self, name: Name, node: &Node) -> Option<ProviderDef> {
        const KEYS: &[&str] = &[
            "command",
            "input_mode",
            "output",
            "defaults",
            "timeout_sec",
            "first_output_sec",
            "idle_output_sec",
            "grace_sec",
            "session_support",
        ];
        let Some(fields) = self.fields(node, "a provider", KEYS) else {
            return Some(ProviderDef {
                name,
                command: Vec::new(),
                input: InputMode::default(),
                defaults: Vec::new(),
                output: Protocol::Plain,
                timeout_sec: None,
                limits: Limits::default(),
                session: Some(SessionDef::default()),
            });
        };
        let input = fields
            .get("input_mode")
            .and_then(|node| self.word(node, "`input_mode`", &INPUT_MODES))
            .unwrap_or_default();
        let command = match self.required(&fields, "command") {
            Some(node) => {
                let what = "the command of a provider";
                self.template_command(node, input, what, SessionHole::Never)
            }
            None => Vec::new(),
        };
        let defaults = fields
            .get("defaults")
            .map(|node| self.params(node, "`defaults`"))
            .unwrap_or_default();
        let output = self.protocol(&fields);
        if let Some(span) = fields.key("timeout_sec") {
            self.gate(Feature::TemplateTimeout, span);
        }
        let timeout_sec = fields
            .get("timeout_sec")
            .and_then(|node| self.seconds(node, "`timeout_sec`"));
        let limits = self.limits(&fields);
        let session = self.session_support(&fields, input);
        Some(ProviderDef {
            name,
            command,
            input,
            defaults,
            output,
            timeout_sec,
            limits,
            session,
        })
    }

    /// A command of a provider template, called `what`.
    pub(super) fn template_command(
        &mut self,
        node: &Node,
        input: InputMode,
        what: &str,
        session: SessionHole,
    ) -> Vec<ProviderArg> {
        let Some(items) = self.texts(node, what) else {
            return Vec::new();
        };
        if items.is_empty() {
            let span = node.place();
            self.report(messages::empty(span, what, "the program to start"));
        }
        let mut args = Vec::with_capacity(items.len());
        for item in items {
            let Some(text) = self.string(item, "an argument of a provider") else {
                continue;
            };
            let holes = self.parameters(item, &text.value);
            if input == InputMode::Stdin {
                for hole in holes.iter().filter(|hole| hole.value == "PROMPT") {
                    self.report(
                        messages::bad_value(
                            hole.span,
                            "`${PROMPT}` has no meaning with `input_mode: stdin`",
                            "the prompt comes on standard input",
                        )
                        .help("remove it, or use `input_mode: argv`"),
                    );
                }
            }
            args.push(ProviderArg { text, holes });
        }
        self.session_holes(node, &args, session);
        args
    }

    fn artifact(&mut self, name: Name, node: &Node) -> Option<ArtifactDef> {
        const KEYS: &[&str] = &[
            "kind",
            "type",
            "allowed",
            "pointer",
            "under",
            "must_exist_target",
            "description",
        ];
        let Some(fields) = self.fields(node, "an artifact", KEYS) else {
            return Some(ArtifactDef {
                declared: unread(&name),
                name,
                pointer: None,
            });
        };
        let declared = self.kinded_type(&fields, "pointer");
        let pointer = fields
            .get("pointer")
            .and_then(|node| self.path(node, "a pointer file"));
        let is_path = matches!(declared.ty, Some(Type::Path { .. }));
        if is_path && fields.get("pointer").is_none() {
            self.required(&fields, "pointer");
        }
        Some(ArtifactDef {
            name,
            declared,
            pointer,
        })
    }

    fn body(&mut self, fields: &Fields<'_>) -> Block {
        match fields.entry("steps") {
            Some(entry) => {
                self.lost |= entry.value.as_sequence().is_none();
                self.block(entry, "`steps`", Place::Body, false)
            }
            None => {
                self.lost = true;
                self.required(fields, "steps");
                Block {
                    ix: self.next_block(),
                    span: fields.span,
                    id: None,
                    outputs: Vec::new(),
                    steps: Vec::new(),
                }
            }
        }
    }

    /// Reports a feature that the version lacks; for types.
    pub(super) fn gate_string(&mut self, ty: &Type, span: Span) {
        if *ty == Type::String {
            self.gate(Feature::StringType, span);
        }
    }
}

/// The type of something that could not be read.
fn unread(name: &Name) -> Declared {
    Declared {
        ty: None,
        span: name.span,
    }
}
