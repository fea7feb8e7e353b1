//! Files that two outputs share.

use std::collections::HashMap;

use wfc_diag::Span;
use wfc_ir::Type;

use super::Checker;
use crate::yaml::check::types;
use crate::yaml::hir::{BundleField, Contract, Exec, Step, Text, VariantContract};
use crate::yaml::messages;

/// How many outputs of one file are compared with each other.
const COMPARED: usize = 64;

/// One output in one file.
struct Write<'a> {
    step: usize,
    path: &'a Text,
    /// What the file holds, to tell one output from another.
    holds: Holds,
    span: Span,
}

/// What a file holds.
#[derive(PartialEq, Eq)]
enum Holds {
    /// Something of this description.
    Other(String),
    /// A path, under this name.
    Path(String),
    /// The path that is the value of this name.
    Pointer(String),
}

impl Write<'_> {
    /// A pointer is there for other steps to read and to write anew.
    fn clashes(&self, other: &Write<'_>) -> bool {
        let points = |a: &Holds, b: &Holds| matches!((a, b), (Holds::Pointer(_), Holds::Path(_)));
        let (a, b) = (&self.holds, &other.holds);
        a != b && !points(a, b) && !points(b, a)
    }
}

impl Checker<'_> {
    /// Steps that write different things to one file, and are not
    /// alternatives.
    pub(super) fn colliding_writes(&mut self) {
        let mut by_path: HashMap<String, Vec<Write<'_>>> = HashMap::new();
        for entry in self.index.steps() {
            for write in writes(entry.step) {
                by_path.entry(write.path.shown()).or_default().push(write);
            }
        }
        let mut found = Vec::new();
        for (path, writes) in by_path {
            for (number, write) in writes.iter().take(COMPARED).enumerate() {
                let first = writes[..number].iter().find(|first| {
                    first.clashes(write) && self.can_both_run(first.step, write.step)
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

/// All that `step` writes by itself, or is written for it, to files that it
/// names.
fn writes(step: &Step) -> Vec<Write<'_>> {
    let put = |path, holds| Write {
        step: step.ix,
        path,
        holds,
        span: path.span,
    };
    let write = |path, holds| put(path, Holds::Other(holds));
    let process = step.process();
    let mut writes = match &step.exec {
        Exec::Select(select) => vec![write(&select.contract.path, variants(&select.contract))],
        Exec::Materialize(values) => {
            let pointers = values.iter().filter_map(|value| {
                let (path, _) = value.pointer.as_ref()?;
                Some(put(path, Holds::Pointer(value.name.value.clone())))
            });
            pointers.collect()
        }
        _ => Vec::new(),
    };
    match process.and_then(|process| process.contract.as_ref()) {
        Some(Contract::Files(files)) => writes.extend(files.iter().map(|file| {
            let ty = file.declared.ty.as_ref();
            let name = &file.name.value;
            let shown = format!("{name} {}", ty.map(types::shown).unwrap_or_default());
            match ty {
                Some(Type::Path { .. }) => put(&file.path, Holds::Path(shown)),
                _ => write(&file.path, shown),
            }
        })),
        Some(Contract::Bundle { path, fields }) => writes.push(write(path, bundle(fields))),
        Some(Contract::Variant(contract)) => {
            writes.push(write(&contract.path, variants(contract)));
        }
        None => {}
    }
    if let Some(bundle) = &step.consume_bundle {
        writes.push(write(&bundle.path, "what is consumed".to_owned()));
    }
    // A step may well print what it promises.
    let own = |path: &Text| writes.iter().any(|w| w.path.shown() == path.shown());
    if let Some(path) = process.and_then(|process| process.output_file.as_ref())
        && !own(path)
    {
        writes.push(write(path, "what is printed".to_owned()));
    }
    writes
}

/// The fields of a bundle, to tell one bundle from another.
fn bundle(fields: &[BundleField]) -> String {
    let fields = fields.iter().map(|field| {
        let ty = field.declared.ty.as_ref().map(types::shown);
        let (name, pointer) = (&field.name.value, &field.pointer.value);
        format!("{name} {pointer} {}", ty.unwrap_or_default())
    });
    fields.collect::<Vec<_>>().join(", ")
}

fn variants(contract: &VariantContract) -> String {
    let mut parts = vec![
        bundle(std::slice::from_ref(&contract.discriminant)),
        bundle(&contract.shared),
    ];
    let each = contract.variants.iter();
    parts
        .extend(each.map(|variant| format!("{}: {}", variant.name.value, bundle(&variant.fields))));
    parts.join("; ")
}
