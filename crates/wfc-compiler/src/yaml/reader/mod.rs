//! Tree to surface program: the keys, kinds and forms of everything. Names
//! are not looked up here.
//!
//! Each construct is read in one place. Keys are strict everywhere: what a
//! mapping may hold is listed beside the code that reads it.

mod agents;
mod cond;
mod contract;
mod control;
mod each;
mod exec;
mod later;
mod limits;
mod materialize;
mod needs;
pub(crate) mod policy;
mod remove;
mod scalar;
mod step;
mod text;
mod variants;
mod wait;
mod workflow;

use wfc_diag::{Diagnostic, FileId, Span};
use wfc_syntax::yaml::{Document, Entry, Mapping, Node, Style};

use super::gates::{self, Feature, Version};
use super::hir::{Name, Spanned, Workflow};
use super::messages;
pub(super) use step::forms;

/// Reads the tree of one file. `text` is the whole text of that file;
/// `broken` says that the tree has holes where the text was wrong.
pub(crate) fn read(
    file: FileId,
    path: std::path::PathBuf,
    text: &str,
    document: &Document,
    broken: bool,
) -> (Option<Workflow>, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text, broken);
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
    /// A list or registry of the file could not be read, so that the names in
    /// it are not known.
    lost: bool,
    /// What the loops around call their items, outermost first.
    aliases: Vec<String>,
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
    /// Misspelt keys under the keys that they mean. They have been reported;
    /// reading them all the same keeps the rest of the file from complaining
    /// about what they say.
    meant: Vec<(String, &'n Entry)>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which is `mapping`. No key is checked yet.
    fn new(node: &Node, mapping: &'n Mapping, what: &'static str) -> Self {
        Fields {
            span: node.place(),
            flow: node.style == Style::Flow,
            what,
            mapping,
            meant: Vec::new(),
        }
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.mapping.get(key).or_else(|| {
            let mut meant = self.meant.iter();
            meant.find(|(known, _)| known == key).map(|(_, e)| *e)
        })
    }

    /// Where the key stands, if it is there.
    fn key(&self, key: &str) -> Option<Span> {
        self.entry(key).map(|entry| entry.key.span)
    }
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str, broken: bool) -> Self {
        Reader {
            file,
            text,
            version: Spanned::new(Version::NEWEST, Span::at(file, 0)),
            found: Vec::new(),
            steps: 0,
            blocks: 0,
            broken,
            lost: false,
            aliases: Vec::new(),
        }
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
        let mut fields = Fields::new(node, mapping, what);
        self.strict(&mut fields, allowed);
        Some(fields)
    }

    /// Reports the keys that are not in `allowed`.
    fn strict(&mut self, fields: &mut Fields<'_>, allowed: &[&str]) {
        self.strict_but(fields, allowed, &[]);
    }

    /// [`strict`](Self::strict), but what is wrong with the keys in `told` is
    /// for the caller to say.
    fn strict_but(&mut self, fields: &mut Fields<'_>, allowed: &[&str], told: &[&str]) {
        #[cfg(test)]
        super::schema::tests::record(fields.what, allowed);
        for entry in fields.mapping {
            let key = entry.key.text.as_str();
            if !allowed.contains(&key) && !told.contains(&key) {
                self.unknown_key(fields, entry, allowed.iter().copied());
            }
        }
    }

    /// Reports a key that is none of `allowed`, and takes it for the one that
    /// it looks like.
    fn unknown_key<'n, 'k>(
        &mut self,
        fields: &mut Fields<'n>,
        entry: &'n Entry,
        allowed: impl Iterator<Item = &'k str>,
    ) {
        let key = entry.key.text.as_str();
        // What is there already cannot be what was meant.
        let free: Vec<&str> = allowed.filter(|key| fields.entry(key).is_none()).collect();
        let found = messages::unknown_key(entry.key.span, key, fields.what, &free);
        self.report(found);
        if let Some(meant) = wfc_diag::nearest(key, free) {
            fields.meant.push((meant.to_owned(), entry));
        }
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let mapping = node.as_mapping();
        if mapping.is_none() {
            self.wrong_type(node, what, "a mapping");
        }
        mapping
    }

    /// [`fields`](Self::fields) of something for which people write the value
    /// of its main key alone.
    fn fields_of<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        allowed: &[&str],
        main: &str,
    ) -> Option<Fields<'n>> {
        let word = node.as_str().filter(|word| !word.contains('\n'));
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return self.fields(node, what, allowed);
        };
        let found = messages::wrong_type(node.place(), what, "a mapping", "a text");
        let plain = |c: char| c.is_alphanumeric() || "_-./".contains(c);
        let whole = match word.chars().all(plain) {
            true => format!("{{{main}: {word}}}"),
            false => format!("{{{main}: {word:?}}}"),
        };
        self.report(messages::write(found, node.place(), &whole));
        None
    }

    /// A list of texts. One alone is not a list.
    fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match node.as_str().filter(|text| !text.is_empty()) {
            Some(text) => {
                let found = messages::wrong_type(node.place(), what, "a list", "a text");
                let plain = |c: char| c.is_alphanumeric() || "_-./".contains(c);
                self.report(match text.chars().all(plain) {
                    true => messages::write(found, node.place(), &format!("[{text}]")),
                    false => found,
                });
                None
            }
            None => self.list(node, what),
        }
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
        if found.is_none() && !self.broken {
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

/// The key of an entry as a name.
fn named(entry: &Entry) -> Name {
    Spanned::new(entry.key.text.clone(), entry.key.span)
}
