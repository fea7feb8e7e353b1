//! Mistakes in `[...]` and `{...}`.

use std::ops::Range;

use wfc_diag::codes;

use super::diagnose::{Case, Finding, hole};
use super::events::Problem;
use super::lines::{brackets, deeper_end, line_end, quote, value_end, word_end};
use super::patch::Patch;

impl Case<'_> {
    /// The outermost bracket that is open where the parser got stuck.
    pub(super) fn flow_start(&self) -> Option<usize> {
        if let Some(open) = self.stuck.open.iter().find(|o| o.flow) {
            return Some(open.start);
        }
        // The parser may not yet have told of a bracket it has read.
        let unread = self.text.get(self.stuck.read..self.at)?;
        let blank = |c: char| c.is_whitespace() || matches!(c, ':' | '-' | '?' | ',');
        let lead = unread.trim_start_matches(blank);
        if lead.starts_with(['[', '{']) {
            return Some(self.at - lead.len());
        }
        let here = matches!(
            self.stuck.failure.problem,
            Problem::UnclosedFlow | Problem::MismatchedFlow
        );
        here.then_some(self.at)
    }

    pub(super) fn flow(&self, open: usize) -> Finding {
        let extent = open..deeper_end(self.text, open, self.block_column());
        let found = brackets(self.text, extent.clone());
        let template = found.templates.iter().rev().find(|t| t.start <= self.at);
        if let Some(template) = template
            && matches!(
                self.stuck.failure.problem,
                Problem::FlowSeparator | Problem::Colon | Problem::Character(_)
            )
        {
            return self.template_in_flow(open, template);
        }
        if let Some((open, close)) = found.mismatch {
            return if found.closes_outer {
                self.unclosed_inside(open, close)
            } else {
                self.mismatch(open, close)
            };
        }
        if let Some(end) = found.end {
            return self.inside_flow(open..end);
        }
        match found.open.last() {
            Some(&innermost) => self.unclosed(innermost, &found.open, &extent),
            None => self.inside_flow(extent),
        }
    }

    fn bracket(&self, at: usize) -> char {
        self.text[at..].chars().next().unwrap_or('[')
    }

    fn unclosed(&self, innermost: usize, open: &[usize], extent: &Range<usize>) -> Finding {
        let bracket = self.bracket(innermost);
        let closers: String = open
            .iter()
            .rev()
            .map(|&at| closer(self.bracket(at)))
            .collect();
        let last_line = super::lines::line_start(self.text, extent.end);
        let end = value_end(self.text, last_line.max(extent.start), false);
        let patches = vec![Patch {
            range: end..end,
            with: closers.clone(),
        }];
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                innermost..innermost + 1,
                format!("this `{bracket}` is never closed"),
            )
            .label(format!("no `{}` follows", closer(bracket)));
        let diagnostic = if extent.end <= line_end(self.text, extent.start) {
            self.fix(
                diagnostic,
                &format!("add `{closers}` at the end of the line"),
                &patches,
            )
        } else {
            diagnostic
        };
        Finding {
            diagnostic,
            patches,
        }
    }

    /// `{a: [1, 2}`: the inner bracket is still open when the outer is closed.
    fn unclosed_inside(&self, open: usize, close: usize) -> Finding {
        let bracket = self.bracket(open);
        let end = self.text[..close].trim_end().len();
        let patches = vec![Patch {
            range: end..end,
            with: closer(bracket).to_string(),
        }];
        Finding {
            diagnostic: self
                .error(
                    codes::YAML_SYNTAX,
                    open..open + 1,
                    format!("this `{bracket}` is never closed"),
                )
                .label(format!("no `{}` follows", closer(bracket)))
                .also(
                    self.span(&(close..close + 1)),
                    "this closes the bracket around it",
                ),
            patches,
        }
    }

    fn mismatch(&self, open: usize, close: usize) -> Finding {
        let expected = closer(self.bracket(open));
        let patches = vec![Patch {
            range: close..close + 1,
            with: expected.to_string(),
        }];
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                close..close + 1,
                format!(
                    "`{}` is closed by `{}`",
                    self.bracket(open),
                    self.bracket(close)
                ),
            )
            .label(format!("expected `{expected}`"))
            .also(self.span(&(open..open + 1)), "opened here");
        Finding {
            diagnostic: self.fix(diagnostic, &format!("write `{expected}`"), &patches),
            patches,
        }
    }

    /// The brackets match, so the mistake is between them.
    fn inside_flow(&self, range: Range<usize>) -> Finding {
        let close = self
            .stuck
            .open
            .iter()
            .rev()
            .find(|o| o.flow)
            .map_or(']', |o| closer(self.bracket(o.start)));
        let first = self.bracket(self.at);
        let (message, label, help) = match self.stuck.failure.problem {
            Problem::FlowSeparator if first != ',' => (
                "a comma is missing in this list or mapping".to_owned(),
                format!("expected `,` or `{close}` before this"),
                "separate the values with commas, or quote a value with special characters",
            ),
            _ if first == ',' => (
                "a value is missing before this comma".to_owned(),
                "nothing stands before it".to_owned(),
                "remove the comma, or write the value",
            ),
            Problem::Dash => (
                "`- ` items cannot stand inside brackets".to_owned(),
                "not expected inside brackets".to_owned(),
                "separate the items with commas",
            ),
            Problem::Character(_) | Problem::AnchorName | Problem::Tag => (
                format!("a value without quotes cannot begin with `{first}`"),
                "this needs quotes".to_owned(),
                "put quotes around the value",
            ),
            _ => (
                "this list or mapping in brackets cannot be read".to_owned(),
                "not expected here".to_owned(),
                "put quotes around values with special characters",
            ),
        };
        Finding {
            diagnostic: self
                .error(
                    codes::YAML_SYNTAX,
                    self.at..word_end(self.text, self.at),
                    message,
                )
                .label(label)
                .help(help),
            patches: vec![hole(range)],
        }
    }

    /// `[echo, ${x}]`: the braces of a template are brackets to YAML.
    fn template_in_flow(&self, open: usize, template: &Range<usize>) -> Finding {
        let before = &self.text[open + 1..template.start];
        let separator = before
            .rfind([',', '[', '{', '\n'])
            .map(|at| at + 1)
            .max(before.rfind(": ").map(|at| at + 2));
        let lead = separator.unwrap_or(0);
        let blanks = before[lead..].len() - before[lead..].trim_start().len();
        let start = open + 1 + lead + blanks;
        let mut end = template.end;
        loop {
            let rest = &self.text[end..line_end(self.text, end)];
            let stop = rest.find([',', ']', '}', '$']).unwrap_or(rest.len());
            end += stop;
            let again = &self.text[end..line_end(self.text, end)];
            match again.find('}') {
                Some(close) if again.starts_with("${") => end += close + 1,
                _ if again.starts_with('$') => end += 1,
                _ => break,
            }
        }
        let value = self.text[start..end].trim_end();
        let range = start..start + value.len();
        let patches = vec![Patch {
            range: range.clone(),
            with: quote(value),
        }];
        let diagnostic = self
            .error(
                codes::YAML_SYNTAX,
                range,
                "`${...}` inside `[ ]` or `{ }` must be in quotes",
            )
            .label("YAML takes these braces for a mapping");
        Finding {
            diagnostic: self.fix(diagnostic, "put quotes around the value", &patches),
            patches,
        }
    }
}

fn closer(open: char) -> char {
    if open == '{' { '}' } else { ']' }
}
