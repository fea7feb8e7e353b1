//! Scalars: what changes in them, which is not much.

use std::borrow::Cow;
use std::ops::Range;

use super::source::Source;

/// The lines of a plain or quoted scalar, later ones at `indent`. Their own
/// indentation and blanks at their ends mean nothing; empty lines do.
pub(super) fn lines(raw: &str, indent: usize, escapes: bool) -> Cow<'_, str> {
    if !raw.contains('\n') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let last = raw.split('\n').count() - 1;
    for (at, line) in raw.split('\n').enumerate() {
        let mut line = line;
        if at > 0 {
            line = line.trim_start_matches([' ', '\t']);
            text.push('\n');
        }
        if at < last {
            line = without_end(line, escapes);
        }
        if at > 0 && !line.is_empty() {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        text.push_str(line);
    }
    Cow::Owned(text)
}

/// Without blanks at the end, but for one that is escaped.
fn without_end(line: &str, escapes: bool) -> &str {
    let short = line.trim_end_matches([' ', '\t']);
    let slashes = short.len() - short.trim_end_matches('\\').len();
    match escapes && slashes % 2 == 1 && short.len() < line.len() {
        true => &line[..=short.len()],
        false => short,
    }
}

/// A text in single quotes in double ones, where nothing in it has to be
/// escaped for that.
pub(super) fn double_quoted(raw: &str) -> Option<String> {
    let inside = raw.strip_prefix('\'')?.strip_suffix('\'')?;
    if inside.contains(['"', '\\', '\n']) {
        return None;
    }
    Some(format!("\"{}\"", inside.replace("''", "'")))
}

/// A plain text of several lines in double quotes, where a line would else look
/// like a key: that is no harm in `{ ... }`, and only there.
pub(super) fn quoted(raw: &str) -> Option<String> {
    let looks_like_key = |line: &str| line.trim_end_matches([' ', '\t']).ends_with(':');
    (raw.contains('\n') && raw.split('\n').any(looks_like_key))
        .then(|| format!("\"{}\"", raw.replace('\\', r"\\").replace('"', "\\\"")))
}

/// A block text in its source.
pub(super) struct Block {
    /// `|2-`
    pub(super) header: Range<usize>,
    /// Where the lines of the text begin.
    pub(super) start: usize,
    /// Where what belongs to the text ends: with a blank line for `+`.
    pub(super) end: usize,
    lines: Vec<Range<usize>>,
    /// Does the text say nothing but line feeds?
    empty: bool,
    /// How many line feeds end it.
    feeds: usize,
}

/// Finds a block text. `end` is where the parser looked last, `decoded` what it
/// says, and `column` that of the collection around it, if there is one; what
/// is in front of it ends at `after`.
pub(super) fn block(
    source: &Source<'_>,
    after: usize,
    end: usize,
    decoded: &str,
    column: Option<usize>,
) -> Block {
    let said = decoded.trim_end_matches('\n');
    let empty = said.is_empty();
    let header = header(source, after);
    let first = source.line_of(header.start) + 1;
    let start = source.line(first).start;
    // Behind the last line feed there is no line.
    let end = end.max(start.min(source.text.len()));
    let all: Vec<Range<usize>> = (first..)
        .map(|line| source.line(line))
        // The parser counts the indentation of the line that follows.
        .take_while(|line| line.start < end)
        .take_while(|line| is_blank(source, line) || line.start + spaces(source, line) < end)
        .collect();
    let given = source
        .slice(header.clone())
        .bytes()
        .find(u8::is_ascii_digit);
    let indent = match given {
        Some(digit) => column.unwrap_or(0) + usize::from(digit - b'0'),
        None => {
            let written = all.iter().find(|line| !is_blank(source, line));
            written.map_or(usize::MAX, |line| spaces(source, line))
        }
    };
    let mut lines: Vec<Range<usize>> = all
        .into_iter()
        .map(|line| line.start + spaces(source, &line).min(indent)..line.end)
        .collect();
    while lines.last().is_some_and(Range::is_empty) {
        lines.pop();
    }
    let keeps = source.slice(header.clone()).contains('+');
    Block {
        end: match lines.last() {
            _ if keeps => end,
            Some(line) => line.end,
            None => header.end,
        },
        feeds: decoded.len() - said.len(),
        header,
        start,
        lines,
        empty,
    }
}

/// The first `|` or `>` from `after` on that is in no comment, and what belongs
/// to it.
pub(super) fn header(source: &Source<'_>, after: usize) -> Range<usize> {
    let mut start = source.behind(after);
    while start < source.text.len() && !source.is(start, b'|') && !source.is(start, b'>') {
        start = source.behind(start + 1);
    }
    let rest = source.slice(start..source.text.len());
    let end = rest.find([' ', '\t', '\n']).unwrap_or(rest.len());
    start..start + end
}

fn spaces(source: &Source<'_>, line: &Range<usize>) -> usize {
    let text = source.slice(line.clone());
    text.len() - text.trim_start_matches(' ').len()
}

fn is_blank(source: &Source<'_>, line: &Range<usize>) -> bool {
    spaces(source, line) == line.len()
}

impl Block {
    /// The header for a text that is two columns inside of what it belongs to.
    pub(super) fn header(&self, source: &Source<'_>) -> String {
        let written = source.slice(self.header.clone());
        let mut header = written[..written.len().min(1)].to_owned();
        let written_first = self.lines.iter().find(|line| !line.is_empty());
        if written_first.is_some_and(|line| source.is(line.start, b' ')) {
            header.push('2');
        }
        match written {
            // At the end of a file without a line feed the text has none.
            _ if !self.empty && self.feeds == 0 => header.push('-'),
            _ if written.contains('+') => header.push('+'),
            _ if written.contains('-') => header.push('-'),
            _ => {}
        }
        header
    }

    /// The lines of the text at `indent`, without the last line feed; none if
    /// it has no lines.
    pub(super) fn text(&self, source: &Source<'_>, indent: usize) -> Option<String> {
        let mut text = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            if !line.is_empty() {
                text.extend(std::iter::repeat_n(' ', indent));
                text.push_str(source.slice(line.clone()));
            }
        }
        if source.slice(self.header.clone()).contains('+') && self.feeds > 0 {
            let feeds = self.feeds - 1;
            text.extend(std::iter::repeat_n('\n', feeds));
            return Some(text);
        }
        (!self.lines.is_empty()).then_some(text)
    }
}
