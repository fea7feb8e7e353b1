//! The values of strings, heredocs and numbers.

// A finding is large, but it is made once for each mistake, not once a call.
#![allow(clippy::result_large_err)]

use wfc_diag::{Applicability, Diagnostic, FileId, Span, codes};

use super::DatumKind;
use crate::text::unix_lines;

/// The value of a string token. `start` is the offset of its first quote.
/// A bad escape is reported and kept as written.
pub(super) fn string(
    file: FileId,
    token: &str,
    start: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let body = token.strip_prefix('"').unwrap_or(token);
    let body = if closed(body) {
        &body[..body.len() - 1]
    } else {
        body
    };
    let start = start + 1;
    let mut value = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find(['\\', '\r']) {
        value.push_str(&rest[..at]);
        let offset = start + body.len() - rest.len() + at;
        rest = &rest[at..];
        let (piece, length) = if rest.starts_with('\r') {
            // A line break is one character, however the file writes it.
            ('\n', if rest.starts_with("\r\n") { 2 } else { 1 })
        } else {
            match escape(rest) {
                Ok(found) => found,
                Err(length) => {
                    let span = Span::new(file, offset, offset + length);
                    diagnostics.push(bad_escape(&rest[..length], span));
                    value.push_str(&rest[..length]);
                    rest = &rest[length..];
                    continue;
                }
            }
        };
        value.push(piece);
        rest = &rest[length..];
    }
    value.push_str(rest);
    value
}

/// Does the text after the opening quote end in a quote that is no escape?
fn closed(body: &str) -> bool {
    let Some(inner) = body.strip_suffix('"') else {
        return false;
    };
    let slashes = inner.len() - inner.trim_end_matches('\\').len();
    slashes.is_multiple_of(2)
}

/// The character an escape stands for and its length, or the length of
/// what is wrong.
fn escape(text: &str) -> Result<(char, usize), usize> {
    let mut chars = text.chars();
    chars.next();
    match chars.next() {
        Some('\\') => Ok(('\\', 2)),
        Some('"') => Ok(('"', 2)),
        Some('n') => Ok(('\n', 2)),
        Some('t') => Ok(('\t', 2)),
        Some('r') => Ok(('\r', 2)),
        Some('u') => {
            let Some(hex) = text[2..].strip_prefix('{') else {
                return Err(2);
            };
            let digits = hex.len()
                - hex
                    .trim_start_matches(|c: char| c.is_ascii_hexdigit())
                    .len();
            if !hex[digits..].starts_with('}') {
                return Err(3 + digits);
            }
            let length = 4 + digits;
            u32::from_str_radix(&hex[..digits], 16)
                .ok()
                .and_then(char::from_u32)
                .map(|c| (c, length))
                .ok_or(length)
        }
        Some(other) => Err(1 + other.len_utf8()),
        None => Err(1),
    }
}

fn bad_escape(text: &str, span: Span) -> Diagnostic {
    if text.starts_with("\\u") {
        return Diagnostic::new(
            codes::LISP_STRING,
            span,
            "this `\\u` escape names no character",
        )
        .label("not a character")
        .help("write the hexadecimal number of a Unicode character in braces, as in `\\u{e9}`");
    }
    let shown = text.escape_debug().to_string();
    let shown = shown.replace("\\\\", "\\");
    Diagnostic::new(
        codes::LISP_STRING,
        span,
        format!("`{shown}` is not an escape"),
    )
    .label("unknown escape")
    .note("expected `\\\\`, `\\\"`, `\\n`, `\\t`, `\\r` or `\\u{…}`")
    .help("a backslash itself is written `\\\\`; a line may simply break inside the quotes")
    .replace(
        Span {
            end: span.start,
            ..span
        },
        "\\",
        "write the backslash as `\\\\`",
        Applicability::Unsafe,
    )
}

/// The value of a heredoc token: its lines without the indentation they all
/// share, and without the line breaks beside the triple quotes.
pub(super) fn heredoc(token: &str) -> String {
    let body = token.strip_prefix('#').unwrap_or(token);
    let body = body.strip_prefix("\"\"\"").unwrap_or(body);
    let body = body.strip_suffix("\"\"\"").unwrap_or(body);
    let body = unix_lines(body);
    let mut lines: Vec<&str> = body.split('\n').collect();
    // Text beside the opening quotes has no indentation of its own.
    let first = match lines.first() {
        Some(first) if lines.len() > 1 && first.trim().is_empty() => {
            lines.remove(0);
            None
        }
        Some(_) => Some(lines.remove(0)),
        None => None,
    };
    if lines.last().is_some_and(|last| last.trim().is_empty()) {
        lines.pop();
    }
    let common = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| blanks(line))
        .reduce(shared_prefix)
        .unwrap_or("")
        .len();
    let dedented = lines.iter().map(|line| {
        if line.trim().is_empty() {
            line.get(common..).unwrap_or("")
        } else {
            &line[common..]
        }
    });
    first
        .into_iter()
        .chain(dedented)
        .collect::<Vec<_>>()
        .join("\n")
}

fn blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Blanks both begin with; tabs and spaces are never taken for each other.
fn shared_prefix<'a>(a: &'a str, b: &'a str) -> &'a str {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    &a[..same]
}

/// The value of an integer token.
pub(super) fn int(text: &str, span: Span) -> Result<DatumKind, Diagnostic> {
    text.parse().map(DatumKind::Int).map_err(|_| {
        Diagnostic::new(
            codes::LISP_NUMBER,
            span,
            format!("`{text}` does not fit into 64 bits"),
        )
        .label("too large")
        .note(format!("integers reach from {} to {}", i64::MIN, i64::MAX))
    })
}

/// The value of a float token.
pub(super) fn float(text: &str, span: Span) -> Result<DatumKind, Diagnostic> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(DatumKind::Float(value)),
        _ => Err(Diagnostic::new(
            codes::LISP_NUMBER,
            span,
            format!("`{text}` does not fit into a 64-bit float"),
        )
        .label("too large")
        .note(format!("floats reach up to about {:e}", f64::MAX))),
    }
}

/// `1_000`: digits as other languages group them.
pub(super) fn grouped_digits(text: &str, span: Span) -> Option<Diagnostic> {
    let digits = text.trim_start_matches(['+', '-']);
    let grouped = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains('_')
        && digits.bytes().all(|c| c.is_ascii_digit() || c == b'_');
    grouped.then(|| {
        Diagnostic::new(
            codes::LISP_NUMBER,
            span,
            format!("`{text}` is not a number"),
        )
        .label("digits cannot be grouped with `_`")
        .replace(
            span,
            text.replace('_', ""),
            "remove the underscores",
            Applicability::Safe,
        )
    })
}
