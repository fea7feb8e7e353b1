//! Comments that silence findings: `wfc: allow(CODE, ...)`.
//!
//! A comment behind something speaks for its line, one that is alone in its
//! line for the next line that is no comment, and one above everything for the
//! whole file. Which bytes are comments is for the languages to say.

use std::collections::HashMap;
use std::ops::Range;

use crate::level::NoLint;
use crate::{Applicability, Code, Diagnostic, Edit, FileId, Fix, Lint, SourceFile, Span, codes};

/// The words with which such a comment begins.
const MARK: &str = "wfc:";

/// Could there be such a comment in this text? Saves looking for comments.
pub fn mentions_allow(text: &str) -> bool {
    text.contains(MARK)
}

/// What the comments of one file allow.
#[derive(Debug)]
pub struct Allowed<'s> {
    file: FileId,
    source: &'s SourceFile,
    entries: Vec<Entry>,
    found: Vec<Diagnostic>,
}

/// One name in a comment.
#[derive(Debug)]
struct Entry {
    name: Range<usize>,
    /// All names of its comment, and the comment with its mark.
    siblings: Range<usize>,
    comment: Range<usize>,
    lint: Option<Code>,
    scope: Scope,
    used: bool,
}

/// Where a comment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    File,
    /// 0-based.
    Line(usize),
}

impl<'s> Allowed<'s> {
    /// Reads the comments of a file: their byte ranges, in order, and how many
    /// bytes of each are its mark (`#`, `;`).
    pub fn read(
        file: FileId,
        source: &'s SourceFile,
        comments: impl IntoIterator<Item = (Range<usize>, usize)>,
    ) -> Self {
        let mut this = Allowed {
            file,
            source,
            entries: Vec::new(),
            found: Vec::new(),
        };
        let all: Vec<(Range<usize>, usize)> = comments.into_iter().collect();
        let places = Places::of(source, all.iter().map(|(range, _)| range.clone()));
        for (range, mark) in all {
            this.comment(range, mark, &places);
        }
        this
    }

    fn comment(&mut self, range: Range<usize>, mark: usize, places: &Places) {
        let text = &self.source.text[range.clone()];
        let body = text.get(mark..).unwrap_or("");
        let Some(rest) = body.trim_start().strip_prefix(MARK) else {
            return;
        };
        let names = rest.trim_start().strip_prefix("allow").and_then(|rest| {
            let inside = rest.trim_start().strip_prefix('(')?;
            Some(&inside[..inside.find(')')?])
        });
        let Some(names) = names else {
            self.found.push(
                Diagnostic::new(
                    codes::UNKNOWN_LINT,
                    self.span(range),
                    "a comment to wfc is `wfc: allow(CODE, ...)`",
                )
                .label("has no effect"),
            );
            return;
        };
        let start = names.as_ptr() as usize - self.source.text.as_ptr() as usize;
        let siblings = start..start + names.len();
        let scope = places.scope_of(&range);
        let mut at = start;
        for part in names.split(',') {
            let name = part.trim();
            let from = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let place = from..from + name.len();
            let lint = match Lint::parse(name) {
                Ok(Lint::Code(code)) => Some(code),
                Ok(Lint::Pedantic | Lint::Warnings) => {
                    let why = NoLint::Unknown(None);
                    let found = why.diagnostic(self.span(place.clone()), name);
                    self.found
                        .push(found.help("a comment names each lint, not a group"));
                    None
                }
                Err(why) => {
                    let found = why.diagnostic(self.span(place.clone()), name);
                    self.found.push(found);
                    None
                }
            };
            self.entries.push(Entry {
                name: place,
                siblings: siblings.clone(),
                comment: range.clone(),
                lint,
                scope,
                used: false,
            });
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    /// Takes out of `found` what is allowed here.
    pub fn silence(&mut self, found: &mut Vec<Diagnostic>) {
        if self.entries.is_empty() {
            return;
        }
        // By code and line; no line stands for the file.
        let mut by_place: HashMap<(&str, Option<usize>), Vec<usize>> = HashMap::new();
        for (number, entry) in self.entries.iter().enumerate() {
            let line = match entry.scope {
                Scope::File => None,
                Scope::Line(line) => Some(line),
            };
            if let Some(code) = entry.lint {
                by_place.entry((code.id(), line)).or_default().push(number);
            }
        }
        let (file, lines) = (self.file, self.source.lines());
        let entries = &mut self.entries;
        found.retain(|each| {
            let span = each.primary.span;
            if span.file != file {
                return true;
            }
            let line = lines.line_of(span.start as usize);
            let mut kept = true;
            for place in [Some(line), None] {
                for &number in by_place.get(&(each.code.id(), place)).into_iter().flatten() {
                    entries[number].used = true;
                    kept = false;
                }
            }
            kept
        });
    }

    /// What is wrong with the comments. Those that silenced nothing are told
    /// only if `complete`: after an error, not everything has been found.
    pub fn finish(mut self, complete: bool) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut self.found);
        if complete {
            let idle = self.entries.iter().filter(|entry| {
                // One that allows this very finding is for readers to judge.
                !entry.used && entry.lint.is_some_and(|code| code != codes::UNUSED_ALLOW)
            });
            found.extend(idle.map(|entry| self.idle(entry)));
        }
        self.silence(&mut found);
        found
    }

