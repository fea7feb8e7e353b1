//! From a range of a scalar's text back to the file.

use std::ops::Range;

use wfc_diag::Span;

use super::{Node, Style, Value};

impl Node {
    /// Where the bytes `range` of this scalar's text are written in the file
    /// whose whole text is `file_text`.
    ///
    /// Exact for plain and quoted scalars on one line, escapes included, and
    /// for `|` blocks; otherwise, and for anything but a scalar, the span of
    /// the whole value.
    pub fn span_of(&self, range: Range<usize>, file_text: &str) -> Span {
        let located = self.locate(range.start, file_text).and_then(|start| {
            let end = if range.end > range.start {
                // The end of a line's last character, not the next line's start.
                self.locate(range.end - 1, file_text)?.end
            } else {
                start.start
            };
            Some(Span::new(self.span.file, start.start, end))
        });
        located.unwrap_or(self.span)
    }

    /// The bytes of the file that stand for the byte at `offset` of the text
    /// (an escape stands for one character); empty at the end of the text.
    fn locate(&self, offset: usize, file_text: &str) -> Option<Range<usize>> {
        let Value::Scalar(scalar) = &self.value else {
            return None;
        };
        let span = self.span.start as usize..self.span.end as usize;
        let source = file_text.get(span.clone())?;
        let text = scalar.text.as_str();
        if offset > text.len() {
            return None;
        }
        match self.style {
            Style::Plain => (source == text).then(|| one(span.start, offset, text.len())),
            Style::SingleQuoted | Style::DoubleQuoted => {
                let inner = source.get(1..source.len().checked_sub(1)?)?;
                let found = if inner == text {
                    one(0, offset, text.len())
                } else {
                    escaped(inner, text, offset, self.style == Style::DoubleQuoted)?
                };
                let base = span.start + 1;
                Some(base + found.start..base + found.end)
            }
            Style::Literal => literal(file_text, span.start, text, offset),
            _ => None,
        }
    }
}

/// The byte at `base + offset`, or the empty range there at the end.
fn one(base: usize, offset: usize, len: usize) -> Range<usize> {
    let at = base + offset;
    at..at + usize::from(offset < len)
}

/// Walks the inside of a quoted scalar and its decoded text side by side.
fn escaped(source: &str, text: &str, offset: usize, double: bool) -> Option<Range<usize>> {
    let (mut from, mut to) = (0, 0);
    for c in text.chars() {
        let rest = source.get(from..)?;
        let written = match rest.as_bytes() {
            [b'\\', b'x', ..] if double => 4,
            [b'\\', b'u', ..] if double => 6,
            [b'\\', b'U', ..] if double => 10,
            [b'\\', ..] if double => 2,
            [b'\'', b'\'', ..] if !double => 2,
            // Neither an escape nor the character itself: folded lines.
            _ if !rest.starts_with(c) => return None,
            _ => 0,
        };
        // An escape counts as a whole, another character byte by byte.
        if (to..to + c.len_utf8()).contains(&offset) {
            return Some(match written {
                0 => one(from, offset - to, c.len_utf8()),
                n => from..from + n,
            });
        }
        from += if written == 0 { c.len_utf8() } else { written };
        to += c.len_utf8();
    }
    (offset == to && from <= source.len()).then_some(from..from)
}

/// The lines of a `|` block are the ends of the file's lines.
fn literal(file: &str, content: usize, text: &str, offset: usize) -> Option<Range<usize>> {
    // The span begins at the first line that is not blank.
    let leading = text.bytes().take_while(|&b| b == b'\n').count();
    let mut line_start = file[..content].rfind('\n').map_or(0, |at| at + 1);
    for _ in 0..leading {
        line_start = file[..line_start.checked_sub(1)?]
            .rfind('\n')
            .map_or(0, |at| at + 1);
    }
    let mut text_start = 0;
    for line in text.split_inclusive('\n') {
        let line_end = file[line_start..]
            .find('\n')
            .map_or(file.len(), |at| line_start + at);
        let source = file[line_start..line_end].trim_end_matches('\r');
        let content = line.trim_end_matches('\n');
        let indent = source.strip_suffix(content)?;
        if !indent.bytes().all(|b| b == b' ') {
            return None;
        }
        let base = line_start + indent.len();
        let within = offset - text_start;
        if within < content.len() {
            return Some(one(base, within, content.len()));
        }
        if within < line.len() || text_start + line.len() == text.len() {
            // The line feed, or the end of the text.
            let end = base + content.len();
            return Some(end..end);
        }
        text_start += line.len();
        line_start = (line_end + 1).min(file.len());
    }
    None
}
