//! What to delete so that an entry of a mapping is gone and the rest stays as
//! it is laid out. Where a comment would go with it, nothing is offered: it may
//! be about something else.

use std::collections::HashMap;

use wfc_diag::Span;
use wfc_syntax::yaml::{Entry, Node};

/// For every entry of the mappings under `keys` of `root`, what to delete, by
/// the place of its key.
pub(super) fn removals(text: &str, root: &Node, keys: &[&str]) -> HashMap<Span, Span> {
    let mut all = HashMap::new();
    let Some(top) = root.as_mapping() else {
        return all;
    };
    for key in keys {
        let Some(node) = top.get(key).map(|entry| &entry.value) else {
            continue;
        };
        let entries = node.as_mapping().map_or(&[][..], |m| m.entries());
        for (number, each) in entries.iter().enumerate() {
            let removal = match entries.len() {
                // An empty registry would say nothing.
                1 => entry(text, root, key),
                _ => at(text, entries, number),
            };
            if let Some(span) = removal {
                all.insert(each.key.span, span);
            }
        }
    }
    all
}

/// What to delete to take the entry of `key` out of the mapping `node`.
pub(super) fn entry(text: &str, node: &Node, key: &str) -> Option<Span> {
    let entries = node.as_mapping()?.entries();
    let number = entries.iter().position(|entry| entry.key.text == key)?;
    at(text, entries, number)
}

fn at(text: &str, entries: &[Entry], number: usize) -> Option<Span> {
    let own = entries.get(number)?;
    let written = |entry: &&Entry| !entry.merged && entry.value.alias.is_none();
    written(&own).then_some(())?;
    let (start, end) = (own.key.span.start as usize, own.value.span.end as usize);
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let line_end = rest.find('\n').map_or(text.len(), |at| end + at + 1);
    let alone = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
    let span = if alone {
        Span::new(own.key.span.file, line_start, line_end)
    } else if let Some(next) = entries.get(number + 1).filter(written) {
        Span::new(own.key.span.file, start, next.key.span.start as usize)
    } else {
        let before = entries.get(number.checked_sub(1)?).filter(written)?;
        Span::new(own.key.span.file, before.value.span.end as usize, end)
    };
    let gone = text.get(span.start as usize..span.end as usize)?;
    (!gone.contains('#')).then_some(span)
}
