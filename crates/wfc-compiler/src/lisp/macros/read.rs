//! `(defmacro name (a &key b (c default) &rest r) template)`

use std::collections::HashSet;

use wfc_diag::Diagnostic;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::Macro;
use crate::lisp::check::is_form;
use crate::lisp::defs::{FORMS, Name};
use crate::lisp::messages;

pub(super) const SHAPE: &str = "(defmacro name (first &key option &rest others) template)";

/// Heads that mean something where no macro is looked for.
const HEADS: &[&str] = &[
    "defmodule",
    "import",
    "export",
    "workflow-lisp",
    "fn",
    "splice",
];

/// Reads a `defmacro`; nothing if it was reported. `may_act` says whether a
/// template may bring effects along.
pub(in crate::lisp) fn read<'a>(
    datum: &'a Datum,
    may_act: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Macro<'a>> {
    let members = datum.as_list()?;
    let mut reader = Reader { diagnostics };
    let (name, list, template) = match members {
        [_, name, list, template] => (name, list, template),
        [_, _, _, _, second, ..] => {
            let why = "there is a second template; a macro stands for one form";
            reader.shape(second, why);
            return None;
        }
        _ => {
            let why = match members.len() {
                1 => "the name is missing",
                2 => "the list of parameters is missing",
                _ => "the template is missing",
            };
            reader.shape(datum, why);
            return None;
        }
    };
    if name.as_symbol().is_none() {
        reader.shape(name, "a name is needed here");
        return None;
    }
    let name = Name::of(name);
    if is_form(&name.text) || [FORMS, HEADS].concat().contains(&name.text.as_str()) {
        reader.diagnostics.push(messages::reserved_name(&name));
        return None;
    }
    let Some(params) = list.as_list() else {
        reader.shape(list, "the parameters are a list");
        return None;
    };
    let mut found = Macro {
        name,
        params: Vec::new(),
        keys: Vec::new(),
        rest: None,
        template,
    };
    let fine = reader.params(params, &mut found) & reader.template(&found);
    if !may_act {
        reader.effects(&found);
    }
    fine.then_some(found)
}

/// Which parameters are being read.
#[derive(PartialEq)]
enum Section {
    Plain,
    Keys,
    Rest,
}

struct Reader<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn shape(&mut self, at: &Datum, why: &str) {
        if at.kind != DatumKind::Error {
            let found = messages::shape(at.span, "defmacro", SHAPE, why);
            self.diagnostics.push(found);
        }
    }

    fn params<'a>(&mut self, list: &'a [Datum], found: &mut Macro<'a>) -> bool {
        let before = self.diagnostics.len();
        let mut section = Section::Plain;
        let mut seen: Vec<Name> = Vec::new();
        for each in list {
            let marker = each.as_symbol().filter(|name| name.starts_with('&'));
            match (marker, &section) {
                (Some("&key"), Section::Plain) => section = Section::Keys,
                (Some("&rest" | "&body"), Section::Plain | Section::Keys) => {
                    section = Section::Rest;
                }
                (Some("&key"), _) => {
                    self.shape(each, "`&key` stands once, before `&rest`");
                    section = Section::Keys;
                }
                (Some("&rest" | "&body"), _) => self.shape(each, "there is one `&rest` at most"),
                (Some(_), _) => self.shape(each, "expected `&key`, `&rest` or `&body`"),
                (None, _) => {
                    let Some((name, default)) = self.param(each, &section) else {
                        continue;
                    };
                    if let Some(first) = seen.iter().find(|other| other.same(&name)) {
                        self.diagnostics.push(messages::duplicate(
                            "parameter",
                            &name.text,
                            name.span,
                            first.span,
                        ));
                    }
                    seen.push(name.clone());
                    match section {
                        Section::Plain => found.params.push(name),
                        Section::Keys => found.keys.push((name, default)),
                        Section::Rest if found.rest.is_none() => found.rest = Some(name),
                        Section::Rest => self.shape(each, "`&rest` takes one name, the last"),
                    }
                }
            }
        }
        if section == Section::Rest
            && found.rest.is_none()
            && let Some(last) = list.last()
        {
            self.shape(last, "a name is needed after this");
        }
        self.diagnostics.len() == before
    }

    fn param<'a>(
        &mut self,
        datum: &'a Datum,
        section: &Section,
    ) -> Option<(Name, Option<&'a Datum>)> {
        match datum.as_list() {
            None if datum.as_symbol().is_some() => Some((Name::of(datum), None)),
            Some([name, default]) if *section == Section::Keys && name.as_symbol().is_some() => {
                Some((Name::of(name), Some(default)))
            }
            _ => {
                let why = match section {
                    Section::Keys => "a keyword parameter is `name` or `(name default)`",
                    _ => "a parameter is a name",
                };
                self.shape(datum, why);
                None
            }
        }
    }

    /// Holds the uses of `splice` and of the rest against the parameters.
    fn template(&mut self, found: &Macro<'_>) -> bool {
        let before = self.diagnostics.len();
        let rest = found.rest.as_ref().map(|rest| rest.text.as_str());
        let params: HashSet<&str> = found
            .params
            .iter()
            .chain(found.keys.iter().map(|(name, _)| name))
            .map(|name| name.text.as_str())
            .chain(rest)
            .collect();
        let mut pending = vec![(found.template, false)];
        while let Some((datum, in_list)) = pending.pop() {
            if datum.head() == Some("splice") {
                let spliced = match datum.as_list() {
                    Some([_, name]) => name.as_symbol().filter(|name| params.contains(name)),
                    _ => None,
                };
                if spliced.is_none() {
                    self.shape(datum, "`splice` takes one parameter of the macro");
                } else if !in_list {
                    self.shape(datum, "`splice` puts several forms into a list around it");
                }
            } else if let Some(list) = datum.as_list() {
                pending.extend(list.iter().rev().map(|each| (each, true)));
            } else if rest.is_some() && datum.as_symbol() == rest {
                let found = messages::rest_without_splice(datum.span, rest.unwrap_or_default());
                self.diagnostics.push(found);
            }
        }
        self.diagnostics.len() == before
    }

    /// In the first version of the language, an effect stands where a macro is
    /// used, or in a procedure.
    fn effects(&mut self, found: &Macro<'_>) {
        let mut pending = vec![found.template];
        while let Some(datum) = pending.pop() {
            if let Some(form @ ("provider-result" | "command-result")) = datum.head() {
                let hidden = messages::hidden_effect(datum.span, form, &found.name);
                self.diagnostics.push(hidden);
            }
            pending.extend(datum.as_list().unwrap_or_default().iter().rev());
        }
    }
}
