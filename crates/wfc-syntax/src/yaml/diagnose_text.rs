//! Mistakes of characters: tabs, quotes, escapes, comments, control characters.

use std::ops::Range;

use wfc_diag::codes;

use super::build::shown;
use super::diagnose::{Case, Finding, hole};
use super::lines::{
    content_start, deeper_end, line_end, line_start, next_line, quoted_end, value_end,
};
use super::patch::Patch;

impl Case<'_> {
    /// Tabs as indentation. All lines that begin with a tab are mended at once.
    pub(super) fn tab(&self) -> Finding {
        let text = self.text;
        let mut line = line_start(text, self.at);
        if text[self.at..].starts_with('\t') && content_start(text, line) < self.at {
            return self.tab_in_line();
        }
        // The parser may point at the value above the line with the tab.
        while !text[line..content_start(text, line)].contains('\t') {
            match next_line(text, line) {
                Some(next) => line = next,
                None => return self.tab_in_line(),
            }
        }
        let first = line..content_start(text, line);
        let margin = Margin::of(text, &first);
        let mut patches = vec![margin.spaces(text, first.clone())];
        while let Some(next) = next_line(text, line) {
            line = next;
            // A tab after spaces may be text of a `|` block.
            if text[line..].starts_with('\t') && content_start(text, line) < line_end(text, line) {
                patches.push(margin.spaces(text, line..content_start(text, line)));
            }
        }
        let diagnostic = self
            .error(codes::YAML_TAB, first, "a tab cannot indent a line")
            .label("a tab here")
            .help("indent with spaces");
        let diagnostic = match patches.len() - 1 {
            0 => diagnostic,
            1 => diagnostic.note("one more line begins with a tab"),
            more => diagnostic.note(format!("{more} more lines begin with a tab")),
        };
        Finding {
            diagnostic: self.fix(diagnostic, "indent with spaces", &patches),
            patches,
        }
    }

    /// A tab behind something in its line, as in `-<tab>- x`.
    fn tab_in_line(&self) -> Finding {
        let line = line_start(self.text, self.at)..line_end(self.text, self.at);
        let tab = self.text[self.at..line.end]
            .find('\t')
            .map(|at| self.at + at)
            .or_else(|| self.text[line.clone()].find('\t').map(|at| line.start + at));
        let at = tab.unwrap_or(self.at);
        let patches = match tab {
            Some(tab) => vec![Patch {
                range: tab..tab + 1,
                with: " ".to_owned(),
            }],
            None => Vec::new(),
        };
        let diagnostic = self
            .error(
                codes::YAML_TAB,
                self.character(at),
                "a tab cannot stand here",
            )
            .label("a tab here")
            .help("use spaces");
        Finding {
            diagnostic: self.fix(diagnostic, "replace the tab with a space", &patches),
            patches,
        }
    }

    /// Where the quoted scalar begins that the parser could not read.
    fn quote_start(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.stuck.read.min(self.at);
        while at < self.at {
            match bytes[at] {
                b'"' | b'\'' => return at,
                b'#' if at > 0 && bytes[at - 1].is_ascii_whitespace() => {
                    at = line_end(self.text, at).max(at + 1);
                }
                _ => at += 1,
            }
        }
        self.at
    }

    pub(super) fn unclosed_quote(&self, start: usize) -> Finding {
        let quote = &self.text[self.character(start)];
        let diagnostic = self
            .error(
                codes::YAML_UNTERMINATED,
                start..start + quote.len(),
                "the text that this quote opens is never closed",
            )
            .label(format!("no closing `{quote}` follows"));
        if let Some(open) = self.flow_start() {
            let end = deeper_end(self.text, open, self.block_column());
            return Finding {
                diagnostic,
                patches: vec![hole(open..end)],
            };
        }
        let last = deeper_end(self.text, start, self.block_column());
        let last_line = line_start(self.text, last).max(start);
        let end = value_end(self.text, last_line, false).max(start + quote.len());
        let patches = vec![Patch {
            range: end..end,
            with: quote.to_owned(),
        }];
        Finding {
            diagnostic: if last_line == start {
                self.fix(diagnostic, "add the closing quote", &patches)
            } else {
                diagnostic
            },
            patches,
        }
    }

    /// Something follows a closing quote: either the quote was meant to be
    /// text, or the opening one was never closed and this opens another.
    pub(super) fn after_quote(&self) -> Finding {
        let start = self.quote_start();
        if line_start(self.text, self.at) > start {
            return self.unclosed_quote(start);
        }
        let flow = self.flow_start().is_some();
        let end = value_end(self.text, self.at, flow).max(self.at);
        let single = self.text[start..].starts_with('\'');
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                self.at..end,
                "something follows the closing quote",
            )
            .label("not part of the quoted text")
            .help(if single {
                "inside single quotes, write a quote twice: `''`"
            } else {
                "inside double quotes, write a quote as `\\\"`"
            });
        // `'it's'` was meant as one text.
        let whole = &self.text[start..end];
        let other = if single { '"' } else { '\'' };
        let inner = whole
            .strip_suffix(if single { '\'' } else { '"' })
            .and_then(|w| w.get(1..))
            .filter(|inner| !flow && !inner.contains([other, '\\']));
        match inner {
            Some(inner) => {
                let patches = vec![Patch {
                    range: start..end,
                    with: format!("{other}{inner}{other}"),
                }];
                Finding {
                    diagnostic: self.fix(diagnostic, "use the other kind of quotes", &patches),
                    patches,
                }
            }
            None => Finding {
                diagnostic,
                patches: vec![hole(start..end)],
            },
        }
    }

    /// A backslash in double quotes that begins no escape.
    pub(super) fn escape(&self) -> Finding {
        let bad = bad_escapes(self.text, self.at);
        let Some(first) = bad.first() else {
            return Finding {
                diagnostic: self
                    .error(
                        codes::YAML_SYNTAX,
                        self.character(self.at),
                        "an escape in this text cannot be read",
                    )
                    .label("in this text"),
                patches: Vec::new(),
            };
        };
        let patches: Vec<Patch> = bad
            .iter()
            .map(|range| Patch {
                range: range.start..range.start,
                with: "\\".to_owned(),
            })
            .collect();
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                first.clone(),
                format!(
                    "`{}` is not an escape in double quotes",
                    shown(&self.text[first.clone()])
                ),
            )
            .label("unknown escape")
            .help("write a backslash as `\\\\`, or use single quotes, where it is itself");
        Finding {
            diagnostic: self.fix(diagnostic, "double the backslash", &patches),
            patches,
        }
    }

    /// `'x'#comment`
    pub(super) fn comment(&self) -> Finding {
        let patches = vec![Patch {
            range: self.at..self.at,
            with: " ".to_owned(),
        }];
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                self.character(self.at),
                "a blank is missing before the `#` of a comment",
            )
            .label("a comment begins after a blank");
        Finding {
            diagnostic: self.fix(diagnostic, "add a blank", &patches),
            patches,
        }
    }

    /// A character that is not allowed, and not seen. All of them are taken
    /// out, since files with one often have many.
    pub(super) fn invisible(&self, c: char) -> Finding {
        let places: Vec<Range<usize>> = self
            .text
            .match_indices(c)
            .filter(|&(at, _)| c != crate::text::BOM || at > 0)
            .map(|(at, found)| at..at + found.len())
            .collect();
        let first = places.iter().find(|p| p.start >= self.at);
        let first = first.or(places.first()).cloned();
        let patches: Vec<Patch> = places
            .into_iter()
            .map(|range| Patch {
                range,
                with: String::new(),
            })
            .collect();
        let name = match c {
            crate::text::BOM => "a byte order mark in the middle of a file".to_owned(),
            _ => format!("the character U+{:04X}", u32::from(c)),
        };
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                first.unwrap_or(self.at..self.at),
                format!("{name} is not allowed in YAML"),
            )
            .label("an invisible character")
            .help("remove it; in double quotes it can be written as an escape");
        Finding {
            diagnostic: self.fix(diagnostic, "remove it", &patches),
            patches,
        }
    }
}

