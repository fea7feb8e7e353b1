//! The text as its author structured it: nothing is resolved, merged or
//! decoded, and every piece knows where it stands.

use std::borrow::Cow;
use std::ops::Range;

use crate::limits::MAX_DEPTH;
use crate::yaml::Style;
use crate::yaml::events::{Event, Events, Tag};

/// A document.
pub(super) struct Concrete<'t> {
    /// `%...` lines, and `---`.
    pub(super) head: Vec<Range<usize>>,
    pub(super) root: Option<Node<'t>>,
    /// The `...` behind the document.
    pub(super) tail: Option<Range<usize>>,
    /// Every comment from its `#` on, without blanks at its end, in order.
    pub(super) comments: Vec<Range<usize>>,
}

/// A value or a key.
pub(super) struct Node<'t> {
    /// `&anchor` and `!tag`, in their order.
    pub(super) props: Vec<Range<usize>>,
    /// A scalar, an alias or a flow collection; of anything else, where it
    /// begins.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind<'t>,
}

impl Concrete<'_> {
    /// Is it one value without parts?
    pub(super) fn is_scalar(&self) -> bool {
        self.root.as_ref().is_some_and(|root| {
            !root.is_missing() && !matches!(root.kind, Kind::Sequence { .. } | Kind::Mapping { .. })
        })
    }
}

/// What a node is.
pub(super) enum Kind<'t> {
    /// Nothing is written.
    Missing,
    /// A scalar without quotes, or an alias.
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// A `|` or `>` text. The range of the node is the parser's: from the
    /// first character of the text, if it has one, to where it looked last.
    BlockText {
        decoded: Cow<'t, str>,
        /// The end of what is in front; the header is the next word but for
        /// indicators.
        after: usize,
    },
    Alias,
    Sequence {
        flow: bool,
        items: Vec<Node<'t>>,
    },
    Mapping {
        flow: bool,
        entries: Vec<(Node<'t>, Node<'t>)>,
    },
}

/// Reads a text that is known to be right. Nothing for one that is not.
pub(super) fn read(text: &str) -> Option<Concrete<'_>> {
    let mut events = Events::new(text);
    let mut document = Concrete {
        head: Vec::new(),
        root: None,
        tail: None,
        comments: Vec::new(),
    };
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut anchored: Option<Node<'_>> = None;
    let mut after = 0;
    while let Some(next) = events.next() {
        let (event, range) = next.ok()?;
        // An anchor is told behind its node.
        if let Event::Anchor { .. } = event {
            match (&mut anchored, open.last_mut()) {
                (Some(node), _) => node.property(range),
                (None, Some(open)) => open.node.property(range),
                (None, None) => return None,
            }
            continue;
        }
        if let Some(node) = anchored.take() {
            place(node, &mut open, &mut document.root)?;
        }
        let end = range.end;
        let told = !matches!(event, Event::Comment(_));
        match event {
            Event::DocumentStart { explicit: true } => {
                document.head = directives(text, range.start);
                document.head.push(range);
            }
            Event::DocumentEnd => document.tail = (!range.is_empty()).then_some(range),
            Event::DocumentStart { .. } | Event::Other | Event::Anchor { .. } => {}
            Event::Comment(_) => {
                let comment = text.get(range.clone())?;
                let length = comment.trim_end_matches([' ', '\t', '\n']).len();
                document.comments.push(range.start..range.start + length);
            }
            Event::Scalar {
                text: decoded,
                style,
                anchor,
                tag,
            } => {
                let kind = match style {
                    Style::Missing => Kind::Missing,
                    // `!!str` and nothing behind it.
                    _ if range.is_empty() && style == Style::Plain => Kind::Missing,
                    Style::SingleQuoted => Kind::SingleQuoted,
                    Style::DoubleQuoted => Kind::DoubleQuoted,
                    Style::Literal | Style::Folded => Kind::BlockText { decoded, after },
                    _ => Kind::Plain,
                };
                let node = Node::new(range, kind, tag);
                match anchor {
                    0 => place(node, &mut open, &mut document.root)?,
                    _ => anchored = Some(node),
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let node = Node::new(range, Kind::Alias, None);
                place(node, &mut open, &mut document.root)?;
            }
            Event::Start {
                mapping, flow, tag, ..
            } => {
                if open.len() == MAX_DEPTH {
                    return None;
                }
                let kind = match mapping {
                    true => Kind::Mapping {
                        flow,
                        entries: Vec::new(),
                    },
                    false => Kind::Sequence {
                        flow,
                        items: Vec::new(),
                    },
                };
                open.push(Open {
                    node: Node::new(range, kind, tag),
                    key: None,
                });
            }
            Event::End => {
                let mut node = open.pop()?.node;
                node.range.end = node.range.end.max(range.end);
                place(node, &mut open, &mut document.root)?;
            }
        }
        if told {
            after = end;
        }
    }
    if let Some(node) = anchored.take() {
        place(node, &mut open, &mut document.root)?;
    }
    document.comments.sort_by_key(|comment| comment.start);
    open.is_empty().then_some(document)
}

/// A collection that is being read.
struct Open<'t> {
    node: Node<'t>,
    key: Option<Node<'t>>,
}

impl<'t> Node<'t> {
    fn new(range: Range<usize>, kind: Kind<'t>, tag: Option<Tag>) -> Self {
        Node {
            props: tag.into_iter().map(|tag| tag.range).collect(),
            range,
            kind,
        }
    }

    fn property(&mut self, range: Range<usize>) {
        let tagged = self.props.iter().filter(|other| other.start < range.start);
        let at = tagged.count();
        self.props.insert(at, range);
    }

    /// Is nothing written in its place?
    pub(super) fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing)
    }
}

/// Puts a finished node where it belongs.
fn place<'t>(node: Node<'t>, open: &mut [Open<'t>], root: &mut Option<Node<'t>>) -> Option<()> {
    let Some(parent) = open.last_mut() else {
        return root.replace(node).is_none().then_some(());
    };
    match &mut parent.node.kind {
        Kind::Sequence { items, .. } => items.push(node),
        Kind::Mapping { entries, .. } => match parent.key.take() {
            None => parent.key = Some(node),
            Some(key) => entries.push((key, node)),
        },
        _ => return None,
    }
    Some(())
}

/// The `%...` lines in front of the `---` at `end`.
fn directives(text: &str, end: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.get(..end).unwrap_or("").split_inclusive('\n') {
        if line.starts_with('%') {
            let line = line.split(" #").next().unwrap_or(line);
            found.push(at..at + line.trim_end_matches([' ', '\t', '\n']).len());
        }
        at += line.len();
    }
    found
}
