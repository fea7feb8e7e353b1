//! The tree a YAML file is read into.

use std::collections::HashMap;

use wfc_diag::Span;

/// A YAML file as a tree. Aliases and merge keys are resolved in it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The whole value.
    pub root: Node,
    /// Every comment, in the order of the file.
    pub comments: Vec<Comment>,
    /// Every `&name`, in the order of the file.
    pub anchors: Vec<Anchor>,
    /// Every `*name` that could be resolved, in the order of the file.
    pub aliases: Vec<Alias>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the `#` to the end of the line.
    pub span: Span,
    /// What follows the `#`, blanks included.
    pub text: String,
}

/// The place where an anchor is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The name, without `&`.
    pub name: String,
    /// `&name`.
    pub span: Span,
}

/// A use of an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, without `*`.
    pub name: String,
    /// `*name`.
    pub span: Span,
    /// The `&name` it stands for.
    pub anchor: Span,
}

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value is written. Quotes and brackets belong to it. The span
    /// of a block scalar (`|`, `>`) is its text without the header and the
    /// final line feeds; that of a missing value (`key:`) is empty. For a value
    /// that came through an alias it is the place of the anchored value.
    pub span: Span,
    /// The value.
    pub value: Value,
    /// How it is written.
    pub style: Style,
    /// The `*name` through which the value came here, if it did.
    pub alias: Option<Span>,
}

impl Node {
    /// The place where a reader of the file sees this value: the alias if it
    /// came through one, its own text otherwise.
    pub fn place(&self) -> Span {
        self.alias.unwrap_or(self.span)
    }

    /// The value as a scalar.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar whose kind is [`Kind::String`].
    pub fn as_str(&self) -> Option<&str> {
        match self.as_scalar()? {
            Scalar {
                text,
                kind: Kind::String,
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value as a mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Is it null, written or missing?
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|s| s.kind == Kind::Null)
    }

    /// Could the value not be read? A finding says why; callers stay silent.
    pub fn is_error(&self) -> bool {
        self.value == Value::Error
    }
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
    /// A collection in brackets or braces.
    Flow,
    /// A collection laid out by indentation.
    Block,
    /// Nothing is written: the value of `key:`.
    Missing,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, number, boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping.
    Mapping(Mapping),
    /// What could not be read.
    Error,
}

/// A scalar: its text and what the text means.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, with quotes, escapes and folding decoded.
    pub text: String,
    /// What it means.
    pub kind: Kind,
    /// Is it in quotes, or a block scalar? Then it is a string whatever it
    /// looks like (unless it has a tag).
    pub quoted: bool,
}

/// What a scalar means. The rules are those of [`resolve`](super::resolve).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer that 64 bits do not hold; its text says which.
    BigInt,
    /// A floating point number, perhaps infinite or not a number.
    Float(f64),
    /// A text.
    String,
    /// A date or a time of YAML 1.1, which has no meaning in a workflow.
    Date,
}

/// The key of an entry. Keys are texts: `1: x` has the key `1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The text, decoded.
    pub text: String,
    /// Where it is written; for a merged entry, in the mapping it came from.
    pub span: Span,
}

/// One `key: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
    /// Did it come from another mapping, through `<<`?
    pub merged: bool,
}

/// Entries in their order, with quick access by key.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
    /// Positions by key, once there are more than [`LINEAR`] entries.
    index: Option<HashMap<String, usize>>,
}

/// Up to this many entries a look at each is quicker than hashing.
const LINEAR: usize = 16;

impl Mapping {
    /// The entries, in the order of the file; merged ones come first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.position(key).map(|position| &self.entries[position])
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|e| e.key.text == key),
        }
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Adds an entry; if the key is there already, replaces its entry and
    /// returns the old one.
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Entry> {
        if let Some(position) = self.position(&entry.key.text) {
            return Some(std::mem::replace(&mut self.entries[position], entry));
        }
        if let Some(index) = &mut self.index {
            index.insert(entry.key.text.clone(), self.entries.len());
        }
        self.entries.push(entry);
        if self.index.is_none() && self.entries.len() > LINEAR {
            let keys = self.entries.iter().map(|e| e.key.text.clone());
            self.index = Some(keys.zip(0..).collect());
        }
        None
    }
}

/// Mappings are equal when their entries are.
impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<'a> IntoIterator for &'a Mapping {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}
