//! Where workflows that are called write to: to paths that their callers give
//! them, each call to its own.

use std::collections::{HashMap, HashSet};

use wfc_diag::Span;
use wfc_ir::Type;

use super::Checker;
use crate::yaml::hir::{
    Contract, Exec, Input, Name, Operand, Part, Path, Ref, Text, VariantContract, Workflow,
};
use crate::yaml::index::Entry;
use crate::yaml::messages;

/// What a path is bound to, as far as it can be told apart.
#[derive(PartialEq, Eq, Hash)]
enum Binding {
    Ref(String),
    Text(String),
}

impl Checker<'_> {
    pub(super) fn write_roots(&mut self) {
        let version = self.module.workflow.version.as_ref();
        if !version.is_some_and(|version| version.value.keeps_write_roots_apart()) {
            return;
        }
        let is_entry = self.modules.list.first().map(|first| first.id) == Some(self.module.id);
        if !is_entry {
            self.fixed_roots();
        }
        let mut seen: HashMap<Binding, Span> = HashMap::new();
        let (index, modules, module) = (self.index, self.modules, self.module);
        let imports = module.workflow.imports.iter();
        let roots: HashMap<&str, Vec<&Input>> = imports
            .filter_map(|import| {
                let alias = import.alias.value.as_str();
                let callee = modules.callee(module, alias)?;
                Some((alias, roots(&callee.workflow)))
            })
            .collect();
        for entry in index.steps() {
            if let Exec::Call { alias, with } = &entry.step.exec
                && let Some(roots) = roots.get(alias.value.as_str())
            {
                self.call_roots(entry, alias, with, roots, &mut seen);
            }
        }
    }

    /// Paths of an imported workflow that no caller chooses.
    fn fixed_roots(&mut self) {
        let workflow = &self.module.workflow;
        let mut found = Vec::new();
        for entry in self.index.steps() {
            let paths = written(entry);
            for path in paths {
                let mut chosen = false;
                for name in inputs_of(path) {
                    let input = workflow.inputs.iter().find(|i| i.name.value == name);
                    match input.map(|input| &input.declared.ty) {
                        Some(Some(Type::Path { .. })) | Some(None) => chosen = true,
                        Some(Some(_)) => {
                            found.push(messages::fixed_write_root(path.span, Some(name)));
                            chosen = true;
                        }
                        // There is no such input, which was reported.
                        None => chosen = true,
                    }
                }
                if !chosen {
                    found.push(messages::fixed_write_root(path.span, None));
                }
            }
        }
        self.found.extend(found);
    }

    fn call_roots(
        &mut self,
        entry: &Entry<'_>,
        alias: &Name,
        with: &[(Name, Operand)],
        roots: &[&Input],
        seen: &mut HashMap<Binding, Span>,
    ) {
        let rounds = self.is_repeated(entry.scope);
        for input in roots {
            let name = &input.name.value;
            let bound = with.iter().find(|(bound, _)| bound.value == *name);
            let (binding, span) = match (bound, &input.default) {
                (Some((_, operand)), _) => match binding(operand) {
                    Some((binding, span)) => (binding, span),
                    None => continue,
                },
                (None, Some(default)) => match default.value.as_str() {
                    Some(text) => (Binding::Text(text.to_owned()), alias.span),
                    None => continue,
                },
                (None, None) => {
                    // One that is required was reported.
                    if !input.required {
                        let missing = [(name.as_str(), input.name.span)];
                        let found = messages::missing_bindings(alias.span, &alias.value, &missing);
                        self.report(found);
                    }
                    continue;
                }
            };
            if rounds && is_invariant(&binding) {
                self.report(messages::invariant_write_root(span, name));
                continue;
            }
            match seen.get(&binding) {
                Some(first) => {
                    let found = messages::shared_write_root(span, name, *first);
                    self.report(found);
                }
                None => {
                    seen.insert(binding, span);
                }
            }
        }
    }

    /// Do the steps of this scope run more than once for each visit?
    fn is_repeated(&self, scope: usize) -> bool {
        let mut scope = Some(scope);
        while let Some(around) = scope.and_then(|ix| self.index.scope(ix)) {
            let owner = around.owner.and_then(|owner| self.index.step(owner));
            if let Some(Exec::Repeat(repeat)) = owner.map(|entry| &entry.step.exec)
                && repeat.max != 1
            {
                return true;
            }
            scope = around.parent;
        }
        false
    }
}

/// The files that a step says it writes, and that are written for it.
fn written<'a>(entry: &Entry<'a>) -> Vec<&'a Text> {
    let process = entry.step.process();
    let mut paths: Vec<&Text> = match process.and_then(|p| p.contract.as_ref()) {
        Some(Contract::Files(files)) => files.iter().map(|file| &file.path).collect(),
        Some(Contract::Bundle { path, .. } | Contract::Variant(VariantContract { path, .. })) => {
            vec![path]
        }
        None => Vec::new(),
    };
    paths.extend(process.and_then(|p| p.output_file.as_ref()));
    paths.extend(
        entry
            .step
            .consume_bundle
            .as_ref()
            .map(|bundle| &bundle.path),
    );
    paths
}

/// The inputs in the holes of a path.
fn inputs_of(path: &Text) -> impl Iterator<Item = &str> {
    path.parts.iter().filter_map(|part| match part {
        Part::Hole(hole) => match &hole.path {
            Path::Input(name) => Some(name.as_str()),
            _ => None,
        },
        Part::Lit(_) => None,
    })
}

/// The inputs that say where a workflow writes.
fn roots(workflow: &Workflow) -> Vec<&Input> {
    let index = crate::yaml::index::Index::new(workflow);
    let used: HashSet<&str> = index
        .steps()
        .flat_map(written)
        .flat_map(inputs_of)
        .collect();
    let is_root = |input: &&Input| {
        matches!(input.declared.ty, Some(Type::Path { .. }))
            && used.contains(input.name.value.as_str())
    };
    workflow.inputs.iter().filter(is_root).collect()
}

/// What an operand binds, and where it stands; nothing for one that is another
/// in every round of a loop.
fn binding(operand: &Operand) -> Option<(Binding, Span)> {
    match operand {
        Operand::Ref(Ref { text, span, .. }) => Some((Binding::Ref(text.clone()), *span)),
        Operand::Literal(literal) => {
            let text = literal.value.as_str()?;
            Some((Binding::Text(text.to_owned()), literal.span))
        }
        Operand::Text(text) => {
            let rounds = text
                .holes()
                .any(|hole| matches!(hole.path, Path::LoopIndex));
            (!rounds).then_some((Binding::Text(text.shown()), text.span))
        }
        Operand::Unknown => None,
    }
}

/// Is the binding the same in every round? What a step of the same list gives
/// may be another each time.
fn is_invariant(binding: &Binding) -> bool {
    match binding {
        Binding::Ref(text) => text.starts_with("root.") || text.starts_with("inputs."),
        Binding::Text(_) => true,
    }
}
