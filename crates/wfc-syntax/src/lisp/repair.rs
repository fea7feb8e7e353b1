//! Where a `)` is missing, and which one is too many.
//!
//! Counting alone finds a missing `)` at the end of the file, and names the
//! outermost list. The author's indentation knows better, but it is only
//! evidence: a file whose parentheses match is never judged by its layout.
//! When they do not match, the file is cut at the definitions that begin a
//! line (`(def…`), each piece is counted by itself, and the layout is asked
//! only inside the pieces whose count is wrong, and only as often as `)` are
//! missing or left over there. One slip thus stays in its definition.

use wfc_diag::{Applicability, Diagnostic, FileId, Fix, Span, codes};

use super::MAX_DEPTH;
use super::layout::Placed;
use super::token::TokenKind;

/// What to do to the parentheses so that they match.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    /// `(before, count)`: lists to close before this token; in order.
    pub(super) closes: Vec<(usize, usize)>,
    /// `)` to leave out; in order.
    pub(super) drops: Vec<usize>,
}

/// Finds the repairs a file needs and reports them. `cut` says that the end
/// of the file was lost to an unclosed comment or string.
pub(super) fn repair(
    file: FileId,
    placed: &[Placed],
    source: &str,
    cut: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Repairs {
    let count = Count::of(placed);
    if count.matched() {
        return Repairs::default();
    }
    let mut repairer = Repairer {
        file,
        placed,
        source,
        cut,
        stack: Vec::new(),
        last: None,
        repairs: Repairs::default(),
        run: None,
        diagnostics,
    };
    // In a file far too deep the depth is the finding; its layout says nothing.
    if count.open > MAX_DEPTH {
        repairer.cut = true;
        repairer.piece(0, placed.len(), Piece::default());
    } else {
        repairer.pieces(count);
    }
    repairer.close_all(placed.len(), 0);
    repairer.report_drops();
    repairer.repairs
}

/// How the parentheses of some tokens add up.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// `(` without a partner.
    open: usize,
    /// `)` without a partner.
    close: usize,
}

impl Count {
    fn of(placed: &[Placed]) -> Self {
        let mut count = Count::default();
        for token in placed {
            match token.kind {
                TokenKind::Open => count.open += 1,
                TokenKind::Close if count.open > 0 => count.open -= 1,
                TokenKind::Close => count.close += 1,
                _ => {}
            }
        }
        count
    }

    fn matched(self) -> bool {
        self.open == 0 && self.close == 0
    }
}

/// The `(` without a partner, as indices.
fn open_lists(placed: &[Placed]) -> Vec<usize> {
    let mut open = Vec::new();
    for (at, token) in placed.iter().enumerate() {
        match token.kind {
            TokenKind::Open => open.push(at),
            TokenKind::Close => {
                open.pop();
            }
            _ => {}
        }
    }
    open
}

/// What is allowed in one piece of the file.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    /// Lists open before it that it may not close.
    floor: usize,
    /// `)` that are missing in it.
    missing: usize,
    /// `)` that are left over in it.
    extra: usize,
}

