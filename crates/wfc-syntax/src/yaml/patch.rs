//! A text that has been mended, which still knows where each byte of it stands
//! in the file.

use std::borrow::Cow;
use std::ops::Range;

/// One replacement in the current text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

/// The text of a file after some replacements.
pub(super) struct Patched<'t> {
    text: Cow<'t, str>,
    /// What is left of the file, in order; what lies between is inserted.
    pieces: Vec<Piece>,
    file_len: usize,
}

/// `len` bytes at `here` in the text that stand at `file` in the file.
#[derive(Clone, Copy)]
struct Piece {
    here: usize,
    file: usize,
    len: usize,
}

impl<'t> Patched<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Patched {
            text: Cow::Borrowed(text),
            pieces: vec![Piece {
                here: 0,
                file: 0,
                len: text.len(),
            }],
            file_len: text.len(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Has anything been replaced?
    pub(super) fn is_mended(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }

    /// The range of the file for a range of the text. For inserted text it is
    /// what the insertion replaced.
    pub(super) fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        if !self.is_mended() {
            return range.clone();
        }
        let start = self.start(range.start);
        if range.is_empty() {
            return start..start;
        }
        let end = self.end(range.end);
        start..end.max(start)
    }

    fn start(&self, here: usize) -> usize {
        let after = self.pieces.partition_point(|p| p.here <= here);
        match after.checked_sub(1).map(|at| self.pieces[at]) {
            Some(piece) => piece.file + (here - piece.here).min(piece.len),
            None => 0,
        }
    }

    fn end(&self, here: usize) -> usize {
        let last = here - 1;
        let after = self.pieces.partition_point(|p| p.here <= last);
        if let Some(piece) = after.checked_sub(1).map(|at| self.pieces[at])
            && last - piece.here < piece.len
        {
            return piece.file + (last - piece.here) + 1;
        }
        self.pieces.get(after).map_or(self.file_len, |p| p.file)
    }

    /// Makes the replacements, which are in order and do not overlap.
    pub(super) fn apply(&mut self, patches: &[Patch]) {
        let old = std::mem::take(&mut self.text);
        let mut text = String::with_capacity(old.len());
        let mut pieces = Vec::with_capacity(self.pieces.len() + patches.len());
        let mut source = self.pieces.iter().copied().peekable();
        let mut keep = |range: Range<usize>, text: &mut String| {
            while let Some(piece) = source.peek().copied() {
                let start = piece.here.max(range.start);
                let end = (piece.here + piece.len).min(range.end);
                if start < end {
                    pieces.push(Piece {
                        here: text.len() + (start - range.start),
                        file: piece.file + (start - piece.here),
                        len: end - start,
                    });
                }
                if piece.here + piece.len > range.end {
                    break;
                }
                source.next();
            }
            text.push_str(&old[range]);
        };
        let mut done = 0;
        for patch in patches {
            keep(done..patch.range.start, &mut text);
            text.push_str(&patch.with);
            done = patch.range.end;
        }
        keep(done..old.len(), &mut text);
        self.pieces = pieces;
        self.text = Cow::Owned(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, rounds: &[&[(Range<usize>, &str)]], text: &str, found: &str, place: &str) {
        let mut patched = Patched::new(file);
        for round in rounds {
            let patches: Vec<Patch> = round
                .iter()
                .map(|(range, with)| Patch {
                    range: range.clone(),
                    with: (*with).to_owned(),
                })
                .collect();
            patched.apply(&patches);
        }
        assert_eq!(patched.text(), text);
        let at = text.find(found).expect("the sample is in the text");
        let range = patched.in_file(&(at..at + found.len()));
        assert_eq!(&file[range], place);
    }

    #[test]
    fn ranges_of_the_mended_text_are_found_in_the_file() {
        check("abcdef", &[], "abcdef", "cd", "cd");
        check("abcdef", &[&[(1..2, "XYZ")]], "aXYZcdef", "cd", "cd");
        check("abcdef", &[&[(1..2, "XYZ")]], "aXYZcdef", "XYZ", "b");
        check("abcdef", &[&[(1..3, "")]], "adef", "de", "de");
        check(
            "abcdef",
            &[&[(1..3, "")], &[(1..2, "Q")]],
            "aQef",
            "Q",
            "bcd",
        );
        check("abcdef", &[&[(0..1, "_"), (4..6, "")]], "_bcd", "cd", "cd");
        check("abcdef", &[&[(6..6, "]")]], "abcdef]", "f]", "f");
        check("abc", &[&[(0..3, "Q")]], "Q", "Q", "abc");
    }
}
