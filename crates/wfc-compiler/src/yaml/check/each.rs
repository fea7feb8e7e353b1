//! Loops over lists: where the items come from, and what can be read of the
//! loop and of what a wait has found.

use wfc_diag::Span;
use wfc_ir::StepField;

use super::{Checker, Spot};
use crate::yaml::field;
use crate::yaml::hir::{Exec, Items, Path, Ref, Step};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn items(&mut self, items: &Items, spot: Spot) {
        let Items::From(from) = items else { return };
        if let Some((step, read)) = self.no_list(from, spot) {
            self.report(messages::items_from_field(from.span, step, read));
            return;
        }
        self.captured(from, spot);
    }

    /// The step that `from` names and what it reads of it, when that can be
    /// no list.
    fn no_list<'r>(&self, from: &'r Ref, spot: Spot) -> Option<(&str, &'r str)> {
        let Path::Step { from, rest } = &from.path else {
            return None;
        };
        let (target, read) = self.index.read(spot.scope, *from, rest).ok()?;
        let step = self.index.step(target.step)?.step;
        let list = matches!(
            field::parse(read, true),
            Some(StepField::Lines | StepField::Json { .. })
        );
        (!list).then_some((step.name.value.as_str(), read))
    }

    /// Reports an iteration that a loop over a literal list never comes to.
    pub(super) fn has_iteration(&mut self, each: usize, iteration: u64, span: Span) {
        let Some(entry) = self.index.step(each) else {
            return;
        };
        if let Exec::Each(looped) = &entry.step.exec
            && let Items::Literal(items) = &looped.items
            && usize::try_from(iteration).is_ok_and(|iteration| iteration >= items.value.len())
        {
            let name = &entry.step.name.value;
            let found = messages::no_iteration(span, name, items.value.len(), items.span);
            self.report(found);
        }
    }

    /// Reports what a text reads of a step that steps of its kind do not have.
    /// Says whether there was something.
    pub(super) fn foreign_read(&mut self, step: &Step, read: &StepField, span: Span) -> bool {
        let name = (step.name.value.as_str(), step.name.span);
        let found = match (&step.exec, read) {
            (Exec::Each(_), StepField::Whole) => return false,
            (Exec::Each(_), _) => messages::read_of_each(span, name),
            (Exec::Wait(_) | Exec::Unknown, StepField::Wait { .. }) => return false,
            (_, StepField::Wait { part }) => messages::read_of_wait(span, name, part.word()),
            _ => return false,
        };
        self.report(found);
        true
    }
}
