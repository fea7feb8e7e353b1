//! Tree to surface program: the keys, kinds and forms of everything. Names
//! are not looked up here.
//!
//! Each construct is read in one place. Keys are strict everywhere: what a
//! mapping may hold is listed beside the code that reads it.

mod cond;
mod contract;
mod control;
mod exec;
mod later;
mod scalar;
mod step;
mod text;
mod workflow;

use wfc_diag::{Diagnostic, FileId, Span};
use wfc_syntax::yaml::{Document, Entry, Mapping, Node, Style};

use super::gates::{self, Feature, Version};
use super::hir::{Spanned, Workflow};
use super::messages;

/// Reads the tree of one file. `text` is the whole text of that file;
/// `broken` says that the tree has holes where the text was wrong.
pub(crate) fn read(
    file: FileId,
    path: std::path::PathBuf,
    text: &str,
    document: &Document,
    broken: bool,
) -> (Option<Workflow>, Vec<Diagnostic>) {
    let mut reader = Reader {
        file,
        text,
        version: Spanned::new(Version::NEWEST, Span::at(file, 0)),
        found: Vec::new(),
        steps: 0,
        blocks: 0,
        broken,
    };
    let workflow = reader.workflow(path, &document.root);
    (workflow, reader.found)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// The newest when the file says none.
    version: Spanned<Version>,
    found: Vec<Diagnostic>,
    /// How many steps and blocks have a number so far.
    steps: usize,
    blocks: usize,
    broken: bool,
}

/// A mapping whose keys have been checked.
struct Fields<'n> {
    /// Where it stands.
    span: Span,
    /// Is it in braces?
    flow: bool,
    /// What it is, for messages: `a step`.
    what: &'static str,
    mapping: &'n Mapping,
}

impl<'n> Fields<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.mapping.get(key).map(|entry| &entry.value)
    }

    fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.mapping.get(key)
    }

    /// Where the key stands, if it is there.
    fn key(&self, key: &str) -> Option<Span> {
        self.mapping.get(key).map(|entry| entry.key.span)
    }
}

impl Reader<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Reads a mapping with these keys and no others.
    fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        allowed: &[&str],
    ) -> Option<Fields<'n>> {
        let mapping = self.mapping(node, what)?;
        let fields = Fields {
            span: node.place(),
            flow: node.style == Style::Flow,
            what,
            mapping,
        };
        self.strict(&fields, allowed);
        Some(fields)
    }

    /// Reports the keys that are not in `allowed`.
    fn strict(&mut self, fields: &Fields<'_>, allowed: &[&str]) {
        for entry in fields.mapping {
            let key = entry.key.text.as_str();
            if !allowed.contains(&key) {
                let span = entry.key.span;
                // What is there already cannot be what was meant.
                let free: Vec<&str> = allowed
                    .iter()
                    .copied()
                    .filter(|key| fields.mapping.get(key).is_none())
                    .collect();
                self.report(messages::unknown_key(span, key, fields.what, &free));
            }
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() {
            self.wrong_type(node, what, "a mapping");
        }
        mapping
    }

    fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let items = node.as_sequence();
        if items.is_none() {
            self.wrong_type(node, what, "a list");
        }
        items
    }

    /// The value of a key that must be there.
    fn required<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        // A misspelt key was reported as an unknown one.
        let misspelt = || {
            let mut keys = fields.mapping.into_iter().map(|e| e.key.text.as_str());
            key.len() > 2 && keys.any(|other| wfc_diag::nearest(other, [key]).is_some())
        };
        if found.is_none() && !self.broken && !misspelt() {
            let head = self.head(fields.span);
            self.report(messages::missing_key(head, key, fields.what));
        }
        found
    }

    /// The first line of a span, so that a finding about something absent
    /// does not underline everything that is there.
    fn head(&self, span: Span) -> Span {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        let line = text.lines().next().unwrap_or("");
        let line = line.split(" #").next().unwrap_or(line).trim_end();
        Span::new(
            self.file,
            span.start as usize,
            span.start as usize + line.len(),
        )
    }

    /// How many characters stand before `span` in its line.
    fn column(&self, span: Span) -> usize {
        let before = self.text.get(..span.start as usize).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        line.chars().count()
    }

    /// Reports that the version of the file does not have `feature` yet.
    fn gate(&mut self, feature: Feature, span: Span) {
        if let Some(since) = gates::missing(feature, self.version.value) {
            let version = self.version.span;
            self.report(messages::gate(span, feature, since, version));
        }
    }

    /// [`gate`](Self::gate) for each of `keys` that is there.
    fn gate_keys(&mut self, fields: &Fields<'_>, keys: &[&'static str]) {
        for &key in keys {
            if let Some(span) = fields.key(key) {
                self.gate(Feature::Key(key), span);
            }
        }
    }

    fn next_step(&mut self) -> usize {
        self.steps += 1;
        self.steps - 1
    }

    fn next_block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks - 1
    }
}