    fn idle(&self, entry: &Entry) -> Diagnostic {
        let name = &self.source.text[entry.name.clone()];
        let place = match entry.scope {
            Scope::File => "in this file",
            Scope::Line(_) => "here",
        };
        Diagnostic::new(
            codes::UNUSED_ALLOW,
            self.span(entry.name.clone()),
            format!("there is no `{name}` to allow {place}"),
        )
        .label("silences nothing")
        .fix(Fix {
            message: format!("take `{name}` out of the comment"),
            applicability: Applicability::Safe,
            edits: vec![Edit {
                span: self.span(self.removal(entry)),
                replacement: String::new(),
            }],
        })
    }

    /// What to take out: the name with a comma, or with the only name the
    /// comment, or with a comment that is alone the line.
    fn removal(&self, entry: &Entry) -> Range<usize> {
        let text = &*self.source.text;
        let names = &text[entry.siblings.clone()];
        if names.contains(',') {
            let after = &text[entry.name.end..entry.siblings.end];
            return match after.find(',') {
                Some(comma) => {
                    let blanks = after[comma + 1..].len() - after[comma + 1..].trim_start().len();
                    entry.name.start..entry.name.end + comma + 1 + blanks
                }
                None => {
                    let before = &text[entry.siblings.start..entry.name.start];
                    let comma = before.rfind(',').unwrap_or(0);
                    entry.siblings.start + comma..entry.name.end
                }
            };
        }
        let line_start = text[..entry.comment.start]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let before = &text[line_start..entry.comment.start];
        if before.trim().is_empty() {
            let end = text[entry.comment.end..]
                .find('\n')
                .map_or(text.len(), |at| entry.comment.end + at + 1);
            return line_start..end;
        }
        line_start + before.trim_end().len()..entry.comment.end
    }
}

/// Which lines hold more than comments.
struct Places<'s> {
    source: &'s SourceFile,
    /// Lines with something else in them, in order.
    written: Vec<usize>,
}

impl<'s> Places<'s> {
    fn of(source: &'s SourceFile, comments: impl Iterator<Item = Range<usize>>) -> Self {
        let lines = source.lines();
        let text = &*source.text;
        // The text of each line with its comments taken out.
        let mut covered: HashMap<usize, Vec<Range<usize>>> = HashMap::new();
        for range in comments {
            let (first, last) = (lines.line_of(range.start), lines.line_of(range.end));
            for line in first..=last {
                covered.entry(line).or_default().push(range.clone());
            }
        }
        let mut written = Vec::new();
        for line in 0..lines.line_count() {
            let start = lines.line_start(line).unwrap_or(text.len());
            let end = lines.line_start(line + 1).unwrap_or(text.len());
            let mut at = start;
            let mut blank = true;
            for range in covered.get(&line).into_iter().flatten() {
                blank &= is_blank(text, at..range.start.clamp(at, end));
                at = range.end.clamp(at, end);
            }
            blank &= is_blank(text, at..end);
            if !blank {
                written.push(line);
            }
        }
        Places { source, written }
    }

