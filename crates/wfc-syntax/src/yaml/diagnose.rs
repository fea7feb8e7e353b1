//! From the place where the parser got stuck to the mistake: what to say, and
//! the repair after which reading can go on.

use std::ops::Range;

use wfc_diag::{Applicability, Code, Diagnostic, Edit, FileId, Fix, Span, codes};

use super::Style;
use super::build::{HOLE, Open, Stuck, shown, too_deep};
use super::events::Problem;
use super::lines::{
    begins_line, block, column, content_start, deeper_end, is_key, key_colon, line_end, line_start,
    quote, tight_colon, value_end, word_end,
};
use super::patch::{Patch, Patched};

/// What to say about a syntax error, and what to change before reading again.
pub(super) struct Finding {
    pub(super) diagnostic: Diagnostic,
    /// In order; none if there is no repair but to drop the line.
    pub(super) patches: Vec<Patch>,
}

/// Finds the mistake behind a failure.
pub(super) fn diagnose(file: FileId, patched: &Patched<'_>, stuck: &Stuck) -> Finding {
    let text = patched.text();
    let mut at = stuck.failure.offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Case {
        file,
        patched,
        text,
        stuck,
        at,
    }
    .find()
}

/// The harsh repair: leaves out the line where the parser got stuck, with the
/// deeper lines after it. None if nothing is left to leave out.
pub(super) fn drop_lines(text: &str, stuck: &Stuck) -> Vec<Patch> {
    let at = stuck.failure.offset.min(text.len());
    let at = (0..=at).rev().find(|&i| text.is_char_boundary(i));
    let before = &text[..at.unwrap_or(0)];
    let range = block(text, before.len());
    let range = if text[range.clone()].trim().is_empty() {
        // The end of the file, or of a line: the last line with something.
        block(text, before.trim_end().len())
    } else {
        range
    };
    if text[range.clone()].trim().is_empty() {
        return Vec::new();
    }
    vec![Patch {
        range,
        with: String::new(),
    }]
}

/// A failure under examination. Offsets are those of the mended text.
pub(super) struct Case<'a> {
    pub(super) file: FileId,
    pub(super) patched: &'a Patched<'a>,
    pub(super) text: &'a str,
    pub(super) stuck: &'a Stuck,
    /// Where the parser got stuck, on a character boundary.
    pub(super) at: usize,
}

