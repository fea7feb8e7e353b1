//! The reading of `defprompt`.

use wfc_syntax::lisp::types::parse_type;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::super::messages;
use super::{Callable, Def, Name, ParamDef, Reader};

impl Reader<'_> {
    /// The text of a prompt, with typed slots.
    pub(super) fn prompt<'a>(&mut self, members: &'a [Datum]) -> Option<Def<'a>> {
        const FORM: &str = "defprompt";
        const SHAPE: &str = "(defprompt name ((slot Type) …) -> Result \"… {slot} …\")";
        let name = self.name(members, FORM, SHAPE)?;
        let (params, rest) = match &members[2..] {
            [list, rest @ ..] if first_keyword(list) == Some("fills") => {
                let slots = list.as_list().unwrap_or_default();
                (self.fills(slots.get(1..).unwrap_or_default()), rest)
            }
            [list, rest @ ..] if list.as_list().is_some() => {
                (self.params(list.as_list().unwrap_or_default(), true), rest)
            }
            rest => {
                let span = rest.first().map_or(self.form, |datum| datum.span);
                self.shape(span, FORM, SHAPE, "the list of slots is missing");
                return None;
            }
        };
        let (ret, rest) = match rest {
            [arrow, ty, rest @ ..] if arrow.as_symbol() == Some("->") => (self.type_ref(ty), rest),
            rest => (parse_type("Json", name.span).ok(), rest),
        };
        let body = match rest {
            [body] => Some(body),
            [] => {
                self.shape(self.form, FORM, SHAPE, "the text is missing");
                None
            }
            [_, second, ..] => {
                self.shape(second.span, FORM, SHAPE, "there is a second text");
                rest.first()
            }
        };
        Some(Def::Callable(Callable {
            name,
            is_workflow: false,
            settings: Default::default(),
            is_private_workflow: false,
            is_prompt: true,
            forall: Vec::new(),
            bounds: Vec::new(),
            params,
            ret,
            effects: Some(Vec::new()),
            body,
        }))
    }

    /// Slots as `(name :text)`, `(name :value)` or `(name :path Type)`.
    fn fills<'a>(&mut self, slots: &[Datum]) -> Vec<ParamDef<'a>> {
        const SHAPE: &str = "(:fills (question :text) (source :path Type) (data :value))";
        let mut params: Vec<ParamDef<'a>> = Vec::new();
        for slot in slots {
            let (name, kind, rest) = match slot.as_list() {
                Some([name, kind, rest @ ..]) if name.as_symbol().is_some() => (name, kind, rest),
                _ => {
                    if slot.kind != DatumKind::Error {
                        self.shape(slot.span, "defprompt", SHAPE, "a slot is a name and a kind");
                    }
                    continue;
                }
            };
            let built_in = |ty: &str| parse_type(ty, kind.span).ok();
            let ty = match (kind.as_keyword(), rest) {
                (Some("text"), []) => built_in("String"),
                (Some("value"), []) => built_in("Json"),
                (Some("path"), [ty]) => self.type_ref(ty),
                (Some("path"), [out, ty]) if out.as_keyword() == Some("out") => self.type_ref(ty),
                _ => {
                    let why = "the kind of a slot is `:text`, `:value` or `:path Type`";
                    self.shape(kind.span, "defprompt", SHAPE, why);
                    None
                }
            };
            let name = Name::of(name);
            if let Some(first) = params.iter().find(|other| other.name.same(&name)) {
                let first = first.name.span;
                let found = messages::duplicate("slot", &name.text, name.span, first);
                self.diagnostics.push(found);
                continue;
            }
            params.push(ParamDef {
                name,
                ty,
                default: None,
                description: None,
            });
        }
        params
    }
}

/// The keyword that a list begins with.
fn first_keyword(datum: &Datum) -> Option<&str> {
    datum.as_list()?.first()?.as_keyword()
}
