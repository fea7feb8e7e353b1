//! The lines of the formatted text, without comments and blank lines.

use std::ops::Range;

use super::concrete::{Concrete, Kind, Node};
use super::scalars;
use super::source::Source;

/// How long a line may become for a collection in brackets to stay on it, in
/// characters.
const WIDTH: usize = 100;

/// How much further in something stands than what it belongs to.
const STEP: usize = 2;

/// A key longer than this, in bytes, needs a `?`.
const LONGEST_KEY: usize = 1000;

/// The position of a block in [`Laid::blocks`].
pub(super) type BlockId = usize;

/// Lines that belong together.
pub(super) struct Block {
    pub(super) parent: Option<BlockId>,
    /// The column of its lines in the source.
    pub(super) column: usize,
    /// The column of its lines now.
    pub(super) indent: usize,
    /// Of something in brackets, its end in the source.
    pub(super) end: usize,
}

/// A line, or the lines of a text that nothing can come between.
pub(super) struct Line {
    pub(super) indent: usize,
    pub(super) text: String,
    /// Where the source of its first word begins.
    pub(super) first: usize,
    /// Where the source of its last word ends.
    pub(super) last: usize,
    /// The block of its first word, and that of its last.
    pub(super) opens: BlockId,
    pub(super) ends: BlockId,
    /// Is it the text of a block scalar? Then its indentation is in `text`, it
    /// stands right behind its header, and no comment can end it.
    pub(super) raw: bool,
}

/// Everything but comments.
pub(super) struct Laid {
    pub(super) lines: Vec<Line>,
    /// The first is the document.
    pub(super) blocks: Vec<Block>,
}

impl Laid {
    /// Has a key such as `--- x`, which stood further in, become a marker?
    pub(super) fn is_torn(&self, document: &Concrete<'_>) -> bool {
        let end = self.lines.len() - usize::from(document.tail.is_some());
        let lines = self.lines.get(document.head.len()..end).unwrap_or(&[]);
        lines.iter().any(|line| {
            line.indent == 0 && (line.text.starts_with("---") || line.text.starts_with("..."))
        })
    }
}

pub(super) fn lay(source: &Source<'_>, document: &Concrete<'_>) -> Laid {
    let mut layout = Layout {
        source,
        laid: Laid {
            lines: Vec::new(),
            blocks: vec![Block {
                parent: None,
                column: 0,
                indent: 0,
                end: 0,
            }],
        },
        pen: Line::new(0, 0, 0),
    };
    for head in &document.head {
        layout.open(0, 0, head.start);
        layout.put(source.slice(head.clone()), head.end);
        layout.close(0);
    }
    if let Some(root) = document.root.as_ref() {
        layout.root(root);
    }
    if let Some(tail) = &document.tail {
        layout.open(0, 0, tail.start);
        layout.put("...", tail.end);
        layout.close(0);
    }
    layout.laid
}

impl Line {
    fn new(indent: usize, block: BlockId, at: usize) -> Self {
        Line {
            indent,
            text: String::new(),
            first: at,
            last: at,
            opens: block,
            ends: block,
            raw: false,
        }
    }
}

/// Where a value goes.
#[derive(Clone, Copy)]
struct Slot {
    /// The block that it belongs to.
    block: BlockId,
    /// Where its lines begin if it gets lines of its own.
    indent: usize,
    /// The column, in the source, of the collection around it.
    column: Option<usize>,
    /// May a collection begin on the line of what is in front, as it may
    /// behind a dash?
    compact: bool,
    /// Where what is in front of it ends.
    after: usize,
}

struct Layout<'a> {
    source: &'a Source<'a>,
    laid: Laid,
    /// The line that is being written.
    pen: Line,
}

