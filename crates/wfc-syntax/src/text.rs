//! Bytes to text.

use std::borrow::Cow;
use std::str;

use wfc_diag::{Diagnostic, FileId, LineIndex, Span, codes};

/// A source as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The whole text, a byte order mark included, so that offsets in it are
    /// offsets in the file.
    pub text: String,
    /// Does the text begin with a byte order mark?
    pub had_bom: bool,
}

/// Why bytes are not a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// Offset of the first byte that is not UTF-8.
    pub offset: usize,
    /// The 1-based line it is in.
    pub line: usize,
    /// Its 1-based column, in characters.
    pub column: usize,
    /// The byte, if the file does not just end inside a character.
    pub byte: Option<u8>,
    /// The encoding the file seems to have, when its first bytes tell.
    pub guess: Option<&'static str>,
    /// The file with U+FFFD for what cannot be read. Up to `offset` it is the
    /// same as the file, so positions up to there can be shown in it.
    pub lossy: String,
}

/// Strict UTF-8; a byte order mark is accepted and kept.
///
/// # Errors
/// The first byte that is not UTF-8, with its position.
pub fn decode(bytes: &[u8]) -> Result<Decoded, NotUtf8> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded {
            had_bom: text.starts_with(BOM),
            text: text.to_owned(),
        }),
        Err(error) => {
            let offset = error.valid_up_to();
            let lossy = String::from_utf8_lossy(bytes).into_owned();
            let before = &lossy[..offset];
            let lines = LineIndex::new(before);
            let line = lines.line_of(offset);
            let start = lines.line_start(line).unwrap_or(0);
            Err(NotUtf8 {
                offset,
                line: line + 1,
                column: before[start..].chars().count() + 1,
                byte: error.error_len().and_then(|_| bytes.get(offset).copied()),
                guess: match bytes {
                    [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
                    _ => None,
                },
                lossy,
            })
        }
    }
}

/// The byte order mark.
pub(crate) const BOM: char = '\u{FEFF}';

/// The text with a line feed at the end of each line, as on Unix.
pub(crate) fn unix_lines(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// The byte order mark of a text, or nothing, and its lines behind that.
pub(crate) fn mark_and_lines(text: &str) -> (&str, Cow<'_, str>) {
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let (mark, body) = text.split_at(text.len() - body.len());
    (mark, unix_lines(body))
}

impl NotUtf8 {
    /// The finding, for a file whose text is [`NotUtf8::lossy`].
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        // One replacement character stands at the offset.
        let end = self.lossy[self.offset..]
            .chars()
            .next()
            .map_or(self.offset, |c| self.offset + c.len_utf8());
        let label = match self.byte {
            Some(byte) => format!("the byte 0x{byte:02X} is not UTF-8"),
            None => "the file ends inside a character".to_owned(),
        };
        let diagnostic = Diagnostic::new(
            codes::NOT_UTF8,
            Span::new(file, self.offset, end),
            "the file is not UTF-8 text",
        )
        .label(label)
        .help("save the file as UTF-8");
        match self.guess {
            Some(guess) => diagnostic.note(format!("the file seems to be {guess}")),
            None => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<(&str, bool), (usize, usize, usize)>) {
        let found = decode(bytes);
        match &found {
            Ok(decoded) => assert_eq!(Ok((decoded.text.as_str(), decoded.had_bom)), expected),
            Err(e) => {
                assert_eq!(Err((e.offset, e.line, e.column)), expected);
                let span = e.diagnostic(FileId(0)).primary.span;
                assert!(
                    e.lossy
                        .get(span.start as usize..span.end as usize)
                        .is_some()
                );
            }
        }
    }

    #[test]
    fn text_or_the_place_of_the_first_bad_byte() {
        check(b"a: 1\n", Ok(("a: 1\n", false)));
        check("\u{FEFF}a: é".as_bytes(), Ok(("\u{FEFF}a: é", true)));
        check(b"a: 1\nb: caf\xE9\n", Err((11, 2, 7)));
        check("é\u{1F600}".as_bytes().split_at(4).0, Err((2, 1, 2)));
        check(b"\xFF\xFEa\0", Err((0, 1, 1)));
        check(b"", Ok(("", false)));
    }
}
