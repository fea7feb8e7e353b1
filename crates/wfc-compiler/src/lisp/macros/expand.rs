//! One use of a macro: arguments to parameters, and the template filled in.

use std::collections::HashMap;

use wfc_diag::{Diagnostic, FileId, Span};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::{Expansion, Macro, MacroId, Macros, words};
use crate::lisp::messages;
use crate::lisp::types::{BUILT_IN, built_in};

/// How often what a macro stands for may be a use of a macro.
const MAX_NESTING: usize = 64;

/// How many expansions a program may have.
const MAX_EXPANSIONS: usize = 16_000;

/// Of how many data they may consist.
pub(in crate::lisp) const MAX_NODES: usize = 500_000;

/// How deep their lists may nest.
const MAX_DEPTH: usize = 512;

impl Macros<'_> {
    /// The form that a use of a macro stands for; nothing if it was reported.
    pub(in crate::lisp) fn expand(
        &mut self,
        id: MacroId,
        form: &Datum,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Datum> {
        let (head, args) = form.as_list()?.split_first()?;
        if self.exhausted {
            return None;
        }
        let name = &self.all[id].name;
        if let Some(way) = self.circle(id, head.span.file.context()) {
            diagnostics.push(messages::macro_cycle(head.span, &way, name.span));
            return None;
        }
        let depth = self.of(form.span).map_or(1, |outer| outer.depth + 1);
        if depth > MAX_NESTING {
            diagnostics.push(messages::macros_too_deep(
                form.span,
                &name.text,
                MAX_NESTING,
            ));
            return None;
        }
        if self.expansions.len() >= MAX_EXPANSIONS {
            let found = messages::too_many_expansions(form.span, &name.text, MAX_EXPANSIONS);
            diagnostics.push(found);
            self.exhausted = true;
            return None;
        }
        self.expansions.push(Expansion {
            id,
            site: form.span,
            caller: head.span.file.context(),
            depth,
        });
        let context = u32::try_from(self.expansions.len()).unwrap_or(FileId::MAX_CONTEXT);
        let found = &self.all[id];
        let given = bind(found, form.span, head, args, diagnostics)?;
        let mut filler = Filler {
            given,
            context,
            nodes: self.nodes,
            fault: None,
        };
        let mut filled = Vec::new();
        for (key, default) in &found.keys {
            if let Some(default) = default
                && !filler.given.contains_key(key.text.as_str())
            {
                filler.fill(default, 1, &mut filled);
                let made = filled.drain(..).map(Given::Made).next();
                filler
                    .given
                    .extend(made.map(|made| (key.text.as_str(), made)));
            }
        }
        filler.fill(found.template, 1, &mut filled);
        let fault = filler.fault;
        self.nodes = filler.nodes;
        match fault {
            None => return filled.pop(),
            Some(Fault::Nodes) => {
                let found = messages::expansions_too_large(form.span, &found.name.text);
                diagnostics.push(found);
                self.exhausted = true;
            }
            Some(Fault::Depth) => {
                let found = messages::expansion_too_deep(form.span, &found.name.text, MAX_DEPTH);
                diagnostics.push(found);
            }
            Some(Fault::Other(found)) => diagnostics.push(*found),
        }
        None
    }

    /// Counts what is copied for another reason; false if it is too much.
    pub(in crate::lisp) fn spend(&mut self, datum: &Datum) -> bool {
        let mut pending = vec![datum];
        while let Some(datum) = pending.pop() {
            self.nodes += 1;
            pending.extend(datum.as_list().unwrap_or_default());
        }
        self.nodes <= MAX_NODES
    }

    /// Gives up; true the first time.
    pub(in crate::lisp) fn exhaust(&mut self) -> bool {
        !std::mem::replace(&mut self.exhausted, true)
    }

    /// Is this use inside what the macro itself stands for? Then the names of
    /// the macros on the way round.
    fn circle(&self, id: MacroId, mut context: u32) -> Option<Vec<&str>> {
        let mut way = vec![self.all[id].name.text.as_str()];
        while let Some(number) = context.checked_sub(1) {
            let expansion = &self.expansions[number as usize];
            way.push(&self.all[expansion.id].name.text);
            if expansion.id == id {
                way.reverse();
                return Some(way);
            }
            context = expansion.caller;
        }
        None
    }
}

