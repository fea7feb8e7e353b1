//! Edges that change nothing, and results that may be missing.

use std::collections::{HashMap, HashSet};

use wfc_ir::StepField;

use super::Checker;
use crate::yaml::check::{At, Read};
use crate::yaml::gates::{self, Feature};
use crate::yaml::hir::Step;
use crate::yaml::index::ScopeKind;
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn flow_lints(&mut self) {
        let steps: &[Step] = &self.module.workflow.body.steps;
        for (position, step) in steps.iter().enumerate() {
            // Where managed jobs lead has to be said in full.
            let chosen = step.managed.is_none();
            if let (true, Some(success), Some(failure)) =
                (chosen, &step.on.success, &step.on.failure)
                && success.value != failure.value
                && !self.flow.can_precede(position, position)
            {
                let name = &step.name.value;
                self.report(messages::goto_diamond(success.span, failure.span, name));
            }
            if let (true, Some(success), None) = (chosen, &step.on.success, &step.on.always)
                && steps.get(position + 1).map(|next| &next.name.value) == Some(&success.value)
            {
                self.report(messages::redundant_goto(success.span, &success.value));
            }
            if let Some(limit) = &step.max_visits
                && !self.flow.can_precede(position, position)
                && !self.flow.is_unreachable(position)
            {
                self.report(messages::idle_max_visits(limit.span, &step.name.value));
            }
        }
        self.circles();
        self.missing_results();
    }

    /// Ways back that nothing limits.
    fn circles(&mut self) {
        let workflow = &self.module.workflow;
        // Older versions have no limits to give.
        let version = workflow.version.as_ref().map(|version| version.value);
        if workflow.max_transitions.is_some()
            || version.is_some_and(|version| {
                gates::missing(Feature::Key("max_visits"), version).is_some()
            })
        {
            return;
        }
        let steps: &[Step] = &workflow.body.steps;
        let limited = |at: usize| steps.get(at).is_some_and(|step| step.max_visits.is_some());
        for circle in self.flow.circles(limited) {
            let places: HashMap<&str, usize> = circle
                .iter()
                .filter_map(|at| Some((steps.get(*at)?.name.value.as_str(), *at)))
                .collect();
            let back = circle.iter().find_map(|at| {
                let mut edges = steps.get(*at)?.on.all().map(|(_, target)| target);
                edges.find(|target| places.get(target.value.as_str()).is_some_and(|to| to <= at))
            });
            if let Some(back) = back {
                self.report(messages::unbounded_circle(back.span, &back.value));
            }
        }
    }

    /// Reads of steps that may not have run.
    fn missing_results(&mut self) {
        let mut told = HashSet::new();
        let mut found = Vec::new();
        for read in &self.reads {
            let Some(by_when) = self.may_be_missing(read) else {
                continue;
            };
            if let Some(target) = self.index.step(read.target)
                && told.insert((read.span, read.target))
            {
                let name = &target.step.name;
                let place = match &target.step.when {
                    Some(when) if by_when => when.span,
                    _ => name.span,
                };
                let message = messages::may_not_have_run(read.span, &name.value, place, by_when);
                found.push(message);
            }
        }
        self.found.extend(found);
    }

    /// Can the read come before the value? Then: because of a `when`?
    fn may_be_missing(&self, read: &Read) -> Option<bool> {
        // A step that was left out has a status and an exit code.
        let needs_value = matches!(
            read.field,
            StepField::Artifact { .. }
                | StepField::Output
                | StepField::Lines
                | StepField::Json { .. }
        );
        if !needs_value || read.asks {
            return None;
        }
        let target = self.index.step(read.target)?;
        let At::Step(mut at) = read.spot.at else {
            return None;
        };
        let mut scope = read.spot.scope;
        let mut guarded = self.index.step(at)?.step.when.is_some();
        while scope != target.scope {
            let around = self.index.scope(scope)?;
            guarded |= around.kind == ScopeKind::Branch;
            // What cleans up comes after everything, whatever happened.
            at = around.owner?;
            scope = around.parent?;
            guarded |= self.index.step(at)?.step.when.is_some();
        }
        if guarded {
            return None;
        }
        if target.step.when.is_some() {
            return Some(true);
        }
        let in_body = self.index.scope(scope)?.kind == ScopeKind::Body;
        let reader = self.index.step(at)?.position;
        (in_body && self.flow.can_avoid(target.position, reader)).then_some(false)
    }
}
