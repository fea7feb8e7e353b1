//! Types and contracts: what a value may be, and where it is written.

use wfc_diag::Span;
use wfc_ir::{Guidance, Type};
use wfc_syntax::yaml::Node;

use super::{Fields, Reader};
use crate::yaml::hir::{BundleField, Contract, Declared, FileOutput, Name, Output, Ref, Text};
use crate::yaml::messages;

/// The words for types that stand in a file as text.
pub(super) const SIMPLE: [&str; 6] = ["enum", "integer", "float", "bool", "relpath", "string"];
/// The words for types that only JSON can hold.
pub(super) const COMPOUND: [&str; 3] = ["optional", "list", "map"];

const TYPE_KEYS: &[&str] = &["type", "allowed", "under", "must_exist_target"];
const COMPOUND_KEYS: &[&str] = &[
    "type",
    "allowed",
    "under",
    "must_exist_target",
    "item",
    "items",
    "keys",
    "values",
];
const FIELD_KEYS: &[&str] = &[
    "name",
    "json_pointer",
    "kind",
    "type",
    "allowed",
    "under",
    "must_exist_target",
    "required",
    "description",
    "format_hint",
    "example",
    "item",
    "items",
    "keys",
    "values",
];

impl Reader<'_> {
    /// The type of an input or output of a workflow or statement: `kind` may
    /// be left out.
    pub(super) fn boundary_type(&mut self, fields: &Fields<'_>) -> Declared {
        self.kinded_type(fields, "")
    }

    /// The type of an artifact of the ledger. A scalar must not have
    /// `pointer_key`.
    pub(super) fn kinded_type(&mut self, fields: &Fields<'_>, pointer_key: &str) -> Declared {
        let declared = self.declared(fields, false);
        if let (Some(ty), Some(span)) = (&declared.ty, fields.key(pointer_key))
            && !matches!(ty, Type::Path { .. })
        {
            let message = format!("`{pointer_key}` goes with `type: relpath` only");
            self.report(messages::bad_contract(span, message, "no path"));
        }
        declared
    }

    /// The type that `type` and its companions describe, and `kind` repeats.
    fn declared(&mut self, fields: &Fields<'_>, compound: bool) -> Declared {
        let ty = self.type_of(fields, compound);
        if let (Some(ty), Some(span)) = (&ty, fields.get("type").map(Node::place)) {
            self.gate_string(ty, span);
        }
        self.kind(fields, ty.as_ref());
        Declared {
            ty,
            span: self.head(fields.span),
        }
    }

    /// Holds `kind` against the type.
    fn kind(&mut self, fields: &Fields<'_>, ty: Option<&Type>) {
        const KINDS: [(&str, bool); 2] = [("relpath", true), ("scalar", false)];
        let Some(node) = fields.get("kind") else {
            return;
        };
        let (Some(path), Some(ty)) = (self.word(node, "`kind`", &KINDS), ty) else {
            return;
        };
        let span = node.place();
        let found = match (path, matches!(ty, Type::Path { .. })) {
            (true, false) => messages::bad_contract(
                span,
                "`kind: relpath` goes with `type: relpath` only",
                "no path",
            )
            .help("write `kind: scalar`"),
            (false, true) => messages::bad_contract(
                span,
                "`kind: scalar` does not go with `type: relpath`",
                "a path is no scalar",
            )
            .help("write `kind: relpath`, or leave `kind` out"),
            _ => return,
        };
        self.report(found);
    }

    fn type_of(&mut self, fields: &Fields<'_>, compound: bool) -> Option<Type> {
        let node = self.required(fields, "type")?;
        let word = self.string(node, "`type`")?;
        let companions: &[&str] = match word.value.as_str() {
            "enum" => &["allowed"],
            "relpath" => &["under", "must_exist_target"],
            "optional" => &["item"],
            "list" => &["item", "items"],
            "map" => &["keys", "values"],
            _ => &[],
        };
        for key in COMPOUND_KEYS.iter().skip(1) {
            let (Some(span), false) = (fields.key(key), companions.contains(key)) else {
                continue;
            };
            let message = format!("`{key}` has no meaning with `type: {}`", word.value);
            self.report(messages::bad_contract(
                span,
                message,
                "belongs to another type",
            ));
        }
        Some(match word.value.as_str() {
            "bool" => Type::Bool,
            "integer" => Type::Int,
            "float" => Type::Float,
            "string" => Type::String,
            "enum" => Type::Enum {
                allowed: self.allowed(fields, word.span)?,
            },
            "relpath" => {
                let under = fields.get("under").and_then(|node| {
                    let root = self.name(node, "`under`")?;
                    self.safe_path(&root.value, root.span, "`under`");
                    Some(root.value.trim_end_matches('/').to_owned())
                });
                let must_exist = fields
                    .get("must_exist_target")
                    .and_then(|node| self.bool(node, "`must_exist_target`"));
                Type::Path {
                    under,
                    must_exist: must_exist.unwrap_or(false),
                }
            }
            "optional" if compound => Type::Optional {
                item: Box::new(self.inner(fields, "item")?),
            },
            "list" if compound => {
                let key = if fields.get("item").is_some() {
                    "item"
                } else {
                    "items"
                };
                Type::List {
                    item: Box::new(self.inner(fields, key)?),
                }
            }
            "map" if compound => {
                if let Some(node) = fields.get("keys") {
                    self.map_keys(node);
                }
                Type::Map {
                    value: Box::new(self.inner(fields, "values")?),
                }
            }
            other => {
                let allowed: Vec<&str> = match compound {
                    true => SIMPLE.iter().chain(&COMPOUND).copied().collect(),
                    false => SIMPLE.to_vec(),
                };
                let allowed = allowed.iter().copied();
                let found = messages::bad_word(word.span, "`type`", other, allowed);
                self.report(messages::foreign_type(found, word.span, other));
                return None;
            }
        })
    }

    fn inner(&mut self, fields: &Fields<'_>, key: &str) -> Option<Type> {
        let node = self.required(fields, key)?;
        let inner = self.fields(node, "a type", COMPOUND_KEYS)?;
        self.type_of(&inner, true)
    }

    fn map_keys(&mut self, node: &Node) {
        let Some(fields) = self.fields(node, "the type of keys", TYPE_KEYS) else {
            return;
        };
        if let Some(node) = self.required(&fields, "type") {
            self.word(node, "the type of keys", &[("string", ())]);
        }
    }

    pub(super) fn allowed(&mut self, fields: &Fields<'_>, ty: Span) -> Option<Vec<String>> {
        let Some(node) = fields.get("allowed") else {
            if !self.broken {
                self.report(
                    messages::bad_contract(ty, "an enum needs `allowed`", "an enum of what?")
                        .help("list its words: `allowed: [APPROVE, REVISE]`"),
                );
            }
            return None;
        };
        let words = self.strings(node, "`allowed`")?;
        if words.is_empty() {
            if node.as_sequence().is_some_and(<[Node]>::is_empty) {
                self.report(messages::empty(node.place(), "`allowed`", "its words"));
            }
            return None;
        }
        self.unique(words.iter(), "words");
        Some(words.into_iter().map(|word| word.value).collect())
    }

    /// Reports each name that was there before.
    pub(super) fn unique<'n>(&mut self, names: impl Iterator<Item = &'n Name>, what: &str) {
        let mut seen = std::collections::HashMap::new();
        for name in names {
            match seen.get(name.value.as_str()) {
                Some(first) => {
                    let found = messages::duplicate(name.span, what, &name.value, *first);
                    self.report(found);
                }
                None => {
                    seen.insert(name.value.as_str(), name.span);
                }
            }
        }
    }

    /// A named output: a type and where the value comes from.
    pub(super) fn output(&mut self, name: Name, node: &Node) -> Option<Output> {
        const KEYS: &[&str] = &[
            "kind",
            "type",
            "allowed",
            "under",
            "must_exist_target",
            "from",
            "description",
        ];
        let fields = self.fields(node, "an output", KEYS)?;
        let declared = self.boundary_type(&fields);
        let from = self
            .required(&fields, "from")
            .and_then(|node| self.from(node));
        Some(Output {
            name,
            declared,
            from,
        })
    }

    /// `{ref: ...}`.
    pub(super) fn from(&mut self, node: &Node) -> Option<Ref> {
        let fields = self.fields_of(node, "`from`", &["ref"], "ref")?;
        let node = self.required(&fields, "ref")?;
        self.reference(node)
    }

    /// The output contract of a step, whichever it has.
    pub(super) fn contract(&mut self, fields: &Fields<'_>) -> Option<Contract> {
        const CONTRACTS: [&str; 3] = ["expected_outputs", "output_bundle", "variant_output"];
        let mut present = CONTRACTS
            .iter()
            .filter_map(|key| fields.key(key).map(|span| (span, *key)));
        let first = present.next();
        for second in present {
            if let Some(first) = first {
                self.report(messages::key_conflict(first, second));
            }
        }
        let node = |key| fields.get(key);
        if let Some(node) = node("expected_outputs") {
            return self.expected_outputs(node);
        }
        if let Some(node) = node("output_bundle") {
            return self.output_bundle(node);
        }
        node("variant_output")
            .and_then(|node| self.variant_output(node))
            .map(Contract::Variant)
    }

    fn expected_outputs(&mut self, node: &Node) -> Option<Contract> {
        const KEYS: &[&str] = &[
            "name",
            "path",
            "kind",
            "type",
            "allowed",
            "under",
            "must_exist_target",
            "required",
            "description",
            "format_hint",
            "example",
        ];
        let items = self.list(node, "`expected_outputs`")?;
        if items.is_empty() {
            let span = node.place();
            self.report(messages::empty(span, "`expected_outputs`", "a file"));
        }
        let mut files = Vec::with_capacity(items.len());
        for item in items {
            let Some(fields) = self.fields(item, "an expected output", KEYS) else {
                continue;
            };
            let name = self.artifact_name(&fields);
            let path = self
                .required(&fields, "path")
                .and_then(|node| self.path(node, "an output file"));
            let declared = self.declared(&fields, false);
            let required = self.is_required(&fields);
            let guidance = self.guidance(&fields);
            // Without a path there still is an artifact of this name.
            if let Some(name) = name {
                files.push(FileOutput {
                    path: path.unwrap_or(Text::literal(name.span, "")),
                    name,
                    declared,
                    required,
                    guidance,
                });
            }
        }
        self.unique(files.iter().map(|file| &file.name), "artifacts");
        Some(Contract::Files(files))
    }

    fn output_bundle(&mut self, node: &Node) -> Option<Contract> {
        let fields = self.fields(node, "an output bundle", &["path", "fields"])?;
        let path = self
            .required(&fields, "path")
            .and_then(|node| self.path(node, "an output bundle"));
        let list = self.required(&fields, "fields")?;
        let bundle = self.bundle_fields(list, "`fields`");
        if list.as_sequence().is_some_and(<[Node]>::is_empty) {
            self.report(messages::empty(list.place(), "`fields`", "a field"));
        }
        self.unique(bundle.iter().map(|field| &field.name), "artifacts");
        Some(Contract::Bundle {
            path: path.unwrap_or(Text::literal(fields.span, "")),
            fields: bundle,
        })
    }

    pub(super) fn bundle_fields(&mut self, node: &Node, what: &str) -> Vec<BundleField> {
        let items = self.list(node, what).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| self.bundle_field(item))
            .collect()
    }

    pub(super) fn bundle_field(&mut self, node: &Node) -> Option<BundleField> {
        let fields = self.fields(node, "a field", FIELD_KEYS)?;
        let name = self.artifact_name(&fields);
        let pointer = self
            .required(&fields, "json_pointer")
            .and_then(|node| self.pointer(node, "`json_pointer`"));
        let declared = self.declared(&fields, true);
        let required = self.is_required(&fields);
        let guidance = self.guidance(&fields);
        // Without a pointer there still is an artifact of this name.
        let name = name?;
        Some(BundleField {
            pointer: pointer.unwrap_or(Name::new(String::new(), name.span)),
            name,
            declared,
            required,
            guidance,
        })
    }

    fn artifact_name(&mut self, fields: &Fields<'_>) -> Option<Name> {
        let node = self.required(fields, "name")?;
        self.name(node, "the name of an artifact")
    }

    fn is_required(&mut self, fields: &Fields<'_>) -> bool {
        fields
            .get("required")
            .and_then(|node| self.bool(node, "`required`"))
            .unwrap_or(true)
    }

    /// Words for the one who writes or reads a value.
    pub(super) fn guidance(&mut self, fields: &Fields<'_>) -> Guidance {
        let mut words = |key: &str| {
            fields
                .get(key)
                .and_then(|node| self.words_of(node, &format!("`{key}`")))
        };
        Guidance {
            description: words("description"),
            format_hint: words("format_hint"),
            example: words("example"),
        }
    }

    pub(super) fn pointer(&mut self, node: &Node, what: &str) -> Option<Name> {
        let pointer = self.string(node, what)?;
        let text = &pointer.value;
        let escapes = text.split('~').skip(1);
        let fits = (text.is_empty() || text.starts_with('/'))
            && escapes
                .into_iter()
                .all(|rest| rest.starts_with('0') || rest.starts_with('1'));
        if !fits {
            self.report(messages::bad_pointer(pointer.span, text));
            return None;
        }
        Some(pointer)
    }

    /// Reports a path that is absolute or climbs.
    pub(super) fn safe_path(&mut self, path: &str, span: Span, what: &str) {
        if path.starts_with('/') {
            self.report(messages::unsafe_path(span, what, true));
        } else if path.split('/').any(|part| part == "..") {
            self.report(messages::unsafe_path(span, what, false));
        }
    }
}
