//! Artifacts of the registry: who publishes them, who consumes them, and
//! whether there can be a version by then.

use wfc_diag::{Span, codes};
use wfc_ir::Type;

use super::{Checker, types};
use crate::yaml::hir::{ArtifactDef, Contract, Exec, Name, Step};
use crate::yaml::index::Entry;
use crate::yaml::messages;

impl<'a> Checker<'a> {
    /// The registry entry of an artifact.
    pub(super) fn registered(&mut self, name: &Name) -> Option<&'a ArtifactDef> {
        let registry = &self.module.workflow.artifacts;
        self.used.artifacts.insert(name.value.clone());
        let found = registry.iter().find(|def| def.name.value == name.value);
        if found.is_none() {
            let known = registry.iter().map(|def| def.name.value.as_str());
            self.report(messages::unknown(
                codes::UNKNOWN_ARTIFACT,
                name.span,
                "artifact",
                &name.value,
                known,
            ));
        }
        found
    }

    /// The type of a scalar artifact.
    pub(super) fn scalar(&mut self, artifact: &Name) -> Option<(Type, &'a ArtifactDef)> {
        let def = self.registered(artifact)?;
        let ty = def.declared.ty.clone()?;
        if let Type::Path { .. } = ty {
            let what = "this artifact";
            self.report(
                messages::mismatch(artifact.span, what, "a scalar", "a path", None)
                    .also(def.name.span, "declared here"),
            );
            return None;
        }
        Some((ty, def))
    }

    pub(super) fn consumes(&mut self, step: &Step, scope: usize) {
        for consume in &step.consumes {
            let known = self.registered(&consume.artifact).is_some();
            let mut fine = known;
            let mut producers = Vec::new();
            for producer in &consume.producers {
                fine &= self.producer(producer, &consume.artifact, scope, known);
                producers.extend(self.index.named(scope, &producer.value));
            }
            // Of a producer that is none, nothing more is asked.
            if fine {
                self.has_version(&consume.artifact, &producers, step.ix);
            }
        }
        let shown = match &step.exec {
            Exec::Provider(agent) => agent.prompt_consumes.as_ref(),
            _ => None,
        };
        let bundled = step
            .consume_bundle
            .as_ref()
            .and_then(|b| b.include.as_ref());
        for name in [shown, bundled].into_iter().flatten().flatten() {
            let consumed = step
                .consumes
                .iter()
                .map(|consume| consume.artifact.value.as_str());
            if !consumed.clone().any(|known| known == name.value) {
                self.report(messages::unknown(
                    codes::UNKNOWN_ARTIFACT,
                    name.span,
                    "consumed artifact",
                    &name.value,
                    consumed,
                ));
            }
        }
    }

    /// Checks one of `producers`; says whether it publishes the artifact.
    fn producer(&mut self, producer: &Name, artifact: &Name, scope: usize, known: bool) -> bool {
        let named = self.index.named(scope, &producer.value);
        if named.is_empty() {
            let index = self.index;
            let mut candidates: Vec<&str> = index
                .steps()
                .filter(|entry| entry.step.published().next().is_some())
                .map(|entry| entry.step.name.value.as_str())
                .collect();
            candidates.dedup();
            self.report(messages::unknown(
                codes::UNKNOWN_STEP,
                producer.span,
                "step",
                &producer.value,
                candidates.iter().copied(),
            ));
            return false;
        }
        let step = |ix: usize| self.index.step(ix).map(|entry| entry.step);
        let publishes = named.iter().filter_map(|ix| step(*ix)).any(|step| {
            let mut all = step.published();
            super::publishes_anything(self.module, step)
                || all.any(|published| published.value == artifact.value)
        });
        if known && !publishes {
            let place = named.first().and_then(|ix| step(*ix)).map(|s| s.name.span);
            self.report(messages::not_published(
                producer.span,
                &producer.value,
                &artifact.value,
                place,
            ));
        }
        publishes
    }

    /// Reports an artifact that cannot have a version when step `reader` asks
    /// for one: of these `producers`, or of any step when there are none.
    pub(super) fn has_version(&mut self, artifact: &Name, producers: &[usize], reader: usize) {
        // A step that is not wholly understood may publish anything.
        if self.module.workflow.broken || self.partial {
            return;
        }
        let all = self.publishers.get(artifact.value.as_str());
        let mut publishers = all
            .into_iter()
            .flatten()
            .copied()
            .filter(|step| producers.is_empty() || producers.contains(step))
            .peekable();
        let Some(first) = publishers.peek().copied() else {
            self.report(messages::never_published(artifact.span, &artifact.value));
            return;
        };
        let place = self.index.step(first).map(|entry| entry.step.name.span);
        let precedes = publishers.any(|step| self.may_precede(step, reader));
        if let (false, Some(place)) = (precedes, place) {
            let found = messages::not_yet_published(artifact.span, &artifact.value, place);
            self.report(found);
        }
    }

    /// Can step `before` have run when `reader` begins, wherever both are?
    pub(super) fn may_precede(&self, before: usize, reader: usize) -> bool {
        let (Some(a), Some(b)) = (self.outermost(before), self.outermost(reader)) else {
            return true;
        };
        let body = self.module.workflow.body.ix;
        if a.scope != b.scope {
            // One of them cleans up: after everything.
            return b.scope != body;
        }
        if a.step.ix == b.step.ix {
            // In one statement: a loop comes round again, and of two branches
            // an earlier visit may have taken the other.
            return before < reader || self.flow.can_precede(a.position, a.position);
        }
        match a.scope == body {
            true => self.flow.can_precede(a.position, b.position),
            false => a.position < b.position,
        }
    }

    /// The step of the body, or of `finally`, in which this one is.
    fn outermost(&self, step: usize) -> Option<&Entry<'a>> {
        let mut entry = self.index.step(step)?;
        while let Some(owner) = self.index.scope(entry.scope)?.owner {
            entry = self.index.step(owner)?;
        }
        Some(entry)
    }

    pub(super) fn publishes(&mut self, step: &Step) {
        for publish in &step.publishes {
            let def = self.registered(&publish.artifact);
            let Some(artifacts) = self.artifacts(step) else {
                continue;
            };
            let from = publish.from.value.as_str();
            let Some(found) = artifacts.iter().find(|artifact| artifact.name == from) else {
                let known = artifacts.iter().map(|artifact| artifact.name);
                let label = (step.name.value.as_str(), step.name.span);
                self.report(messages::unknown_read(
                    publish.from.span,
                    label,
                    from,
                    known,
                ));
                continue;
            };
            let (Some(def), Some(ty)) = (def, &found.ty) else {
                continue;
            };
            let Some(wanted) = &def.declared.ty else {
                continue;
            };
            if !types::can_fit(ty, wanted) {
                let what = format!("the artifact `{}`", publish.artifact.value);
                self.report(messages::mismatch(
                    publish.from.span,
                    &what,
                    &types::shown(wanted),
                    &types::shown(ty),
                    Some(def.name.span),
                ));
            }
            self.pointer(step, publish.from.span, from, def);
        }
    }

    /// In one version, the file that holds a published path is the pointer.
    fn pointer(&mut self, step: &Step, span: Span, from: &str, def: &ArtifactDef) {
        let version = self.module.workflow.version.as_ref();
        if !version.is_some_and(|version| version.value.ties_outputs_to_pointers()) {
            return;
        }
        let Some(Contract::Files(files)) = step.process().and_then(|p| p.contract.as_ref()) else {
            return;
        };
        let file = files.iter().find(|file| file.name.value == from);
        let (Some(file), Some(pointer)) = (file, &def.pointer) else {
            return;
        };
        if let (Some(path), Some(wanted)) = (file.path.as_literal(), pointer.as_literal())
            && path != wanted
        {
            self.report(messages::pointer_differs(span, path, wanted, def.name.span));
        }
    }
}
