//! Type parameters as written, what is asked of them, and aliases.

use super::Words;
use wfc_diag::{Diagnostic, codes};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{BoundDef, BoundKind, Def, FieldDef, Name, Reader};
use crate::lisp::messages;

impl Reader<'_> {
    /// A record, union or alias after whose name `:forall` stands.
    pub(super) fn generic<'a>(&mut self, members: &[Datum], form: &str) -> Option<Def<'a>> {
        let mut rest = &members[2..];
        let (mut forall, mut bounds) = (Vec::new(), Vec::new());
        self.type_params(&mut rest, form, &mut forall, &mut bounds);
        if let Some(bound) = bounds.first() {
            self.shape(
                bound.span,
                form,
                "(defrecord Name :forall (T) (field T) …)",
                "only procedures and functions ask something of their type parameters",
            );
        }
        let plain = [&members[..2], rest].concat();
        let def = match form {
            "defrecord" => self.record(&plain),
            "defunion" => self.union(&plain),
            _ => self.alias(&plain),
        };
        Some(Def::Generic(forall, Box::new(def?)))
    }

    pub(super) fn alias<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(deftype Name Type)";
        let name = self.name(members, "deftype", SHAPE)?;
        match &members[2..] {
            [ty] => Some(Def::Alias(name, self.type_ref(ty))),
            rest => {
                let (span, why) = match rest.get(1) {
                    Some(extra) => (extra.span, "a name stands for one type"),
                    None => (self.form, "the type is missing"),
                };
                self.shape(span, "deftype", SHAPE, why);
                None
            }
        }
    }

    /// `:forall (T …)` and `:where (…)`, where they stand next.
    pub(super) fn type_params(
        &mut self,
        rest: &mut &[Datum],
        form: &str,
        forall: &mut Vec<Name>,
        bounds: &mut Vec<BoundDef>,
    ) {
        const SHAPE: &str =
            "(defproc name :forall (T) ((param T)) :where ((T is-record)) -> T body)";
        while let [key, more @ ..] = *rest
            && let Some(word @ ("forall" | "where")) = key.as_keyword()
        {
            *rest = more.get(1..).unwrap_or_default();
            if form == "defworkflow" {
                self.diagnostics.push(messages::generic_workflow(key.span));
                continue;
            }
            let Some(list) = more.first().and_then(Datum::as_list) else {
                self.shape(key.span, form, SHAPE, "a list is needed after this keyword");
                continue;
            };
            for each in list {
                if word == "where" {
                    bounds.extend(self.bound(each));
                } else if each.as_symbol().is_some() {
                    let name = Name::of(each);
                    self.unique("type parameter", &name, forall);
                    forall.push(name);
                } else if each.kind != DatumKind::Error {
                    self.shape(each.span, form, SHAPE, "a type parameter is a name");
                }
            }
        }
    }

    /// `(T is-record)`, `(T has-field name Type)`, …
    fn bound(&mut self, datum: &Datum) -> Option<BoundDef> {
        const SHAPE: &str = "(T is-record), (T is-union), (T has-field name Type), (T has-union-variant TAG (field Type) …) or (T has-shared-union-field name Type)";
        let kinds = [
            "is-record",
            "is-union",
            "has-field",
            "has-union-variant",
            "has-shared-union-field",
        ];
        let (param, kind, rest) = match datum.as_list() {
            Some([param, kind, rest @ ..])
                if param.as_symbol().is_some() && kind.as_symbol().is_some() =>
            {
                (param, kind, rest)
            }
            _ => {
                if datum.kind != DatumKind::Error {
                    self.shape(datum.span, ":where", SHAPE, "what is asked is a list");
                }
                return None;
            }
        };
        let word = kind.as_symbol().unwrap_or_default();
        let one_field = |this: &mut Self| match rest {
            [name, ty] if name.as_symbol().is_some() => Some(FieldDef {
                name: Name::of(name),
                ty: this.type_ref(ty),
                words: Words::default(),
            }),
            _ => {
                this.shape(
                    datum.span,
                    ":where",
                    SHAPE,
                    "a field and its type are needed",
                );
                None
            }
        };
        let found = match word {
            "is-record" => BoundKind::IsRecord,
            "is-union" => BoundKind::IsUnion,
            "has-field" => BoundKind::HasField(one_field(self)?),
            "has-shared-union-field" => BoundKind::HasSharedField(one_field(self)?),
            "has-union-variant" => match rest.split_first() {
                Some((tag, fields)) if tag.as_symbol().is_some() => {
                    let fields = self.fields(":where", SHAPE, fields);
                    BoundKind::HasVariant(Name::of(tag), fields)
                }
                _ => {
                    self.shape(datum.span, ":where", SHAPE, "the tag is missing");
                    return None;
                }
            },
            _ => {
                let found = Diagnostic::new(
                    codes::LISP_FORM,
                    kind.span,
                    format!("nothing that can be asked of a type is called `{word}`"),
                )
                .label("unknown")
                .suggest(kind.span, word, kinds);
                self.diagnostics.push(found);
                return None;
            }
        };
        Some(BoundDef {
            param: Name::of(param),
            span: datum.span,
            kind: found,
        })
    }
}
