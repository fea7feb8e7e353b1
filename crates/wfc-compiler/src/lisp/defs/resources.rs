//! Resources, and what may happen to them.

use wfc_diag::Span;
use wfc_syntax::lisp::Datum;

use super::{Def, Name, Reader, TypeRef, messages, type_ref};

/// Something that has a state.
pub(in crate::lisp) struct ResourceDef {
    pub(in crate::lisp) name: Name,
    pub(in crate::lisp) state: TypeRef,
    /// The parameter that names the file of the state, when it is not kept with
    /// the run.
    pub(in crate::lisp) bridge: Option<Name>,
}

/// A change of a state.
pub(in crate::lisp) struct TransitionDef<'a> {
    pub(in crate::lisp) name: Name,
    pub(in crate::lisp) resource: Name,
    pub(in crate::lisp) request: TypeRef,
    pub(in crate::lisp) result: TypeRef,
    pub(in crate::lisp) preconditions: &'a [Datum],
    pub(in crate::lisp) updates: Vec<Update<'a>>,
    pub(in crate::lisp) write_set: Vec<Name>,
    pub(in crate::lisp) write_span: Span,
    pub(in crate::lisp) idempotency: Vec<Name>,
    pub(in crate::lisp) gives: &'a Datum,
    pub(in crate::lisp) audit: &'a Datum,
}

/// A change of one field.
pub(in crate::lisp) struct Update<'a> {
    pub(in crate::lisp) kind: UpdateKind,
    pub(in crate::lisp) field: Name,
    /// Nothing for one that is cleared.
    pub(in crate::lisp) value: Option<&'a Datum>,
}

/// What happens to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lisp) enum UpdateKind {
    Set,
    Append,
    Clear,
}

const RESOURCE: &str = "defresource";
const RESOURCE_SHAPE: &str = "(defresource name :state-type Record :backing state-layout)";
const TRANSITION: &str = "deftransition";
const TRANSITION_SHAPE: &str = "(deftransition name :resource r :request-type Q :result-type R :preconditions (condition …) :updates ((set-field field value) …) :write-set (field …) :idempotency-fields (field …) :result value :audit record :conflict-policy fail_closed :backend runtime_native)";

/// The keywords of a transition; all are needed.
const KEYS: &[&str] = &[
    "resource",
    "request-type",
    "result-type",
    "preconditions",
    "updates",
    "write-set",
    "idempotency-fields",
    "result",
    "audit",
    "conflict-policy",
    "backend",
];

