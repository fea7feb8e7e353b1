//! Lints: what a workflow may say and hardly means, or could say better. They
//! look at workflows without errors only: what is wrong may be why something
//! looks odd.

mod conditions;
mod flow;
mod registry;
mod shell;
mod writes;

use wfc_ir::StepField;

use super::Checker;
use crate::yaml::hir::{Exec, Operand, PromptSource};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn lints(&mut self) {
        self.unused();
        self.unconsumed();
        self.output_collisions();
        self.missing_prompts();
        self.unread_answers();
        self.flow_lints();
        self.colliding_writes();
        let index = self.index;
        for entry in index.steps() {
            self.step_conditions(entry);
            self.shell(entry.step);
            self.bindings(entry);
        }
    }

    /// Texts that read like references.
    fn bindings(&mut self, entry: &crate::yaml::index::Entry<'_>) {
        let bound = match &entry.step.exec {
            Exec::Call { with, .. } => with,
            Exec::Provider(agent) => &agent.prompt_inputs,
            _ => return,
        };
        for (_, value) in bound {
            self.literal_reference(value, entry.scope);
        }
    }

    /// A text that names an input or a step, seen from `scope`.
    fn literal_reference(&mut self, operand: &Operand, scope: usize) {
        let Operand::Literal(literal) = operand else {
            return;
        };
        let Some(text) = literal.value.as_str() else {
            return;
        };
        use crate::yaml::hir::From;
        let step = |from: From, rest: &str| {
            let found = self.index.find(scope, from, rest);
            found.is_ok_and(|(_, read)| crate::yaml::field::parse(read, false).is_some())
        };
        let refers = match text.split_once('.') {
            Some(("inputs", name)) => {
                let mut inputs = self.module.workflow.inputs.iter();
                inputs.any(|input| input.name.value == name)
            }
            Some((head, rest)) => match (head, rest.strip_prefix("steps.")) {
                ("root", Some(rest)) => step(From::Root, rest),
                ("self", Some(rest)) => step(From::Here, rest),
                ("parent", Some(rest)) => step(From::Parent, rest),
                _ => false,
            },
            None => false,
        };
        if refers {
            self.report(messages::literal_reference(literal.span, text));
        }
    }

    /// Answers of agents that are read without a contract.
    fn unread_answers(&mut self) {
        let mut told = std::collections::HashSet::new();
        let mut found = Vec::new();
        for read in &self.reads {
            let raw = matches!(
                read.field,
                StepField::Output | StepField::Lines | StepField::Json { .. }
            );
            let Some(entry) = self.index.step(read.target).filter(|_| raw) else {
                continue;
            };
            if let Exec::Provider(agent) = &entry.step.exec
                && agent.process.contract.is_none()
                && told.insert(read.target)
            {
                let name = &entry.step.name;
                found.push(messages::no_contract(name.span, &name.value, read.span));
            }
        }
        self.found.extend(found);
    }

    /// Prompts that are not there and that nothing can have written.
    fn missing_prompts(&mut self) {
        // What a caller has done before is not known here.
        let is_entry = self.modules.list.first().map(|first| first.id) == Some(self.module.id);
        if !is_entry || self.partial {
            return;
        }
        let writers: Vec<usize> = self
            .index
            .steps()
            .filter(|entry| may_write(&entry.step.exec))
            .map(|entry| entry.step.ix)
            .collect();
        let mut found = Vec::new();
        for entry in self.index.steps() {
            let Exec::Provider(agent) = &entry.step.exec else {
                continue;
            };
            let PromptSource::Input(path) = &agent.prompt else {
                continue;
            };
            let Some(literal) = path.as_literal() else {
                continue;
            };
            let reader = entry.step.ix;
            let written = |writer: &usize| *writer != reader && self.may_precede(*writer, reader);
            if !self.loader.is_file(std::path::Path::new(literal)) && !writers.iter().any(written) {
                found.push(messages::missing_input_file(path.span, literal));
            }
        }
        self.found.extend(found);
    }
}

/// Can the step write any file?
fn may_write(exec: &Exec) -> bool {
    !matches!(
        exec,
        Exec::SetScalar { .. }
            | Exec::IncrementScalar { .. }
            | Exec::Assert(_)
            | Exec::If { .. }
            | Exec::Match { .. }
            | Exec::Repeat(_)
    )
}
