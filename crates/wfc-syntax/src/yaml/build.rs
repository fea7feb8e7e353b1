//! Events to a tree: aliases, merge keys, duplicate keys, tags and limits.
//!
//! The tree is built with a stack of its own, and no deeper than
//! [`MAX_DEPTH`], so that neither building nor dropping can overflow.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use wfc_diag::{Diagnostic, FileId, Span, codes};

use super::events::{Event, Events, Failure, Problem, Tag};
use super::patch::Patched;
use super::tags::apply_tag;
use super::{
    Alias, Anchor, Comment, Document, Entry, Key, Kind, Mapping, Node, Scalar, Style, Value,
    resolve,
};
use crate::limits::{MAX_DEPTH, MAX_EXPANSION};

/// Stands in a mended text for a value that could not be read. It is of the
/// private use area, and has this meaning only in a file with errors.
pub(super) const HOLE: &str = "\u{E000}";

/// What came of one pass over a text.
pub(super) struct Outcome {
    /// What was read before the parser got stuck, or everything.
    pub(super) document: Document,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) stuck: Option<Stuck>,
}

/// The parser could not go on: where it was. Offsets are those of the text it
/// read, not of the file.
pub(super) struct Stuck {
    pub(super) failure: Failure,
    /// Collections that were open, outermost first.
    pub(super) open: Vec<Open>,
    /// Collections that were closed after the last scalar began.
    pub(super) closed: Vec<Open>,
    /// The last scalar.
    pub(super) last: Option<(Range<usize>, Style)>,
    /// The end of what was read last, comments aside.
    pub(super) read: usize,
}

/// A collection that was open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) mapping: bool,
    pub(super) flow: bool,
    pub(super) start: usize,
}

/// Reads the text as far as possible.
pub(super) fn build(file: FileId, patched: &Patched<'_>) -> Outcome {
    let mut builder = Builder::new(file, patched);
    let mut events = Events::new(patched.text());
    let mut documents = 0;
    let mut failure = None;
    while let Some(next) = events.next() {
        let (event, range) = match next {
            Ok(next) => next,
            Err(error) => {
                failure = Some(error);
                break;
            }
        };
        if let Event::DocumentStart { explicit } = event {
            documents += 1;
            if documents > 1 {
                builder.second_document(explicit, range);
                break;
            }
            continue;
        }
        if let Err(error) = builder.take(event, range) {
            failure = Some(error);
            break;
        }
    }
    builder.finish(failure)
}

/// A finished node with what an alias of it costs.
struct Done {
    node: Node,
    /// How many nodes it has, long texts counting for more.
    weight: usize,
    /// How many levels of collections it has.
    height: usize,
}

/// A collection that is open.
struct Frame {
    open: Open,
    anchor: usize,
    tag: Option<Tag>,
    items: Vec<Node>,
    mapping: Mapping,
    key: Option<Slot>,
    /// Values of `<<`, in order.
    merges: Vec<Node>,
    weight: usize,
    height: usize,
    /// Where the last child ends.
    end: usize,
}

/// What the value that comes next is for.
enum Slot {
    Key(Key),
    Merge(Key),
    /// The key could not be used; so neither can the value.
    Skip,
}

struct Builder<'a, 't> {
    file: FileId,
    patched: &'a Patched<'t>,
    frames: Vec<Frame>,
    root: Option<Node>,
    document: Document,
    /// Positions in `document.anchors` by id.
    names: HashMap<usize, usize>,
    targets: HashMap<usize, Done>,
    /// What the aliases so far stand for.
    expanded: usize,
    /// What has been kept for aliases.
    stored: usize,
    over_limit: bool,
    diagnostics: Vec<Diagnostic>,
    closed: Vec<Open>,
    last: Option<(Range<usize>, Style)>,
    read: usize,
}