/// What a tab stands for: the first line with one belongs to the line above
/// it, and every tab more or less is two spaces.
struct Margin {
    tabs: usize,
    column: usize,
}

impl Margin {
    /// Of the first line that begins with tabs, whose blanks are `first`.
    fn of(text: &str, first: &Range<usize>) -> Self {
        let blanks = &text[first.clone()];
        let margin = Margin {
            tabs: blanks.matches('\t').count(),
            column: 2 * blanks.matches('\t').count(),
        };
        let item = text[first.end..].starts_with("- ");
        let mut end = first.start;
        while end > 0 {
            let start = line_start(text, end - 1);
            let line = &text[start..line_end(text, start)];
            end = start;
            let written = line.trim_start_matches(' ');
            let own = line.len() - written.len();
            let skipped = written.trim().is_empty() || written.starts_with('#');
            // Items stand below items.
            if skipped || item && !written.starts_with("- ") && !written.trim_end().ends_with(':') {
                continue;
            }
            let keys = written.trim_start_matches(['-', ' ']);
            let key_column = own + written.len() - keys.len();
            let column = match (item, written.trim_end().ends_with(':')) {
                (true, false) => own,
                (_, true) => key_column + 2,
                (false, false) => key_column,
            };
            return Margin { column, ..margin };
        }
        margin
    }

    fn spaces(&self, text: &str, range: Range<usize>) -> Patch {
        let blanks = &text[range.clone()];
        let tabs = blanks.matches('\t').count();
        let others = blanks.len() - tabs;
        let column = (self.column + 2 * tabs).saturating_sub(2 * self.tabs);
        Patch {
            with: " ".repeat(column + others),
            range,
        }
    }
}

/// The escapes that cannot be read in the double-quoted scalar at `start`.
fn bad_escapes(text: &str, start: usize) -> Vec<Range<usize>> {
    let end = quoted_end(text.as_bytes(), start, b'"').unwrap_or(text.len());
    let mut bad = Vec::new();
    let mut at = start + 1;
    while let Some(found) = text.get(at..end).and_then(|rest| rest.find('\\')) {
        let backslash = at + found;
        let Some(next) = text[backslash + 1..].chars().next() else {
            break;
        };
        let after = backslash + 1 + next.len_utf8();
        let digits = match next {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let code = text
            .get(after..after + digits)
            .and_then(|d| u32::from_str_radix(d, 16).ok());
        at = after;
        if digits > 0 {
            let surrogate = code.filter(|c| (0xD800..0xDC00).contains(c)).is_some();
            let low = text.get(after + 4..).is_some_and(|r| r.starts_with("\\u"));
            match code {
                Some(_) if surrogate && low => at = after + 10,
                Some(code) if char::from_u32(code).is_some() => at = after + digits,
                _ => bad.push(backslash..after),
            }
        } else if !"0abtnvfre \"/\\N_LP\t\n\r".contains(next) {
            bad.push(backslash..after);
        }
    }
    bad
}
