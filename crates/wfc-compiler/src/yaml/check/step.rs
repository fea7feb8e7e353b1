//! One step: its contract, its artifacts, its provider, its edges.

use std::path::Path as FilePath;

use wfc_diag::{Span, codes};
use wfc_ir::Type;

use super::flow::END;
use super::{At, Checker, Spot, types};
use crate::providers as builtin;
use crate::yaml::hir::{
    Agent, ArtifactDef, Contract, Exec, Name, Process, PromptSource, Spanned, Step,
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
            self.condition(when, spot);
        }
        self.routes(step, scope);
        self.consumes(step, scope);
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
                    if matches!(ty, Type::Int | Type::Float) {
                        let what = format!("`{}`", artifact.value);
                        self.literal(by, &what, &ty, Some(def.name.span));
                    } else {
                        let shown = types::shown(&ty);
                        self.report(messages::mismatch(
                            artifact.span,
                            "what `increment_scalar` counts",
                            "a number",
                            &shown,
                            Some(def.name.span),
                        ));
                    }
                }
            }
            Exec::Assert(cond) => self.condition(cond, spot),
            Exec::Call { alias, with } => self.call(alias, with, spot),
            Exec::If {
                cond,
                then,
                otherwise,
            } => self.branches(cond, then, otherwise.as_ref(), spot),
            Exec::Match {
                subject,
                cases_span,
                cases,
            } => self.cases(subject, *cases_span, cases, spot),
            Exec::Repeat(repeat) => self.repeat(repeat),
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
            if name == END || siblings.iter().any(|step| step.name.value == name) {
                continue;
            }
            let inside = self.index.steps().find(|entry| {
                entry.step.name.value == name || entry.shown.key == name
            });
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

    /// The registry entry of an artifact.
    fn registered(&mut self, name: &Name) -> Option<&'a ArtifactDef> {
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
    fn scalar(&mut self, artifact: &Name) -> Option<(Type, &'a ArtifactDef)> {
        let def = self.registered(artifact)?;
        let ty = def.declared.ty.clone()?;
        if let Type::Path { .. } = ty {
            self.report(messages::mismatch(
                artifact.span,
                "this artifact",
                "a scalar",
                "a path",
                Some(def.name.span),
            ));
            return None;
        }
        Some((ty, def))
    }

    fn consumes(&mut self, step: &Step, scope: usize) {
        for consume in &step.consumes {
            let known = self.registered(&consume.artifact).is_some();
            for producer in &consume.producers {
                self.producer(producer, &consume.artifact, scope, known);
            }
        }
        if let Exec::Provider(agent) = &step.exec {
            for name in agent.prompt_consumes.iter().flatten() {
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
    }

    fn producer(&mut self, producer: &Name, artifact: &Name, scope: usize, known: bool) {
        let named = self.index.named(scope, &producer.value);
        if named.is_empty() {
            let index = self.index;
            let mut candidates: Vec<&str> = index
                .steps()
                .filter(|entry| !entry.step.publishes.is_empty())
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
            return;
        }
        let step = |ix: usize| self.index.step(ix).map(|entry| entry.step);
        let publishes = named.iter().filter_map(|ix| step(*ix)).any(|step| {
            let mut all = step.publishes.iter();
            step.partial || all.any(|publish| publish.artifact.value == artifact.value)
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
    }

    fn publishes(&mut self, step: &Step) {
        for publish in &step.publishes {
            let def = self.registered(&publish.artifact);
            let Some(artifacts) = types::artifacts(self.modules, self.module, step) else {
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
        let Some(Contract::Files(files)) = step.process().and_then(|p| p.contract.as_ref())
        else {
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

    pub(super) fn process(&mut self, process: &Process, spot: Spot) {
        match &process.contract {
            Some(Contract::Files(files)) => {
                for file in files {
                    self.text(&file.path, spot);
                }
            }
            Some(Contract::Bundle { path, .. } | Contract::Variant { path, .. }) => {
                self.text(path, spot);
            }
            None => {}
        }
    }

    fn agent(&mut self, step: &Step, agent: &'a Agent, spot: Spot) {
        self.text(&agent.provider, spot);
        for (_, value) in &agent.params {
            self.data(value, spot);
        }
        if let Some(name) = agent.provider.as_literal() {
            let provider = Spanned::new(name.to_owned(), agent.provider.span);
            self.provider(&provider, agent);
        }
        match &agent.prompt {
            PromptSource::Asset(asset) => self.asset(asset),
            PromptSource::Input(path) => self.text(path, spot),
            PromptSource::None => {}
        }
        for asset in &agent.assets {
            self.asset(asset);
        }
        self.process(&agent.process, spot);
        if agent.process.timeout_sec.is_none() {
            let name = &step.name;
            self.report(messages::no_timeout(name.span, &name.value));
        }
    }

    fn provider(&mut self, name: &Name, agent: &Agent) {
        let declared = &self.module.workflow.providers;
        self.used.providers.insert(name.value.clone());
        let given = |key: &str| agent.params.iter().any(|(name, _)| name.value == key);
        if let Some(def) = declared.iter().find(|def| def.name.value == name.value) {
            let default = |key: &str| def.defaults.iter().any(|(name, _)| name.value == key);
            let mut missing: Vec<&Name> = Vec::new();
            for hole in def.command.iter().flat_map(|arg| &arg.holes) {
                let key = hole.value.as_str();
                // A misplaced prompt was reported where it stands.
                let known = key == "PROMPT" || given(key) || default(key);
                if !known && !missing.iter().any(|other| other.value == key) {
                    missing.push(hole);
                }
            }
            for hole in missing {
                self.report(messages::missing_param(
                    name.span,
                    &name.value,
                    &hole.value,
                    hole.span,
                ));
            }
            return;
        }
        if builtin::provider(&name.value).is_none() {
            let known: Vec<&str> = declared
                .iter()
                .map(|def| def.name.value.as_str())
                .chain(builtin::names())
                .collect();
            self.report(messages::unknown(
                codes::UNKNOWN_PROVIDER,
                name.span,
                "provider",
                &name.value,
                known.iter().copied(),
            ));
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
