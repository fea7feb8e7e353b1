//! Texts with holes, paths, and references.

use wfc_diag::codes;
use wfc_ir::RunField;
use wfc_syntax::template::{self, RefKind, Scope};
use wfc_syntax::yaml::Node;

use super::Reader;
use crate::yaml::gates::Feature;
use crate::yaml::hir::{From, Hole, Name, Part, Path, Ref, Spanned, Text};
use crate::yaml::messages;

/// The first words of names in holes.
pub(super) const NAMESPACES: [&str; 8] = [
    "run", "context", "inputs", "steps", "loop", "self", "parent", "root",
];

const RUN_FIELDS: [(&str, RunField); 3] = [
    ("id", RunField::Id),
    ("root", RunField::Root),
    ("timestamp_utc", RunField::TimestampUtc),
];

/// Does the text have a hole that would name a value if it were filled in?
pub(super) fn names_a_value(text: &str) -> bool {
    text.contains("${")
        && template::parse(text).holes().any(|hole| {
            let head = hole.name.split_once('.').map(|(head, _)| head);
            head.is_some_and(|head| NAMESPACES.contains(&head))
        })
}

impl Reader<'_> {
    /// A text whose holes are filled in when the step runs.
    pub(super) fn template(&mut self, node: &Node, what: &str) -> Option<Text> {
        let text = self.string(node, what)?;
        let parsed = template::parse(&text.value);
        for problem in &parsed.problems {
            let span = node.span_of(problem.range.clone(), self.text);
            let message = problem.kind.message();
            self.report(
                wfc_diag::Diagnostic::new(codes::TEMPLATE_SYNTAX, span, message)
                    .label("not a hole")
                    .help("write `$$` for a `$` that is meant as it is"),
            );
        }
        let parts = parsed
            .parts
            .into_iter()
            .map(|part| match part {
                template::Part::Text(text) => Part::Lit(text),
                template::Part::Hole(hole) => Part::Hole(self.hole(node, hole)),
            })
            .collect();
        Some(Text {
            span: text.span,
            parts,
        })
    }

    fn hole(&mut self, node: &Node, hole: template::Hole) -> Hole {
        let at = |range| node.span_of(range, self.text);
        let span = at(hole.range.clone());
        let name_span = at(hole.name_range.clone());
        let filter_span = hole.filter_range.clone().map(at);
        let json = hole.filter.as_deref() == Some("json");
        if let (Some(filter), Some(span), false) = (&hole.filter, filter_span, json) {
            self.report(messages::unknown(
                codes::UNKNOWN_NAME,
                span,
                "filter",
                filter,
                ["json"].iter().copied(),
            ));
        }
        let (head, rest) = hole.name.split_once('.').unwrap_or((&hole.name, ""));
        // Where what follows the `skip` first bytes of the name stands.
        let tail_at = |skip: usize| {
            let start = hole.name_range.start + skip.min(hole.name.len());
            node.span_of(start..hole.name_range.end, self.text)
        };
        let mut skip = head.len() + 1;
        let mut problem = None;
        let path = match (head, rest) {
            ("run", field) => match RUN_FIELDS.iter().find(|(word, _)| *word == field) {
                Some((_, field)) => Path::Run(*field),
                None => {
                    let allowed = RUN_FIELDS.iter().map(|(word, _)| *word);
                    let span = tail_at(skip);
                    problem = Some(messages::unknown(
                        codes::UNKNOWN_NAME,
                        if field.is_empty() { name_span } else { span },
                        "fact about the run",
                        field,
                        allowed,
                    ));
                    Path::Unknown
                }
            },
            ("context", key) if !key.is_empty() => Path::Context(key.to_owned()),
            ("inputs", name) if !name.is_empty() => Path::Input(name.to_owned()),
            ("loop", "index") => Path::LoopIndex,
            ("loop", "total") => Path::LoopTotal,
            ("steps", rest) if !rest.is_empty() => Path::Step {
                from: From::Lexical,
                rest: rest.to_owned(),
            },
            ("self" | "parent" | "root", rest) if rest.starts_with("steps.") => {
                skip += "steps.".len();
                Path::Step {
                    from: match head {
                        "self" => From::Here,
                        "parent" => From::Parent,
                        _ => From::Root,
                    },
                    rest: rest["steps.".len()..].to_owned(),
                }
            }
            ("env", _) => {
                problem = Some(
                    messages::bad_reference(
                        span,
                        "`${env...}` is not filled in: a workflow does not read the environment",
                        "not allowed",
                    )
                    .help("pass the value as an input, or let the command read its environment"),
                );
                Path::Unknown
            }
            (head, rest) if self.item(head, rest).is_some() => {
                self.item(head, rest).unwrap_or(Path::Unknown)
            }
            ("item", _) => {
                problem = Some(messages::bad_reference(
                    span,
                    "`item` has a value only inside a `for_each`",
                    "not in a `for_each`",
                ));
                Path::Unknown
            }
            _ => {
                problem = Some(self.unknown_namespace(node, &hole, head));
                Path::Unknown
            }
        };
        let tail = tail_at(skip);
        self.found.extend(problem);
        Hole {
            span,
            name: hole.name,
            json,
            path,
            tail,
        }
    }

    fn unknown_namespace(
        &self,
        node: &Node,
        hole: &template::Hole,
        head: &str,
    ) -> wfc_diag::Diagnostic {
        let start = hole.name_range.start;
        let span = node.span_of(start..start + head.len(), self.text);
        if NAMESPACES.contains(&head) {
            let whole = node.span_of(hole.name_range.clone(), self.text);
            return messages::bad_reference(
                whole,
                format!("`{}` does not name a value", hole.name),
                "incomplete",
            )
            .help(match head {
                "loop" => "write `loop.index` or `loop.total`".to_owned(),
                "self" | "parent" | "root" => {
                    format!("write `{head}.steps.<step>.artifacts.<name>`")
                }
                "steps" => "write `steps.<step>.artifacts.<name>`".to_owned(),
                _ => format!("write `{head}.<name>`"),
            });
        }
        let aliases = self.aliases.iter().map(String::as_str);
        let known: Vec<&str> = NAMESPACES.into_iter().chain(aliases).collect();
        messages::unknown_namespace(span, head, &hole.raw, known.iter().copied())
    }

    /// A path in the workspace, perhaps with holes.
    pub(super) fn path(&mut self, node: &Node, what: &str) -> Option<Text> {
        let text = self.template(node, what)?;
        if text.parts.is_empty() {
            let message = format!("{what} must not be empty");
            self.report(messages::bad_value(text.span, message, "empty"));
            return None;
        }
        let shown: String = text
            .parts
            .iter()
            .map(|part| match part {
                Part::Lit(text) => text.as_str(),
                Part::Hole(_) => "_",
            })
            .collect();
        self.safe_path(&shown, text.span, what);
        Some(text)
    }

    /// The names in the holes of a provider template.
    pub(super) fn parameters(&mut self, node: &Node, text: &str) -> Vec<Name> {
        template::parse(text)
            .holes()
            .map(|hole| {
                let span = node.span_of(hole.name_range.clone(), self.text);
                Spanned::new(hole.name.clone(), span)
            })
            .collect()
    }

    /// `root.steps.X.artifacts.n` and its relatives.
    pub(super) fn reference(&mut self, node: &Node) -> Option<Ref> {
        let text = self.string(node, "`ref`")?;
        let parsed = match template::parse_ref(&text.value) {
            Ok(parsed) => parsed,
            Err(error) => {
                let span = if error.range.is_empty() {
                    node.place()
                } else {
                    node.span_of(error.range.clone(), self.text)
                };
                let found = text.value.get(error.range).unwrap_or_default();
                let diagnostic = messages::bad_reference(span, error.message, "no reference");
                let bare = text.value.starts_with("steps.");
                let diagnostic = if bare {
                    messages::bare_steps(diagnostic, span)
                } else {
                    diagnostic.suggest(span, found, error.allowed.iter().copied())
                };
                self.report(diagnostic);
                return None;
            }
        };
        let rest = text.value.get(parsed.rest.clone()).unwrap_or_default();
        let rest = rest.to_owned();
        let tail = node.span_of(parsed.rest, self.text);
        let path = match parsed.kind {
            RefKind::Input => {
                self.gate_feature(Feature::InputRef, text.span);
                Path::Input(rest)
            }
            RefKind::Output => {
                self.gate_feature(Feature::ScopedRef, text.span);
                Path::Output(rest)
            }
            RefKind::Step(scope) => {
                if scope != Scope::Root {
                    self.gate_feature(Feature::ScopedRef, text.span);
                }
                Path::Step {
                    from: match scope {
                        Scope::Root => From::Root,
                        Scope::SelfScope => From::Here,
                        Scope::Parent => From::Parent,
                    },
                    rest,
                }
            }
        };
        Some(Ref {
            span: text.span,
            text: text.value,
            path,
            tail,
        })
    }
}
