//! Values that become artifacts: `materialize_artifacts`.

use wfc_syntax::yaml::Node;

use super::contract::SIMPLE;
use super::{Fields, Reader};
use crate::yaml::hir::{Exec, Material, Part, Refinement, Source, Spanned, Text};
use crate::yaml::messages;

/// Stands for the name of the input in a pointer of many.
const NAME_HOLE: &str = "{name}";

const SOURCES: [&str; 4] = ["input", "ref", "literal", "runtime"];

const REFINEMENT_KEYS: [&str; 5] = ["kind", "type", "allowed", "under", "must_exist_target"];

impl Reader<'_> {
    pub(super) fn materialize(&mut self, node: &Node) -> Option<Exec> {
        let fields = self.fields(node, "`materialize_artifacts`", &["values", "input_values"])?;
        let mut values = Vec::new();
        if let Some(node) = fields.get("values") {
            let items = self.list(node, "`values`").unwrap_or_default();
            values.extend(items.iter().filter_map(|item| self.material(item)));
        }
        if let Some(node) = fields.get("input_values") {
            let items = self.list(node, "`input_values`").unwrap_or_default();
            for item in items {
                self.input_values(item, &mut values);
            }
        }
        let empty = |key: &str| {
            let node = fields.get(key);
            node.is_none_or(|node| node.as_sequence().is_some_and(<[Node]>::is_empty))
        };
        if empty("values") && empty("input_values") && !self.broken {
            let head = self.head(fields.span);
            let found = messages::empty(head, "`materialize_artifacts`", "`values`");
            self.report(found);
        }
        self.unique(values.iter().map(|value| &value.name), "values");
        Some(Exec::Materialize(values))
    }

    fn material(&mut self, node: &Node) -> Option<Material> {
        const KEYS: &[&str] = &["name", "source", "contract", "pointer", "ensure_parent"];
        let fields = self.fields(node, "a value", KEYS)?;
        let name = self
            .required(&fields, "name")
            .and_then(|node| self.name(node, "the name of a value"));
        let source = self.required(&fields, "source");
        let source_span = source.map_or(fields.span, |node| self.head(node.place()));
        let source = source.map_or(Source::Unknown, |node| self.source(node));
        let contract = fields
            .get("contract")
            .and_then(|node| self.refinement(node, matches!(source, Source::Literal(_))));
        if let (Source::Literal(value), None) = (&source, fields.get("contract")) {
            let what = "a value with a `literal` source";
            self.report(messages::missing_key(value.span, "contract", what));
        }
        let pointer = fields.key("pointer").zip(fields.get("pointer"));
        let pointer = pointer.and_then(|(key, node)| {
            let inner = self.fields_of(node, "`pointer`", &["path"], "path")?;
            let node = self.required(&inner, "path")?;
            Some((self.path(node, "a pointer")?, key))
        });
        let ensure_parent = fields.key("ensure_parent").zip(fields.get("ensure_parent"));
        let ensure_parent = ensure_parent.and_then(|(key, node)| {
            let wanted = self.bool(node, "`ensure_parent`")?;
            wanted.then_some(key)
        });
        Some(Material {
            name: name?,
            source,
            source_span,
            contract,
            pointer,
            ensure_parent,
        })
    }

    fn source(&mut self, node: &Node) -> Source {
        let Some(fields) = self.fields(node, "a source", &SOURCES) else {
            return Source::Unknown;
        };
        let mut present = SOURCES
            .iter()
            .filter_map(|key| fields.key(key).map(|span| (span, *key)));
        let Some(first) = present.next() else {
            if !self.broken {
                let head = self.head(fields.span);
                self.report(messages::no_source(head, &SOURCES));
            }
            return Source::Unknown;
        };
        for second in present {
            self.report(messages::key_conflict(first, second));
        }
        let read = fields.get(first.1).and_then(|node| match first.1 {
            "input" => self.name(node, "`input`").map(Source::Input),
            "ref" => self.reference(node).map(Source::Ref),
            "literal" => self.json(node, "`literal`").map(Source::Literal),
            _ => self
                .word(node, "`runtime`", &[("now_ns", ())])
                .map(|()| Source::NowNs),
        });
        read.unwrap_or(Source::Unknown)
    }

    /// What is said about a type: `inherit`, or the parts that narrow it. Of a
    /// literal the `whole` type is to be said.
    fn refinement(&mut self, node: &Node, whole: bool) -> Option<Refinement> {
        if node.as_str().is_some() {
            self.word(node, "`contract`", &[("inherit", ())]);
            return None;
        }
        let keys: Vec<&str> = REFINEMENT_KEYS
            .into_iter()
            .chain(["inherit", "refine", "description"])
            .collect();
        let fields = self.fields(node, "a contract", &keys)?;
        if let Some(node) = fields.get("inherit") {
            self.word(node, "`inherit`", &[("source", ())]);
        }
        if let Some(node) = fields.get("description") {
            self.words_of(node, "`description`");
        }
        let mut refinement = self.narrowing(&fields);
        if let Some(node) = fields.get("refine") {
            let inner = self.fields(node, "`refine`", &REFINEMENT_KEYS)?;
            for key in REFINEMENT_KEYS {
                if let (Some(first), Some(second)) = (fields.key(key), inner.key(key)) {
                    self.report(messages::key_conflict((first, key), (second, "refine")));
                }
            }
            let inner = self.narrowing(&inner);
            refinement = Refinement {
                span: refinement.span,
                kind: inner.kind.or(refinement.kind),
                ty: inner.ty.or(refinement.ty),
                allowed: inner.allowed.or(refinement.allowed),
                under: inner.under.or(refinement.under),
                must_exist: inner.must_exist.or(refinement.must_exist),
            };
        }
        if whole && refinement.ty.is_none() && fields.key("type").is_none() && !self.broken {
            let what = "the contract of a literal";
            self.report(messages::missing_key(refinement.span, "type", what));
        }
        Some(refinement)
    }

    fn narrowing(&mut self, fields: &Fields<'_>) -> Refinement {
        let ty = fields
            .get("type")
            .and_then(|node| self.name(node, "`type`"));
        let ty = ty.filter(|word| {
            let known = SIMPLE.contains(&word.value.as_str());
            let nested = super::contract::COMPOUND.contains(&word.value.as_str());
            if !known && !nested {
                let found = messages::bad_word(word.span, "`type`", &word.value, SIMPLE);
                let found = messages::foreign_type(found, word.span, &word.value);
                self.report(found);
            }
            known || nested
        });
        let kind = fields.get("kind").and_then(|node| {
            let is_path = self.word(node, "`kind`", &[("relpath", true), ("scalar", false)])?;
            Some(Spanned::new(is_path, node.place()))
        });
        if let (Some(kind), Some(ty)) = (&kind, &ty)
            && kind.value != (ty.value == "relpath")
        {
            let message = format!("`kind` does not go with `type: {}`", ty.value);
            self.report(messages::bad_contract(kind.span, message, "another kind"));
        }
        let allowed = fields.get("allowed").and_then(|node| {
            let words = self.allowed(fields, node.place())?;
            Some(Spanned::new(words, node.place()))
        });
        let under = fields.get("under").and_then(|node| {
            let root = self.name(node, "`under`")?;
            self.safe_path(&root.value, root.span, "`under`");
            let value = root.value.trim_end_matches('/').to_owned();
            Some(Spanned::new(value, root.span))
        });
        let must_exist = fields.get("must_exist_target").and_then(|node| {
            let value = self.bool(node, "`must_exist_target`")?;
            Some(Spanned::new(value, node.place()))
        });
        Refinement {
            span: self.head(fields.span),
            kind,
            ty,
            allowed,
            under,
            must_exist,
        }
    }

    /// One value for each name of a group of inputs.
    fn input_values(&mut self, node: &Node, values: &mut Vec<Material>) {
        const KEYS: &[&str] = &["names", "contract", "pointer_template"];
        let Some(fields) = self.fields(node, "a group of inputs", KEYS) else {
            return;
        };
        let names = self
            .required(&fields, "names")
            .and_then(|node| self.strings(node, "`names`"));
        if let Some(node) = fields.get("names")
            && node.as_sequence().is_some_and(<[Node]>::is_empty)
        {
            self.report(messages::empty(node.place(), "`names`", "an input"));
        }
        if let Some(node) = self.required(&fields, "contract") {
            self.word(node, "`contract`", &[("inherit", ())]);
        }
        let template = self
            .required(&fields, "pointer_template")
            .and_then(|node| self.path(node, "`pointer_template`"));
        if let Some(template) = template.as_ref().filter(|text| !has_name_hole(text)) {
            self.report(messages::no_name_hole(template.span));
        }
        let key = fields.key("pointer_template").unwrap_or(fields.span);
        for name in names.unwrap_or_default() {
            let pointer = template.as_ref().map(|text| {
                if name.value.contains('/') {
                    self.safe_path(&name.value, name.span, "a pointer");
                }
                (text.replaced(NAME_HOLE, &name.value), key)
            });
            values.push(Material {
                source: Source::Input(name.clone()),
                source_span: name.span,
                name,
                contract: None,
                pointer,
                ensure_parent: None,
            });
        }
    }
}

fn has_name_hole(text: &Text) -> bool {
    text.parts
        .iter()
        .any(|part| matches!(part, Part::Lit(text) if text.contains(NAME_HOLE)))
}
