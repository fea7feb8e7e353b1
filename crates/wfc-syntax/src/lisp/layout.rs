//! Where the tokens that mean something stand on the page.

use wfc_diag::Span;

use super::token::{Token, TokenKind};

/// A token that is neither blank nor an ordinary comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// 0-based line on which it begins.
    pub(super) line: u32,
    /// 0-based column in characters; a tab counts as one.
    pub(super) column: u32,
    /// Column of the first token on its line.
    pub(super) indent: u32,
    /// Nothing but blanks stands before it on its line.
    pub(super) first: bool,
}

impl Placed {
    /// Its text in the source.
    pub(super) fn text<'s>(&self, source: &'s str) -> &'s str {
        Token {
            kind: self.kind,
            span: self.span,
        }
        .text(source)
    }
}

/// Drops what means nothing and finds lines and columns of the rest. A doc
/// comment is kept only where it is alone on its line.
pub(super) fn place(tokens: &[Token], source: &str) -> Vec<Placed> {
    let mut placed = Vec::with_capacity(tokens.len() / 2);
    let mut line = 0u32;
    let mut column = 0u32;
    let mut indent = None;
    for token in tokens {
        let text = token.text(source);
        let blank = matches!(token.kind, TokenKind::Space | TokenKind::Bom);
        if !blank {
            let first = indent.is_none();
            let indent = *indent.get_or_insert(column);
            let keep = match token.kind {
                TokenKind::Comment | TokenKind::BlockComment | TokenKind::Stray => false,
                TokenKind::DocComment => first,
                _ => true,
            };
            if keep {
                placed.push(Placed {
                    kind: token.kind,
                    span: token.span,
                    line,
                    column,
                    indent,
                    first,
                });
            }
        }
        let breaks = text.bytes().filter(|&b| b == b'\n').count();
        if let Some(at) = text.rfind('\n') {
            line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            column = width(&text[at + 1..]);
            // The rest of a line on which a string ends is not the line's start.
            indent = if blank {
                None
            } else {
                Some(indent.unwrap_or(0))
            };
        } else if token.kind != TokenKind::Bom {
            column = column.saturating_add(width(text));
        }
    }
    placed
}

fn width(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