impl<'a, 't> Builder<'a, 't> {
    fn new(file: FileId, patched: &'a Patched<'t>) -> Self {
        let start = if patched.text().starts_with(crate::text::BOM) {
            crate::text::BOM.len_utf8()
        } else {
            0
        };
        Builder {
            file,
            patched,
            frames: Vec::new(),
            root: None,
            document: Document {
                root: missing(Span::at(file, patched.in_file(&(start..start)).start)),
                comments: Vec::new(),
                anchors: Vec::new(),
                aliases: Vec::new(),
            },
            names: HashMap::new(),
            targets: HashMap::new(),
            expanded: 0,
            stored: 0,
            over_limit: false,
            diagnostics: Vec::new(),
            closed: Vec::new(),
            last: None,
            read: 0,
        }
    }

    fn span(&self, range: &Range<usize>) -> Span {
        let range = self.patched.in_file(range);
        Span::new(self.file, range.start, range.end)
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), Failure> {
        match event {
            Event::Comment(text) => {
                let span = self.span(&range);
                // A repair can turn text into a comment; the author wrote none.
                if (span.end - span.start) as usize == range.len() {
                    self.document.comments.push(Comment {
                        span,
                        text: text.into_owned(),
                    });
                }
                return Ok(());
            }
            Event::Anchor { id, name } => {
                self.names.insert(id, self.document.anchors.len());
                let span = self.span(&range);
                self.document.anchors.push(Anchor {
                    name: name.into_owned(),
                    span,
                });
                return Ok(());
            }
            Event::DocumentStart { .. } | Event::DocumentEnd | Event::Other => return Ok(()),
            Event::Scalar {
                text,
                style,
                anchor,
                tag,
            } => self.scalar(text, style, anchor, tag, &range),
            Event::Start {
                mapping,
                flow,
                anchor,
                tag,
            } => {
                if self.frames.len() == MAX_DEPTH {
                    return Err(Failure {
                        offset: range.start,
                        problem: Problem::Depth,
                    });
                }
                self.closed.clear();
                self.frames.push(Frame {
                    open: Open {
                        mapping,
                        flow,
                        start: self.start_of(mapping, flow, range.start),
                    },
                    anchor,
                    tag,
                    items: Vec::new(),
                    mapping: Mapping::default(),
                    key: None,
                    merges: Vec::new(),
                    weight: 1,
                    height: 0,
                    end: range.end,
                });
            }
            Event::End => self.end(&range),
            Event::Alias(id) => {
                let span = self.span(&range);
                let done = self.alias(id, span);
                self.place(done, range.end, span);
            }
            Event::UnresolvedAlias(name) => {
                let span = self.span(&range);
                self.unknown_anchor(&name, span);
                self.place(leaf(error(span)), range.end, span);
            }
        }
        self.read = self.read.max(range.end);
        Ok(())
    }

    /// Where a collection begins. A list in the column of its key is reported
    /// behind its first dash.
    fn start_of(&self, mapping: bool, flow: bool, start: usize) -> usize {
        let text = self.patched.text();
        if mapping || flow || text[start..].starts_with('-') {
            return start;
        }
        let line = super::lines::line_start(text, start);
        text[line..start]
            .rfind('-')
            .map_or(start, |dash| line + dash)
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: Style,
        anchor: usize,
        tag: Option<Tag>,
        range: &Range<usize>,
    ) {
        self.closed.clear();
        let mut range = range.clone();
        if matches!(style, Style::Literal | Style::Folded) {
            // The parser counts blank lines, and the next line's indentation.
            let text = self.patched.text();
            let source = text[range.clone()].trim_end_matches([' ', '\n', '\r']);
            let end = range.start + source.len();
            range.end = super::lines::line_end(text, end).min(range.end);
        }
        if style != Style::Missing {
            self.last = Some((range.clone(), style));
        }
        let span = self.span(&range);
        let value = match style {
            Style::Missing => Value::Scalar(Scalar {
                text: String::new(),
                kind: Kind::Null,
                quoted: false,
            }),
            Style::Plain if text == HOLE && self.patched.is_mended() => Value::Error,
            _ => {
                let quoted = style != Style::Plain;
                Value::Scalar(Scalar {
                    kind: if quoted { Kind::String } else { resolve(&text) },
                    text: text.into_owned(),
                    quoted,
                })
            }
        };
        let weight = match &value {
            Value::Scalar(scalar) => 1 + scalar.text.len() / 64,
            _ => 1,
        };
        let mut node = Node {
            span,
            value,
            style,
            alias: None,
        };
        self.tag(tag, &mut node);
        let done = Done {
            node,
            weight,
            height: 0,
        };
        self.store(anchor, &done);
        self.place(done, range.end, span);
    }

