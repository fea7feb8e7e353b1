//! Questions about places in the source: lines, columns, comments, and what
//! stands before and behind.

use std::ops::Range;

/// A text without carriage returns, its lines and its comments.
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) comments: &'t [Range<usize>],
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str, comments: &'t [Range<usize>]) -> Self {
        let feeds = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Source {
            text,
            comments,
            lines: std::iter::once(0)
                .chain(feeds.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    /// The text of a range; none if it is not there.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    /// The line that holds `at`; its line feed belongs to it.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at).max(1) - 1
    }

    /// A line without its line feed.
    pub(super) fn line(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line).copied().unwrap_or(self.text.len());
        let end = match self.lines.get(line + 1) {
            Some(next) => next - 1,
            None => self.text.len(),
        };
        start..end
    }

    pub(super) fn is_blank(&self, line: usize) -> bool {
        let text = self.slice(self.line(line));
        text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
    }

    /// How many bytes stand before `at` in its line.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line(self.line_of(at)).start.min(at)
    }

    /// Is everything in one line?
    pub(super) fn on_one_line(&self, range: &Range<usize>) -> bool {
        self.line_of(range.start) == self.line_of(range.end)
    }

    /// Does a comment begin in the range?
    pub(super) fn has_comment(&self, range: Range<usize>) -> bool {
        let after = self.comments.partition_point(|c| c.start < range.start);
        self.comments
            .get(after)
            .is_some_and(|comment| comment.start < range.end)
    }

    /// The place of the first character from `at` on that is neither blank
    /// nor in a comment.
    pub(super) fn behind(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' => at += 1,
                b'#' => match self.comments.binary_search_by_key(&at, |c| c.start) {
                    Ok(found) => at = self.comments[found].end.max(at + 1),
                    Err(_) => break,
                },
                _ => break,
            }
        }
        at
    }

    /// The place of the last byte before `at` that is neither blank nor in a
    /// comment.
    pub(super) fn before(&self, mut at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        while at > 0 {
            if let Ok(found) = self.comments.binary_search_by_key(&at, |c| c.end) {
                at = self.comments[found].start;
            } else if matches!(bytes.get(at - 1), Some(b' ' | b'\t' | b'\n')) {
                at -= 1;
            } else {
                return Some(at - 1);
            }
        }
        None
    }

    /// Is there `byte` at `at`?
    pub(super) fn is(&self, at: usize, byte: u8) -> bool {
        self.text.as_bytes().get(at) == Some(&byte)
    }
}
