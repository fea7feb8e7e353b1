//! Places as editors count them.
//!
//! The compiler counts bytes; they are converted here, once, on the way out.

use wfc_diag::SourceFile;

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 units, which every editor understands.
    #[default]
    Utf16,
}

/// A place: 0-based line, and 0-based column in the units of an [`Encoding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// From `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: Position,
    pub(crate) end: Position,
}

impl Range {
    /// Do the two overlap or touch? A cursor is an empty range, and one at
    /// either end of a finding is at the finding.
    pub(crate) fn touches(self, other: Range) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

impl Encoding {
    /// The place of a byte offset. An offset inside a character is moved back
    /// to its beginning.
    pub(crate) fn position(self, file: &SourceFile, offset: usize) -> Position {
        let (line, column) = match self {
            Encoding::Utf16 => file.line_utf16(offset),
            Encoding::Utf8 => {
                let offset = floor(&file.text, offset);
                let line = file.lines().line_of(offset);
                let start = file.lines().line_start(line).unwrap_or(0);
                (line, offset - start)
            }
        };
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position {
            line: clamp(line),
            column: clamp(column),
        }
    }

    /// The byte offset of a place; the end of the line for one that lies
    /// behind it.
    pub(crate) fn offset(self, file: &SourceFile, at: Position) -> usize {
        let Some(start) = file.lines().line_start(at.line as usize) else {
            return file.text.len();
        };
        let line = file.text[start..].split(['\n', '\r']).next().unwrap_or("");
        let mut column = at.column as usize;
        let mut offset = start;
        for c in line.chars() {
            let width = match self {
                Encoding::Utf8 => c.len_utf8(),
                Encoding::Utf16 => c.len_utf16(),
            };
            if column < width {
                break;
            }
            column -= width;
            offset += c.len_utf8();
        }
        offset
    }

    /// The range of byte offsets `start..end`.
    pub(crate) fn range(self, file: &SourceFile, start: u32, end: u32) -> Range {
        Range {
            start: self.position(file, start as usize),
            end: self.position(file, end as usize),
        }
    }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use wfc_diag::Sources;

    #[track_caller]
    fn check(text: &str, offset: usize, utf8: (u32, u32), utf16: (u32, u32)) {
        let mut sources = Sources::default();
        let file = sources.add("f", text);
        for (encoding, (line, column)) in [(Encoding::Utf8, utf8), (Encoding::Utf16, utf16)] {
            let found = encoding.position(sources.file(file), offset);
            assert_eq!(found, Position { line, column }, "{encoding:?}");
            let back = encoding.offset(sources.file(file), found);
            assert_eq!(back, floor(text, offset), "{encoding:?}");
        }
    }

    #[test]
    fn columns_are_counted_in_the_units_of_the_editor() {
        check("", 0, (0, 0), (0, 0));
        check("ab\ncd", 4, (1, 1), (1, 1));
        // Two bytes and one unit; three and one; four and two.
        check("é語😀x", 2, (0, 2), (0, 1));
        check("é語😀x", 5, (0, 5), (0, 2));
        check("é語😀x", 9, (0, 9), (0, 4));
        // Inside a character, and past the end.
        check("é語😀x", 7, (0, 5), (0, 2));
        check("a\né", 99, (1, 2), (1, 1));
    }
}
