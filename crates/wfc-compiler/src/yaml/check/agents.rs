//! Agents: their templates, their sessions, and who judges them.

use std::collections::HashSet;

use wfc_diag::{Span, codes};
use wfc_ir::Type;

use super::{Checker, Spot, types};
use crate::providers as builtin;
use crate::yaml::hir::{
    Agent, Contract, Data, Judged, Name, Part, Path, PromptSource, Session, SessionMode, Step, Text,
};
use crate::yaml::messages;

/// Where the scores of candidates may be kept.
const LEDGERS: &str = "artifacts/";

/// Where runs are kept.
const RUNS: &str = ".orchestrate/runs";

impl<'a> Checker<'a> {
    /// A provider and what its template is filled with. `session` says which
    /// of its commands is started.
    pub(super) fn runs(
        &mut self,
        name: Option<&Name>,
        params: &'a [(Name, Data)],
        session: Option<&SessionMode>,
        spot: Spot,
    ) {
        for (_, value) in params {
            self.data(value, spot);
        }
        let Some(name) = name else { return };
        self.used.providers.insert(name.value.clone());
        let declared = &self.module.workflow.providers;
        let Some(def) = declared.iter().find(|def| def.name.value == name.value) else {
            if builtin::provider(&name.value).is_none() {
                let own = declared.iter().map(|def| def.name.value.as_str());
                let known: Vec<&str> = own.chain(builtin::names()).collect();
                let (code, known) = (codes::UNKNOWN_PROVIDER, known.iter().copied());
                let found = messages::unknown(code, name.span, "provider", &name.value, known);
                self.report(found);
            }
            return;
        };
        let command = match (session, &def.session) {
            (None, _) => Some(&def.command),
            (Some(SessionMode::Fresh(_)), Some(support)) => Some(&support.fresh),
            (Some(SessionMode::Resume(_)), Some(support)) => support.resume.as_ref(),
            // Was asked for a session that it does not have.
            (Some(_), None) => None,
        };
        let known = |key: &str| {
            // Misplaced ones were reported where they stand.
            let given = |(name, _): &(Name, Data)| name.value == key;
            ["PROMPT", "SESSION_ID"].contains(&key)
                || params.iter().any(given)
                || def.defaults.iter().any(given)
        };
        let mut missing = HashSet::new();
        for hole in command.into_iter().flatten().flat_map(|arg| &arg.holes) {
            let key = hole.value.as_str();
            if !known(key) && missing.insert(key) {
                let found = messages::missing_param(name.span, &name.value, key, hole.span);
                self.found.push(found);
            }
        }
    }

    /// Do the templates that a step may use say how long it may run?
    pub(super) fn template_ends(&self, agent: &Agent) -> bool {
        let declared = &self.module.workflow.providers;
        let ends = |name: &str| {
            let def = declared.iter().find(|def| def.name.value == name);
            def.is_some_and(|def| def.timeout_sec.is_some())
        };
        let names = agent.providers();
        !agent.is_computed() && !names.is_empty() && names.into_iter().all(ends)
    }

    /// A step that begins a session or goes on with one.
    pub(super) fn session(&mut self, step: &Step, agent: &Agent, each: &Session, provider: &Text) {
        let root = self.modules.list.first().map(|module| module.id);
        if root != Some(self.module.id) {
            self.report(messages::session_of_import(each.span));
        }
        let resumes = matches!(each.mode, SessionMode::Resume(_));
        match provider.as_literal() {
            Some(name) => self.has_sessions(name, provider.span, resumes),
            None => {
                let hole = provider
                    .holes()
                    .next()
                    .map_or(provider.span, |hole| hole.span);
                let what = "the provider of a step with `provider_session`";
                self.report(messages::not_fixed(hole, what));
            }
        }
        let (SessionMode::Fresh(artifact) | SessionMode::Resume(artifact)) = &each.mode;
        if let Some(def) = self.registered(artifact)
            && let Some(ty) = def.declared.ty.as_ref().filter(|ty| **ty != Type::String)
        {
            let what = "the artifact that holds the id of a session";
            let (span, shown) = (artifact.span, types::shown(ty));
            let found = messages::mismatch(span, what, "a string", &shown, None);
            self.report(found.also(def.name.span, "declared here"));
        }
        match &each.mode {
            SessionMode::Fresh(artifact) => self.begins(step, agent, artifact),
            SessionMode::Resume(artifact) => self.resumes(step, agent, artifact),
        }
    }

    fn has_sessions(&mut self, name: &str, span: Span, resumes: bool) {
        let mut declared = self.module.workflow.providers.iter();
        let def = declared.find(|def| def.name.value == name);
        let found = match def.map(|def| (def, &def.session)) {
            // Unknown ones were reported as such.
            None => builtin::provider(name).map(|_| messages::no_sessions(span, name, None)),
            Some((def, None)) => Some(messages::no_sessions(span, name, Some(def.name.span))),
            Some((def, Some(support))) => (resumes && support.resume.is_none())
                .then(|| messages::cannot_resume(span, name, def.name.span)),
        };
        self.found.extend(found);
    }

