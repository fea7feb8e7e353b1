//! The tokens of Workflow Lisp.
//!
//! The `logos` table below names every token by its first characters; the
//! few whose end needs more than a regular language (strings, heredocs,
//! nested comments, types in brackets) are finished by [`super::lex`].

use logos::Logos;
use wfc_diag::Span;

/// What a token is.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A UTF-8 byte order mark at the start of the file.
    #[token("\u{feff}")]
    Bom,
    /// Blanks and line breaks.
    #[regex(r"[ \t\r\n\x0b\x0c]+")]
    Space,
    /// `; …` to the end of the line.
    #[regex(r";[^\r\n]*", allow_greedy = true)]
    Comment,
    /// `;;; …` or `;;| …` to the end of the line.
    DocComment,
    /// `#| … |#`, which nests.
    #[token("#|")]
    BlockComment,
    /// `#;`, which takes the next datum away.
    #[token("#;")]
    DatumComment,
    /// `(`
    #[token("(")]
    Open,
    /// `)`
    #[token(")")]
    Close,
    /// `[` where a form could begin: always an error.
    #[token("[")]
    OpenBracket,
    /// `]` that closes nothing, or a vector.
    #[token("]")]
    CloseBracket,
    /// `'`, a backquote or `,`: other Lisps' quotes, always an error.
    #[regex(r"['`]|,@?")]
    Quote,
    /// `"…"`
    #[token("\"")]
    Str,
    /// `#"""…"""`
    #[token("#\"\"\"")]
    #[token("\"\"\"")]
    Heredoc,
    /// `-12`
    #[regex(r"[+-]?[0-9]+", priority = 20)]
    Int,
    /// `1.5`, `.5`, `1e-3`
    #[regex(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", priority = 20)]
    #[regex(r"[+-]?[0-9]+[eE][+-]?[0-9]+", priority = 20)]
    Float,
    /// `true` or `false`
    #[token("true", priority = 20)]
    #[token("false", priority = 20)]
    Bool,
    /// `:name`
    #[regex("(?x) : [^\\s()\\[\\]\";\u{201c}\u{201d}\u{200b}\u{feff}\u{0}-\u{1f}\u{7f}]*")]
    Keyword,
    /// A name or a type.
    #[regex(
        "(?x) [^\\s()\\[\\]\";\u{201c}\u{201d}\u{200b}\u{feff}\u{0}-\u{1f}\u{7f}:\\#'`,] [^\\s()\\[\\]\";\u{201c}\u{201d}\u{200b}\u{feff}\u{0}-\u{1f}\u{7f}]*"
    )]
    Symbol,
    /// Something that stands where a datum should but is none; reported.
    #[regex(
        "(?x) \\# ([^\\s()\\[\\]\";|\u{201c}\u{201d}\u{200b}\u{feff}\u{0}-\u{1f}\u{7f}] [^\\s()\\[\\]\";\u{201c}\u{201d}\u{200b}\u{feff}\u{0}-\u{1f}\u{7f}]*)?"
    )]
    Invalid,
    /// A character that may not stand in a program; reported, then skipped.
    Stray,
}

impl TokenKind {
    /// A datum by itself: a word, a number, a string.
    pub fn is_atom(self) -> bool {
        matches!(
            self,
            TokenKind::Str
                | TokenKind::Heredoc
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Bool
                | TokenKind::Keyword
                | TokenKind::Symbol
                | TokenKind::Invalid
        )
    }

    /// `;`, doc and block comments.
    pub fn is_comment(self) -> bool {
        matches!(
            self,
            TokenKind::Comment | TokenKind::DocComment | TokenKind::BlockComment
        )
    }
}

/// One token. The texts of all tokens of a file, joined, are the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

impl Token {
    /// Its text in the source it was read from; empty for another source in
    /// which the span does not lie.
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        source
            .get(self.span.start as usize..self.span.end as usize)
            .unwrap_or("")
    }
}
