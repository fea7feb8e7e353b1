//! Type expressions: what stands in a type symbol.
//!
//! ```text
//! type  = name [ "[" { arg [ "," ] } "]" ]
//! arg   = type | arrow
//! arrow = ( type | "(" { type [ "," ] } ")" ) "->" type
//! ```

// A finding is large, but it is made once for each mistake, not once a call.
#![allow(clippy::result_large_err)]

use wfc_diag::{Applicability, Diagnostic, Span, codes};

/// How deep types may nest. A type ends up in a plan, and readers of JSON stop
/// at 128.
const MAX_NESTING: usize = 32;

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Where exactly it is, inside its symbol.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeExprKind {
    /// `Name`, `mod/Name` or `alias.Name`.
    Named(String),
    /// `Name[…]`: the name and its arguments, at least one.
    Apply(String, Vec<TypeExpr>),
    /// `(A B) -> C`
    Arrow(Vec<TypeExpr>, Box<TypeExpr>),
}

/// Reads the text of a type symbol. `base` is the symbol's span; `text` must
/// be its text as it stands in the file.
///
/// # Errors
/// The first mistake, at its exact place.
pub fn parse_type(text: &str, base: Span) -> Result<TypeExpr, Diagnostic> {
    let mut parser = Parser {
        text,
        base,
        at: 0,
        nesting: 0,
    };
    let found = parser.argument(true)?;
    parser.blanks();
    if parser.at < text.len() {
        let span = parser.span(parser.at, text.len());
        return Err(
            Diagnostic::new(codes::LISP_SYNTAX, span, "a type ends before this")
                .label("not part of the type"),
        );
    }
    Ok(found)
}

struct Parser<'s> {
    text: &'s str,
    base: Span,
    at: usize,
    nesting: usize,
}

impl Parser<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let base = self.base.start as usize;
        Span::new(self.base.file, base + start, base + end)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Skips blanks and one comma between arguments.
    fn separator(&mut self) {
        self.blanks();
        if self.rest().starts_with(',') {
            self.at += 1;
            self.blanks();
        }
    }

    /// A place to report: the next character, or the end of the symbol.
    fn here(&self) -> Span {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        self.span(self.at, self.at + width)
    }

    /// One type. `bare` says that it may be `A -> B`; among the parameters in
    /// parentheses an arrow shows that these should have ended.
    fn argument(&mut self, bare: bool) -> Result<TypeExpr, Diagnostic> {
        self.blanks();
        if self.nesting >= MAX_NESTING {
            return Err(Diagnostic::new(
                codes::LISP_DEPTH,
                self.here(),
                format!("types are nested more than {MAX_NESTING} deep"),
            )
            .label("one too deep")
            .help("give the inner type a name with `defrecord`"));
        }
        self.nesting += 1;
        let found = if self.rest().starts_with('(') {
            self.arrow()
        } else {
            match self.named() {
                Ok(found) if bare => self.one_to(found),
                found => found,
            }
        };
        self.nesting -= 1;
        found
    }

    /// `A -> B`: one parameter needs no parentheses.
    fn one_to(&mut self, found: TypeExpr) -> Result<TypeExpr, Diagnostic> {
        let end = self.at;
        self.blanks();
        if !self.rest().starts_with("->") {
            self.at = end;
            return Ok(found);
        }
        self.at += 2;
        let start = found.span.start as usize - self.base.start as usize;
        let result = self.argument(true)?;
        Ok(TypeExpr {
            span: self.span(start, self.at),
            kind: TypeExprKind::Arrow(vec![found], Box::new(result)),
        })
    }

    fn arrow(&mut self) -> Result<TypeExpr, Diagnostic> {
        let start = self.at;
        self.at += 1;
        let params = self.arguments(start, ')')?;
        self.blanks();
        if !self.rest().starts_with("->") {
            let span = self.here();
            return Err(Diagnostic::new(
                codes::LISP_SYNTAX,
                span,
                "a list of parameter types needs `-> Result` after it",
            )
            .label("`->` is missing here")
            .also(self.span(start, self.at), "these are the parameters"));
        }
        self.at += 2;
        let result = self.argument(true)?;
        Ok(TypeExpr {
            kind: TypeExprKind::Arrow(params, Box::new(result)),
            span: self.span(start, self.at),
        })
    }

    fn named(&mut self) -> Result<TypeExpr, Diagnostic> {
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| c.is_whitespace() || "()[],".contains(c))
            .unwrap_or(self.rest().len());
        let name = self.rest()[..length].to_owned();
        if name.is_empty() || name == "->" {
            return Err(
                Diagnostic::new(codes::LISP_SYNTAX, self.here(), "a type is missing")
                    .label("expected a type here")
                    .help("a type is a name, as in `Int`, or a name with arguments, as in `List[Int]`"),
            );
        }
        self.at += length;
        let name_end = self.at;
        if !self.rest().starts_with('[') {
            return Ok(TypeExpr {
                kind: TypeExprKind::Named(name),
                span: self.span(start, name_end),
            });
        }
        let open = self.at;
        self.at += 1;
        let arguments = self.arguments(open, ']')?;
        if arguments.is_empty() {
            let span = self.span(open, self.at);
            return Err(Diagnostic::new(
                codes::LISP_SYNTAX,
                span,
                format!("`{name}` has empty brackets"),
            )
            .label("a type is missing between these")
            .replace(span, "", "delete the brackets", Applicability::Unsafe));
        }
        Ok(TypeExpr {
            kind: TypeExprKind::Apply(name, arguments),
            span: self.span(start, self.at),
        })
    }

    /// Arguments up to and with `close`.
    fn arguments(&mut self, open: usize, close: char) -> Result<Vec<TypeExpr>, Diagnostic> {
        let mut found = Vec::new();
        self.blanks();
        loop {
            if self.rest().starts_with(close) {
                self.at += 1;
                return Ok(found);
            }
            let ends = self.rest().is_empty() || self.rest().starts_with([')', ']']);
            // `->` is no type, so the parameters before it should have ended.
            if ends || (close == ')' && self.rest().starts_with("->")) {
                let end = self.text[..self.at].trim_end().len();
                return Err(Diagnostic::new(
                    codes::LISP_SYNTAX,
                    self.here(),
                    format!("a `{close}` is missing in this type"),
                )
                .label(format!("expected `{close}` here"))
                .also(self.span(open, open + 1), "to close this")
                .replace(
                    self.span(end, end),
                    close.to_string(),
                    format!("insert `{close}`"),
                    Applicability::Unsafe,
                ));
            }
            found.push(self.argument(close != ')')?);
            self.separator();
        }
    }
}