    fn tag(&mut self, tag: Option<Tag>, node: &mut Node) {
        if let Some(tag) = tag {
            let span = self.span(&tag.range);
            self.diagnostics.extend(apply_tag(&tag, span, node));
        }
    }

    /// The innermost collection is complete.
    fn end(&mut self, range: &Range<usize>) {
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        self.closed.push(frame.open);
        // A block collection is "ended" where the next thing begins; it ends
        // with its last child.
        let end = if frame.open.flow {
            range.end
        } else {
            frame.end
        };
        let span = self.span(&(frame.open.start..end.max(frame.open.start)));
        if frame.key.is_some() {
            // Only when the file could not be read to its end.
            self.frames.push(frame);
            self.place(
                leaf(error(Span::at(self.file, span.end as usize))),
                end,
                span,
            );
            let Some(again) = self.frames.pop() else {
                return;
            };
            frame = again;
        }
        let value = if frame.open.mapping {
            Value::Mapping(merge(frame.mapping, frame.merges))
        } else {
            Value::Sequence(frame.items)
        };
        let mut node = Node {
            span,
            value,
            style: if frame.open.flow {
                Style::Flow
            } else {
                Style::Block
            },
            alias: None,
        };
        self.tag(frame.tag, &mut node);
        let done = Done {
            node,
            weight: frame.weight,
            height: frame.height + 1,
        };
        self.store(frame.anchor, &done);
        self.place(done, end, span);
    }

    /// Keeps an anchored node for its aliases.
    fn store(&mut self, anchor: usize, done: &Done) {
        // Anchors inside anchors would cost depth times size; the total is
        // bounded, and what is not kept counts as too large.
        self.stored += if anchor == 0 { 0 } else { done.weight };
        if anchor != 0 && done.weight <= MAX_EXPANSION && self.stored <= 10 * MAX_EXPANSION {
            let copy = Done {
                node: done.node.clone(),
                ..*done
            };
            self.targets.insert(anchor, copy);
        }
    }

