//! Single values: texts, numbers, words of a fixed set, literals.

use wfc_diag::Span;
use wfc_ir::Value;
use wfc_syntax::yaml::{Kind, Node, Scalar, Value as Tree};

use super::Reader;
use crate::yaml::hir::{Name, Spanned};
use crate::yaml::messages;

impl Reader<'_> {
    /// Reports that `node` is not what was expected, unless it could not be
    /// read at all.
    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        if node.is_error() {
            return;
        }
        let span = self.shown_span(node);
        let found = messages::wrong_type(span, what, expected, &describe(node));
        let scalar = node
            .as_scalar()
            .filter(|s| !s.quoted && node.alias.is_none());
        let found = match scalar {
            Some(scalar) if expected.starts_with("a text") && scalar.kind != Kind::Null => {
                messages::quote(found, span, self.raw(span))
            }
            _ => found,
        };
        self.report(found);
    }

    /// The span of a value; of a missing one, where it would stand; of a long
    /// one, its first line.
    fn shown_span(&self, node: &Node) -> Span {
        match node.value {
            Tree::Scalar(_) => node.place(),
            _ => self.head(node.place()),
        }
    }

    fn raw(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// A text. Its place is inside the quotes, so that a fix keeps them.
    pub(super) fn string(&mut self, node: &Node, what: &str) -> Option<Name> {
        match node.as_str() {
            Some(text) => {
                let inside = || node.span_of(0..text.len(), self.text);
                let span = node.alias.unwrap_or_else(inside);
                Some(Spanned::new(text.to_owned(), span))
            }
            None => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn name(&mut self, node: &Node, what: &str) -> Option<Name> {
        let name = self.string(node, what)?;
        if name.value.trim().is_empty() {
            let message = format!("{what} must not be empty");
            self.report(messages::bad_value(name.span, message, "empty"));
            return None;
        }
        Some(name)
    }

    /// A letter followed by letters, digits and `_`.
    pub(super) fn id(&mut self, node: &Node) -> Option<Name> {
        let id = self.string(node, "`id`")?;
        let mut chars = id.value.chars();
        let fits = chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            self.report(messages::bad_id(id.span, &id.value));
            return None;
        }
        Some(id)
    }

    /// `true` or `false`.
    pub(super) fn bool(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.as_scalar() {
            Some(Scalar {
                kind: Kind::Bool(value),
                ..
            }) => Some(*value),
            _ => {
                self.wrong_type(node, what, "true or false");
                None
            }
        }
    }

    /// An integer that is at least `least`.
    pub(super) fn count(&mut self, node: &Node, what: &str, least: u64) -> Option<Spanned<u64>> {
        let Some(Scalar {
            kind: Kind::Int(value),
            ..
        }) = node.as_scalar()
        else {
            self.wrong_type(node, what, "an integer");
            return None;
        };
        let value = u64::try_from(*value).ok().filter(|value| *value >= least);
        let span = node.place();
        if value.is_none() {
            let message = format!("{what} must be at least {least}");
            self.report(messages::bad_value(span, message, "too small"));
        }
        value.map(|value| Spanned::new(value, span))
    }

    /// A number of seconds above zero.
    pub(super) fn seconds(&mut self, node: &Node, what: &str) -> Option<f64> {
        /// Some 30 years, so that a sum with the clock cannot overflow.
        const LONGEST: f64 = 1e9;
        let value = match node.as_scalar().map_or(Kind::Null, |scalar| scalar.kind) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "seconds beyond 2^53 are refused"
            )]
            Kind::Int(value) => value as f64,
            Kind::Float(value) => value,
            _ => {
                self.wrong_type(node, what, "a number of seconds");
                return None;
            }
        };
        if value > 0.0 && value <= LONGEST {
            return Some(value);
        }
        let message = format!("{what} must be a number of seconds above 0 and up to {LONGEST}");
        self.report(messages::bad_value(node.place(), message, "out of range"));
        None
    }

    /// One of a fixed set of words.
    pub(super) fn word<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.string(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let allowed = words.iter().map(|(word, _)| *word);
            self.report(messages::bad_word(text.span, what, &text.value, allowed));
        }
        found.map(|(_, value)| *value)
    }

    /// A list of texts.
    pub(super) fn strings(&mut self, node: &Node, what: &str) -> Option<Vec<Name>> {
        let items = self.texts(node, what)?;
        Some(
            items
                .iter()
                .filter_map(|item| self.name(item, &format!("an item of {what}")))
                .collect(),
        )
    }

    /// A text, number or boolean as the text that the author wrote.
    pub(super) fn words_of(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.as_scalar() {
            Some(scalar) if scalar.kind != Kind::Null => Some(scalar.text.clone()),
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// Any value, as JSON.
    pub(super) fn json(&mut self, node: &Node, what: &str) -> Option<Spanned<Value>> {
        let value = self.json_value(node, what)?;
        Some(Spanned::new(value, node.place()))
    }

    fn json_value(&mut self, node: &Node, what: &str) -> Option<Value> {
        match &node.value {
            Tree::Scalar(scalar) => self.json_scalar(node, scalar, what),
            Tree::Sequence(items) => items
                .iter()
                .map(|item| self.json_value(item, what))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array),
            Tree::Mapping(mapping) => mapping
                .into_iter()
                .map(|entry| Some((entry.key.text.clone(), self.json_value(&entry.value, what)?)))
                .collect::<Option<serde_json::Map<_, _>>>()
                .map(Value::Object),
            Tree::Error => None,
        }
    }

    pub(super) fn json_scalar(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        what: &str,
    ) -> Option<Value> {
        match scalar.kind {
            Kind::Null => Some(Value::Null),
            Kind::Bool(value) => Some(Value::Bool(value)),
            Kind::Int(value) => Some(Value::from(value)),
            Kind::String => Some(Value::from(scalar.text.clone())),
            Kind::Float(value) => {
                let number = serde_json::Number::from_f64(value);
                if number.is_none() {
                    let message = format!("{what} must be a finite number");
                    self.report(messages::bad_value(node.place(), message, "not finite"));
                }
                number.map(Value::Number)
            }
            Kind::BigInt => {
                let message = format!("{what} does not fit a 64-bit integer");
                self.report(messages::bad_value(node.place(), message, "too large"));
                None
            }
            Kind::Date => {
                let found = messages::date(node.place(), what, &scalar.text);
                self.report(found);
                None
            }
        }
    }

    /// A text, number, boolean or null as JSON.
    pub(super) fn literal(&mut self, node: &Node, what: &str) -> Option<Spanned<Value>> {
        match &node.value {
            Tree::Scalar(scalar) => {
                let value = self.json_scalar(node, scalar, what)?;
                Some(Spanned::new(value, node.place()))
            }
            _ => {
                self.wrong_type(node, what, "a single value");
                None
            }
        }
    }
}

/// What a node is, with its article.
fn describe(node: &Node) -> String {
    match &node.value {
        Tree::Mapping(_) => "a mapping".to_owned(),
        Tree::Sequence(_) => "a list".to_owned(),
        Tree::Error => "unreadable".to_owned(),
        Tree::Scalar(scalar) => match scalar.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(_) => format!("the boolean {}", scalar.text),
            Kind::Int(_) => format!("the integer {}", short(&scalar.text)),
            Kind::BigInt => "an integer that 64 bits cannot hold".to_owned(),
            Kind::Float(_) => format!("the number {}", short(&scalar.text)),
            Kind::String => "a text".to_owned(),
            Kind::Date => "a date".to_owned(),
        },
    }
}

fn short(text: &str) -> &str {
    match text.char_indices().nth(24) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