struct Repairer<'a> {
    file: FileId,
    placed: &'a [Placed],
    source: &'a str,
    cut: bool,
    /// Open lists, as indices of their `(`.
    stack: Vec<usize>,
    /// The last token that belongs to a list.
    last: Option<usize>,
    repairs: Repairs,
    /// Dropped `)` that stand in a row and were not reported yet.
    run: Option<(usize, usize)>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Repairer<'_> {
    fn pieces(&mut self, whole: Count) {
        let starts = self.definitions();
        let Some(&first) = starts.first() else {
            let piece = Piece {
                floor: 0,
                missing: whole.open.saturating_sub(whole.close),
                extra: whole.close.saturating_sub(whole.open),
            };
            self.piece(0, self.placed.len(), piece);
            return;
        };

        // What stands before the first definition: its wrapper stays open.
        let open = open_lists(&self.placed[..first]);
        let header = Piece {
            floor: 0,
            missing: open.len() - self.wrappers(&open, first),
            // The wrapper may have been closed too early, at the cost of one
            // `)` too many at the end of the file.
            extra: whole.close.saturating_sub(whole.open),
        };
        self.piece(0, first, header);
        let base = self.wrappers(&self.stack, first);
        self.close_all(first, base);

        for (at, &start) in starts.iter().enumerate() {
            let next = starts.get(at + 1).copied();
            let end = next.unwrap_or(self.placed.len());
            let (mut opens, mut closes) = (base, 0);
            for token in &self.placed[start..end] {
                opens += usize::from(token.kind == TokenKind::Open);
                closes += usize::from(token.kind == TokenKind::Close);
            }
            // The last definition is followed by what closes the wrapper.
            let floor = if next.is_some() { base } else { 0 };
            let piece = Piece {
                floor,
                missing: opens.saturating_sub(closes + floor),
                extra: (closes + floor).saturating_sub(opens),
            };
            self.piece(start, end, piece);
            self.close_all(end, floor);
        }
    }

    /// The definitions that begin a line, at about the column of the first.
    fn definitions(&self) -> Vec<usize> {
        let mut column = None;
        let mut starts = Vec::new();
        for (at, token) in self.placed.iter().enumerate() {
            if token.kind == TokenKind::Open && token.first && self.head(at).starts_with("def") {
                let limit = *column.get_or_insert(token.column);
                if token.column <= limit + 1 {
                    starts.push(at);
                }
            }
        }
        starts
    }

    /// How many of these open lists are meant to hold the definition `first`.
    fn wrappers(&self, open: &[usize], first: usize) -> usize {
        let column = self.placed[first].column;
        open.iter()
            .take_while(|&&at| {
                let list = &self.placed[at];
                self.head(at) == "workflow-lisp" || (list.first && list.column < column)
            })
            .count()
    }

    /// The word after a `(`, or nothing.
    fn head(&self, open: usize) -> &str {
        match self.placed.get(open + 1) {
            Some(word) if matches!(word.kind, TokenKind::Symbol | TokenKind::Keyword) => {
                word.text(self.source)
            }
            _ => "",
        }
    }

    /// Matches the parentheses of the tokens `start..end`.
    fn piece(&mut self, start: usize, end: usize, mut piece: Piece) {
        for at in start..end {
            let token = self.placed[at];
            if token.first && token.kind != TokenKind::DocComment {
                let closed = self.outdented(at, &piece);
                piece.missing -= closed;
                self.close(at, closed);
            }
            match token.kind {
                TokenKind::Open => {
                    self.stack.push(at);
                    self.last = Some(at);
                }
                TokenKind::Close => {
                    if piece.extra > 0 && self.closes_too_early(at, end) {
                        piece.extra -= 1;
                        self.drop_early(at);
                    } else if self.stack.len() <= piece.floor {
                        piece.extra = piece.extra.saturating_sub(1);
                        self.drop(at);
                    } else {
                        self.stack.pop();
                        self.last = Some(at);
                    }
                }
                TokenKind::DocComment => {}
                _ => self.last = Some(at),
            }
        }
    }

    /// How many open lists the token at the start of a line cannot be in,
    /// because it stands no deeper than they begin.
    fn outdented(&self, at: usize, piece: &Piece) -> usize {
        let token = self.placed[at];
        self.stack[piece.floor.min(self.stack.len())..]
            .iter()
            .rev()
            .take(piece.missing)
            .take_while(|&&open| {
                let list = self.placed[open];
                let outside = if token.kind == TokenKind::Close {
                    // A `)` on a line of its own stands under the line that
                    // opened its list.
                    list.indent > token.column
                } else {
                    list.column >= token.column
                };
                list.line < token.line && outside
            })
            .count()
    }

    /// Does this `)` end a list that by its layout goes on on the next line?
    fn closes_too_early(&self, at: usize, end: usize) -> bool {
        let Some(list) = self.stack.last().map(|&open| self.placed[open]) else {
            return false;
        };
        let next = (at + 1..self.placed.len())
            .map(|i| self.placed[i])
            .find(|token| token.kind != TokenKind::DocComment);
        let Some(next) = next else { return false };
        let deeper = next.first
            && next.kind != TokenKind::Close
            && next.line > self.placed[at].line
            && next.column > list.column;
        // At the end of a piece only the wrapper can go on.
        let wrapper = self.stack.len() == 1;
        deeper && list.first && (at + 1 < end || wrapper)
    }

    fn drop(&mut self, at: usize) {
        self.repairs.drops.push(at);
        self.run = match self.run {
            Some((from, to)) if to + 1 == at => Some((from, at)),
            _ => {
                self.report_drops();
                Some((at, at))
            }
        };
    }

    /// Leaves out a `)` that ends the innermost list before its time.
    fn drop_early(&mut self, at: usize) {
        self.report_drops();
        self.repairs.drops.push(at);
        let Some(&open) = self.stack.last() else {
            return;
        };
        let span = self.placed[at].span;
        let list = self.named(open);
        let found = Diagnostic::new(
            codes::LISP_EXTRA_CLOSE,
            span,
            format!("this `)` ends {list} too early"),
        )
        .label("one `)` too many")
        .also(self.placed[open].span, "this list is opened here")
        .note("the next line is indented as a part of that list")
        .replace(span, "", "delete this `)`", Applicability::Unsafe);
        let found = self.with_bare_form(found, at);
        self.diagnostics.push(found);
    }

    fn report_drops(&mut self) {
        let Some((from, to)) = self.run.take() else {
            return;
        };
        let span = self.placed[from].span.to(self.placed[to].span);
        let count = to - from + 1;
        let (message, fix) = if count == 1 {
            ("this `)` closes nothing".to_owned(), "delete this `)`")
        } else {
            (
                format!("these {count} `)` close nothing"),
                "delete these `)`",
            )
        };
        let edits = (from..=to)
            .map(|at| wfc_diag::Edit {
                span: self.placed[at].span,
                replacement: String::new(),
            })
            .collect();
        let found = Diagnostic::new(codes::LISP_EXTRA_CLOSE, span, message)
            .label("no list is open that this could end")
            .fix(Fix {
                message: fix.into(),
                applicability: Applicability::Unsafe,
                edits,
            });
        let found = self.with_bare_form(found, from);
        self.diagnostics.push(found);
    }

    fn with_bare_form(&self, found: Diagnostic, close: usize) -> Diagnostic {
        match self.bare_form(close) {
            Some(word) => found.also(word, "is a `(` missing before this?"),
            None => found,
        }
    }

    /// The word that begins the line of this `)`, when a form's name stands
    /// there without its `(`.
    fn bare_form(&self, close: usize) -> Option<Span> {
        // A form's name stands near its end; far lines are not worth reading.
        const NEAR: usize = 64;
        let line = self.placed[close].line;
        let on_line = self.placed[..close].iter().rev().take(NEAR);
        let (count, first) = on_line
            .take_while(|token| token.line == line)
            .enumerate()
            .last()?;
        let names = first.first && first.kind == TokenKind::Symbol && count > 0;
        (names && self.placed[close - count].kind != TokenKind::Close).then_some(first.span)
    }

    /// Closes lists before the token `at` until only `keep` are open.
    fn close_all(&mut self, at: usize, keep: usize) {
        self.close(at, self.stack.len().saturating_sub(keep));
    }

    fn close(&mut self, at: usize, count: usize) {
        if count == 0 {
            return;
        }
        let lists = self.stack.split_off(self.stack.len() - count);
        self.repairs.closes.push((at, count));
        let at_end = at >= self.placed.len();
        if at_end && self.cut {
            return;
        }
        let offset = self.last.map_or(0, |last| self.placed[last].span.end);
        let place = Span::at(self.file, offset as usize);
        let outer = self.named(lists[0]);
        let message = if count == 1 {
            format!("{outer} is not closed")
        } else {
            format!("{count} lists are not closed; the outermost is {outer}")
        };
        let insert = ")".repeat(count);
        let mut found =
            Diagnostic::new(codes::LISP_UNCLOSED, place, message).label(if count == 1 {
                "a `)` is missing here".to_owned()
            } else {
                format!("`{insert}` is missing here")
            });
        // The innermost lists are the ones the author just worked on.
        const SHOWN: usize = 4;
        for &list in lists.iter().rev().take(SHOWN) {
            found = found.also(self.placed[list].span, "this list is opened here");
        }
        found = found.note(if at_end {
            "the file ends before it is closed"
        } else {
            "the next line begins no deeper than this list, so it should have ended before"
        });
        self.diagnostics.push(found.replace(
            place,
            insert.clone(),
            format!("insert `{insert}`"),
            Applicability::Unsafe,
        ));
    }

    /// How to call a list in a message: by its first words.
    fn named(&self, open: usize) -> String {
        const SHOWN: usize = 20;
        let start = self.placed[open].span.start as usize;
        let text = self.source.get(start..).unwrap_or("(");
        let begin: String = match self.head(open) {
            "" => text
                .chars()
                .take(SHOWN)
                .take_while(|c| !c.is_control())
                .collect(),
            head => format!("({head}"),
        };
        format!("the list `{} …`", begin.trim_end())
    }
}
