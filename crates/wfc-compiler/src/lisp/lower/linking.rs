//! Calls of programs from elsewhere, which become part of the program.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use wfc_diag::Span;
use wfc_ir::{Block, Expr as Ir, Op, Program};

use super::references::Given;
use super::{Lowerer, is_small};
use crate::lisp::hir::{CallableId, Expr};
use crate::lisp::outside::Linked;

/// Adds the workflows of a program that the one it starts with can call, that
/// one under the name `entry`.
/// `taken` are the names of the others.
pub(super) fn merge(into: &mut Program, from: &Program, entry: &str, taken: &HashSet<&str>) {
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut open = vec![from.entry.as_str()];
    let mut reached = Vec::new();
    while let Some(name) = open.pop() {
        let Some(workflow) = from
            .workflows
            .get(name)
            .filter(|_| !names.contains_key(name))
        else {
            continue;
        };
        let own = match name == from.entry {
            true => entry.to_owned(),
            false => free(&format!("{entry}::{name}"), into, taken),
        };
        names.insert(name, own);
        reached.push((name, workflow));
        for step in workflow.steps().into_iter().rev() {
            if let Op::Call { workflow, .. } = &step.op {
                open.push(workflow);
            }
        }
    }
    for (name, workflow) in reached {
        let mut workflow = workflow.clone();
        rename(&mut workflow.body, &names);
        if let Some(finally) = &mut workflow.finally {
            rename(&mut finally.block, &names);
        }
        let own = names[name].clone();
        if let Some(notes) = from.notes.get(name) {
            into.notes.insert(own.clone(), notes.clone());
        }
        into.workflows.insert(own, workflow);
    }
}

/// A name that no other workflow has.
fn free(name: &str, program: &Program, taken: &HashSet<&str>) -> String {
    let is_free = |name: &str| !taken.contains(name) && !program.workflows.contains_key(name);
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}_{n}")));
    names.find(|name| is_free(name)).unwrap_or_default()
}

/// Gives the workflows that the steps call their names in the whole.
fn rename(block: &mut Block, names: &HashMap<&str, String>) {
    for step in &mut block.steps {
        if let Op::Call { workflow, .. } = &mut step.op
            && let Some(name) = names.get(workflow.as_str())
        {
            workflow.clone_from(name);
        }
        for inner in step.op.blocks_mut() {
            rename(inner, names);
        }
    }
}

impl Lowerer<'_> {
    /// A call of a workflow whose inputs and outputs have names of their own.
    pub(super) fn call_linked(
        &mut self,
        expr: &Expr,
        id: CallableId,
        linked: &Linked<'_>,
        given: Vec<(usize, Given)>,
        own: &str,
    ) -> Ir {
        let mut args: IndexMap<String, Ir> = IndexMap::new();
        for (index, given) in given {
            let Given::Value(value, span) = given else {
                continue;
            };
            let value = self.often(value, id, index, span);
            linked.params[index].take(value, &mut |name, value| {
                args.insert(name.to_owned(), value);
            });
        }
        let program = &linked.outside.program;
        let callee = &program.workflows[&program.entry];
        let op = Op::Call {
            workflow: self.names.get(&id).cloned().unwrap_or_default(),
            args,
        };
        let ident = self.taken.free(&self.scope, own);
        let Some(part) = &linked.result else {
            return self.chosen(ident, op, expr, false);
        };
        let value = part.made(&Ir::value_of(ident.id.clone()));
        self.emit(ident, op, callee.result.clone(), false, expr.span);
        value
    }

    /// An argument, kept when it is more than a name: each of its parts is read
    /// for itself.
    fn often(&mut self, value: Ir, id: CallableId, index: usize, span: Span) -> Ir {
        let param = &self.world.callables[id].params[index];
        if is_small(&value) || !self.world.types.is_object(&param.ty) {
            return value;
        }
        self.keep(value, &param.ty, &param.name.text, span)
    }
}
