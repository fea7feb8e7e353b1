//! Formatting: what `wfc fmt` does, as one edit.

use std::path::Path;

use wfc_diag::Sources;
use wfc_syntax::{Format, lisp, yaml};

use crate::position::{Encoding, Range};

/// The edit that formats a document: the lines that change and what takes
/// their place, so that the rest of the page does not move. None if nothing
/// changes or the document cannot be formatted.
pub(crate) fn edit(path: &Path, text: &str, encoding: Encoding) -> Option<(Range, String)> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let formatted = match path.extension().is_some_and(|extension| extension == "orc") {
        true => lisp::format(file, text),
        false => yaml::format(file, text),
    };
    let Format::Done(formatted) = formatted else {
        return None;
    };
    if formatted == text {
        return None;
    }
    let start = shared(text.split_inclusive('\n'), formatted.split_inclusive('\n'));
    let (old, new) = (&text[start..], &formatted[start..]);
    let end = shared(
        old.split_inclusive('\n').rev(),
        new.split_inclusive('\n').rev(),
    );
    let range = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let place = encoding.range(sources.file(file), range(start), range(text.len() - end));
    Some((place, new[..new.len() - end].to_owned()))
}

/// How many bytes of lines two texts share before they differ.
fn shared<'t>(a: impl Iterator<Item = &'t str>, b: impl Iterator<Item = &'t str>) -> usize {
    let same = a.zip(b).take_while(|(a, b)| a == b);
    same.map(|(line, _)| line.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::Position;

    /// The edit as `first line..line after the last` and the new text.
    #[track_caller]
    fn check(text: &str, expected: Option<(u32, u32, &str)>) {
        let found = edit(Path::new("/w/a.yaml"), text, Encoding::Utf16);
        let place = |line| Position { line, column: 0 };
        let expected = expected.map(|(start, end, text)| {
            let range = Range {
                start: place(start),
                end: place(end),
            };
            (range, text.to_owned())
        });
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn only_the_lines_that_change_are_touched() {
        check("a: 1\nb:   2\nc: 3\n", Some((1, 2, "b: 2\n")));
        check("a: 1\n\n\n\nb: 2\n", Some((2, 4, "")));
        check("a: 1\nb: 2\n", None);
        check("a:   [\n", None);
        let lisp = edit(Path::new("/w/a.orc"), "(a  1)\n", Encoding::Utf8);
        assert_eq!(lisp.map(|(_, text)| text).as_deref(), Some("(a 1)\n"));
    }
}
