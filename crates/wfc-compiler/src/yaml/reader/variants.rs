//! Variants: contracts with several shapes, the snapshots and choices that
//! lead to one, and the need for one.

use std::collections::HashMap;

use wfc_diag::Span;
use wfc_ir::{Extract, SNAPSHOT_BYTES, SNAPSHOT_BYTES_LIMIT, Type};
use wfc_syntax::yaml::Node;

use super::{Fields, Reader, named};
use crate::yaml::hir::{
    BundleField, Exec, Name, PreSnapshot, Ref, RequiresVariant, Select, Variant, VariantContract,
};
use crate::yaml::messages;

impl Reader<'_> {
    pub(super) fn variant_output(&mut self, node: &Node) -> Option<VariantContract> {
        const KEYS: &[&str] = &["path", "discriminant", "shared_fields", "variants"];
        let fields = self.fields(node, "a variant output", KEYS)?;
        self.variant_contract(&fields, "a variant output")
    }

    /// The parts that both kinds of variant contracts have.
    fn variant_contract(&mut self, fields: &Fields<'_>, what: &str) -> Option<VariantContract> {
        let path = self
            .required(fields, "path")
            .and_then(|node| self.path(node, what));
        let discriminant = self
            .required(fields, "discriminant")
            .and_then(|node| self.discriminant(node));
        let shared = match fields.get("shared_fields") {
            Some(node) => self.bundle_fields(node, "`shared_fields`"),
            None => Vec::new(),
        };
        let node = self.required(fields, "variants")?;
        let mapping = self.mapping(node, "`variants`")?;
        if mapping.is_empty() {
            self.report(messages::empty(node.place(), "`variants`", "a variant"));
        }
        let mut variants = Vec::with_capacity(mapping.len());
        for entry in mapping {
            let Some(inner) = self.fields(&entry.value, "a variant", &["fields", "forbidden"])
            else {
                continue;
            };
            let fields = match inner.get("fields") {
                Some(node) => self.bundle_fields(node, "`fields`"),
                None => Vec::new(),
            };
            let forbidden = match inner.get("forbidden") {
                Some(node) => self.forbidden(node),
                None => Vec::new(),
            };
            variants.push(Variant {
                name: named(entry),
                fields,
                forbidden,
            });
        }
        let contract = VariantContract {
            path: path?,
            discriminant: discriminant?,
            shared,
            variants,
        };
        self.variant_words(&contract);
        self.variant_names(&contract);
        for variant in &contract.variants {
            self.forbids_itself(variant, &contract);
        }
        Some(contract)
    }

    fn forbidden(&mut self, node: &Node) -> Vec<Name> {
        let items = self.texts(node, "`forbidden`").unwrap_or_default();
        let pointers: Vec<Name> = items
            .iter()
            .filter_map(|item| self.pointer(item, "an item of `forbidden`"))
            .collect();
        self.unique(pointers.iter(), "pointers");
        pointers
    }

    fn discriminant(&mut self, node: &Node) -> Option<BundleField> {
        let field = self.bundle_field(node)?;
        match field.declared.ty {
            Some(Type::Enum { .. }) | None => {}
            Some(_) => self.report(messages::bad_contract(
                field.declared.span,
                "the discriminant must be an enum",
                "not an enum",
            )),
        }
        Some(field)
    }

    /// The variants are the words of the discriminant.
    fn variant_words(&mut self, contract: &VariantContract) {
        let discriminant = &contract.discriminant;
        let Some(Type::Enum { allowed }) = &discriminant.declared.ty else {
            return;
        };
        for variant in &contract.variants {
            if !allowed.contains(&variant.name.value) {
                self.report(messages::unknown_case(
                    variant.name.span,
                    &variant.name.value,
                    &discriminant.name.value,
                    allowed.iter().map(String::as_str),
                    Some(discriminant.declared.span),
                ));
            }
        }
        let named = |word: &str| contract.variants.iter().any(|v| v.name.value == word);
        let missing: Vec<&str> = allowed
            .iter()
            .map(String::as_str)
            .filter(|word| !named(word))
            .collect();
        if !missing.is_empty() && !self.broken {
            self.report(messages::missing_variants(
                discriminant.declared.span,
                &discriminant.name.value,
                &missing,
            ));
        }
    }

    /// Within a variant no name and no pointer stands for two things.
    fn variant_names(&mut self, contract: &VariantContract) {
        let common: Vec<&BundleField> = std::iter::once(&contract.discriminant)
            .chain(&contract.shared)
            .collect();
        self.distinct(&[], &common);
        for variant in &contract.variants {
            let own: Vec<&BundleField> = variant.fields.iter().collect();
            self.distinct(&common, &own);
        }
    }

    /// Reports fields of `own` whose name or pointer is used before, there or
    /// in `common`.
    fn distinct(&mut self, common: &[&BundleField], own: &[&BundleField]) {
        // A pointer that could not be read stands at the name.
        let name = |field: &'_ BundleField| Some(field.name.clone());
        let pointer = |field: &'_ BundleField| {
            (field.pointer.span != field.name.span).then(|| field.pointer.clone())
        };
        type Part<'p> = &'p dyn Fn(&BundleField) -> Option<Name>;
        let parts: [(&str, Part<'_>); 2] = [("artifacts", &name), ("pointers", &pointer)];
        for (what, part) in parts {
            let mut seen: HashMap<String, Span> = common
                .iter()
                .filter_map(|field| part(field))
                .map(|name| (name.value, name.span))
                .collect();
            for name in own.iter().filter_map(|field| part(field)) {
                match seen.get(&name.value) {
                    Some(first) => {
                        let found = messages::duplicate(name.span, what, &name.value, *first);
                        self.report(found);
                    }
                    None => {
                        seen.insert(name.value, name.span);
                    }
                }
            }
        }
    }

    /// Reports pointers that a variant forbids although it needs what is there.
    fn forbids_itself(&mut self, variant: &Variant, contract: &VariantContract) {
        let needed = std::iter::once(&contract.discriminant)
            .chain(&contract.shared)
            .chain(&variant.fields)
            .filter(|field| field.required);
        let needed: Vec<&BundleField> = needed.collect();
        for pointer in &variant.forbidden {
            let inside = |field: &&&BundleField| {
                let rest = field.pointer.value.strip_prefix(pointer.value.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if let Some(field) = needed.iter().find(inside) {
                self.report(messages::forbids_itself(
                    pointer.span,
                    &pointer.value,
                    &variant.name.value,
                    (&field.name.value, field.name.span),
                ));
            }
        }
    }

    pub(super) fn requires_variant(&mut self, node: &Node) -> Option<RequiresVariant> {
        let fields = self.fields(node, "`requires_variant`", &["step", "value"])?;
        let step = self
            .required(&fields, "step")
            .and_then(|node| self.name(node, "`step`"));
        let variant = self
            .required(&fields, "value")
            .and_then(|node| self.name(node, "`value`"));
        Some(RequiresVariant {
            step: step?,
            variant: variant?,
        })
    }

    pub(super) fn pre_snapshot(&mut self, node: &Node) -> Option<PreSnapshot> {
        const KEYS: &[&str] = &["name", "digest", "max_bytes_per_candidate", "candidates"];
        let fields = self.fields(node, "`pre_snapshot`", KEYS)?;
        let name = self
            .required(&fields, "name")
            .and_then(|node| self.name(node, "the name of a snapshot"));
        if let Some(node) = self.required(&fields, "digest") {
            self.word(node, "`digest`", &[("sha256", ())]);
        }
        let max_bytes = fields.get("max_bytes_per_candidate").and_then(|node| {
            let bytes = self.count(node, "`max_bytes_per_candidate`", 1)?;
            if bytes.value > SNAPSHOT_BYTES_LIMIT {
                self.report(messages::bad_value(
                    bytes.span,
                    format!("`max_bytes_per_candidate` can be at most {SNAPSHOT_BYTES_LIMIT}"),
                    "too large",
                ));
                return None;
            }
            Some(bytes.value)
        });
        let node = self.required(&fields, "candidates")?;
        let mapping = self.mapping(node, "`candidates`")?;
        if mapping.is_empty() {
            self.report(messages::empty(node.place(), "`candidates`", "a candidate"));
        }
        let candidates = mapping
            .into_iter()
            .filter_map(|entry| Some((named(entry), self.ref_of(&entry.value, "a candidate")?)))
            .collect();
        Some(PreSnapshot {
            name: name?,
            candidates,
            max_bytes: max_bytes.unwrap_or(SNAPSHOT_BYTES),
        })
    }

    /// `{ref: ...}`.
    fn ref_of(&mut self, node: &Node, what: &'static str) -> Option<Ref> {
        let fields = self.fields_of(node, what, &["ref"], "ref")?;
        let node = self.required(&fields, "ref")?;
        self.reference(node)
    }

    pub(super) fn select(&mut self, node: &Node) -> Option<Exec> {
        const KEYS: &[&str] = &[
            "evidence",
            "path",
            "discriminant",
            "shared_fields",
            "variants",
            "extract",
        ];
        let fields = self.fields(node, "`select_variant_output`", KEYS)?;
        let evidence = self
            .required(&fields, "evidence")
            .and_then(|node| self.evidence(node));
        let extract = fields.get("extract").map(|node| self.extract(node));
        let contract = self.variant_contract(&fields, "the bundle")?;
        if extract.is_none() {
            let own = contract.variants.iter().flat_map(|v| &v.fields);
            for field in contract.shared.iter().chain(own) {
                let is_path = matches!(field.declared.ty, Some(Type::Path { .. }) | None);
                if field.required && !is_path && !self.broken {
                    self.report(messages::nothing_extracts(
                        field.name.span,
                        &field.name.value,
                    ));
                }
            }
        }
        Some(Exec::Select(Box::new(Select {
            evidence,
            contract,
            extract: extract.flatten(),
        })))
    }

    fn evidence(&mut self, node: &Node) -> Option<Ref> {
        let fields = self.fields(node, "`evidence`", &["mode", "snapshot"])?;
        if let Some(node) = self.required(&fields, "mode") {
            self.word(node, "`mode`", &[("snapshot_diff", ())]);
        }
        let node = self.required(&fields, "snapshot")?;
        self.ref_of(node, "`snapshot`")
    }

    fn extract(&mut self, node: &Node) -> Option<Extract> {
        let fields = self.fields(node, "`extract`", &["from", "line_prefix", "strip"])?;
        if let Some(node) = self.required(&fields, "from") {
            self.word(node, "`from`", &[("candidate_path", ())]);
        }
        let prefix = self
            .required(&fields, "line_prefix")
            .and_then(|node| self.string(node, "`line_prefix`"));
        let strip = match fields.get("strip") {
            Some(node) => {
                let items = self.list(node, "`strip`").unwrap_or_default();
                items
                    .iter()
                    .filter_map(|item| self.name(item, "an item of `strip`"))
                    .map(|item| item.value)
                    .collect()
            }
            None => Vec::new(),
        };
        Some(Extract {
            line_prefix: prefix?.value,
            strip,
        })
    }
}
