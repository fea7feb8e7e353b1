//! Text to tokens, losing nothing and stopping at nothing.

use logos::Logos;
use wfc_diag::{Applicability, Diagnostic, FileId, Span, codes};

use super::token::{Token, TokenKind};

/// The tokens of a file.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    /// A comment or heredoc ran to the end of the file, so that what is
    /// missing after it says nothing about the author's parentheses.
    pub(super) cut: bool,
}

/// Splits `text` into tokens and reports what is wrong inside them.
pub(super) fn lex(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Lexed {
    let mut lexer = Lexer {
        file,
        text,
        // Recovery from an unclosed string reads text a second time. The
        // budget keeps the sum of such readings proportional to the file.
        budget: text.len().saturating_mul(8),
        cut: false,
        diagnostics,
    };
    let tokens = lexer.run();
    Lexed {
        tokens,
        cut: lexer.cut,
    }
}

struct Lexer<'s, 'd> {
    file: FileId,
    text: &'s str,
    budget: usize,
    cut: bool,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Lexer<'_, '_> {
    fn run(&mut self) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut raw = TokenKind::lexer(self.text);
        // Set when the token before was cut short: what follows it directly
        // is a consequence, not a second mistake.
        let mut mended = false;
        while let Some(kind) = raw.next() {
            let range = raw.span();
            let (kind, extra, was_mended) = self.finish(kind, range.start, range.end);
            raw.bump(extra);
            let span = self.span(range.start, range.end + extra);
            if let Some(before) = tokens.last()
                && before.span.end == span.start
                && before.kind.is_atom()
                && kind.is_atom()
                && !mended
                && !was_mended
            {
                self.glued(span);
            }
            mended = was_mended;
            tokens.push(Token { kind, span });
        }
        tokens
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The token's final kind, how many bytes past `end` it goes on, and
    /// whether that end is a guess.
    fn finish(
        &mut self,
        kind: Result<TokenKind, ()>,
        start: usize,
        end: usize,
    ) -> (TokenKind, usize, bool) {
        let text = &self.text[start..end];
        match kind {
            Ok(TokenKind::Comment) => (comment_kind(text), 0, false),
            Ok(TokenKind::BlockComment) => self.block_comment(start, end),
            Ok(TokenKind::Str) => self.string(start, end),
            Ok(TokenKind::Heredoc) => self.heredoc(start, end),
            Ok(TokenKind::Symbol) => self.symbol(start, end),
            Ok(TokenKind::Keyword) if text == ":" => {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::LISP_SYNTAX,
                        self.span(start, end),
                        "a `:` stands alone",
                    )
                    .label("a keyword needs a name here")
                    .help("write the name directly after the colon, as in `:inputs`"),
                );
                (TokenKind::Invalid, 0, false)
            }
            Ok(TokenKind::Invalid) => {
                self.hash(start, end);
                (TokenKind::Invalid, 0, false)
            }
            Ok(TokenKind::Bom) if start > 0 => self.stray(start, end),
            Ok(kind) => (kind, 0, false),
            Err(()) => self.stray(start, end),
        }
    }

    fn glued(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                codes::LISP_SYNTAX,
                span,
                "two values stand together without a space",
            )
            .label("a space is missing before this")
            .replace(
                Span::at(self.file, span.start as usize),
                " ",
                "insert a space",
                Applicability::Unsafe,
            ),
        );
    }

    fn block_comment(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let body = &self.text[end..];
        if let Some(length) = block_comment_length(body) {
            return (TokenKind::BlockComment, length, false);
        }
        let length = self.unclosed_block(start, end);
        self.diagnostics.push(
            Diagnostic::new(
                codes::LISP_SYNTAX,
                self.span(start, end),
                "this block comment is never closed",
            )
            .label("opened here")
            .help("close it with `|#`; block comments nest, so each `#|` needs its own"),
        );
        (TokenKind::BlockComment, length, true)
    }

    fn heredoc(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let open = self.span(start, end);
        if !self.text[start..].starts_with('#') {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::LISP_STRING,
                    open,
                    "a heredoc string begins with `#\"\"\"`",
                )
                .label("`#` is missing here")
                .replace(
                    Span::at(self.file, start),
                    "#",
                    "insert `#`",
                    Applicability::Unsafe,
                ),
            );
        }
        if let Some(at) = self.text[end..].find("\"\"\"") {
            return (TokenKind::Heredoc, at + 3, false);
        }
        let length = self.unclosed_block(start, end);
        self.diagnostics.push(
            Diagnostic::new(
                codes::LISP_STRING,
                open,
                "this heredoc string is never closed",
            )
            .label("opened here")
            .help("close it with `\"\"\"`"),
        );
        (TokenKind::Heredoc, length, true)
    }

    /// Where a comment or heredoc without an end probably ends: before the
    /// next definition, else at the end of the file.
    fn unclosed_block(&mut self, start: usize, end: usize) -> usize {
        let body = &self.text[end..];
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = indentation(&self.text[line_start..]);
        // The scan for the end has just read to the end of the file.
        if self.spend(body.len()) {
            let mut offset = 0;
            for line in body.split_inclusive('\n') {
                let this = indentation(line);
                if offset > 0 && this <= indent && line[this..].starts_with("(def") {
                    return offset;
                }
                offset += line.len();
            }
        }
        self.cut = true;
        body.len()
    }

    fn spend(&mut self, bytes: usize) -> bool {
        let enough = self.budget >= bytes;
        self.budget = self.budget.saturating_sub(bytes);
        enough
    }

    fn string(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let body = &self.text[end..];
        let close = string_close(body);
        if let Some(close) = close {
            let after = body[close + 1..].chars().next();
            let glued = after.is_some_and(|c| !c.is_whitespace() && !"()[];".contains(c));
            // A string over several lines whose last quote touches a word: that
            // quote opens the next string, and this one was never closed.
            if !glued || !body[..close].contains('\n') {
                return (TokenKind::Str, close + 1, false);
            }
        }
        let limit = close.unwrap_or(body.len());
        let length = if self.spend(limit) {
            likely_string_end(body, limit)
        } else {
            limit
        };
        self.diagnostics.push(
            Diagnostic::new(
                codes::LISP_STRING,
                self.span(start, end),
                "this string is never closed",
            )
            .label("opened here")
            .also(
                Span::at(self.file, end + length),
                "it probably should end here",
            )
            .replace(
                Span::at(self.file, end + length),
                "\"",
                "insert `\"`",
                Applicability::Unsafe,
            ),
        );
        (TokenKind::Str, length, true)
    }

    fn symbol(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let mut extra = 0;
        while self.text[end + extra..].starts_with('[') {
            match bracket_length(&self.text[end + extra..], &mut self.budget) {
                Ok(length) => extra += length,
                Err(length) => {
                    let at = end + extra;
                    let stop = at + length;
                    self.diagnostics.push(
                        Diagnostic::new(
                            codes::LISP_SYNTAX,
                            self.span(at, at + 1),
                            "the `[` of this type is never closed",
                        )
                        .label("opened here")
                        .also(self.span(start, stop), "in this type")
                        .replace(
                            Span::at(self.file, stop),
                            "]",
                            "insert `]`",
                            Applicability::Unsafe,
                        ),
                    );
                    return (TokenKind::Invalid, extra + length, true);
                }
            }
        }
        let text = &self.text[start..end];
        if let Some(at) = text.find(['{', '}']) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::LISP_SYNTAX,
                    self.span(start + at, start + at + 1),
                    "braces have no meaning here",
                )
                .label("not part of the language")
                .help("lists are written `(…)`; records are written `(record Name :field value)`"),
            );
            return (TokenKind::Invalid, extra, false);
        }
        (TokenKind::Symbol, extra, false)
    }

    fn hash(&mut self, start: usize, end: usize) {
        let text = &self.text[start..end];
        let found = Diagnostic::new(
            codes::LISP_SYNTAX,
            self.span(start, end),
            format!("`{text}` has no meaning"),
        )
        .label("not part of the language")
        .note("after `#` only `#|` (comment), `#;` (comment out a datum) and `#\"\"\"` (heredoc string) are known");
        let word = match text {
            "#t" | "#true" => Some("true"),
            "#f" | "#false" => Some("false"),
            _ => None,
        };
        self.diagnostics.push(match word {
            Some(word) => found.replace(
                self.span(start, end),
                word,
                format!("write `{word}`"),
                Applicability::Safe,
            ),
            None => found,
        });
    }

    fn stray(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let c = self.text[start..].chars().next().unwrap_or(' ');
        if c == '\u{201c}' || c == '\u{201d}' {
            return self.curly_quotes(start, end);
        }
        let span = self.span(start, end);
        let name = format!("U+{:04X}", c as u32);
        let found = if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
            let (with, what) = if c.is_whitespace() {
                (" ", "replace it with a space")
            } else {
                ("", "delete it")
            };
            Diagnostic::new(
                codes::LISP_SYNTAX,
                span,
                format!("the invisible character {name} stands between values"),
            )
            .label("not a plain space")
            .replace(span, with, what, Applicability::Safe)
        } else {
            Diagnostic::new(
                codes::LISP_SYNTAX,
                span,
                format!("the character {name} may not stand in a program"),
            )
            .label("not allowed here")
        };
        self.diagnostics.push(found);
        (TokenKind::Stray, 0, false)
    }

    fn curly_quotes(&mut self, start: usize, end: usize) -> (TokenKind, usize, bool) {
        let rest = &self.text[end..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let close = line
            .char_indices()
            .find(|(_, c)| matches!(c, '\u{201c}' | '\u{201d}'));
        let mut edits = vec![(start, end)];
        let mut extra = 0;
        if let Some((at, c)) = close {
            extra = at + c.len_utf8();
            edits.push((end + at, end + extra));
        }
        let found = Diagnostic::new(
            codes::LISP_STRING,
            self.span(start, end + extra),
            "curly quotes do not make a string",
        )
        .label("typographic quotes")
        .fix(wfc_diag::Fix {
            message: "use plain `\"` quotes".into(),
            applicability: Applicability::Unsafe,
            edits: edits
                .into_iter()
                .map(|(from, to)| wfc_diag::Edit {
                    span: self.span(from, to),
                    replacement: "\"".into(),
                })
                .collect(),
        });
        self.diagnostics.push(found);
        (TokenKind::Invalid, extra, true)
    }
}