    fn scope_of(&self, comment: &Range<usize>) -> Scope {
        let line = self.source.lines().line_of(comment.start);
        let next = self.written.partition_point(|&written| written < line);
        match self.written.get(next) {
            // Behind something, or above the next thing.
            Some(&written) if written == line || next > 0 => Scope::Line(written),
            _ if next == 0 => Scope::File,
            _ => Scope::Line(line),
        }
    }
}

fn is_blank(text: &str, range: Range<usize>) -> bool {
    text.get(range).is_none_or(|part| part.trim().is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Sources, apply_fixes};

    /// Each `!` of the text is a finding of [`codes::UNUSED`]; says on which
    /// lines one is left, what else was found, and the text after the fixes.
    #[track_caller]
    fn check(text: &str, left: &[usize], other: &[&str], fixed: &str) {
        let mut sources = Sources::default();
        let file = sources.add("x.yaml", text);
        let source = sources.file(file);
        let comments = text.match_indices('#').map(|(at, _)| {
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            (at..end, 1)
        });
        let mut found: Vec<Diagnostic> = text
            .match_indices('!')
            .map(|(at, _)| Diagnostic::new(codes::UNUSED, Span::new(file, at, at + 1), "odd"))
            .collect();
        let mut allowed = Allowed::read(file, source, comments);
        allowed.silence(&mut found);
        let lines: Vec<usize> = found
            .iter()
            .map(|each| source.line_column(each.primary.span.start as usize).line)
            .collect();
        assert_eq!(lines, left);
        let told = allowed.finish(true);
        let messages: Vec<&str> = told.iter().map(|each| each.message.as_str()).collect();
        assert_eq!(messages, other);
        let fixes: Vec<&Fix> = told.iter().filter_map(|each| each.fix.as_ref()).collect();
        assert_eq!(apply_fixes(file, text, fixes, false).text, fixed);
    }

    #[test]
    fn a_comment_speaks_for_its_line_or_the_next_or_the_file() {
        let behind = "a: 1\nb: ! # wfc: allow(unused)\nc: !\n";
        check(behind, &[3], &[], behind);
        let above = "a: 1\n# wfc: allow(W0902)\n# and so on\n\nb: !\nc: !\n";
        check(above, &[6], &[], above);
        let file = "# wfc: allow(unused)\n\na: !\nb: !\n";
        check(file, &[], &[], file);
    }

    #[test]
    fn what_silences_nothing_is_told_and_taken_out() {
        check(
            "a: 1 # wfc: allow(unused)\nb: !\n",
            &[2],
            &["there is no `unused` to allow here"],
            "a: 1\nb: !\n",
        );
        check(
            "a: 1\n  # wfc: allow(unused)\nb: 2\n",
            &[],
            &["there is no `unused` to allow here"],
            "a: 1\nb: 2\n",
        );
        check(
            "a: ! # wfc: allow(W0901, unused)\n",
            &[],
            &["there is no `W0901` to allow here"],
            "a: ! # wfc: allow(unused)\n",
        );
        check(
            "a: ! # wfc: allow(unused, W0901) for now\n",
            &[],
            &["there is no `W0901` to allow here"],
            "a: ! # wfc: allow(unused) for now\n",
        );
        let last = "a: 1\n# wfc: allow(unused)";
        check(last, &[], &["there is no `unused` to allow here"], "a: 1\n");
        let meant = "# wfc: allow(unused-allow)\na: 1 # wfc: allow(unused)\n";
        check(meant, &[], &[], meant);
    }

    #[test]
    fn what_is_no_lint_is_told() {
        for (text, message) in [
            ("a: 1 # wfc: allow(unsed)\n", "there is no lint `unsed`"),
            (
                "a: 1 # wfc: allow(E0301)\n",
                "`unknown-key` is always an error",
            ),
            (
                "a: 1 # wfc: allow(warnings)\n",
                "there is no lint `warnings`",
            ),
            ("a: 1 # wfc: allow()\n", "there is no lint ``"),
            (
                "a: 1 # wfc: ignore(unused)\n",
                "a comment to wfc is `wfc: allow(CODE, ...)`",
            ),
        ] {
            check(text, &[], &[message], text);
        }
    }
}