    /// Puts a finished node where it belongs. `written` is where its text, or
    /// the alias of it, stands.
    fn place(&mut self, done: Done, end: usize, written: Span) {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(done.node);
            return;
        };
        frame.end = frame.end.max(end);
        frame.weight += done.weight;
        frame.height = frame.height.max(done.height);
        if !frame.open.mapping {
            frame.items.push(done.node);
            return;
        }
        match frame.key.take() {
            None => {
                let slot = self.key(done.node, written);
                if let Some(frame) = self.frames.last_mut() {
                    frame.key = Some(slot);
                }
            }
            Some(Slot::Skip) => {}
            Some(Slot::Merge(key)) => self.merge_value(key, done.node),
            Some(Slot::Key(key)) => {
                let entry = Entry {
                    key,
                    value: done.node,
                    merged: false,
                };
                let second = entry.key.span;
                if let Some(old) = frame.mapping.insert(entry) {
                    self.duplicate(&old.key, second);
                }
            }
        }
    }

    /// What a node in the place of a key stands for.
    fn key(&mut self, node: Node, written: Span) -> Slot {
        match node.value {
            Value::Scalar(scalar) => {
                let key = Key {
                    text: scalar.text,
                    span: written,
                };
                if key.text == "<<" && node.style == Style::Plain {
                    Slot::Merge(key)
                } else {
                    Slot::Key(key)
                }
            }
            Value::Error => Slot::Skip,
            Value::Sequence(_) | Value::Mapping(_) => {
                let found = if matches!(node.value, Value::Mapping(_)) {
                    "mapping"
                } else {
                    "list"
                };
                let diagnostic = Diagnostic::new(
                    codes::YAML_KEY_NOT_SCALAR,
                    written,
                    format!("a {found} cannot be a key"),
                )
                .label("a key must be a plain text");
                self.diagnostics.push(if node.style == Style::Flow {
                    diagnostic.help("put quotes around the whole value if it is meant as text")
                } else {
                    diagnostic
                });
                Slot::Skip
            }
        }
    }

    fn merge_value(&mut self, key: Key, value: Node) {
        let values = match value.value {
            Value::Sequence(items) => items,
            _ => vec![value],
        };
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        for value in values {
            if value.as_mapping().is_some() {
                frame.merges.push(value);
            } else if !value.is_error() {
                let place = value.place();
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::YAML_SYNTAX,
                        place,
                        "`<<` merges mappings, but this is not a mapping",
                    )
                    .label("expected a mapping, or a list of mappings")
                    .also(key.span, "merged here")
                    .help("name an anchor that is set on a mapping, as in `<<: *defaults`"),
                );
            }
        }
    }

    fn duplicate(&mut self, first: &Key, second: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                codes::YAML_DUPLICATE_KEY,
                second,
                format!(
                    "the key `{}` is given twice in one mapping",
                    shown(&first.text)
                ),
            )
            .label("given again here")
            .also(first.span, "first given here")
            .help("remove one of the two, or rename it"),
        );
    }

    fn alias(&mut self, id: usize, span: Span) -> Done {
        if let Some(anchor) = self.names.get(&id).map(|&at| &self.document.anchors[at]) {
            let alias = Alias {
                name: anchor.name.clone(),
                span,
                anchor: anchor.span,
            };
            self.document.aliases.push(alias);
        }
        if self.frames.iter().any(|f| f.anchor == id) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::YAML_UNKNOWN_ANCHOR,
                    span,
                    "an alias cannot stand for a value that contains it",
                )
                .label("this value would never end")
                .help("write the value out"),
            );
            return leaf(error(span));
        }
        let limits = self.targets.get(&id).map(|t| (t.weight, t.height));
        let Some((weight, height)) = limits else {
            return self.alias_limit(span);
        };
        if self.frames.len() + height > MAX_DEPTH {
            self.diagnostics.push(too_deep(span));
            return leaf(error(span));
        }
        // The alias itself is paid for by the bytes of the file.
        self.expanded = self.expanded.saturating_add(weight - 1);
        if self.expanded > MAX_EXPANSION {
            return self.alias_limit(span);
        }
        let node = self.targets.get(&id).map(|t| Node {
            alias: Some(span),
            ..t.node.clone()
        });
        Done {
            node: node.unwrap_or_else(|| error(span)),
            weight,
            height,
        }
    }

    fn alias_limit(&mut self, span: Span) -> Done {
        if !std::mem::replace(&mut self.over_limit, true) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::YAML_ALIAS_LIMIT,
                    span,
                    "the aliases of this file stand for too many values",
                )
                .label("the limit is passed here")
                .note(format!(
                    "all aliases together may stand for {MAX_EXPANSION} values"
                ))
                .help("write the values out, or share them at one level only"),
            );
        }
        leaf(error(span))
    }

    fn unknown_anchor(&mut self, name: &str, span: Span) {
        // The last ones are the likeliest, and enough to look at.
        let mut names: Vec<&str> = Vec::new();
        for anchor in self.document.anchors.iter().rev().take(100) {
            if !names.contains(&anchor.name.as_str()) {
                names.push(&anchor.name);
            }
        }
        names.reverse();
        let diagnostic = Diagnostic::new(
            codes::YAML_UNKNOWN_ANCHOR,
            span,
            format!("no anchor `&{}` is set before this alias", shown(name)),
        )
        .label("unknown anchor");
        let diagnostic = match wfc_diag::nearest(name, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `*{near}`?")).replace(
                span,
                format!("*{near}"),
                format!("replace `*{}` with `*{near}`", shown(name)),
                wfc_diag::Applicability::Unsafe,
            ),
            // A pattern such as `*.md` or `**/x` is a text without quotes.
            None if name.contains(['*', '/', '.', '?']) || names.is_empty() => diagnostic
                .help("a value that begins with `*` needs quotes if it is meant as text")
                .replace(
                    span,
                    format!("\"*{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
                    "put quotes around it",
                    wfc_diag::Applicability::Unsafe,
                ),
            None => diagnostic,
        };
        let known = wfc_diag::one_of(names.iter().copied());
        self.diagnostics.push(if known.is_empty() {
            diagnostic
        } else {
            diagnostic.note(format!("anchors set before it: {known}"))
        });
    }

    fn second_document(&mut self, explicit: bool, range: Range<usize>) {
        let range = if explicit {
            range
        } else {
            // There is no `---` to show: show what begins.
            let rest = &self.patched.text()[range.start..];
            let start = range.start + (rest.len() - rest.trim_start().len());
            let word = rest.split_whitespace().next();
            start..start + word.map_or(0, str::len)
        };
        let span = self.span(&range);
        self.diagnostics.push(
            Diagnostic::new(
                codes::YAML_MULTI_DOCUMENT,
                span,
                "a file holds one document, but a second one begins here",
            )
            .label("the second document")
            .help("move it to a file of its own; what follows here is not read"),
        );
    }

    /// Closes what is open.
    fn finish(mut self, failure: Option<Failure>) -> Outcome {
        let stuck = failure.map(|failure| Stuck {
            failure,
            open: self.frames.iter().map(|f| f.open).collect(),
            closed: std::mem::take(&mut self.closed),
            last: self.last.take(),
            read: self.read,
        });
        while let Some(end) = self.frames.last().map(|f| f.end) {
            self.end(&(end..end));
        }
        if let Some(root) = self.root {
            self.document.root = root;
        }
        self.document.comments.sort_by_key(|c| c.span);
        self.document.anchors.sort_by_key(|a| a.span);
        Outcome {
            document: self.document,
            diagnostics: self.diagnostics,
            stuck,
        }
    }
}

