//! Matched tokens to lists, without recursion.
//!
//! The body of every list becomes one flat run of [`Piece`]s in which the
//! lists inside it are single pieces. Inner lists are numbered before the
//! lists that hold them, so that the grammar (in [`super::read`]) can be run
//! once over each body, in order, however deep the file nests.

use std::ops::Range;

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::MAX_DEPTH;
use super::layout::Placed;
use super::repair::Repairs;
use super::token::TokenKind;

/// One member of a list's body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    pub(super) span: Span,
    /// 0-based line on which it begins.
    pub(super) line: u32,
}

/// What a [`Piece`] is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PieceKind {
    /// A doc comment alone on its line.
    Doc,
    /// `#;`
    Skip,
    /// `'` and its like.
    Quote,
    /// A token that is a datum by itself.
    Atom(TokenKind),
    /// The list with this number.
    List(usize),
    /// What could not be read; reported already.
    Broken,
}

/// The bodies of all lists, inner lists first; the last one is the file's.
pub(super) struct Tree {
    pub(super) pieces: Vec<Piece>,
    pub(super) bodies: Vec<Range<usize>>,
}

/// Builds the tree, reporting what is nested too deep and brackets.
pub(super) fn build(
    placed: &[Placed],
    repairs: &Repairs,
    diagnostics: &mut Vec<Diagnostic>,
) -> Tree {
    let mut builder = Builder {
        tree: Tree {
            pieces: Vec::with_capacity(placed.len()),
            bodies: Vec::new(),
        },
        pending: Vec::new(),
        frames: Vec::new(),
        lists: 0,
        vectors: 0,
        beyond: 0,
        beyond_start: None,
        last_end: 0,
        reported_depth: false,
        diagnostics,
    };
    let mut closes = repairs.closes.iter().peekable();
    let mut drops = repairs.drops.iter().peekable();
    for (at, token) in placed.iter().enumerate() {
        while let Some((_, count)) = closes.next_if(|(before, _)| *before == at) {
            for _ in 0..*count {
                builder.close_list(None);
            }
        }
        if drops.next_if_eq(&&at).is_none() {
            builder.token(token);
        }
    }
    for (_, count) in closes {
        for _ in 0..*count {
            builder.close_list(None);
        }
    }
    builder.finish()
}

/// A list or vector that is open.
struct Frame {
    open: Placed,
    /// Where its body begins in `pending`.
    body: usize,
}

struct Builder<'d> {
    tree: Tree,
    /// The bodies of all open lists, one after the other.
    pending: Vec<Piece>,
    frames: Vec<Frame>,
    /// How many of the frames are lists, and how many are vectors.
    lists: usize,
    vectors: usize,
    /// Lists open beyond the depth limit; their contents are left out.
    beyond: usize,
    beyond_start: Option<Placed>,
    last_end: u32,
    reported_depth: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn token(&mut self, token: &Placed) {
        match token.kind {
            TokenKind::Open => {
                if self.beyond > 0 || self.lists >= MAX_DEPTH {
                    self.too_deep(token);
                } else {
                    self.lists += 1;
                    self.open(token);
                }
            }
            TokenKind::Close => self.close_list(Some(token)),
            _ if self.beyond > 0 => {}
            TokenKind::OpenBracket => {
                if self.vectors == 0 {
                    self.vector(token);
                }
                self.vectors += 1;
                self.open(token);
            }
            TokenKind::CloseBracket => self.close_bracket(token),
            TokenKind::DocComment => self.push(PieceKind::Doc, token),
            TokenKind::DatumComment => self.push(PieceKind::Skip, token),
            TokenKind::Quote => self.push(PieceKind::Quote, token),
            kind => self.push(PieceKind::Atom(kind), token),
        }
        if token.kind != TokenKind::DocComment {
            self.last_end = token.span.end;
        }
    }

    fn push(&mut self, kind: PieceKind, token: &Placed) {
        self.pending.push(Piece {
            kind,
            span: token.span,
            line: token.line,
        });
    }

    fn open(&mut self, token: &Placed) {
        self.frames.push(Frame {
            open: *token,
            body: self.pending.len(),
        });
    }

    fn too_deep(&mut self, token: &Placed) {
        if self.beyond == 0 {
            self.beyond_start = Some(*token);
        }
        self.beyond += 1;
        if !self.reported_depth {
            self.reported_depth = true;
            self.diagnostics.push(
                Diagnostic::new(
                    codes::LISP_DEPTH,
                    token.span,
                    format!("lists are nested more than {MAX_DEPTH} deep"),
                )
                .label("this list is one too deep")
                .help("move the inner part into a definition of its own"),
            );
        }
    }

    /// Closes the innermost list, by a `)` or by a repair.
    fn close_list(&mut self, token: Option<&Placed>) {
        let end = token.map_or(self.last_end, |token| token.span.end);
        if self.beyond > 0 {
            self.beyond -= 1;
            if self.beyond == 0
                && let Some(open) = self.beyond_start.take()
            {
                self.piece(PieceKind::Broken, &open, end);
            }
            return;
        }
        if self.lists == 0 {
            return;
        }
        while let Some(frame) = self.frames.pop() {
            if frame.open.kind == TokenKind::OpenBracket {
                // The vector was reported; that it is not closed adds nothing.
                self.close_vector(&frame, self.last_end);
                continue;
            }
            self.lists -= 1;
            let number = self.body(frame.body);
            self.piece(PieceKind::List(number), &frame.open, end);
            break;
        }
    }

    fn close_bracket(&mut self, token: &Placed) {
        match self
            .frames
            .pop_if(|top| top.open.kind == TokenKind::OpenBracket)
        {
            Some(frame) => self.close_vector(&frame, token.span.end),
            None => self.diagnostics.push(
                Diagnostic::new(codes::LISP_SYNTAX, token.span, "this `]` closes nothing")
                    .label("no `[` is open here")
                    .replace(token.span, "", "delete this `]`", Applicability::Unsafe),
            ),
        }
    }

    fn close_vector(&mut self, frame: &Frame, end: u32) {
        self.vectors -= 1;
        self.pending.truncate(frame.body);
        self.piece(PieceKind::Broken, &frame.open, end);
    }

    fn piece(&mut self, kind: PieceKind, open: &Placed, end: u32) {
        self.pending.push(Piece {
            kind,
            span: Span {
                end: end.max(open.span.end),
                ..open.span
            },
            line: open.line,
        });
    }

    /// Moves what is pending from `start` on into a body of its own.
    fn body(&mut self, start: usize) -> usize {
        let from = self.tree.pieces.len();
        self.tree.pieces.extend(self.pending.drain(start..));
        self.tree.bodies.push(from..self.tree.pieces.len());
        self.tree.bodies.len() - 1
    }

    fn vector(&mut self, token: &Placed) {
        self.diagnostics.push(
            Diagnostic::new(
                codes::LISP_SYNTAX,
                token.span,
                "square brackets do not make a list",
            )
            .label("a form cannot begin with `[`")
            .help("write a list of values as `(list …)` and other groups as `(…)`; brackets belong to types, directly after a name, as in `List[Int]`"),
        );
    }

    fn finish(mut self) -> Tree {
        // The repairs left no list open; vectors may be.
        while let Some(frame) = self.frames.pop() {
            self.pending.truncate(frame.body);
            self.piece(PieceKind::Broken, &frame.open, self.last_end);
        }
        self.body(0);
        self.tree
    }
}