/// What a parameter stands for.
enum Given<'g> {
    One(&'g Datum),
    Many(&'g [Datum]),
    /// A default, as it is in this expansion.
    Made(Datum),
}

/// Gives each parameter its arguments.
fn bind<'g>(
    found: &'g Macro<'_>,
    span: Span,
    head: &Datum,
    args: &'g [Datum],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<HashMap<&'g str, Given<'g>>> {
    let name = &found.name.text;
    let declared = found.name.span;
    let before = diagnostics.len();
    let by_key = !found.keys.is_empty();
    // Without keyword parameters, a keyword is an argument like any other.
    let keyword = |datum: &'g Datum| datum.as_keyword().filter(|_| by_key);
    let plain = args
        .iter()
        .take_while(|arg| keyword(arg).is_none())
        .count()
        .min(found.params.len());
    let mut given: HashMap<&str, Given<'_>> = HashMap::new();
    for (param, arg) in found.params.iter().zip(&args[..plain]) {
        given.insert(&param.text, Given::One(arg));
    }
    let mut rest = &args[plain..];
    let mut places: HashMap<&str, Span> = HashMap::new();
    while let [key, more @ ..] = rest
        && let Some(word) = keyword(key)
    {
        rest = more.get(1..).unwrap_or_default();
        let Some(value) = more.first().filter(|value| value.as_keyword().is_none()) else {
            diagnostics.push(messages::keyword_alone(key.span, word, name));
            rest = more;
            continue;
        };
        if let Some(first) = places.insert(word, key.span) {
            let key_shown = format!(":{word}");
            diagnostics.push(messages::duplicate("keyword", &key_shown, key.span, first));
        } else if found.keys.iter().any(|(known, _)| known.text == word) {
            given.insert(word, Given::One(value));
        } else {
            let known: Vec<&str> = found
                .keys
                .iter()
                .map(|(key, _)| key.text.as_str())
                .collect();
            let unknown = messages::unknown_argument(key.span, word, name, &known, declared);
            diagnostics.push(unknown);
        }
    }
    let most = found.params.len();
    let count = plain + rest.len();
    match &found.rest {
        Some(param) if plain == most => {
            given.insert(&param.text, Given::Many(rest));
        }
        _ if count != most || plain != most => {
            let most = found.rest.is_none().then_some(most);
            let found = messages::operands(span, head.span, name, found.params.len(), most, count);
            diagnostics.push(found.also(declared, "defined here"));
        }
        _ => {}
    }
    let missing: Vec<&str> = found
        .keys
        .iter()
        .filter(|(key, default)| default.is_none() && !given.contains_key(key.text.as_str()))
        .map(|(key, _)| key.text.as_str())
        .collect();
    if !missing.is_empty() && diagnostics.len() == before {
        let missing = messages::missing_arguments(span, head.span, name, &missing, declared);
        diagnostics.push(missing);
    }
    (diagnostics.len() == before).then_some(given)
}

/// Why a template could not be filled in.
enum Fault {
    Nodes,
    Depth,
    Other(Box<Diagnostic>),
}

struct Filler<'g> {
    given: HashMap<&'g str, Given<'g>>,
    context: u32,
    nodes: usize,
    fault: Option<Fault>,
}

