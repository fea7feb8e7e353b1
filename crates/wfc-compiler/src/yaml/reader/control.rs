//! Statements: `if`, `match`, `repeat_until`.

use wfc_syntax::yaml::{Entry, Mapping, Node, Style};

use super::step::Place;
use super::{Fields, Reader, named};
use crate::yaml::hir::{Block, Exec, Repeat};
use crate::yaml::messages;

impl Reader<'_> {
    pub(super) fn branches(
        &mut self,
        node: &Node,
        fields: &Fields<'_>,
        place: Place,
    ) -> Option<Exec> {
        let cond = self.condition(node);
        self.required(fields, "then");
        let mut branch = |key: &str| {
            let entry = fields.entry(key)?;
            Some(self.block(entry, &format!("`{key}`"), place.branch(), true))
        };
        let then = branch("then");
        let otherwise = branch("else");
        Some(Exec::If {
            cond,
            then: then?,
            otherwise,
        })
    }

    pub(super) fn cases(&mut self, node: &Node, place: Place) -> Option<Exec> {
        let fields = self.fields(node, "`match`", &["ref", "cases"])?;
        let subject = self
            .required(&fields, "ref")
            .and_then(|node| self.reference(node));
        let node = self.required(&fields, "cases")?;
        let mapping = self.mapping(node, "`cases`")?;
        if mapping.is_empty() {
            self.report(messages::empty(node.place(), "`cases`", "a case"));
        }
        let cases = mapping
            .into_iter()
            .map(|entry| {
                let what = format!("the case `{}`", entry.key.text);
                let block = self.block(entry, &what, place.branch(), true);
                (named(entry), block)
            })
            .collect();
        let indent = mapping
            .entries()
            .first()
            .filter(|_| node.style == Style::Block)
            .map(|first| self.column(first.key.span));
        Some(Exec::Match {
            subject: subject?,
            cases_place: (fields.key("cases").unwrap_or(fields.span), indent),
            cases,
        })
    }

    pub(super) fn repeat(&mut self, entry: &Entry) -> Option<Exec> {
        const KEYS: &[&str] = &[
            "id",
            "outputs",
            "condition",
            "max_iterations",
            "on_exhausted",
            "steps",
        ];
        let fields = self.fields(&entry.value, "`repeat_until`", KEYS)?;
        self.gate_keys(&fields, &["id", "on_exhausted"]);
        let ix = self.next_block();
        let id = fields.get("id").and_then(|node| self.id(node));
        let max = self
            .required(&fields, "max_iterations")
            .and_then(|node| self.count(node, "`max_iterations`", 1));
        self.required(&fields, "outputs");
        let outputs = self.outputs(&fields);
        let until = self
            .required(&fields, "condition")
            .map(|node| self.condition(node));
        let exhausted = fields
            .get("on_exhausted")
            .and_then(|node| self.fields(node, "`on_exhausted`", &["outputs"]))
            .and_then(|fields| {
                let node = self.required(&fields, "outputs")?;
                let mapping = self.mapping(node, "`outputs`");
                let overrides =
                    mapping
                        .into_iter()
                        .flat_map(Mapping::entries)
                        .filter_map(|entry| {
                            Some((named(entry), self.literal(&entry.value, "an output")?))
                        });
                Some(overrides.collect())
            });
        let steps = match self.required(&fields, "steps") {
            Some(node) => self.steps(node, "`steps`", Place::Loop),
            None => Vec::new(),
        };
        Some(Exec::Repeat(Box::new(Repeat {
            max: max?.value,
            until: until?,
            exhausted,
            body: Block {
                ix,
                span: entry.key.span,
                id,
                outputs,
                steps,
            },
        })))
    }
}
