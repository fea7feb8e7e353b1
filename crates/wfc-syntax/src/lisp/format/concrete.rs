//! Tokens to a tree that keeps what the layout needs to know: comments, blank
//! lines, and where lines were broken.

use crate::lisp::token::{Token, TokenKind};

/// A datum or a comment of its own.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// `#;`, once for each that stands directly before it.
    pub(super) prefix: String,
    /// A block comment behind it on the same line.
    pub(super) suffix: String,
    /// A comment to the end of the line behind it, with the blanks between.
    pub(super) trailing: Option<String>,
    /// Was there a line break before it?
    pub(super) newline: bool,
    /// Was there a blank line before it?
    pub(super) blank: bool,
    /// The column in which it began, `prefix` included.
    pub(super) column: usize,
    /// How wide it is on one line, without `trailing`, if it can be on one.
    pub(super) flat: Option<usize>,
}

/// What an [`Item`] is.
#[derive(Debug)]
pub(super) enum ItemKind {
    Atom(String),
    List(Vec<Item>),
    /// A comment that is alone on its line.
    Comment(String),
}

impl Item {
    /// The text of an atom without marks.
    pub(super) fn atom(&self) -> Option<&str> {
        match &self.kind {
            ItemKind::Atom(text) if self.prefix.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_comment(&self) -> bool {
        matches!(self.kind, ItemKind::Comment(_))
    }

    pub(super) fn is_keyword(&self) -> bool {
        self.atom().is_some_and(|text| text.starts_with(':'))
    }

    /// Must a line break follow?
    pub(super) fn ends_line(&self) -> bool {
        self.trailing.is_some() || self.is_comment()
    }

    pub(super) fn members(&self) -> &[Item] {
        match &self.kind {
            ItemKind::List(members) => members,
            _ => &[],
        }
    }
}

/// A list that is open.
struct Frame {
    items: Vec<Item>,
    opened: Before,
}

/// What stands between a token and the one before it.
#[derive(Default)]
struct Before {
    prefix: String,
    newline: bool,
    blank: bool,
    column: usize,
}

/// Makes the tree of a text whose parentheses match.
pub(super) fn read(tokens: &[Token], source: &str) -> Vec<Item> {
    let mut reader = Reader {
        stack: vec![Frame {
            items: Vec::new(),
            opened: Before::default(),
        }],
        gap: String::new(),
        prefix: String::new(),
        column: 0,
        newline: true,
        blank: false,
    };
    for (at, token) in tokens.iter().enumerate() {
        let text = token.text(source);
        reader.token(token.kind, text, tokens.get(at + 1));
        match text.rfind('\n') {
            Some(end) => reader.column = text[end + 1..].chars().count(),
            None => reader.column += text.chars().count(),
        }
    }
    // The parentheses match, so what is left is the file.
    while reader.stack.len() > 1 {
        reader.close();
    }
    reader
        .stack
        .pop()
        .map(|frame| frame.items)
        .unwrap_or_default()
}

struct Reader {
    stack: Vec<Frame>,
    /// The blanks since the last token.
    gap: String,
    prefix: String,
    column: usize,
    newline: bool,
    blank: bool,
}

impl Reader {
    fn token(&mut self, kind: TokenKind, text: &str, next: Option<&Token>) {
        match kind {
            TokenKind::Space => {
                let breaks = text.matches('\n').count();
                self.newline |= breaks > 0;
                self.blank |= breaks > 1;
                text.clone_into(&mut self.gap);
                return;
            }
            TokenKind::Bom => {}
            TokenKind::Open => {
                let opened = self.before();
                self.stack.push(Frame {
                    items: Vec::new(),
                    opened,
                });
            }
            TokenKind::Close => self.close(),
            TokenKind::DatumComment => {
                // What it takes away follows directly, or behind a comment.
                let follows = next.is_some_and(|next| {
                    next.kind.is_atom()
                        || matches!(
                            next.kind,
                            TokenKind::Open | TokenKind::DatumComment | TokenKind::Space
                        )
                });
                if follows {
                    self.prefix.push_str(text);
                    return;
                }
                self.add(ItemKind::Atom(text.to_owned()));
            }
            TokenKind::Comment | TokenKind::DocComment => self.comment(text),
            TokenKind::BlockComment => self.block(text),
            _ => self.add(ItemKind::Atom(text.to_owned())),
        }
        self.gap.clear();
        self.newline = false;
        self.blank = false;
    }

    fn before(&mut self) -> Before {
        let prefix = std::mem::take(&mut self.prefix);
        Before {
            newline: self.newline,
            blank: self.blank,
            column: self.column.saturating_sub(prefix.chars().count()),
            prefix,
        }
    }

    fn add(&mut self, kind: ItemKind) {
        let before = self.before();
        self.push(kind, before);
    }

    fn push(&mut self, kind: ItemKind, before: Before) {
        let mut item = Item {
            kind,
            prefix: before.prefix,
            suffix: String::new(),
            trailing: None,
            newline: before.newline,
            blank: before.blank,
            column: before.column,
            flat: None,
        };
        item.flat = flat(&item);
        if let Some(frame) = self.stack.last_mut() {
            frame.items.push(item);
        }
    }

    fn close(&mut self) {
        if self.stack.len() > 1
            && let Some(mut frame) = self.stack.pop()
        {
            // A `#;` before the parenthesis takes nothing away; it is an error.
            self.prefix.clear();
            let opened = std::mem::take(&mut frame.opened);
            self.push(ItemKind::List(frame.items), opened);
        }
    }

    /// The item that a comment on its line stands behind.
    fn last_on_line(&mut self) -> Option<&mut Item> {
        if self.newline || !self.prefix.is_empty() {
            return None;
        }
        let last = self.stack.last_mut()?.items.last_mut()?;
        (!last.ends_line()).then_some(last)
    }

    fn comment(&mut self, text: &str) {
        let gap = self.gap.replace('\t', " ");
        let text = text.trim_end();
        self.settle_prefix();
        match self.last_on_line() {
            Some(last) => {
                let gap = if gap.is_empty() { " " } else { &gap };
                last.trailing = Some(format!("{gap}{text}"));
            }
            None => self.add(ItemKind::Comment(text.to_owned())),
        }
    }

    fn block(&mut self, text: &str) {
        self.settle_prefix();
        match self.last_on_line() {
            Some(last) if !text.contains('\n') => {
                last.suffix.push(' ');
                last.suffix.push_str(text);
                last.flat = flat(last);
            }
            _ => self.add(ItemKind::Comment(text.to_owned())),
        }
    }

    /// A `#;` with a comment behind it stands alone.
    fn settle_prefix(&mut self) {
        if !self.prefix.is_empty() {
            let text = std::mem::take(&mut self.prefix);
            self.add(ItemKind::Atom(text));
            self.newline = false;
            self.blank = false;
        }
    }
}

/// How wide an item is on one line.
fn flat(item: &Item) -> Option<usize> {
    let width = |text: &str| text.chars().count();
    let inner = match &item.kind {
        ItemKind::Comment(_) => return None,
        ItemKind::Atom(text) if text.contains('\n') => return None,
        ItemKind::Atom(text) => width(text),
        ItemKind::List(members) => {
            let mut sum = 2 + members.len().saturating_sub(1);
            for (at, member) in members.iter().enumerate() {
                if member.ends_line() || (at > 0 && member.newline) {
                    return None;
                }
                sum += member.flat?;
            }
            sum
        }
    };
    Some(inner + width(&item.prefix) + width(&item.suffix))
}
