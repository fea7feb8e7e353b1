//! One step: its contract, its artifacts, its provider, its edges.

use std::path::Path as FilePath;

use wfc_ir::Type;

use super::flow::END;
use super::{At, Checker, Spot, types};
use crate::yaml::hir::{
    Agent, Contract, Exec, Name, Process, PromptSource, Spanned, Step, VariantContract, Who,
};
use crate::yaml::index::ScopeKind;
use crate::yaml::messages;

impl<'a> Checker<'a> {
    pub(super) fn step(&mut self, step: &'a Step, scope: usize) {
        let spot = Spot {
            scope,
            at: At::Step(step.ix),
        };
        if let Some(when) = &step.when {
            self.asking = true;
            let at = At::Guard(step.ix);
            self.condition(when, Spot { at, ..spot });
            self.asking = false;
        }
        if let Some(requires) = &step.requires {
            self.requires(requires, spot);
        }
        self.routes(step, scope);
        self.consumes(step, scope);
        if let Some(bundle) = &step.consume_bundle {
            self.text(&bundle.path, spot);
        }
        self.publishes(step);
        match &step.exec {
            Exec::Command(command) => {
                for argument in &command.argv {
                    self.text(argument, spot);
                }
                self.process(&command.process, spot);
            }
            Exec::Provider(agent) => self.agent(step, agent, spot),
            Exec::SetScalar { artifact, value } => {
                if let Some((ty, def)) = self.scalar(artifact) {
                    let what = format!("`{}`", artifact.value);
                    self.literal(value, &what, &ty, Some(def.name.span));
                }
            }
            Exec::IncrementScalar { artifact, by } => {
                if let Some((ty, def)) = self.scalar(artifact) {
                    self.has_version(artifact, &[], step.ix);
                    if matches!(ty, Type::Int | Type::Float) {
                        let what = format!("`{}`", artifact.value);
                        self.literal(by, &what, &ty, Some(def.name.span));
                    } else {
                        let shown = types::shown(&ty);
                        let what = "what `increment_scalar` counts";
                        self.report(
                            messages::mismatch(artifact.span, what, "a number", &shown, None)
                                .also(def.name.span, "declared here"),
                        );
                    }
                }
            }
            Exec::Materialize(values) => self.materialize(step, values, spot),
            Exec::Select(select) => self.select(select, spot),
            Exec::Assert(cond) => self.condition(cond, spot),
            Exec::Call { alias, with } => self.call(alias, with, spot),
            Exec::If {
                cond,
                then,
                otherwise,
            } => self.branches(cond, then, otherwise.as_ref(), spot),
            Exec::Match {
                subject,
                cases_place,
                cases,
            } => self.cases(subject, *cases_place, cases, spot),
            Exec::Repeat(repeat) => self.repeat(repeat),
            Exec::Each(each) => self.items(&each.items, spot),
            Exec::Wait(wait) => self.text(&wait.glob, spot),
            Exec::Unknown => {}
        }
    }

    fn routes(&mut self, step: &Step, scope: usize) {
        // Elsewhere an edge is out of place, and was reported as such.
        let Some(scope) = self.index.scope(scope) else {
            return;
        };
        if scope.kind != ScopeKind::Body {
            return;
        }
        for (_, target) in step.on.all() {
            let name = target.value.as_str();
            let siblings = &scope.block.steps;
            if name == END || scope.named(name).is_some() {
                continue;
            }
            let inside = self
                .index
                .steps()
                .find(|entry| entry.step.name.value == name || entry.shown.key == name);
            let found = match inside {
                Some(entry) => {
                    messages::target_out_of_reach(target.span, name, entry.step.name.span)
                }
                None => {
                    let known = siblings
                        .iter()
                        .map(|step| step.name.value.as_str())
                        .chain([END]);
                    messages::unknown_target(target.span, name, known)
                }
            };
            self.report(found);
        }
    }

    pub(super) fn process(&mut self, process: &Process, spot: Spot) {
        let depends = process.depends.iter();
        for pattern in depends.flat_map(|each| each.required.iter().chain(&each.optional)) {
            self.text(pattern, spot);
        }
        if let Some(path) = &process.output_file {
            self.text(path, spot);
        }
        match &process.contract {
            Some(Contract::Files(files)) => {
                for file in files {
                    self.text(&file.path, spot);
                }
            }
            Some(
                Contract::Bundle { path, .. } | Contract::Variant(VariantContract { path, .. }),
            ) => self.text(path, spot),
            None => {}
        }
        if let Some(snapshot) = &process.snapshot {
            self.snapshot(snapshot, spot);
        }
    }

    fn agent(&mut self, step: &Step, agent: &'a Agent, spot: Spot) {
        match &agent.who {
            Who::One {
                provider,
                params,
                session,
            } => {
                self.text(provider, spot);
                let name = provider.as_literal().map(str::to_owned);
                let name = name.map(|name| Spanned::new(name, provider.span));
                let variant = session.as_ref().map(|session| &session.mode);
                self.runs(name.as_ref(), params, variant, spot);
                if let Some(session) = session {
                    self.session(step, agent, session, provider);
                }
            }
            Who::Judged(judged) => self.judged(step, agent, judged, spot),
        }
        self.prompt(&agent.prompt, spot);
        for (name, value) in &agent.prompt_inputs {
            self.operand(value, spot);
            let twin = step
                .consumes
                .iter()
                .find(|c| c.artifact.value == name.value);
            if let Some(twin) = twin {
                self.report(messages::duplicate(
                    name.span,
                    "values shown in the prompt as",
                    &name.value,
                    twin.artifact.span,
                ));
            }
        }
        for asset in &agent.assets {
            self.asset(asset);
        }
        self.process(&agent.process, spot);
        if agent.process.timeout_sec.is_none() && !self.template_ends(agent) {
            let name = &step.name;
            self.report(messages::no_timeout(name.span, &name.value));
        }
    }

    pub(super) fn prompt(&mut self, prompt: &'a PromptSource, spot: Spot) {
        match prompt {
            PromptSource::Asset(asset) => self.asset(asset),
            PromptSource::Input(path) => self.text(path, spot),
            PromptSource::None => {}
        }
    }

    /// An asset lies below the directory of the workflow file.
    fn asset(&mut self, asset: &Name) {
        let file = &self.module.workflow.path;
        if asset.value.starts_with('/') || asset.value.split('/').any(|part| part == "..") {
            return;
        }
        let base = file.parent().unwrap_or(FilePath::new(""));
        let path = base.join(&asset.value);
        if !self.loader.is_file(&path) {
            let looked = crate::display_path(&path, self.loader.workspace());
            let found = messages::missing_asset(asset.span, &asset.value, &looked);
            self.report(found);
        }
    }
}
