//! Comments and blank lines between the lines.

use std::ops::Range;

use super::layout::{BlockId, Laid, Line};
use super::source::Source;

/// The whole text.
pub(super) fn weave(source: &Source<'_>, laid: &Laid) -> String {
    let mut weaver = Weaver {
        source,
        laid,
        text: String::with_capacity(source.text.len() + source.text.len() / 8),
        after: None,
    };
    let mut comments = source.comments.iter().peekable();
    let mut last: Option<&Line> = None;
    let ends = std::iter::once(None);
    for line in laid.lines.iter().map(Some).chain(ends) {
        let first = line.map_or(usize::MAX, |line| line.first);
        let mut floor = last.map(|line| line.ends);
        while let Some(comment) = comments.next_if(|comment| comment.start < first) {
            let ends_line = last.take().is_some_and(|last| {
                !last.raw && source.line_of(last.last) == source.line_of(comment.start)
            });
            if ends_line {
                weaver.end_line(comment);
            } else {
                let (indent, block) = weaver.place(comment, floor, line);
                floor = block;
                weaver.own_line(comment, indent);
            }
        }
        if let Some(line) = line {
            weaver.line(line);
        }
        last = line;
    }
    weaver.text
}

struct Weaver<'a> {
    source: &'a Source<'a>,
    laid: &'a Laid,
    text: String,
    /// Where the source of what was written last ends.
    after: Option<usize>,
}

impl Weaver<'_> {
    fn line(&mut self, line: &Line) {
        if !line.raw {
            self.blank_line(line.first);
            self.indent(line.indent);
        }
        self.text.push_str(&line.text);
        self.text.push('\n');
        self.after = Some(line.last);
    }

    fn own_line(&mut self, comment: &Range<usize>, indent: usize) {
        self.blank_line(comment.start);
        self.indent(indent);
        self.comment(comment);
    }

    /// A comment behind what was written last, as far from it as it was.
    fn end_line(&mut self, comment: &Range<usize>) {
        self.text.pop();
        let before = self.source.slice(0..comment.start);
        let gap = before.len() - before.trim_end_matches(' ').len();
        self.indent(gap.max(1));
        self.comment(comment);
    }

    fn comment(&mut self, comment: &Range<usize>) {
        self.text.push_str(self.source.slice(comment.clone()));
        self.text.push('\n');
        self.after = Some(comment.end);
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    /// One blank line where the author has at least one.
    fn blank_line(&mut self, next: usize) {
        let Some(after) = self.after else { return };
        let line = self.source.line_of(next);
        let above = line.saturating_sub(1);
        if line > 0 && self.source.is_blank(above) && self.source.line_of(after) < above {
            self.text.push('\n');
        }
    }

    /// Where a comment on a line of its own goes: to the end of the innermost
    /// block that is complete, if it stands further in than what that block
    /// belongs to; else to what follows. `floor` is the block of what stands
    /// above.
    fn place(
        &self,
        comment: &Range<usize>,
        floor: Option<BlockId>,
        next: Option<&Line>,
    ) -> (usize, Option<BlockId>) {
        let column = self.source.column(comment.start);
        let mut at = floor;
        while let Some(id) = at {
            if next.is_some_and(|next| self.holds(id, next.opens)) {
                break;
            }
            let block = &self.laid.blocks[id];
            let inside = match block.parent {
                Some(parent) => {
                    let around = &self.laid.blocks[parent];
                    comment.start < block.end || around.parent.is_none() || column > around.column
                }
                None => false,
            };
            if inside {
                return (block.indent, Some(id));
            }
            at = block.parent;
        }
        (next.map_or(0, |line| line.indent), at)
    }

    /// Is `inner` the block `outer`, or inside of it?
    fn holds(&self, outer: BlockId, inner: BlockId) -> bool {
        let mut at = Some(inner);
        while let Some(id) = at {
            if id == outer {
                return true;
            }
            at = self.laid.blocks[id].parent;
        }
        false
    }
}