/// Entries of the merged mappings first, where those of earlier mappings win;
/// then the mapping's own, which win over all.
fn merge(own: Mapping, merges: Vec<Node>) -> Mapping {
    if merges.is_empty() {
        return own;
    }
    let mut merged = Mapping::default();
    for node in merges {
        let Value::Mapping(source) = node.value else {
            continue;
        };
        for entry in source.into_entries() {
            if merged.position(&entry.key.text).is_none() {
                merged.insert(Entry {
                    merged: true,
                    ..entry
                });
            }
        }
    }
    for entry in own.into_entries() {
        merged.insert(entry);
    }
    merged
}

fn missing(span: Span) -> Node {
    Node {
        span,
        value: Value::Scalar(Scalar {
            text: String::new(),
            kind: Kind::Null,
            quoted: false,
        }),
        style: Style::Missing,
        alias: None,
    }
}

fn error(span: Span) -> Node {
    Node {
        span,
        value: Value::Error,
        style: Style::Missing,
        alias: None,
    }
}

fn leaf(node: Node) -> Done {
    Done {
        node,
        weight: 1,
        height: 0,
    }
}

/// The finding that something is nested too deeply.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::YAML_DEPTH,
        span,
        format!("lists and mappings are nested more than {MAX_DEPTH} deep"),
    )
    .label("one level too many begins here")
}

/// A name as it can stand in a message: on one line, and not endless.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    let plain = !name.contains(char::is_control);
    if plain && name.chars().nth(MOST).is_none() {
        return Cow::Borrowed(name);
    }
    let mut text: String = name
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if name.chars().nth(MOST).is_some() {
        text.push('…');
    }
    Cow::Owned(text)
}
