//! Arguments of the form `:keyword value`.

use wfc_diag::Span;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::Checker;
use crate::lisp::messages;

/// The arguments of a form.
pub(super) struct Arguments<'d> {
    /// Those without a keyword, which come first.
    pub(super) plain: Vec<&'d Datum>,
    /// Keyword, its place, value.
    pub(super) pairs: Vec<(&'d str, Span, &'d Datum)>,
}

impl<'d> Arguments<'d> {
    /// The value of a keyword.
    pub(super) fn get(&self, keyword: &str) -> Option<&'d Datum> {
        self.pairs
            .iter()
            .find(|(key, _, _)| *key == keyword)
            .map(|(_, _, value)| *value)
    }

    /// Takes the misspelt keyword at a position for the one of `known` that it
    /// looks like, unless that is there itself.
    pub(super) fn mean(&mut self, at: usize, known: impl Iterator<Item = &'d str>) {
        let given = |key: &str| self.pairs.iter().any(|(other, _, _)| *other == key);
        let free: Vec<&'d str> = known.filter(|key| !given(key)).collect();
        if let Some(meant) = wfc_diag::nearest(self.pairs[at].0, free) {
            self.pairs[at].0 = meant;
        }
    }
}

impl Checker<'_, '_> {
    /// Splits arguments. Reports repeated keywords, keywords without a value
    /// and values after the first keyword that have none.
    pub(super) fn arguments<'d>(&mut self, form: &str, args: &'d [Datum]) -> Arguments<'d> {
        let mut found = Arguments {
            plain: Vec::new(),
            pairs: Vec::new(),
        };
        let mut rest = args.iter().peekable();
        while let Some(arg) = rest.next() {
            let Some(key) = arg.as_keyword() else {
                if found.pairs.is_empty() {
                    found.plain.push(arg);
                } else if arg.kind != DatumKind::Error {
                    self.report(messages::keyword_needed(arg.span, form));
                }
                continue;
            };
            let value = match rest.peek() {
                Some(value) if value.as_keyword().is_none() => rest.next(),
                _ => None,
            };
            let Some(value) = value else {
                self.report(messages::keyword_alone(arg.span, key, form));
                continue;
            };
            match found.pairs.iter().find(|(other, _, _)| *other == key) {
                Some((_, first, _)) => {
                    let first = *first;
                    self.report(messages::duplicate(
                        "keyword",
                        &format!(":{key}"),
                        arg.span,
                        first,
                    ));
                }
                None => found.pairs.push((key, arg.span, value)),
            }
        }
        found
    }

    /// Reports keywords that a form does not know, and takes each for the one
    /// that it looks like.
    pub(super) fn known(
        &mut self,
        form: &str,
        arguments: &mut Arguments<'_>,
        allowed: &[&'static str],
    ) {
        for at in 0..arguments.pairs.len() {
            let (key, span, _) = arguments.pairs[at];
            if allowed.contains(&key) {
                continue;
            }
            self.report(messages::unknown_keyword(span, key, form, allowed));
            arguments.mean(at, allowed.iter().copied());
        }
    }
}