impl Filler<'_> {
    /// Counts one datum at a depth; false when that is too much.
    fn count(&mut self, depth: usize) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.fault.get_or_insert(Fault::Nodes);
        } else if depth > MAX_DEPTH {
            self.fault.get_or_insert(Fault::Depth);
        }
        self.fault.is_none()
    }

    fn here(&self, span: Span) -> Span {
        Span {
            file: span.file.within(self.context),
            ..span
        }
    }

    /// Adds what a datum of the template stands for.
    fn fill(&mut self, datum: &Datum, depth: usize, out: &mut Vec<Datum>) {
        if !self.count(depth) {
            return;
        }
        let kind = match &datum.kind {
            DatumKind::Symbol(text) => return self.symbol(text, datum, depth, out),
            DatumKind::List(_) if datum.head() == Some("splice") => {
                return self.splice(datum, depth, out);
            }
            DatumKind::List(members) => {
                let mut list = Vec::with_capacity(members.len());
                for each in members {
                    self.fill(each, depth + 1, &mut list);
                }
                DatumKind::List(list)
            }
            kind => kind.clone(),
        };
        out.push(Datum {
            kind,
            span: self.here(datum.span),
            doc: datum.doc.clone(),
        });
    }

    fn symbol(&mut self, text: &str, datum: &Datum, depth: usize, out: &mut Vec<Datum>) {
        if let Some(given) = self.given.get(text) {
            let copied = match given {
                Given::One(arg) => (*arg).clone(),
                Given::Made(made) => made.clone(),
                // Reported where the macro is defined.
                Given::Many(_) => return,
            };
            self.measure(&copied, depth);
            out.push(copied);
            return;
        }
        match self.part(text, datum.span) {
            Some(made) => out.push(made),
            None => out.push(Datum {
                kind: datum.kind.clone(),
                span: self.here(datum.span),
                doc: datum.doc.clone(),
            }),
        }
    }

    /// A symbol that has a parameter in it: `ctx.run`, `List[Item]`.
    fn part(&mut self, text: &str, span: Span) -> Option<Datum> {
        let is_type = text.contains('[');
        let names: Vec<&str> = match is_type {
            true => words(text).collect(),
            false => text.split('.').take(1).collect(),
        };
        let mut made = text.to_owned();
        let mut place = None;
        for name in &names {
            let arg = match self.given.get(name) {
                Some(Given::One(arg)) => *arg,
                Some(Given::Made(made)) => made,
                _ => continue,
            };
            let Some(word) = arg.as_symbol() else {
                let found = messages::part_of_no_name(self.here(span), text, name, arg.span);
                self.fault.get_or_insert(Fault::Other(Box::new(found)));
                return None;
            };
            made = replace_word(&made, name, word);
            place.get_or_insert(arg.span);
        }
        let place = place?;
        // The symbol now means what the argument means where it stands.
        let foreign = names.iter().find(|name| {
            is_type
                && !self.given.contains_key(**name)
                && built_in(name).is_none()
                && !BUILT_IN.contains(name)
                && **name != "->"
        });
        if let Some(foreign) = foreign {
            let found = messages::mixed_type(self.here(span), text, foreign);
            self.fault.get_or_insert(Fault::Other(Box::new(found)));
            return None;
        }
        Some(Datum {
            kind: DatumKind::Symbol(made),
            span: place,
            doc: None,
        })
    }

    fn splice(&mut self, datum: &Datum, depth: usize, out: &mut Vec<Datum>) {
        let Some(name) = datum.as_list().and_then(|list| list.get(1)?.as_symbol()) else {
            return;
        };
        let members = match self.given.get(name) {
            Some(Given::Many(members)) => members.to_vec(),
            Some(Given::One(arg)) if arg.as_list().is_some() => {
                arg.as_list().unwrap_or_default().to_vec()
            }
            Some(Given::Made(made)) if made.as_list().is_some() => {
                made.as_list().unwrap_or_default().to_vec()
            }
            Some(Given::One(Datum { span, .. }) | Given::Made(Datum { span, .. })) => {
                let found = messages::splice_of_no_list(self.here(datum.span), name, *span);
                self.fault.get_or_insert(Fault::Other(Box::new(found)));
                return;
            }
            None => return,
        };
        for each in members {
            self.measure(&each, depth);
            out.push(each);
        }
    }

    /// Counts what was copied.
    fn measure(&mut self, datum: &Datum, depth: usize) {
        let mut pending = vec![(datum, depth)];
        while let Some((datum, depth)) = pending.pop() {
            if !self.count(depth) {
                return;
            }
            let members = datum.as_list().unwrap_or_default();
            pending.extend(members.iter().map(|each| (each, depth + 1)));
        }
    }
}

/// Puts `new` in the place of each whole word `old`, where words end at dots
/// and at what separates the parts of a type.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    let ends = |c: char| c.is_whitespace() || "[](),.".contains(c);
    while !rest.is_empty() {
        let length = rest.find(ends).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        made.push_str(if word == old { new } else { word });
        let separator = after.chars().next().map_or(0, char::len_utf8);
        made.push_str(&after[..separator]);
        rest = &after[separator..];
    }
    made
}
