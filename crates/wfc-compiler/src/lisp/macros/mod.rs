//! Macros: templates that are filled in where they are used.
//!
//! `read` reads a `defmacro`, `expand` fills its template in, and `trace`
//! moves what is found in the result to the place of the use.
//!
//! Every expansion is a scope: what it takes from the template carries it, as
//! the context of its spans, and what it takes from the arguments keeps the
//! scope that it has. A name and its binding are of one scope, so that neither
//! a template nor its user captures names of the other; and a name that is
//! bound nowhere around it is looked up in the module whose file it stands in.

mod expand;
mod read;
mod trace;

use std::collections::HashSet;

use wfc_diag::Span;
use wfc_syntax::lisp::Datum;

use super::defs::Name;

pub(super) use expand::MAX_NODES;
pub(super) use read::read;
pub(super) use trace::{sites, trace};

/// Index of a macro in [`Macros::all`].
pub(super) type MacroId = usize;

/// A macro.
pub(super) struct Macro<'a> {
    pub(super) name: Name,
    params: Vec<Name>,
    /// Parameters that are given by keyword, with their defaults.
    keys: Vec<(Name, Option<&'a Datum>)>,
    /// The parameter that takes all further arguments.
    rest: Option<Name>,
    template: &'a Datum,
}

/// The macros of a program, and what became of them.
#[derive(Default)]
pub(super) struct Macros<'a> {
    pub(super) all: Vec<Macro<'a>>,
    /// Their names without modules: most heads of forms are none of them.
    names: HashSet<String>,
    expansions: Vec<Expansion>,
    /// How many data the expansions consist of.
    nodes: usize,
    /// Was it said that there are too many?
    exhausted: bool,
}

/// One use of a macro. Its context is its place in the list, from 1.
struct Expansion {
    id: MacroId,
    /// The form that was replaced.
    site: Span,
    /// The context of the name of the macro in it.
    caller: u32,
    /// How many expansions the form came out of, and this one.
    depth: usize,
}

impl<'a> Macros<'a> {
    pub(super) fn add(&mut self, found: Macro<'a>) -> MacroId {
        self.names.insert(found.name.text.clone());
        self.all.push(found);
        self.all.len() - 1
    }

    /// Notes the name of a macro that was reported.
    pub(super) fn note(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// Could this be the name of a macro?
    pub(super) fn may_be(&self, name: &str) -> bool {
        let bare = name.rsplit(['/', '.']).next().unwrap_or(name);
        self.names.contains(name) || self.names.contains(bare)
    }

    /// The expansion that a span is from.
    fn of(&self, span: Span) -> Option<&Expansion> {
        let number = span.file.context().checked_sub(1)?;
        self.expansions.get(number as usize)
    }

    /// Calls `body` with every word of the templates and the place of its
    /// symbol: what a macro may mean where it is used.
    pub(super) fn each_word(&self, mut body: impl FnMut(&str, Span)) {
        for each in &self.all {
            let mut pending = vec![each.template];
            pending.extend(each.keys.iter().filter_map(|(_, default)| *default));
            while let Some(datum) = pending.pop() {
                if let Some(text) = datum.as_symbol() {
                    for word in words(text) {
                        body(word, datum.span);
                    }
                }
                pending.extend(datum.as_list().unwrap_or_default());
            }
        }
    }
}

/// The names in a symbol, which may be a type.
fn words(symbol: &str) -> impl Iterator<Item = &str> {
    symbol
        .split(|c: char| c.is_whitespace() || "[](),".contains(c))
        .filter(|word| !word.is_empty())
}
