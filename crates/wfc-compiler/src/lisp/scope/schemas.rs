//! Schemas: fields that records, variants and other schemas include.
//!
//! The fields are copied as they are written. A type is looked up where its
//! name stands, so that it means the same in every copy.

use std::collections::HashMap;

use wfc_diag::{Diagnostic, Span};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Item, Space, World};
use crate::lisp::defs::Name;
use crate::lisp::messages;

/// How deep schemas may include schemas.
const MAX_NESTING: usize = 64;

/// Index of a schema in the table of the program.
pub(in crate::lisp) type SchemaId = usize;

/// A schema.
pub(in crate::lisp) struct Schema {
    name: Name,
    fields: Fields,
}

/// The fields of a schema.
enum Fields {
    Written(Vec<Datum>),
    /// They are being completed.
    Underway,
    /// With those that it includes.
    Complete(Vec<Datum>),
}

impl World<'_> {
    /// Gives a schema its name.
    pub(super) fn declare_schema(
        &mut self,
        module: usize,
        datum: &Datum,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some([_, name, fields @ ..]) = datum.as_list() else {
            return;
        };
        if name.as_symbol().is_none() {
            return;
        }
        let name = Name::of(name);
        let item = Item::Schema(self.schemas.len());
        let same_kind = |_: &Self, other| matches!(other, Item::Schema(_));
        self.declare(module, &name, item, same_kind, diagnostics);
        self.schemas.push(Schema {
            name,
            fields: Fields::Written(fields.to_vec()),
        });
    }

    /// Where a schema is defined.
    pub(in crate::lisp) fn schema_place(&self, id: SchemaId) -> Span {
        self.schemas[id].name.span
    }

    /// A definition with the fields that it includes; nothing if it includes
    /// none.
    pub(super) fn included(
        &mut self,
        form: &Datum,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Datum> {
        let members = form.as_list()?;
        let completed = match form.head()? {
            "defrecord" if members.iter().any(is_include) => self.complete(members, 0, diagnostics),
            "defschema" if members.iter().any(is_include) => {
                let name = members.get(1)?;
                let id = self.schemas.iter().position(|s| s.name.span == name.span)?;
                let fields = self.fields_of_schema(id, name.span, 0, diagnostics);
                [&members[..2], &fields].concat()
            }
            "defunion" => {
                let has =
                    |variant: &Datum| variant.as_list().is_some_and(|l| l.iter().any(is_include));
                if !members.iter().any(has) {
                    return None;
                }
                let mut completed = Vec::new();
                for variant in members {
                    let fields = variant.as_list().filter(|_| has(variant));
                    completed.push(match fields {
                        Some(fields) => Datum {
                            kind: DatumKind::List(self.complete(fields, 0, diagnostics)),
                            ..variant.clone()
                        },
                        None => variant.clone(),
                    });
                }
                completed
            }
            _ => return None,
        };
        Some(Datum {
            kind: DatumKind::List(completed),
            ..form.clone()
        })
    }

    /// Puts the fields of schemas into the places of their `:include`.
    fn complete(
        &mut self,
        members: &[Datum],
        nesting: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Datum> {
        let mut completed = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let note = |seen: &mut HashMap<String, Span>, field: &Datum| {
            if let Some(name) = field_name(field) {
                seen.entry(name.text).or_insert(name.span);
            }
        };
        for member in members {
            if !is_include(member) {
                note(&mut seen, member);
                completed.push(member.clone());
                continue;
            }
            let Some([_, name]) = member.as_list() else {
                diagnostics.push(messages::bad_include(member.span));
                continue;
            };
            let Some(id) = self.schema(name, diagnostics) else {
                continue;
            };
            let at = name.span;
            for field in self.fields_of_schema(id, at, nesting, diagnostics) {
                let Some(name) = field_name(&field) else {
                    continue;
                };
                let schema = &self.schemas[id].name.text;
                match seen.get(&name.text) {
                    Some(first) => {
                        diagnostics.push(messages::included_twice(at, schema, &name, *first))
                    }
                    None if self.macros.spend(&field) => {
                        note(&mut seen, &field);
                        completed.push(field);
                    }
                    None => {
                        if self.macros.exhaust() {
                            diagnostics.push(messages::expansions_too_large(at, schema));
                        }
                        return completed;
                    }
                }
            }
        }
        completed
    }

    fn schema(&mut self, name: &Datum, diagnostics: &mut Vec<Diagnostic>) -> Option<SchemaId> {
        let Some(text) = name.as_symbol() else {
            if name.kind != DatumKind::Error {
                diagnostics.push(messages::bad_include(name.span));
            }
            return None;
        };
        match self.find(name.span, text, Space::Type) {
            Ok(Item::Schema(id)) => Some(id),
            Ok(_) => None,
            Err(missing) => {
                let is_type = self.is_type(name.span, text);
                let found = messages::unknown_schema(name.span, text, missing, is_type);
                diagnostics.extend(found);
                None
            }
        }
    }

    /// Is there a record, union or other type of this name? Only what is in
    /// the module itself is known by now.
    fn is_type(&self, at: Span, name: &str) -> bool {
        let module = &self.modules.all[self.modules.of(at.file)];
        module.body.iter().any(|datum| {
            let defined = datum.as_list().and_then(|list| list.get(1)?.as_symbol());
            let kinds = ["defrecord", "defunion", "defenum", "defpath"];
            defined == Some(name) && datum.head().is_some_and(|head| kinds.contains(&head))
        })
    }

    /// The fields of a schema, with those that it includes.
    fn fields_of_schema(
        &mut self,
        id: SchemaId,
        at: Span,
        nesting: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Datum> {
        if nesting > MAX_NESTING {
            diagnostics.push(messages::schemas_too_deep(at, MAX_NESTING));
            return Vec::new();
        }
        let schema = &mut self.schemas[id];
        match std::mem::replace(&mut schema.fields, Fields::Underway) {
            Fields::Complete(fields) => {
                schema.fields = Fields::Complete(fields.clone());
                fields
            }
            Fields::Underway => {
                diagnostics.push(messages::schema_cycle(at, &schema.name));
                Vec::new()
            }
            Fields::Written(fields) => {
                let fields = self.complete(&fields, nesting + 1, diagnostics);
                self.schemas[id].fields = Fields::Complete(fields.clone());
                fields
            }
        }
    }
}

fn is_include(datum: &Datum) -> bool {
    let first = datum.as_list().and_then(<[Datum]>::first);
    first.and_then(Datum::as_keyword) == Some("include")
}

/// The name of a field that is written as fields are.
fn field_name(datum: &Datum) -> Option<Name> {
    match datum.as_list() {
        Some([name, _, ..]) if name.as_symbol().is_some() => Some(Name::of(name)),
        _ => None,
    }
}