    fn begins(&mut self, step: &Step, agent: &Agent, artifact: &Name) {
        let name = artifact.value.as_str();
        let own = agent
            .process
            .contract
            .as_ref()
            .map(names)
            .unwrap_or_default();
        let published = step
            .publishes
            .iter()
            .flat_map(|each| [&each.artifact, &each.from]);
        let mut taken = own.into_iter().chain(published);
        if let Some(other) = taken.find(|other| other.value == name) {
            self.report(messages::session_artifact_taken(
                artifact.span,
                name,
                other.span,
            ));
        }
    }

    fn resumes(&mut self, step: &Step, agent: &Agent, artifact: &Name) {
        let name = artifact.value.as_str();
        let mut consumes = step.consumes.iter();
        match consumes.find(|consume| consume.artifact.value == name) {
            Some(consume) if consume.fresh => {
                self.report(messages::stale_session(consume.artifact.span));
            }
            Some(_) => {}
            None => {
                let consumed = step
                    .consumes
                    .iter()
                    .map(|each| each.artifact.value.as_str());
                let (code, what) = (codes::UNKNOWN_ARTIFACT, "consumed artifact");
                let found = messages::unknown(code, artifact.span, what, name, consumed);
                self.report(found);
            }
        }
        let bundle = step.consume_bundle.as_ref();
        let bundled = bundle.and_then(|bundle| bundle.include.as_ref());
        let mut shown = [agent.prompt_consumes.as_ref(), bundled]
            .into_iter()
            .flatten()
            .flatten();
        if let Some(shown) = shown.find(|shown| shown.value == name) {
            self.report(messages::session_id_shown(shown.span, name));
        }
        let others = step.consumes.iter().any(|each| each.artifact.value != name);
        if let (Some(bundle), false) = (bundle, others) {
            self.report(messages::empty_session_bundle(bundle.path.span));
        }
    }

    /// Candidates and their judge.
    pub(super) fn judged(&mut self, step: &Step, agent: &Agent, judged: &'a Judged, spot: Spot) {
        for candidate in &judged.candidates {
            self.runs(Some(&candidate.provider), &candidate.params, None, spot);
            self.prompt(&candidate.prompt, spot);
            self.outside_run(&candidate.prompt);
        }
        if let Some(evaluator) = &judged.evaluator {
            self.runs(Some(&evaluator.provider), &evaluator.params, None, spot);
            self.prompt(&evaluator.prompt, spot);
            self.prompt(&evaluator.rubric, spot);
        }
        self.outside_run(&agent.prompt);
        let written = agent
            .process
            .contract
            .as_ref()
            .map(paths)
            .unwrap_or_default();
        for path in &written {
            self.no_run_path(path);
        }
        if let Some(bundle) = &step.consume_bundle {
            self.no_run_path(&bundle.path);
        }
        if let Some(depends) = &agent.process.depends {
            for path in depends.required.iter().chain(&depends.optional) {
                self.no_run_path(path);
            }
        }
        if let Some(ledger) = &judged.ledger {
            self.text(ledger, spot);
            self.ledger_path(step, ledger, &written);
        }
    }

    fn ledger_path(&mut self, step: &Step, ledger: &Text, written: &[&Text]) {
        let under = match ledger.parts.first() {
            Some(Part::Lit(text)) => text.starts_with(LEDGERS),
            Some(Part::Hole(_)) | None => false,
        };
        if !under {
            self.report(messages::ledger_elsewhere(ledger.span));
            return;
        }
        let Some(path) = ledger.as_literal() else {
            return;
        };
        let registry = &self.module.workflow.artifacts;
        let pointers = step.published().filter_map(|name| {
            let mut defs = registry.iter();
            let def = defs.find(|def| def.name.value == name.value)?;
            def.pointer.as_ref()
        });
        let mut taken = written.iter().copied().chain(pointers);
        if let Some(other) = taken.find(|other| other.as_literal() == Some(path)) {
            self.report(messages::ledger_taken(ledger.span, path, other.span));
        }
    }

    fn outside_run(&mut self, prompt: &PromptSource) {
        if let PromptSource::Input(path) = prompt {
            self.no_run_path(path);
        }
    }

    /// A path that candidates have in copies of the workspace.
    fn no_run_path(&mut self, path: &Text) {
        let found = path.parts.iter().find_map(|part| match part {
            Part::Hole(hole) => {
                matches!(hole.path, Path::Run(wfc_ir::RunField::Root)).then_some(hole.span)
            }
            Part::Lit(text) => text.contains(RUNS).then_some(path.span),
        });
        if let Some(span) = found {
            self.report(messages::parent_run(span));
        }
    }
}

/// The names that a contract gives values to.
fn names(contract: &Contract) -> Vec<&Name> {
    match contract {
        Contract::Files(files) => files.iter().map(|file| &file.name).collect(),
        Contract::Bundle { fields, .. } => fields.iter().map(|field| &field.name).collect(),
        Contract::Variant(contract) => {
            let own = contract.variants.iter().flat_map(|each| &each.fields);
            std::iter::once(&contract.discriminant)
                .chain(&contract.shared)
                .chain(own)
                .map(|field| &field.name)
                .collect()
        }
    }
}

/// The files that a contract names.
fn paths(contract: &Contract) -> Vec<&Text> {
    match contract {
        Contract::Files(files) => files.iter().map(|file| &file.path).collect(),
        Contract::Bundle { path, .. } => vec![path],
        Contract::Variant(contract) => vec![&contract.path],
    }
}
