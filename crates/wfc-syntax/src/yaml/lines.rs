//! Lines, columns and brackets of a YAML text, found without a parser. What is
//! said here is a guess that serves messages and repairs.

use std::ops::Range;

/// The first byte of the line that holds `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |feed| feed + 1)
}

/// The end of the line that holds `at`, line break excluded.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |feed| at + feed);
    if text[at..end].ends_with('\r') {
        end - 1
    } else {
        end
    }
}

/// The first byte of the line after the one that holds `at`.
pub(super) fn next_line(text: &str, at: usize) -> Option<usize> {
    text[at..].find('\n').map(|feed| at + feed + 1)
}

/// The offset of the first byte of a line that is not a blank.
pub(super) fn content_start(text: &str, line: usize) -> usize {
    line + text[line..]
        .bytes()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count()
}

/// How many bytes a place is from the start of its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// Is there nothing, or only a comment, in the line?
fn is_blank(text: &str, line: usize) -> bool {
    let content = content_start(text, line);
    content >= line_end(text, line) || text[content..].starts_with('#')
}

/// The end of the lines after the one that holds `at` that are indented by
/// more than `column`, or that only close a bracket; `None` takes every line.
pub(super) fn deeper_end(text: &str, at: usize, column: Option<usize>) -> usize {
    let mut end = line_end(text, at);
    let mut line = at;
    while let Some(next) = next_line(text, line) {
        line = next;
        let content = content_start(text, next);
        if is_blank(text, next) {
            continue;
        }
        let deeper = column.is_none_or(|c| content - next > c);
        let closes = text[content..].starts_with([']', '}']);
        if !deeper && !closes {
            break;
        }
        end = line_end(text, next);
        if !deeper {
            break;
        }
    }
    end
}

/// The line that holds `at` and the deeper lines after it.
pub(super) fn block(text: &str, at: usize) -> Range<usize> {
    let start = line_start(text, at);
    let indent = content_start(text, start) - start;
    start..deeper_end(text, start, Some(indent)).max(line_end(text, at))
}

/// The end of what is written from `at` on in its line, without a comment and
/// blanks; in a flow collection, also without what follows a `,` or bracket.
pub(super) fn value_end(text: &str, at: usize, flow: bool) -> usize {
    let line = &text[at..line_end(text, at)];
    let comment = line
        .match_indices('#')
        .map(|(hash, _)| hash)
        .find(|&hash| hash == 0 || line[..hash].ends_with([' ', '\t']));
    let line = &line[..comment.unwrap_or(line.len())];
    let line = match line.find([',', ']', '}']) {
        Some(end) if flow => &line[..end],
        _ => line,
    };
    at + line.trim_end().len()
}

/// The end of the word that begins at `at`; at least one character if there is
/// one on the line.
pub(super) fn word_end(text: &str, at: usize) -> usize {
    let line = &text[at..line_end(text, at)];
    let word = line.find([' ', '\t', ',', '[', ']', '{', '}']);
    let least = line.chars().next().map_or(0, char::len_utf8);
    at + word.unwrap_or(line.len()).max(least)
}

/// Does the text between `at` and the end of its line begin with `key:` and a
/// blank, or end in a colon?
pub(super) fn is_key(text: &str, at: usize) -> bool {
    key_colon(text, at).is_some()
}

/// The colon that ends the key at `at`.
pub(super) fn key_colon(text: &str, at: usize) -> Option<usize> {
    let line = &text[at..value_end(text, at, false)];
    let end = line
        .find(": ")
        .or_else(|| line.strip_suffix(':').map(str::len));
    end.map(|end| at + end)
}

/// The colon of a `key:value` at `at` that lacks a blank after it. Addresses
/// such as `http://x` are not taken for one.
pub(super) fn tight_colon(text: &str, at: usize) -> Option<usize> {
    let line = &text[at..value_end(text, at, false)];
    let name = line.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))?;
    let rest = line[name..].strip_prefix(':')?;
    let tight = name > 0 && !rest.is_empty() && !rest.starts_with([' ', '\t', '/']);
    tight.then_some(at + name)
}

/// Does one of the lines after `at`, up to `end`, begin with a key or `- `?
pub(super) fn has_keys_after(text: &str, at: usize, end: usize) -> bool {
    let mut line = at;
    while let Some(next) = next_line(text, line).filter(|&next| next < end) {
        line = next;
        let content = content_start(text, line);
        if text[content..].starts_with("- ") || is_key(text, content) {
            return true;
        }
    }
    false
}

/// Is `at` where the content of a line begins, `- ` aside?
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at]
        .bytes()
        .all(|b| matches!(b, b' ' | b'-' | b'\t'))
}

/// What a look at the brackets from an opening one on has found.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// Opening brackets that are not closed, outermost first.
    pub(super) open: Vec<usize>,
    /// An opening bracket and the bracket of the wrong kind that closes it.
    pub(super) mismatch: Option<(usize, usize)>,
    /// Would the wrong bracket of `mismatch` close the one around it?
    pub(super) closes_outer: bool,
    /// One past the bracket that closes the first.
    pub(super) end: Option<usize>,
    /// `${...}` outside of quotes.
    pub(super) templates: Vec<Range<usize>>,
}

/// Follows the brackets in `range`, which begins with one.
pub(super) fn brackets(text: &str, range: Range<usize>) -> Brackets {
    let mut found = Brackets::default();
    let bytes = text.as_bytes();
    let mut at = range.start;
    while at < range.end {
        let separated = at == range.start
            || matches!(
                bytes[at - 1],
                b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{' | b',' | b':'
            );
        match bytes[at] {
            quote @ (b'"' | b'\'') if separated => match quoted_end(bytes, at, quote) {
                Some(end) if end <= range.end => {
                    at = end;
                    continue;
                }
                _ => {}
            },
            b'#' if separated => {
                at = line_end(text, at);
                continue;
            }
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                let line = &text[at..line_end(text, at)];
                if let Some(close) = line.find('}') {
                    found.templates.push(at..at + close + 1);
                    at += close + 1;
                    continue;
                }
            }
            b'[' | b'{' => found.open.push(at),
            close @ (b']' | b'}') => {
                let Some(open) = found.open.pop() else { break };
                let fits = (bytes[open] == b'[') == (close == b']');
                if !fits {
                    found.mismatch = Some((open, at));
                    // Of two different brackets, one is of the right kind.
                    found.closes_outer =
                        found.open.last().is_some_and(|&o| bytes[o] != bytes[open]);
                    return found;
                }
                if found.open.is_empty() {
                    found.end = Some(at + 1);
                    return found;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// One past the quote that closes the one at `at`.
pub(super) fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut next = at + 1;
    loop {
        match *bytes.get(next)? {
            b'\\' if quote == b'"' => next += 2,
            b'\'' if quote == b'\'' && bytes.get(next + 1) == Some(&b'\'') => next += 2,
            b if b == quote => return Some(next + 1),
            _ => next += 1,
        }
    }
}

/// `text` in quotes that keep it as it is.
pub(super) fn quote(text: &str) -> String {
    if text.contains(['"', '\\']) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("\"{text}\"")
    }
}
