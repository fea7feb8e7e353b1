//! Workflow Lisp: text to tokens to data, never failing.
//!
//! `lex` splits the text and loses nothing; `layout` finds lines and
//! columns; `repair` makes the parentheses match; `tree` flattens the
//! lists; `read` is the grammar. No stage recurses on the input.

mod format;
mod layout;
mod lex;
mod literal;
mod read;
mod repair;
#[cfg(test)]
mod tests;
mod token;
mod tree;
pub mod types;

use wfc_diag::{Diagnostic, FileId, Span, sort_diagnostics};

pub use format::format;
pub use token::{Token, TokenKind};

/// How deep lists may nest.
pub const MAX_DEPTH: usize = 256;

/// How many findings are reported for one file.
const MAX_FINDINGS: usize = 200;

/// What a datum is.
#[derive(Clone, Debug, PartialEq)]
pub enum DatumKind {
    /// `( … )`
    List(Vec<Datum>),
    /// A name or a type, as written.
    Symbol(String),
    /// `:name`, without the colon.
    Keyword(String),
    /// A string or heredoc, decoded; line breaks are `\n`.
    Str(String),
    /// An integer.
    Int(i64),
    /// A finite float.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// What could not be read; it has been reported.
    Error,
}

/// A datum: an atom or a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// What it is.
    pub kind: DatumKind,
    /// From its first to its last byte, parentheses and quotes included. A
    /// list whose `)` is missing ends with its last token.
    pub span: Span,
    /// The `;;;` or `;;|` lines directly above it, without their marks.
    pub doc: Option<String>,
}

impl Datum {
    /// The members of a list.
    pub fn as_list(&self) -> Option<&[Datum]> {
        match &self.kind {
            DatumKind::List(data) => Some(data),
            _ => None,
        }
    }

    /// The text of a symbol.
    pub fn as_symbol(&self) -> Option<&str> {
        match &self.kind {
            DatumKind::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// The name of a keyword, without the colon.
    pub fn as_keyword(&self) -> Option<&str> {
        match &self.kind {
            DatumKind::Keyword(name) => Some(name),
            _ => None,
        }
    }

    /// The value of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            DatumKind::Str(value) => Some(value),
            _ => None,
        }
    }

    /// The symbol at the head of a list: the name of a form.
    pub fn head(&self) -> Option<&str> {
        self.as_list()?.first()?.as_symbol()
    }
}

/// A comment of any kind except `#;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it is.
    pub span: Span,
    /// Its text, marks included.
    pub text: String,
}

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The data at the top level.
    pub data: Vec<Datum>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// Every token, blanks included: their texts joined are the file.
    pub tokens: Vec<Token>,
}

/// Reads a file. There is always a tree; the findings are in source order,
/// at most 200 of them.
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let lexed = lex::lex(file, text, &mut diagnostics);
    let placed = layout::place(&lexed.tokens, text);
    let repairs = repair::repair(file, &placed, text, lexed.cut, &mut diagnostics);
    let tree = tree::build(&placed, &repairs, &mut diagnostics);
    let data = read::read(file, text, &tree, &mut diagnostics);

    sort_diagnostics(&mut diagnostics);
    if diagnostics.len() > MAX_FINDINGS {
        let more = diagnostics.len() - MAX_FINDINGS;
        diagnostics.truncate(MAX_FINDINGS);
        if let Some(last) = diagnostics.last_mut() {
            last.notes.push(format!(
                "{more} further problems of this file are not shown"
            ));
        }
    }

    let comments = lexed
        .tokens
        .iter()
        .filter(|token| token.kind.is_comment())
        .map(|token| Comment {
            span: token.span,
            text: token.text(text).to_owned(),
        })
        .collect();
    let file = File {
        data,
        comments,
        tokens: lexed.tokens,
    };
    (file, diagnostics)
}
