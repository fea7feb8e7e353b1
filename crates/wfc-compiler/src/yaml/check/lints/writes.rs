//! Files that two outputs share.

use std::collections::HashMap;

use wfc_diag::Span;

use super::Checker;
use crate::yaml::check::types;
use crate::yaml::hir::{Contract, Text, VariantContract};
use crate::yaml::messages;

/// How many outputs of one file are compared with each other.
const COMPARED: usize = 64;

/// One output in one file.
struct Write<'a> {
    step: usize,
    path: &'a Text,
    /// Name and type of what the file holds.
    holds: String,
    span: Span,
}

impl Checker<'_> {
    /// Steps that write different things to one file, and are not
    /// alternatives.
    pub(super) fn colliding_writes(&mut self) {
        let mut by_path: HashMap<String, Vec<Write<'_>>> = HashMap::new();
        for entry in self.index.steps() {
            let contract = entry.step.process().and_then(|p| p.contract.as_ref());
            for write in contract.map_or_else(Vec::new, |c| writes(entry.step.ix, c)) {
                by_path.entry(write.path.shown()).or_default().push(write);
            }
        }
        let mut found = Vec::new();
        for (path, writes) in by_path {
            for (number, write) in writes.iter().take(COMPARED).enumerate() {
                let first = writes[..number].iter().find(|first| {
                    first.holds != write.holds && self.can_both_run(first.step, write.step)
                });
                if let Some(first) = first {
                    found.push(messages::colliding_writes(write.span, &path, first.span));
                    break;
                }
            }
        }
        self.found.extend(found);
    }

    /// Can both steps run in one visit of the workflow?
    fn can_both_run(&self, a: usize, b: usize) -> bool {
        if a == b {
            return true;
        }
        let owners = |step: usize| {
            let mut chain = Vec::new();
            let mut scope = self.index.step(step).map(|entry| entry.scope);
            while let Some((ix, around)) = scope.and_then(|ix| Some((ix, self.index.scope(ix)?))) {
                chain.push((ix, around.owner));
                scope = around.parent;
            }
            chain
        };
        let (left, right) = (owners(a), owners(b));
        let apart = left.iter().any(|(block, owner)| {
            owner.is_some() && right.iter().any(|(b, o)| o == owner && b != block)
        });
        !apart && (self.may_precede(a, b) || self.may_precede(b, a))
    }
}

fn writes(step: usize, contract: &Contract) -> Vec<Write<'_>> {
    let whole = |path| {
        vec![Write {
            step,
            path,
            holds: "JSON".to_owned(),
            span: path.span,
        }]
    };
    match contract {
        Contract::Files(files) => files
            .iter()
            .map(|file| {
                let ty = file.declared.ty.as_ref().map(types::shown);
                Write {
                    step,
                    path: &file.path,
                    holds: format!("{} {}", file.name.value, ty.unwrap_or_default()),
                    span: file.path.span,
                }
            })
            .collect(),
        Contract::Bundle { path, .. } | Contract::Variant(VariantContract { path, .. }) => {
            whole(path)
        }
    }
}
