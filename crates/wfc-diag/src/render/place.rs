//! What every renderer needs of a span: clamped offsets and positions, and
//! text that is safe to print.

use std::borrow::Cow;
use std::ops::Range;

use crate::{LineColumn, SourceFile, Sources, Span};

/// A span resolved against its file. Offsets past the end, inside a character
/// or in the wrong order are moved to the nearest sound place, so a renderer
/// can slice and count without checks.
pub(crate) struct Place<'a> {
    /// The file.
    pub(crate) file: &'a SourceFile,
    /// Byte range, on character boundaries.
    pub(crate) bytes: Range<usize>,
    /// Position of the first character.
    pub(crate) start: LineColumn,
    /// Position one past the last character.
    pub(crate) end: LineColumn,
}

impl<'a> Place<'a> {
    /// Resolves `span`.
    pub(crate) fn new(sources: &'a Sources, span: Span) -> Self {
        let file = sources.file(span.file);
        let start = file.floor(span.start as usize);
        let end = file.floor(span.end as usize).max(start);
        Place {
            file,
            bytes: start..end,
            start: file.line_column(start),
            end: file.line_column(end),
        }
    }
}

/// `text` on one line, without control characters: a file name, label or
/// message that quotes the source must not break a line-based format or steer
/// the terminal.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(|c| printable(c) != c) {
        Cow::Owned(text.chars().map(printable).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// `c`, or a stand-in of one character where a terminal would act on it.
pub(crate) fn printable(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        // The bidirectional overrides can make code read differently from what
        // it is, so they are shown as unknown characters.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The message with its notes and help on lines of their own, for the
/// formats that have one text field.
pub(crate) fn full_text(diagnostic: &crate::Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    for note in &diagnostic.notes {
        text.push_str("\nnote: ");
        text.push_str(note);
    }
    if let Some(help) = &diagnostic.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    text
}
