//! Prompts that a module defines, and the files that an agent works from.

use std::collections::HashSet;

use wfc_diag::Span;
use wfc_ir::{InjectMode, Prim, PromptPosition};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::texts::text_of;
use super::{Checker, Want};
use crate::lisp::hir::{CallableId, Depends, Expr, ExprKind};
use crate::lisp::messages;
use crate::lisp::scope::{Item, Space};
use crate::lisp::types::Ty;

impl Checker<'_, '_> {
    /// The text of a prompt with its slots filled in. `{name}` is a slot, and
    /// `{{` and `}}` are braces.
    pub(super) fn prompt_body(&mut self, datum: &Datum, id: CallableId) -> Expr {
        let span = datum.span;
        let Some(text) = datum.as_str() else {
            if datum.kind != DatumKind::Error {
                let why = "the prompt is a text";
                let shape = "(defprompt name ((slot Type) …) -> Result \"… {slot} …\")";
                self.report(messages::shape(span, "defprompt", shape, why));
            }
            return Expr::error(span);
        };
        let mut parts: Vec<Expr> = Vec::new();
        let mut literal = String::new();
        let mut used: HashSet<String> = HashSet::new();
        let mut fine = true;
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let here = &rest[at..];
            if here.starts_with("{{") || here.starts_with("}}") {
                literal.push_str(&here[..1]);
                rest = &here[2..];
                continue;
            }
            let hole = here
                .strip_prefix('{')
                .and_then(|inner| inner.split_once('}'));
            let Some((name, after)) = hole.filter(|(name, _)| is_slot(name)) else {
                self.report(messages::loose_brace(span, &here[..1]));
                fine = false;
                literal.push_str(&here[..1]);
                rest = &here[1..];
                continue;
            };
            rest = after;
            let place = self.slot_place(span, name);
            match self.slot(name, place, id) {
                Some(value) => {
                    used.insert(name.to_owned());
                    push_text(&mut parts, &mut literal, span);
                    parts.push(value);
                }
                None => fine = false,
            }
        }
        literal.push_str(rest);
        push_text(&mut parts, &mut literal, span);
        let unused: Vec<_> = self.world.callables[id]
            .params
            .iter()
            .filter(|param| !used.contains(&param.name.text))
            .map(|param| param.name.clone())
            .collect();
        for slot in unused.iter().filter(|_| fine) {
            self.report(messages::unused_slot(slot));
        }
        text_of(parts, fine, span)
    }

    /// Where `{name}` stands in a text.
    fn slot_place(&self, span: Span, name: &str) -> Span {
        let text = self.sources.text(span);
        match text.find(&format!("{{{name}}}")) {
            Some(at) => {
                let start = span.start as usize + at + 1;
                Span::new(span.file, start, start + name.len())
            }
            None => span,
        }
    }

    fn slot(&mut self, name: &str, place: Span, id: CallableId) -> Option<Expr> {
        let params = &self.world.callables[id].params;
        let Some(param) = params.iter().find(|param| param.name.text == name) else {
            let known: Vec<String> = params.iter().map(|p| p.name.text.clone()).collect();
            let declared = self.world.callables[id].name.span;
            self.report(messages::unknown_slot(place, name, &known, declared));
            return None;
        };
        let (var, ty) = (param.var, param.ty.clone());
        self.world.vars[var].uses += 1;
        let is_word = self.world.types.is_word(&ty);
        let value = Expr {
            kind: ExprKind::Var(var),
            ty,
            span: place,
        };
        // What is no single word is shown as JSON.
        Some(match is_word {
            true => value,
            false => Expr {
                kind: ExprKind::Prim(Prim::ToJson, vec![value]),
                ty: Ty::String,
                span: place,
            },
        })
    }

    /// The prompt that a text is made by: `(name :slot value …)`.
    pub(super) fn prompt_named(&mut self, datum: &Datum) -> Option<CallableId> {
        let head = datum.as_list()?.first()?;
        match self
            .world
            .find(head.span, head.as_symbol()?, Space::Callable)
        {
            Ok(Item::Callable(id)) if self.world.callables[id].prompt_ret.is_some() => Some(id),
            _ => None,
        }
    }

    /// `:prompt-dependencies (:required (path …) :optional (path …) :position
    /// prepend :instruction "…")`
    pub(super) fn dependencies(
        &mut self,
        datum: &Datum,
        form: &str,
        fine: &mut bool,
    ) -> Option<Depends> {
        const SHAPE: &str = "(:required (path …) :optional (path …) :position prepend :mode list :instruction \"…\")";
        const KEYS: &[&str] = &["required", "optional", "position", "mode", "instruction"];
        let shown = form == ":prompt-dependencies";
        let keys = if shown { KEYS } else { &KEYS[..2] };
        let Some(members) = datum.as_list() else {
            if datum.kind != DatumKind::Error {
                let why = "the files are a list with keywords";
                self.report(messages::shape(datum.span, form, SHAPE, why));
            }
            *fine = false;
            return None;
        };
        let mut arguments = self.arguments(form, members);
        self.known(form, &mut arguments, keys);
        self.extra(&arguments, 0, form, SHAPE);
        let mut paths = |this: &mut Self, keyword: &str| {
            let mut found = Vec::new();
            let Some(list) = arguments.get(keyword) else {
                return found;
            };
            let Some(items) = list.as_list() else {
                let why = "the paths stand in parentheses";
                this.report(messages::shape(list.span, form, SHAPE, why));
                *fine = false;
                return found;
            };
            for item in items {
                let path = this.path_or_text(item);
                *fine &= path.ty != Ty::Error;
                found.push(path);
            }
            found
        };
        let required = paths(self, "required");
        let optional = paths(self, "optional");
        let word = |keyword: &str| {
            arguments
                .get(keyword)
                .map(|datum| (datum, datum.as_symbol()))
        };
        let position = match word("position") {
            None | Some((_, Some("prepend"))) => PromptPosition::Prepend,
            Some((_, Some("append"))) => PromptPosition::Append,
            Some((datum, _)) => {
                let why = "`:position` is `prepend` or `append`";
                self.report(messages::shape(datum.span, form, SHAPE, why));
                PromptPosition::Prepend
            }
        };
        let mode = match word("mode") {
            None | Some((_, Some("list"))) => InjectMode::List,
            Some((_, Some("content"))) => InjectMode::Content,
            Some((datum, _)) => {
                let why = "`:mode` is `list` or `content`";
                self.report(messages::shape(datum.span, form, SHAPE, why));
                InjectMode::List
            }
        };
        let instruction = match arguments.get("instruction") {
            None => None,
            Some(datum) => {
                if datum.as_str().is_none() && datum.kind != DatumKind::Error {
                    let why = "`:instruction` is a text in quotes";
                    self.report(messages::shape(datum.span, form, SHAPE, why));
                }
                datum.as_str().map(str::to_owned)
            }
        };
        Some(Depends {
            required,
            optional,
            position,
            mode,
            instruction,
            shown,
        })
    }

    /// The body of a callable, by what it is.
    pub(super) fn callable_body(
        &mut self,
        body: &Datum,
        id: CallableId,
        is_workflow: bool,
        want: &Want,
    ) -> Expr {
        if self.world.callables[id].prompt_ret.is_some() {
            return self.prompt_body(body, id);
        }
        match is_workflow && body.head() == Some("finally") {
            true => self.finally_form(body, want),
            false => self.expr(body, want),
        }
    }
}

/// Can it be the name of a slot?
fn is_slot(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "{}()\"".contains(c))
}

fn push_text(parts: &mut Vec<Expr>, literal: &mut String, span: Span) {
    if !literal.is_empty() || parts.is_empty() {
        parts.push(Expr {
            kind: ExprKind::Lit(std::mem::take(literal).into()),
            ty: Ty::String,
            span,
        });
    }
}
