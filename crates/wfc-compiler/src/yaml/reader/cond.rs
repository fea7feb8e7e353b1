//! Conditions: the textual ones and the typed predicates.

use wfc_ir::Value;
use wfc_syntax::yaml::Node;

use super::{Fields, Reader};
use crate::yaml::gates::Feature;
use crate::yaml::hir::{Compare, Cond, Operand, Spanned, Test};
use crate::yaml::messages;

const OPERATORS: &[&str] = &[
    "equals",
    "exists",
    "not_exists",
    "artifact_bool",
    "compare",
    "score",
    "all_of",
    "any_of",
    "not",
];

/// The operators of version 1.1; the others are typed predicates.
const TEXTUAL: [&str; 3] = ["equals", "exists", "not_exists"];

impl Reader<'_> {
    /// A condition: a mapping with one operator.
    pub(super) fn condition(&mut self, node: &Node) -> Cond {
        let span = match node.as_mapping().and_then(|m| m.entries().first()) {
            Some(entry) => entry.key.span,
            None => node.place(),
        };
        let test = self.test(node).unwrap_or(Test::Unknown);
        Cond { span, test }
    }

    fn test(&mut self, node: &Node) -> Option<Test> {
        let fields = self.fields(node, "a condition", OPERATORS)?;
        let known = OPERATORS
            .iter()
            .copied()
            .filter(|key| fields.entry(key).is_some());
        let present: Vec<&str> = known.collect();
        let [key] = present.as_slice() else {
            // An unknown operator was reported as an unknown key.
            if present.len() > 1 || (fields.mapping.is_empty() && !self.broken) {
                let head = self.head(fields.span);
                self.report(messages::one_operator(head, present.len(), OPERATORS));
            }
            return None;
        };
        let entry = fields.entry(key)?;
        let (node, span) = (&entry.value, entry.key.span);
        if *key == "score" {
            self.gate(Feature::Key("score"), span);
        } else if !TEXTUAL.contains(key) {
            self.gate_feature(Feature::TypedPredicate, span);
        }
        Some(match *key {
            "equals" => {
                let fields = self.fields(node, "`equals`", &["left", "right"])?;
                let left = self.side(&fields, "left");
                let right = self.side(&fields, "right");
                Test::Equals {
                    left: left?,
                    right: right?,
                }
            }
            "exists" => Test::Exists {
                pattern: self.path(node, "a pattern")?,
            },
            "not_exists" => Test::NotExists {
                pattern: self.path(node, "a pattern")?,
            },
            "artifact_bool" => {
                let fields = self.fields(node, "`artifact_bool`", &["ref"])?;
                let node = self.required(&fields, "ref")?;
                Test::Bool(self.reference(node)?)
            }
            "compare" => self.compare(node)?,
            "score" => self.score(node)?,
            "all_of" => Test::All(self.conditions(node, "`all_of`")?),
            "any_of" => Test::Any(self.conditions(node, "`any_of`")?),
            _ => Test::Not(Box::new(self.condition(node))),
        })
    }

    fn conditions(&mut self, node: &Node, what: &str) -> Option<Vec<Cond>> {
        let items = self.list(node, what)?;
        if items.is_empty() {
            self.report(messages::empty(node.place(), what, "a condition"));
            return None;
        }
        Some(items.iter().map(|item| self.condition(item)).collect())
    }

    /// A side of `equals`: a text, or a number or boolean as its text.
    fn side(&mut self, fields: &Fields<'_>, key: &str) -> Option<crate::yaml::hir::Text> {
        let node = self.required(fields, key)?;
        if node.as_str().is_some() {
            return self.template(node, "a side of `equals`");
        }
        let value = self.literal(node, "a side of `equals`")?;
        let text = match &value.value {
            Value::Null => "None".to_owned(),
            value => wfc_ir::to_text(value),
        };
        Some(crate::yaml::hir::Text::literal(value.span, text))
    }

    fn compare(&mut self, node: &Node) -> Option<Test> {
        let fields = self.fields(node, "`compare`", &["left", "op", "right"])?;
        let left = self.operand(&fields, "left");
        let op = self
            .required(&fields, "op")
            .and_then(|node| self.operator(node));
        let right = self.operand(&fields, "right");
        Some(Test::Compare {
            left: left?,
            op: op?,
            right: right?,
        })
    }

    fn operator(&mut self, node: &Node) -> Option<Compare> {
        let word = self.string(node, "`op`")?;
        let known = Compare::ALL.iter().find(|(own, _)| *own == word.value);
        if known.is_none() {
            let words = Compare::ALL.iter().map(|(own, _)| *own);
            let found = messages::bad_word(word.span, "`op`", &word.value, words);
            self.report(messages::foreign_operator(found, word.span, &word.value));
        }
        known.map(|(_, op)| *op)
    }

    fn operand(&mut self, fields: &Fields<'_>, key: &str) -> Option<Operand> {
        let node = self.required(fields, key)?;
        if node.as_mapping().is_some() {
            return Some(self.from(node).map_or(Operand::Unknown, Operand::Ref));
        }
        let literal = self.literal(node, "an operand")?;
        if let Some(text) = literal.value.as_str().filter(|text| text.contains("${")) {
            self.report(messages::hole_in_operand(literal.span, text));
        }
        Some(Operand::Literal(literal))
    }

    fn score(&mut self, node: &Node) -> Option<Test> {
        let fields = self.fields(node, "`score`", &["ref", "gt", "gte", "lt", "lte"])?;
        let subject = self
            .required(&fields, "ref")
            .and_then(|node| self.reference(node));
        let mut bounds: Vec<(Compare, Spanned<Value>)> = Vec::new();
        const BOUNDS: [(&str, Compare); 4] = [
            ("gt", Compare::Gt),
            ("gte", Compare::Gte),
            ("lt", Compare::Lt),
            ("lte", Compare::Lte),
        ];
        for (word, op) in BOUNDS {
            let Some(bound) = fields
                .get(word)
                .and_then(|node| self.literal(node, "a bound"))
            else {
                continue;
            };
            if bound.value.is_number() {
                bounds.push((op, bound));
            } else {
                let found = crate::yaml::check::literal(&bound.value);
                let found = messages::wrong_type(bound.span, "a bound", "a number", &found);
                self.report(found);
            }
        }
        for (one, other) in [("gt", "gte"), ("lt", "lte")] {
            if let (Some(first), Some(second)) = (fields.key(one), fields.key(other)) {
                self.report(messages::key_conflict((first, one), (second, other)));
            }
        }
        let any = BOUNDS.iter().any(|(word, _)| fields.key(word).is_some());
        if !any && !self.broken {
            let head = self.head(fields.span);
            self.report(messages::missing_key(head, "gte", "`score`").note(
                "a score has one lower bound (`gt`, `gte`), one upper (`lt`, `lte`), or both",
            ));
        }
        Some(Test::Score {
            subject: subject?,
            bounds,
        })
    }
}