impl Reader<'_> {
    pub(super) fn resource<'a>(&mut self, members: &'a [Datum]) -> Option<Def<'a>> {
        let name = self.name(members, RESOURCE, RESOURCE_SHAPE)?;
        let pairs = self.known_keywords(
            RESOURCE,
            RESOURCE_SHAPE,
            &members[2..],
            &["state-type", "backing"],
        )?;
        let state = type_ref(pairs[0], self.diagnostics);
        let bridge = match (pairs[1].as_symbol(), pairs[1].as_list()) {
            (Some("state-layout"), _) => None,
            (_, Some([head, param]))
                if head.as_symbol() == Some("bridge") && param.as_symbol().is_some() =>
            {
                Some(Name::of(param))
            }
            _ => {
                let why = "expected `state-layout` or `(bridge parameter)`";
                self.shape(pairs[1].span, RESOURCE, RESOURCE_SHAPE, why);
                return None;
            }
        };
        Some(Def::Resource(ResourceDef {
            name,
            state,
            bridge,
        }))
    }

    pub(super) fn transition<'a>(&mut self, members: &'a [Datum]) -> Option<Def<'a>> {
        let name = self.name(members, TRANSITION, TRANSITION_SHAPE)?;
        let pairs = self.known_keywords(TRANSITION, TRANSITION_SHAPE, &members[2..], KEYS)?;
        for (at, word) in [(9, "fail_closed"), (10, "runtime_native")] {
            if pairs[at].as_symbol() != Some(word) {
                let why = format!("`:{}` is `{word}`", KEYS[at]);
                self.shape(pairs[at].span, TRANSITION, TRANSITION_SHAPE, &why);
            }
        }
        if pairs[0].as_symbol().is_none() {
            let why = "a resource is named by a symbol";
            self.shape(pairs[0].span, TRANSITION, TRANSITION_SHAPE, why);
            return None;
        }
        let updates = self.list(pairs[4])?;
        let updates = updates.iter().filter_map(|update| self.update(update));
        let updates = updates.collect();
        Some(Def::Transition(TransitionDef {
            name,
            resource: Name::of(pairs[0]),
            request: type_ref(pairs[1], self.diagnostics),
            result: type_ref(pairs[2], self.diagnostics),
            preconditions: self.list(pairs[3])?,
            updates,
            write_set: self.symbols(pairs[5])?,
            write_span: pairs[5].span,
            idempotency: self.symbols(pairs[6])?,
            gives: pairs[7],
            audit: pairs[8],
        }))
    }

    fn update<'a>(&mut self, datum: &'a Datum) -> Option<Update<'a>> {
        let kind = match datum.head() {
            Some("set-field") => UpdateKind::Set,
            Some("append-item") => UpdateKind::Append,
            Some("clear-field") => UpdateKind::Clear,
            _ => {
                let why = "an update is `(set-field field value)`, `(append-item field value)` or `(clear-field field)`";
                self.shape(datum.span, TRANSITION, TRANSITION_SHAPE, why);
                return None;
            }
        };
        let (field, value) = match (kind, datum.as_list().unwrap_or_default()) {
            (UpdateKind::Clear, [_, field]) => (field, None),
            (UpdateKind::Set | UpdateKind::Append, [_, field, value]) => (field, Some(value)),
            _ => {
                let why = match kind {
                    UpdateKind::Clear => "one field is needed",
                    _ => "a field and a value are needed",
                };
                self.shape(datum.span, TRANSITION, TRANSITION_SHAPE, why);
                return None;
            }
        };
        Some(Update {
            kind,
            field: Name::of(field),
            value,
        })
    }

    fn list<'a>(&mut self, datum: &'a Datum) -> Option<&'a [Datum]> {
        let found = datum.as_list();
        if found.is_none() {
            self.shape(datum.span, TRANSITION, TRANSITION_SHAPE, "a list is needed");
        }
        found
    }

    fn symbols(&mut self, datum: &Datum) -> Option<Vec<Name>> {
        let mut names: Vec<Name> = Vec::new();
        for each in self.list(datum)? {
            let name = Name::of(each);
            self.unique("field", &name, &names);
            names.push(name);
        }
        Some(names)
    }

    /// The values of keywords that are all needed, in their order.
    fn known_keywords<'a>(
        &mut self,
        form: &str,
        shape: &str,
        members: &'a [Datum],
        keys: &[&'static str],
    ) -> Option<Vec<&'a Datum>> {
        let pairs = self.keywords(form, shape, members);
        for (key, _) in &pairs {
            let word = key.as_keyword().unwrap_or_default();
            if !keys.contains(&word) {
                let found = messages::unknown_keyword(key.span, word, form, keys);
                self.diagnostics.push(found);
            }
        }
        let value = |word: &str| {
            let found = pairs.iter().find(|(key, _)| key.as_keyword() == Some(word));
            found.map(|(_, value)| *value)
        };
        let missing: Vec<&str> = keys
            .iter()
            .copied()
            .filter(|word| value(word).is_none())
            .collect();
        // A misspelt one was reported.
        if !missing.is_empty() {
            if pairs.len() < keys.len() {
                let missing: Vec<String> =
                    missing.iter().map(|word| format!("`:{word}`")).collect();
                let why = format!("missing: {}", missing.join(", "));
                self.shape(self.form, form, shape, &why);
            }
            return None;
        }
        Some(keys.iter().filter_map(|word| value(word)).collect())
    }
}