impl Case<'_> {
    fn find(&self) -> Finding {
        match self.stuck.failure.problem {
            Problem::Tab => self.tab(),
            Problem::UnclosedQuote => self.unclosed_quote(self.at),
            Problem::AfterQuote => self.after_quote(),
            Problem::Escape => self.escape(),
            Problem::Depth => self.depth(),
            Problem::Comment => self.comment(),
            Problem::Character(c) if is_invisible(c) => self.invisible(c),
            problem => match self.flow_start() {
                Some(open) => self.flow(open),
                None => self.in_block(problem),
            },
        }
    }

    fn in_block(&self, problem: Problem) -> Finding {
        // The parser may point behind the `- ` of a line.
        let line = line_start(self.text, self.at);
        let first = content_start(self.text, line);
        let begins = begins_line(self.text, self.at) && first <= self.at;
        if begins && self.text[line..first].contains('\t') {
            return self.tab();
        }
        match problem {
            Problem::Colon => self.colon(),
            Problem::NotAKey => self.not_a_key(self.at),
            Problem::Column | Problem::Dash if begins => self.wrong_column(first),
            Problem::Dash => self.dash(),
            Problem::Character(_) | Problem::AnchorName | Problem::Tag => self.needs_quotes(),
            Problem::BlockHeader => self.block_header(),
            Problem::BlockText => self.short_of_text(),
            Problem::CommentInText => self.simple(
                codes::YAML_SYNTAX,
                "a comment cannot stand between the lines of one value",
                "the value went on after a comment",
                "put the value in quotes, or the comment above it",
            ),
            Problem::Directive => self.simple(
                codes::YAML_SYNTAX,
                "this `%` line is not a directive that can be read",
                "unknown or misplaced directive",
                "remove the line; no directive is needed",
            ),
            Problem::AfterDocument => self.simple(
                codes::YAML_SYNTAX,
                "the value of the file has ended before this line",
                "nothing may follow",
                "a file is one mapping: write `key: value` lines, all in the same column",
            ),
            Problem::StrayClose => {
                let bracket = self.character(self.at);
                let end = value_end(self.text, self.at, false);
                Finding {
                    diagnostic: self
                        .error(
                            codes::YAML_SYNTAX,
                            bracket.clone(),
                            format!("this `{}` closes nothing", &self.text[bracket]),
                        )
                        .label("no bracket is open here"),
                    patches: vec![hole(self.at..end)],
                }
            }
            _ => self.simple(
                codes::YAML_SYNTAX,
                "this cannot be read as YAML",
                "not expected here",
                "look for a missing colon, quote or bracket at this place or just before it",
            ),
        }
    }

    /// The range of the character at `at`; empty at the end of the text.
    pub(super) fn character(&self, at: usize) -> Range<usize> {
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        at..at + length
    }

    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        let range = self.patched.in_file(range);
        Span::new(self.file, range.start, range.end)
    }

    pub(super) fn error(
        &self,
        code: Code,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, self.span(&range), message)
    }

    /// A fix that makes the same changes in the file, if it has the same text
    /// there.
    pub(super) fn fix(
        &self,
        diagnostic: Diagnostic,
        message: &str,
        patches: &[Patch],
    ) -> Diagnostic {
        let inserted = |patch: &Patch| {
            let span = self.span(&patch.range);
            (span.end - span.start) as usize != patch.range.len()
        };
        if patches.iter().any(inserted) {
            return diagnostic;
        }
        diagnostic.fix(Fix {
            message: message.to_owned(),
            applicability: Applicability::Unsafe,
            edits: patches
                .iter()
                .map(|patch| Edit {
                    span: self.span(&patch.range),
                    replacement: patch.with.clone(),
                })
                .collect(),
        })
    }

    /// A finding at the word where the parser got stuck, without a repair.
    fn simple(&self, code: Code, message: &str, label: &str, help: &str) -> Finding {
        let range = self.at..word_end(self.text, self.at);
        Finding {
            diagnostic: self.error(code, range, message).label(label).help(help),
            patches: Vec::new(),
        }
    }

    /// A line of a block scalar is not as far right as its first line.
    fn short_of_text(&self) -> Finding {
        self.simple(
            codes::YAML_INDENT,
            "this line is indented less than the text it belongs to",
            "not far enough to the right",
            "indent it like the first line of the text",
        )
    }

    /// The column of the innermost collection that is laid out by indentation:
    /// what belongs to an entry of it is further to the right.
    pub(super) fn block_column(&self) -> Option<usize> {
        let innermost = self.stuck.open.iter().rev().find(|o| !o.flow)?;
        Some(column(self.text, innermost.start))
    }

    /// `: ` where no key can be.
    fn colon(&self) -> Finding {
        let Some((last, style)) = &self.stuck.last else {
            return self.stray_colon();
        };
        if last.end != self.at || last.is_empty() {
            return self.stray_colon();
        }
        let line = line_start(self.text, self.at);
        if last.start >= line {
            return self.colon_in_value(last.start, *style);
        }
        // Lines were folded into one value, and the last is `key:`.
        let key = content_start(self.text, line);
        let same_column = column(self.text, last.start) == key - line;
        if begins_line(self.text, last.start) && same_column {
            return self.not_a_key(last.start);
        }
        self.wrong_column(key)
    }

    fn stray_colon(&self) -> Finding {
        self.simple(
            codes::YAML_SYNTAX,
            "a `:` cannot stand here",
            "this does not end a key",
            "put quotes around the value if the colon belongs to it",
        )
    }

    /// `key: one: two`
    fn colon_in_value(&self, start: usize, style: Style) -> Finding {
        let end = deeper_end(self.text, start, self.block_column());
        let line = value_end(self.text, start, false);
        let commented = line < self.text[..line_end(self.text, start)].trim_end().len();
        let range = if commented || super::lines::has_keys_after(self.text, start, end) {
            start..line
        } else {
            // A text on several lines folds in quotes as it does without.
            let last_line = line_start(self.text, end).max(start);
            start..value_end(self.text, last_line, false)
        };
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                range.clone(),
                "a value with a colon and a blank in it must be in quotes",
            )
            .label("this has a second `: `");
        if style == Style::Plain {
            let patches = vec![Patch {
                with: quote(&self.text[range.clone()]),
                range,
            }];
            Finding {
                diagnostic: self.fix(diagnostic, "put quotes around the value", &patches),
                patches,
            }
        } else {
            Finding {
                diagnostic,
                patches: vec![hole(range)],
            }
        }
    }

    /// The line at `start` is not `key: value`, among lines that are.
    fn not_a_key(&self, start: usize) -> Finding {
        let range = start..value_end(self.text, start, false);
        let line = &self.text[range.clone()];
        let insert = |at: usize| {
            vec![Patch {
                range: at..at,
                with: " ".to_owned(),
            }]
        };
        if let Some(colon) = tight_colon(self.text, start) {
            let patches = insert(colon + 1);
            let diagnostic = self
                .error(
                    codes::YAML_SYNTAX,
                    colon..colon + 1,
                    "a blank is missing after the colon",
                )
                .label(format!(
                    "`{}:` is read as a key only with a blank after it",
                    shown(&self.text[start..colon])
                ));
            return Finding {
                diagnostic: self.fix(diagnostic, "add a blank", &patches),
                patches,
            };
        }
        if line.starts_with('-') && !line.starts_with("--") {
            let patches = insert(start + 1);
            let diagnostic = self
                .error(
                    codes::YAML_SYNTAX,
                    start..start + 1,
                    "a blank is missing after the dash",
                )
                .label("a list item begins with `- `");
            return Finding {
                diagnostic: self.fix(diagnostic, "add a blank", &patches),
                patches,
            };
        }
        // Up to the line where the parser stopped, which may be a good one.
        let lost = if line_start(self.text, self.at) > start {
            start..line_end(self.text, line_start(self.text, self.at) - 1)
        } else {
            block(self.text, start)
        };
        Finding {
            diagnostic: self
                .error(
                    codes::YAML_SYNTAX,
                    range.clone(),
                    format!("`{}` is not `key: value`", shown(line)),
                )
                .label("a colon is missing")
                .help(
                    "write `key: value`; if this continues the text above, indent it further, \
                     or put the text in quotes",
                ),
            patches: vec![Patch {
                range: lost,
                with: String::new(),
            }],
        }
    }

    /// The line whose content begins at `start` is in a column where nothing
    /// of its kind begins.
    fn wrong_column(&self, start: usize) -> Finding {
        let text = self.text;
        let rest = &text[start..line_end(text, start)];
        let item = rest == "-" || rest.starts_with("- ");
        let indent = start - line_start(text, start);
        let tight_item = rest.starts_with('-')
            && !item
            && self
                .blocks()
                .any(|o| !o.mapping && column(text, o.start) == indent);
        if tight_item {
            return self.not_a_key(start);
        }
        if !item && !is_key(text, start) {
            return match self.stuck.last {
                Some((_, Style::Literal | Style::Folded)) => self.short_of_text(),
                _ => self.not_a_key(start),
            };
        }
        let kind = if item { "items" } else { "keys" };
        let mut places: Vec<(usize, usize)> = self
            .blocks()
            .filter(|o| o.mapping != item)
            .map(|o| (column(text, o.start), o.start))
            .collect();
        places.sort_unstable();
        places.dedup_by_key(|place| place.0);
        let nearest = places
            .iter()
            .copied()
            .min_by_key(|&(column, _)| (column.abs_diff(indent), std::cmp::Reverse(column)));
        let Some((target, first)) = nearest.filter(|&(column, _)| column != indent) else {
            return self.wrong_kind(start, item);
        };
        let columns: Vec<String> = places
            .iter()
            .map(|(column, _)| column.to_string())
            .collect();
        let columns = match columns.split_last() {
            Some((last, rest)) if (1..3).contains(&rest.len()) => {
                format!("{} or {last}", rest.join(", "))
            }
            _ => target.to_string(),
        };
        let patches = move_lines(text, start, target);
        let diagnostic = self
            .error(
                codes::YAML_INDENT,
                start..word_end(text, start),
                format!(
                    "this line is indented by {}, but the {kind} it can belong to by {}",
                    spaces(indent),
                    columns
                ),
            )
            .label("wrong column")
            .also(
                self.span(&(first..word_end(text, first))),
                format!("the {kind} of this block begin here"),
            )
            .help(match target {
                0 => "move it to the start of the line".to_owned(),
                target => format!("indent it by {}", spaces(target)),
            });
        Finding {
            diagnostic: self.fix(diagnostic, "move it to the nearest right column", &patches),
            patches,
        }
    }

    /// Collections laid out by indentation that the next line may belong to.
    fn blocks(&self) -> impl Iterator<Item = &Open> {
        let all = self.stuck.open.iter().chain(&self.stuck.closed);
        all.filter(|o| !o.flow)
    }

    /// An item among keys or a key among items.
    fn wrong_kind(&self, start: usize, item: bool) -> Finding {
        let (found, expected) = if item {
            ("a list item", "a `key: value` line")
        } else {
            ("a key", "a `- ` list item")
        };
        let open = self.stuck.open.last().filter(|o| !o.flow);
        let mut diagnostic = self
            .error(
                codes::YAML_INDENT,
                start..word_end(self.text, start),
                format!("{found} stands here, where {expected} is expected"),
            )
            .label(format!("expected {expected}"));
        if let Some(open) = open {
            diagnostic = diagnostic.also(
                self.span(&(open.start..word_end(self.text, open.start))),
                "the block it follows begins here",
            );
        }
        Finding {
            diagnostic,
            patches: Vec::new(),
        }
    }

    /// `key: - item`
    fn dash(&self) -> Finding {
        let end = deeper_end(self.text, self.at, self.block_column());
        Finding {
            diagnostic: self
                .error(
                    codes::YAML_SYNTAX,
                    self.character(self.at),
                    "a list cannot begin on the line of its key",
                )
                .label("a list item in the middle of a line")
                .help("put each `- ` on a line of its own, or quote the value if it is a text"),
            patches: vec![hole(self.at..end)],
        }
    }

    /// A value begins with a character that has a meaning in YAML.
    fn needs_quotes(&self) -> Finding {
        let at = self.at;
        let key = begins_line(self.text, at)
            .then(|| key_colon(self.text, at))
            .flatten();
        let range = at..key.unwrap_or_else(|| value_end(self.text, at, false));
        let first = self.text[at..].chars().next().unwrap_or(' ');
        let (code, message) = match self.stuck.failure.problem {
            Problem::Tag => (
                codes::YAML_TAG,
                format!(
                    "`{}` is not a tag that can be read",
                    shown(&self.text[at..word_end(self.text, at)])
                ),
            ),
            Problem::AnchorName => (
                codes::YAML_SYNTAX,
                format!("a name must follow `{first}` at the start of a value"),
            ),
            _ => (
                codes::YAML_SYNTAX,
                format!("a value without quotes cannot begin with `{first}`"),
            ),
        };
        let patches = vec![Patch {
            with: quote(&self.text[range.clone()]),
            range: range.clone(),
        }];
        let diagnostic = self
            .error(code, range, message)
            .label("put quotes around this");
        Finding {
            diagnostic: self.fix(diagnostic, "put quotes around it", &patches),
            patches,
        }
    }

    fn block_header(&self) -> Finding {
        let end = deeper_end(self.text, self.at, self.block_column());
        Finding {
            diagnostic: self
                .error(
                    codes::YAML_SYNTAX,
                    self.at..value_end(self.text, self.at, false),
                    "the text of a `|` or `>` block begins on the next line",
                )
                .label("after the mark only `-`, `+` and a digit from 1 to 9 can stand")
                .help("move the text to the next line, or put the whole value in quotes"),
            patches: vec![hole(self.at..end)],
        }
    }

    fn depth(&self) -> Finding {
        let word = self.character(self.at);
        let range = match self.flow_start() {
            Some(open) => {
                vec![hole(open..deeper_end(self.text, open, self.block_column()))]
            }
            None => vec![Patch {
                range: block(self.text, self.at),
                with: String::new(),
            }],
        };
        Finding {
            diagnostic: too_deep(self.span(&word)),
            patches: range,
        }
    }
}

/// Replaces a value that cannot be read.
pub(super) fn hole(range: Range<usize>) -> Patch {
    Patch {
        range,
        with: HOLE.to_owned(),
    }
}

fn spaces(count: usize) -> String {
    match count {
        1 => "1 space".to_owned(),
        n => format!("{n} spaces"),
    }
}

/// Moves the line at `start` to the column `target`, with the deeper lines
/// after it and those in the same wrong column.
fn move_lines(text: &str, start: usize, target: usize) -> Vec<Patch> {
    let mut lines = block(text, start);
    let indent = start - lines.start;
    if let Some(left) = indent.checked_sub(1) {
        lines.end = deeper_end(text, start, Some(left));
    }
    let mut patches = Vec::new();
    let mut line = lines.start;
    loop {
        let content = content_start(text, line);
        if content < line_end(text, line) {
            let range = if target > indent {
                line..line
            } else {
                line..(line + (indent - target).min(content - line))
            };
            let with = " ".repeat(target.saturating_sub(indent));
            patches.push(Patch { range, with });
        }
        match super::lines::next_line(text, line) {
            Some(next) if next < lines.end => line = next,
            _ => return patches,
        }
    }
}

/// A control character, or a mark that nobody sees.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}