/// `;;;` and `;;|` document; `;;;;` and more rule off a section.
fn comment_kind(text: &str) -> TokenKind {
    let doc = text.starts_with(";;|") || (text.starts_with(";;;") && !text.starts_with(";;;;"));
    if doc {
        TokenKind::DocComment
    } else {
        TokenKind::Comment
    }
}

/// Bytes after `#|` up to and with the `|#` that closes it.
fn block_comment_length(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut depth = 1usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'|', b'#') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            (b'#', b'|') => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    None
}

/// Offset of the quote that closes a string whose text begins at `body`.
fn string_close(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// Blanks at the start of a line, in bytes.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Where a string without an end probably ends, looking no further than
/// `limit`: at the end of its line, or of the lines of prose that follow,
/// but before the parentheses that close the lists around it and before a
/// keyword that can only be the next argument.
fn likely_string_end(body: &str, limit: usize) -> usize {
    let mut line_start = 0;
    let mut line_end = 0;
    let mut offset = 0;
    for line in body.split_inclusive('\n') {
        let text = line.trim_end();
        let next = offset + line.len();
        if offset > 0 {
            let code = text
                .trim_start()
                .starts_with(['(', ')', ':', ';', '"', '#']);
            if code || next > limit {
                break;
            }
        }
        if !text.is_empty() || offset == 0 {
            line_start = offset;
            line_end = (offset + text.len()).min(limit);
        }
        offset = next;
    }
    let line = &body[line_start..line_end];
    let mut end = line.len();
    if line_start == 0
        && let Some(at) = next_keyword(line)
    {
        end = at;
    }
    line_start + unclosed_tail(&line[..end])
}

/// Offset of the blanks before a ` :keyword` in a line.
fn next_keyword(line: &str) -> Option<usize> {
    line.match_indices(" :")
        .find(|(at, _)| line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|(at, _)| line[..at].trim_end().len())
}

/// Length of `line` without the `)` at its end that match no `(` in it.
fn unclosed_tail(line: &str) -> usize {
    let body = line.trim_end_matches([')', ' ', '\t']);
    let mut open = 0usize;
    for c in body.bytes() {
        match c {
            b'(' => open += 1,
            b')' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    let mut length = body.len();
    for (at, c) in line.bytes().enumerate().skip(body.len()) {
        if c == b')' {
            if open == 0 {
                break;
            }
            open -= 1;
            length = at + 1;
        }
    }
    length
}

/// Bytes from a `[` to the end of the word whose brackets it opens, or, when
/// it is never closed, to where the type probably ends.
fn bracket_length(text: &str, budget: &mut usize) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut first_paren = None;
    let mut at = 0;
    while at < bytes.len() && at <= *budget {
        match bytes[at] {
            c @ (b'[' | b'(') => {
                if c == b'(' && first_paren.is_none() {
                    first_paren = Some(at);
                }
                open.push(c);
            }
            b')' if open.last() == Some(&b'(') => {
                open.pop();
            }
            b']' => {
                while open.pop() == Some(b'(') {}
                if open.is_empty() {
                    let tail = text[at + 1..]
                        .find(|c: char| c.is_whitespace() || "()[]\";".contains(c))
                        .unwrap_or(text.len() - at - 1);
                    return Ok(at + 1 + tail);
                }
            }
            b')' | b'"' | b';' => break,
            _ => {}
        }
        at += 1;
    }
    *budget = budget.saturating_sub(at);
    let mut stop = text[..floor(text, at)]
        .find('\n')
        .unwrap_or(floor(text, at));
    if let Some(paren) = first_paren {
        stop = stop.min(paren);
    }
    // The bracket itself always belongs to the word.
    Err(text[..stop].trim_end().len().max(1))
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
