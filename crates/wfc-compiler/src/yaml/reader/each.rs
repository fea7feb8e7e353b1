//! Loops over lists: `for_each`.

use wfc_syntax::yaml::{Entry, Node};

use super::step::Place;
use super::text::NAMESPACES;
use super::{Fields, Reader};
use crate::yaml::hir::{Block, Each, Exec, From, Items, Path, Ref, Spanned};
use crate::yaml::messages;

/// What an item is always called.
pub(super) const ITEM: &str = "item";

impl Reader<'_> {
    pub(super) fn each(&mut self, entry: &Entry) -> Option<Exec> {
        const KEYS: &[&str] = &["items", "items_from", "as", "steps"];
        let fields = self.fields(&entry.value, "`for_each`", KEYS)?;
        let ix = self.next_block();
        let items = self.items(&fields);
        let alias = fields.get("as").and_then(|node| self.alias(node));
        self.aliases.push(alias.unwrap_or_else(|| ITEM.to_owned()));
        let steps = match self.required(&fields, "steps") {
            Some(node) => self.steps(node, "`steps`", Place::Each),
            None => Vec::new(),
        };
        self.aliases.pop();
        Some(Exec::Each(Box::new(Each {
            items: items?,
            body: Block {
                ix,
                span: entry.key.span,
                id: None,
                outputs: Vec::new(),
                steps,
            },
        })))
    }

    fn items(&mut self, fields: &Fields<'_>) -> Option<Items> {
        match (fields.entry("items"), fields.entry("items_from")) {
            (Some(items), Some(from)) => {
                let found = messages::key_conflict(
                    (items.key.span, "items"),
                    (from.key.span, "items_from"),
                );
                self.report(found);
                None
            }
            (None, None) => {
                if !self.broken {
                    let head = self.head(fields.span);
                    self.report(messages::no_items(head));
                }
                None
            }
            (Some(items), None) => self.literal_items(&items.value),
            (None, Some(from)) => self.items_from(&from.value),
        }
    }

    fn literal_items(&mut self, node: &Node) -> Option<Items> {
        let items = self.list(node, "`items`")?;
        if items.is_empty() {
            self.report(messages::empty_loop(node.place()));
        }
        for item in items {
            if let Some(text) = item.as_str()
                && super::text::names_a_value(text)
            {
                self.report(messages::literal_hole(
                    item.place(),
                    "an item of a `for_each`",
                ));
            }
        }
        let values = items
            .iter()
            .filter_map(|item| self.json(item, "an item"))
            .map(|item| item.value)
            .collect();
        Some(Items::Literal(Spanned::new(values, node.place())))
    }

    /// `steps.X.lines` or `steps.X.json.a.b`.
    fn items_from(&mut self, node: &Node) -> Option<Items> {
        let text = self.name(node, "`items_from`")?;
        let Some(rest) = text.value.strip_prefix("steps.") else {
            self.report(messages::items_from_syntax(text.span, &text.value));
            return None;
        };
        let start = text.value.len() - rest.len();
        Some(Items::From(Ref {
            span: text.span,
            path: Path::Step {
                from: From::Lexical,
                rest: rest.to_owned(),
            },
            tail: node.span_of(start..text.value.len(), self.text),
            text: text.value,
        }))
    }

    /// The name of the item.
    fn alias(&mut self, node: &Node) -> Option<String> {
        let alias = self.name(node, "`as`")?;
        let name = alias.value.as_str();
        let mut chars = name.chars();
        let fits = chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            let message = format!("`{name}` cannot stand in `${{...}}` as a name");
            let found = messages::bad_value(alias.span, message, "not a name");
            self.report(found.help("use a letter followed by letters, digits and `_`"));
            return None;
        }
        if NAMESPACES.contains(&name) || name == "env" {
            let message = format!("`{name}` has a meaning of its own in `${{...}}`");
            let found = messages::bad_value(alias.span, message, "taken");
            self.report(found.help("choose another name for the item"));
            return None;
        }
        Some(alias.value)
    }

    /// What `${head.rest}` reads of the item of a loop around, if it does.
    pub(super) fn item(&self, head: &str, rest: &str) -> Option<Path> {
        let mut around = self.aliases.iter().rev();
        let outwards = around.position(|alias| head == alias || head == ITEM)?;
        let keys = rest.split('.').filter(|key| !key.is_empty());
        Some(Path::Item {
            outwards,
            keys: keys.map(str::to_owned).collect(),
        })
    }
}
