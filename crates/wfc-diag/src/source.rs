//! Source files, byte spans, and the line index that turns offsets into
//! positions (UTF-8 bytes, characters and UTF-16 units).

use std::collections::HashMap;
use std::sync::Arc;

use crate::Diagnostic;

/// Names one file in a [`Sources`] table, and the context in which its text
/// stands there. What the author wrote has context 0; a language that copies
/// text gives each copy a context of its own, so that every span tells which
/// copy it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

impl FileId {
    const FILE_BITS: u32 = 18;
    const FILES: u32 = (1 << Self::FILE_BITS) - 1;

    /// The greatest context.
    pub const MAX_CONTEXT: u32 = u32::MAX >> Self::FILE_BITS;

    /// The file in another context; one beyond the greatest is the greatest.
    #[must_use]
    pub fn within(self, context: u32) -> Self {
        let context = context.min(Self::MAX_CONTEXT);
        FileId(self.file().0 | (context << Self::FILE_BITS))
    }

    /// The context.
    pub fn context(self) -> u32 {
        self.0 >> Self::FILE_BITS
    }

    /// The file as the author wrote it.
    #[must_use]
    pub fn file(self) -> Self {
        FileId(self.0 & Self::FILES)
    }
}

/// A half-open byte range `start..end` in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file the range lies in.
    pub file: FileId,
    /// First byte of the range.
    pub start: u32,
    /// One past the last byte of the range.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`. Offsets beyond 4 GiB saturate; the
    /// readers refuse files that large long before.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            file,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The empty range at `offset`.
    pub fn at(file: FileId, offset: usize) -> Self {
        Span::new(file, offset, offset)
    }

    /// The smallest range that covers both, which must be of one file.
    pub fn to(self, other: Span) -> Self {
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A 1-based line and a 1-based column counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in Unicode scalar values.
    pub column: usize,
}

/// Byte offsets at which the lines of a text begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Scans `text` for line feeds.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        for (offset, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                starts.push(u32::try_from(offset + 1).unwrap_or(u32::MAX));
            }
        }
        LineIndex { starts }
    }

    /// 0-based line that holds `offset`.
    pub fn line_of(&self, offset: usize) -> usize {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Byte offset at which the 0-based `line` begins, if there is one.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.starts.get(line).map(|&start| start as usize)
    }

    /// How many lines the text has.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }
}

/// One file: the name shown to people, its text and its line index.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as it should be shown.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    lines: LineIndex,
}

impl SourceFile {
    /// Line and column (in characters) of a byte offset. An offset past the
    /// end, or inside a character, is moved back to the nearest boundary.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = self.floor(offset);
        let line = self.lines.line_of(offset);
        let start = self.lines.line_start(line).unwrap_or(0);
        LineColumn {
            line: line + 1,
            column: self.text[start..offset].chars().count() + 1,
        }
    }

    /// 0-based line and UTF-16 column of a byte offset, as editors count.
    pub fn line_utf16(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor(offset);
        let line = self.lines.line_of(offset);
        let start = self.lines.line_start(line).unwrap_or(0);
        (line, self.text[start..offset].encode_utf16().count())
    }

    /// The line index of this file.
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The nearest character boundary at or before `offset`.
    pub(crate) fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// The table of files a compilation has read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The first file of each name.
    by_name: HashMap<String, FileId>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let lines = LineIndex::new(&text);
        let id = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        assert!(id <= FileId::FILES, "too many files");
        let id = FileId(id);
        let name = name.into();
        self.by_name.entry(name.clone()).or_insert(id);
        self.files.push(SourceFile { name, text, lines });
        id
    }

    /// The file of an id that this table gave out, in any context.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.file().0 as usize]
    }

    /// The first file of this name.
    pub fn named(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    /// The text of a span, cut to character boundaries.
    pub fn text(&self, span: Span) -> &str {
        let file = self.file(span.file);
        let (start, end) = (
            file.floor(span.start as usize),
            file.floor(span.end as usize),
        );
        &file.text[start..end.max(start)]
    }

    /// Adds the files of another table, each unless there is one of its name,
    /// and has the findings that lie in them lie here.
    pub fn take_in(&mut self, other: &Sources, diagnostics: &mut [Diagnostic]) {
        let mut ids = HashMap::new();
        for (id, file) in other.iter() {
            let ours = match self.by_name.get(&file.name) {
                Some(known) => *known,
                None => self.add(file.name.clone(), file.text.clone()),
            };
            ids.insert(id, ours);
        }
        let rebase = |span: &mut Span| {
            if let Some(ours) = ids.get(&span.file) {
                span.file = *ours;
            }
        };
        for each in diagnostics {
            rebase(&mut each.primary.span);
            each.secondary.iter_mut().for_each(|l| rebase(&mut l.span));
            if let Some(fix) = &mut each.fix {
                fix.edits.iter_mut().for_each(|edit| rebase(&mut edit.span));
            }
        }
    }

    /// Every file with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u32..).map(FileId).zip(&self.files)
    }
}