impl Layout<'_> {
    fn open(&mut self, indent: usize, block: BlockId, at: usize) {
        self.pen = Line::new(indent, block, at);
    }

    fn put(&mut self, text: &str, last: usize) {
        self.pen.text.push_str(text);
        self.pen.last = last;
    }

    /// A space, unless the line is empty.
    fn space(&mut self) {
        if !self.pen.text.is_empty() {
            self.pen.text.push(' ');
        }
    }

    fn close(&mut self, ends: BlockId) {
        let line = std::mem::replace(&mut self.pen, Line::new(0, 0, 0));
        self.laid.lines.push(Line { ends, ..line });
    }

    fn block(&mut self, block: Block) -> BlockId {
        self.laid.blocks.push(block);
        self.laid.blocks.len() - 1
    }

    fn root(&mut self, node: &Node<'_>) {
        if node.is_missing() && node.props.is_empty() {
            return;
        }
        let at = self.first(node);
        self.open(0, 0, at);
        let slot = Slot {
            block: 0,
            indent: 0,
            column: None,
            compact: true,
            after: at,
        };
        self.value(node, slot);
    }

    /// Where a node begins, its properties included.
    fn first(&self, node: &Node<'_>) -> usize {
        match node.props.first() {
            Some(first) => first.start,
            None => self.content(node),
        }
    }

    /// Where a node begins behind its properties.
    fn content(&self, node: &Node<'_>) -> usize {
        match &node.kind {
            Kind::Sequence { flow: false, items } => items
                .first()
                .map_or(node.range.start, |item| self.dash(item)),
            Kind::Mapping { entries, .. } if !self.in_brackets(node) => {
                let first = entries.first().map(|(key, _)| key);
                first.map_or(node.range.start, |key| {
                    self.question(key).unwrap_or_else(|| self.first(key))
                })
            }
            Kind::BlockText { after, .. } => {
                let after = node.props.last().map_or(*after, |last| last.end);
                scalars::header(self.source, after).start
            }
            _ => node.range.start,
        }
    }

    /// The dash of an item of a list without brackets.
    fn dash(&self, item: &Node<'_>) -> usize {
        let first = self.first(item);
        self.source.before(first).unwrap_or(first)
    }

    /// The `?` of a key, if it has one.
    fn question(&self, key: &Node<'_>) -> Option<usize> {
        let at = self.source.before(self.first(key))?;
        let apart = |at: usize| {
            let before = self.source.text.as_bytes().get(at);
            before.is_none_or(|byte| b" \t\n-:?,[{".contains(byte))
        };
        (self.source.is(at, b'?') && at.checked_sub(1).is_none_or(apart)).then_some(at)
    }

    fn in_brackets(&self, node: &Node<'_>) -> bool {
        let bracket = |byte| self.source.is(node.range.start, byte);
        match node.kind {
            Kind::Sequence { flow, .. } => flow && bracket(b'['),
            Kind::Mapping { flow, .. } => flow && bracket(b'{'),
            _ => false,
        }
    }

    /// Writes a value behind what is on the line already.
    fn value(&mut self, node: &Node<'_>, slot: Slot) {
        let mut after = slot.after;
        for range in &node.props {
            self.part(slot, after, range.start);
            self.put(self.source.slice(range.clone()), range.end);
            after = range.end;
        }
        let content = self.content(node);
        match &node.kind {
            Kind::Missing => {
                // What stands below is about what could stand here.
                let block = Block {
                    parent: Some(slot.block),
                    column: slot.indent,
                    indent: slot.indent,
                    end: 0,
                };
                let block = self.block(block);
                self.close(block);
            }
            Kind::BlockText { decoded, .. } => {
                self.part(slot, after, content);
                let block =
                    scalars::block(self.source, content, node.range.end, decoded, slot.column);
                self.put(&block.header(self.source), block.header.end);
                self.close(slot.block);
                if let Some(text) = block.text(self.source, slot.indent.max(STEP)) {
                    self.open(0, slot.block, block.start);
                    self.put(&text, block.end);
                    self.pen.raw = true;
                    self.close(slot.block);
                }
            }
            Kind::Sequence { .. } | Kind::Mapping { .. } => {
                let inline = match self.in_brackets(node) {
                    true => self.inline_if_short(node),
                    false => None,
                };
                if let Some(text) = inline {
                    self.part(slot, after, content);
                    self.put(&text, node.range.end);
                    self.close(slot.block);
                    return;
                }
                let together = slot.compact
                    && node.props.is_empty()
                    && !self.source.has_comment(after..content);
                if !together && !self.pen.text.is_empty() {
                    self.close(slot.block);
                }
                self.collection(node, slot, together, content);
            }
            Kind::Plain | Kind::SingleQuoted | Kind::DoubleQuoted | Kind::Alias => {
                self.part(slot, after, content);
                let text = self.scalar(node, slot.indent.max(STEP));
                self.put(&text, node.range.end);
                self.close(slot.block);
            }
        }
    }

    /// Goes on to what begins at `next`: on this line, unless a comment stands
    /// between.
    fn part(&mut self, slot: Slot, after: usize, next: usize) {
        if self.source.has_comment(after..next) && !self.pen.text.is_empty() {
            self.close(slot.block);
            self.open(slot.indent, slot.block, next);
        } else {
            self.space();
        }
    }

    /// A plain or quoted scalar, later lines at `indent`.
    fn scalar(&self, node: &Node<'_>, indent: usize) -> String {
        let raw = self.source.slice(node.range.clone());
        match node.kind {
            Kind::Missing => String::new(),
            Kind::SingleQuoted => scalars::double_quoted(raw)
                .unwrap_or_else(|| scalars::lines(raw, indent, false).into_owned()),
            Kind::DoubleQuoted => scalars::lines(raw, indent, true).into_owned(),
            _ => {
                let raw = raw.trim_end_matches([' ', '\t', '\n']);
                match scalars::quoted(raw) {
                    Some(quoted) => scalars::lines(&quoted, indent, true).into_owned(),
                    None => scalars::lines(raw, indent, false).into_owned(),
                }
            }
        }
    }

    /// The lines of a list or mapping. `together` says that the first stands
    /// on the line that is open; else there is none.
    fn collection(&mut self, node: &Node<'_>, slot: Slot, together: bool, content: usize) {
        let flow = match &node.kind {
            Kind::Sequence { flow, .. } | Kind::Mapping { flow, .. } => *flow,
            _ => return,
        };
        let column = self.source.column(content);
        let block = self.block(Block {
            parent: Some(slot.block),
            column,
            indent: slot.indent,
            end: if flow { node.range.end } else { 0 },
        });
        let inner = Slot {
            block,
            indent: slot.indent + STEP,
            column: Some(column),
            compact: false,
            after: 0,
        };
        let mut begun = together;
        match &node.kind {
            Kind::Sequence { items, .. } => {
                for item in items {
                    let (at, after) = match flow {
                        true => (self.first(item), self.first(item)),
                        false => (self.dash(item), self.dash(item) + 1),
                    };
                    self.begin(&mut begun, slot.indent, block, at);
                    self.put("-", after);
                    let compact = Slot {
                        compact: true,
                        after,
                        ..inner
                    };
                    self.value(item, compact);
                }
            }
            Kind::Mapping { entries, .. } => {
                for (key, value) in entries {
                    self.entry(key, value, slot.indent, inner, &mut begun);
                }
            }
            _ => {}
        }
    }

    /// Begins a line, unless the first of a collection goes on with one.
    fn begin(&mut self, begun: &mut bool, indent: usize, block: BlockId, at: usize) {
        match std::mem::take(begun) {
            true => self.space(),
            false => self.open(indent, block, at),
        }
    }

    fn entry(
        &mut self,
        key: &Node<'_>,
        value: &Node<'_>,
        indent: usize,
        inner: Slot,
        begun: &mut bool,
    ) {
        let question = self.question(key);
        let first = self.first(key);
        self.begin(begun, indent, inner.block, question.unwrap_or(first));
        let long = !self.source.on_one_line(&(first..key.range.end))
            || key.range.len() > LONGEST_KEY
            || matches!(key.kind, Kind::BlockText { .. });
        let colon = self.colon(key, value);
        if question.is_none() && !long {
            for range in &key.props {
                self.put(self.source.slice(range.clone()), range.end);
                self.pen.text.push(' ');
            }
            let text = self.scalar(key, 0);
            self.put(&text, key.range.end);
            if matches!(key.kind, Kind::Alias) {
                self.pen.text.push(' ');
            }
            let after = colon.map_or(key.range.end, |colon| colon + 1);
            self.put(":", after);
            self.value(value, Slot { after, ..inner });
            return;
        }
        let after = question.map_or(first, |at| at + 1);
        self.put("?", after);
        self.value(key, Slot { after, ..inner });
        if value.is_missing() && value.props.is_empty() && colon.is_none() {
            return;
        }
        let colon = colon.unwrap_or_else(|| self.first(value));
        self.open(indent, inner.block, colon);
        let after = (colon + 1).min(self.first(value));
        self.put(":", after);
        self.value(value, Slot { after, ..inner });
    }

    /// The colon between a key and its value, if there is one.
    fn colon(&self, key: &Node<'_>, value: &Node<'_>) -> Option<usize> {
        let from = match key.kind {
            // The parser counts lines that follow.
            Kind::BlockText { .. } => {
                let at = self.first(value);
                let places = [Some(at), self.source.before(at)];
                return places
                    .into_iter()
                    .flatten()
                    .find(|at| self.source.is(*at, b':'));
            }
            Kind::Missing => key.props.last().map_or(key.range.start, |p| p.end),
            _ => key.range.end,
        };
        let at = self.source.behind(from);
        self.source.is(at, b':').then_some(at)
    }

    /// A collection in brackets as it stands on the line, if that is how its
    /// author wrote it, and it has room.
    fn inline_if_short(&self, node: &Node<'_>) -> Option<String> {
        let empty = match &node.kind {
            Kind::Sequence { items, .. } => items.is_empty(),
            Kind::Mapping { entries, .. } => entries.is_empty(),
            _ => return None,
        };
        if empty {
            let brackets = match node.kind {
                Kind::Sequence { .. } => "[]",
                _ => "{}",
            };
            return Some(brackets.to_owned());
        }
        if !self.source.on_one_line(&node.range) {
            return None;
        }
        let used = self.pen.indent + self.pen.text.chars().count() + 1;
        // A character has four bytes at most.
        let room = WIDTH.saturating_sub(used);
        let mut inline = Inline {
            layout: self,
            text: String::new(),
            most: room * 4,
        };
        inline.content(node)?;
        let text = inline.text;
        (text.chars().count() <= room).then_some(text)
    }
}

