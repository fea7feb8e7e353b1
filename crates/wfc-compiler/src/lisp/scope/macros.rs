//! The macros among the names of a program.

use std::collections::HashMap;

use wfc_diag::{Diagnostic, Span};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Item, MacroId, Missing, Space, World};
use crate::lisp::defs::FORMS;
use crate::lisp::macros;
use crate::lisp::messages;

impl World<'_> {
    /// Gives the macros of all modules their names, so that they can be used
    /// before they are written.
    pub(super) fn declare_macros(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let modules = self.modules;
        for (module, each) in modules.all.iter().enumerate() {
            let may_act = each.language.as_deref() != Some("0.1");
            for datum in &each.body {
                if datum.head() != Some("defmacro") {
                    continue;
                }
                match macros::read(datum, may_act, diagnostics) {
                    Some(found) => {
                        let name = found.name.clone();
                        let id = self.macros.add(found);
                        let same_kind = |_: &Self, other| matches!(other, Item::Macro(_));
                        self.declare(module, &name, Item::Macro(id), same_kind, diagnostics);
                    }
                    None => {
                        let name = datum.as_list().and_then(|list| list.get(1)?.as_symbol());
                        if let Some(name) = name {
                            self.macros.note(name);
                            self.broken[module].insert(name.to_owned());
                        }
                    }
                }
            }
        }
    }

    /// Expands the uses of macros that stand where definitions do, then fills
    /// in the fields that definitions include.
    pub(super) fn expand_definitions(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let modules = self.modules;
        let mut expanded = Vec::new();
        for each in &modules.all {
            let mut made = HashMap::new();
            for (at, datum) in each.body.iter().enumerate() {
                made.extend(self.definition(datum, diagnostics).map(|found| (at, found)));
            }
            expanded.push(made);
        }
        for (module, (each, made)) in modules.all.iter().zip(&expanded).enumerate() {
            for (at, datum) in each.body.iter().enumerate() {
                let datum = made.get(&at).unwrap_or(datum);
                if datum.head() == Some("defschema") {
                    self.declare_schema(module, datum, diagnostics);
                }
            }
        }
        for (each, mut made) in modules.all.iter().zip(expanded) {
            for (at, datum) in each.body.iter().enumerate() {
                let datum = made.get(&at).unwrap_or(datum);
                let found = self.included(datum, diagnostics);
                made.extend(found.map(|found| (at, found)));
            }
            // It is empty: this is the one place that fills it.
            let _ = each.expanded.set(made);
        }
    }

    /// What a use of a macro stands for; nothing if it is no such use.
    fn definition(&mut self, form: &Datum, diagnostics: &mut Vec<Diagnostic>) -> Option<Datum> {
        let broken = || Datum {
            kind: DatumKind::Error,
            span: form.span,
            doc: None,
        };
        let mut made: Option<Datum> = None;
        // Ends, because expansions out of expansions are bounded.
        loop {
            let current = made.as_ref().unwrap_or(form);
            let head = current.as_list().and_then(<[Datum]>::first);
            let name = head.and_then(Datum::as_symbol).unwrap_or_default();
            let id = match head {
                Some(head) if !FORMS.contains(&name) && self.macros.may_be(name) => {
                    match self.find(head.span, name, Space::Callable) {
                        Ok(Item::Macro(id)) => Some(id),
                        Err(Missing::Reported) => return Some(broken()),
                        Err(Missing::Private { module, declared }) => {
                            diagnostics.push(messages::private(head.span, name, &module, declared));
                            return Some(broken());
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            let Some(id) = id else {
                break;
            };
            let next = self.macros.expand(id, current, diagnostics);
            let Some(next) = next else {
                return Some(broken());
            };
            made = Some(next);
        }
        let mut found = made?;
        let sound =
            matches!(found.head(), Some(head) if FORMS.contains(&head) && head != "defmacro");
        if !sound {
            let name = form.head().unwrap_or_default();
            diagnostics.push(messages::not_one_definition(found.span, name));
            return Some(broken());
        }
        // What the user says about it counts more than what the template says.
        found.doc = form.doc.clone().or(found.doc);
        Some(found)
    }

    /// The macro that the head of a form names.
    pub(in crate::lisp) fn macro_of(&mut self, head: &Datum) -> Option<MacroId> {
        let name = head.as_symbol()?;
        if !self.macros.may_be(name) {
            return None;
        }
        match self.find(head.span, name, Space::Callable) {
            Ok(Item::Macro(id)) => Some(id),
            _ => None,
        }
    }

    /// The macro that a use of one means: a use of the library's
    /// `review-revise-loop` with agents in the place of procedures is of
    /// another shape.
    pub(in crate::lisp) fn meant_macro(&self, id: MacroId, form: &Datum) -> MacroId {
        let name = &self.macros.all[id].name;
        let module = self.modules.of(name.span.file);
        let is_given = |word: &str| {
            let mut members = form.as_list().unwrap_or_default().iter();
            members.any(|each| each.as_keyword() == Some(word))
        };
        if !self.modules.all[module].is_library || !is_given("review-provider") {
            return id;
        }
        let other = format!("{}-by-agents", name.text);
        match self.defined(module, &other, Space::Callable) {
            Some((Item::Macro(other), _)) => other,
            _ => id,
        }
    }

    /// Notes everything that the words of templates may mean as used: it is
    /// needed where the macros are.
    pub(in crate::lisp) fn note_templates(&mut self) {
        let mut words: Vec<(String, Span)> = Vec::new();
        self.macros
            .each_word(|word, at| words.push((word.to_owned(), at)));
        for (word, at) in words {
            let bare = word.split('.').next().unwrap_or(&word);
            for name in [word.as_str(), bare] {
                for kind in Space::ALL {
                    self.touch(self.modules.of(at.file), name, kind);
                }
            }
        }
    }

    fn touch(&mut self, module: usize, name: &str, kind: Space) {
        if let Some((item, _)) = self.defined(module, name, kind) {
            self.touched.insert(item);
        }
        let modules = self.modules;
        for import in &modules.all[module].imports {
            let Some(target) = import.target else {
                continue;
            };
            let only = import.only.iter().any(|only| only.text == name);
            let prefixes = [&import.module.text, &import.alias.text];
            let rest = prefixes
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix.as_str())?.strip_prefix(['/', '.']));
            let Some(meant) = rest.or(only.then_some(name)) else {
                continue;
            };
            if let Some((item, _)) = self.defined(target, meant, kind) {
                self.touched.insert(item);
                self.taken.insert((target, meant.to_owned()));
                self.used[module].insert(match only {
                    true => name.to_owned(),
                    false => import.module.text.clone(),
                });
            }
        }
    }
}
