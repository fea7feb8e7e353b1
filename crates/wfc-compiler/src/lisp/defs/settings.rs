//! What a workflow says of itself besides what it does.

use wfc_ir::Ledger;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Name, Reader, TypeRef};
use crate::lisp::messages;

/// The keywords.
pub(super) const KEYS: &[&str] = &[
    "strict-flow",
    "max-transitions",
    "context",
    "artifacts",
    "ledger",
];

/// The settings as written.
#[derive(Default)]
pub(in crate::lisp) struct SettingsDef {
    pub(in crate::lisp) lenient: bool,
    pub(in crate::lisp) max_transitions: Option<u64>,
    pub(in crate::lisp) context: Vec<(String, String)>,
    pub(in crate::lisp) artifacts: Vec<ArtifactDef>,
    pub(in crate::lisp) ledger: Ledger,
}

/// An artifact as written.
pub(in crate::lisp) struct ArtifactDef {
    pub(in crate::lisp) name: Name,
    pub(in crate::lisp) ty: TypeRef,
    pub(in crate::lisp) pointer: Option<String>,
}

impl Reader<'_> {
    /// Reads the value of one of [`KEYS`].
    pub(super) fn setting(&mut self, key: &str, value: &Datum, into: &mut SettingsDef) {
        match key {
            "strict-flow" => match value.kind {
                DatumKind::Bool(flag) => into.lenient = !flag,
                _ => self.unfit(value, ":strict-flow false", "expected `true` or `false`"),
            },
            "max-transitions" => match value.kind {
                DatumKind::Int(count) if count > 0 => {
                    into.max_transitions = Some(count.unsigned_abs());
                }
                _ => {
                    let why = "a whole number above 0 is needed";
                    self.unfit(value, ":max-transitions 100", why);
                }
            },
            "context" => self.context(value, into),
            "artifacts" => self.artifacts(value, into),
            _ => self.ledger(value, into),
        }
    }

    fn unfit(&mut self, datum: &Datum, shape: &str, why: &str) {
        if datum.kind != DatumKind::Error {
            self.shape(datum.span, "defworkflow", shape, why);
        }
    }

    fn context(&mut self, value: &Datum, into: &mut SettingsDef) {
        const SHAPE: &str = ":context ((key \"text\") …)";
        let Some(members) = value.as_list() else {
            return self.unfit(value, SHAPE, "a list in parentheses is needed here");
        };
        for member in members {
            let pair = member.as_list().unwrap_or_default();
            match pair {
                [key, text] => match (key.as_symbol().or(key.as_str()), text.as_str()) {
                    (Some(key), Some(text)) => {
                        into.context.push((key.to_owned(), text.to_owned()));
                    }
                    _ => self.unfit(member, SHAPE, "a key and its text are needed"),
                },
                _ => self.unfit(member, SHAPE, "a key and its text are needed"),
            }
        }
    }

    fn artifacts(&mut self, value: &Datum, into: &mut SettingsDef) {
        const SHAPE: &str = ":artifacts ((name Type :pointer \"path\") …)";
        let Some(members) = value.as_list() else {
            return self.unfit(value, SHAPE, "a list in parentheses is needed here");
        };
        for member in members {
            let (name, ty, rest) = match member.as_list() {
                Some([name, ty, rest @ ..]) if name.as_symbol().is_some() => {
                    (Name::of(name), ty, rest)
                }
                _ => {
                    self.unfit(member, SHAPE, "an artifact is written `(name Type)`");
                    continue;
                }
            };
            if let Some(first) = into.artifacts.iter().find(|a| a.name.text == name.text) {
                let found = messages::duplicate("artifact", &name.text, name.span, first.name.span);
                self.diagnostics.push(found);
                continue;
            }
            let ty = self.type_ref(ty);
            let mut pointer = None;
            for (key, value) in self.keywords("artifact", SHAPE, rest) {
                match (key.as_keyword(), value.as_str()) {
                    (Some("pointer"), Some(path)) => pointer = Some(path.to_owned()),
                    (Some("pointer"), None) => self.unfit(value, SHAPE, "a path is needed here"),
                    (other, _) => {
                        let other = other.unwrap_or_default();
                        let found =
                            messages::unknown_keyword(key.span, other, "artifact", &["pointer"]);
                        self.diagnostics.push(found);
                    }
                }
            }
            into.artifacts.push(ArtifactDef { name, ty, pointer });
        }
    }

    /// How old versions of the YAML DSL kept it.
    fn ledger(&mut self, value: &Datum, into: &mut SettingsDef) {
        const SHAPE: &str = ":ledger (by-name global-freshness consume-writes-pointer)";
        let Some(members) = value.as_list() else {
            return self.unfit(value, SHAPE, "a list in parentheses is needed here");
        };
        for member in members {
            match member.as_symbol() {
                Some("by-name") => into.ledger.by_name = true,
                Some("global-freshness") => into.ledger.global_freshness = true,
                Some("consume-writes-pointer") => into.ledger.consume_writes_pointer = true,
                _ => self.unfit(member, SHAPE, "one of these three words is needed here"),
            }
        }
    }
}