/// Something on one line.
struct Inline<'a> {
    layout: &'a Layout<'a>,
    text: String,
    /// Bytes after which there is no use in going on.
    most: usize,
}

impl Inline<'_> {
    fn node(&mut self, node: &Node<'_>) -> Option<()> {
        let slice = |range: &Range<usize>| self.layout.source.slice(range.clone());
        for range in &node.props {
            self.text.push_str(slice(range));
            self.text.push(' ');
        }
        self.content(node)
    }

    /// A node without its properties.
    fn content(&mut self, node: &Node<'_>) -> Option<()> {
        let brackets = self.layout.in_brackets(node);
        match &node.kind {
            Kind::Sequence { items, .. } => {
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.separate(at, ", ")?;
                    self.node(item)?;
                }
                self.text.push(']');
            }
            Kind::Mapping { entries, .. } => {
                if brackets {
                    self.text
                        .push_str(if entries.is_empty() { "{" } else { "{ " });
                }
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.separate(at, ", ")?;
                    self.entry(key, value, brackets)?;
                }
                if brackets {
                    self.text
                        .push_str(if entries.is_empty() { "}" } else { " }" });
                }
            }
            _ => {
                let text = self.layout.scalar(node, 0);
                self.text.push_str(&text);
            }
        }
        (self.text.len() <= self.most).then_some(())
    }

    fn entry(&mut self, key: &Node<'_>, value: &Node<'_>, brackets: bool) -> Option<()> {
        let nothing = value.is_missing() && value.props.is_empty();
        if nothing && self.layout.colon(key, value).is_none() {
            if !brackets {
                // In a list a key alone would be an item.
                self.text.push_str("? ");
            }
            return self.node(key);
        }
        self.node(key)?;
        if matches!(key.kind, Kind::Alias) {
            self.text.push(' ');
        }
        self.text.push(':');
        if !nothing {
            self.text.push(' ');
            self.node(value)?;
        }
        Some(())
    }

    fn separate(&mut self, at: usize, with: &str) -> Option<()> {
        if at > 0 {
            self.text.push_str(with);
        }
        (self.text.len() <= self.most).then_some(())
    }
}
