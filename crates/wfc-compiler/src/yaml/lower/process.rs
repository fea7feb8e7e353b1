//! Commands and agents: what to start, with what prompt.

use std::path::Path as FilePath;

use indexmap::{IndexMap, IndexSet};
use wfc_ir::{
    Adjudication, Candidate, Capture, Confidentiality, Depends, Evaluator, Exec, Expr, Guidance,
    Managed, Process, Prompt, PromptAsset, PromptBase, PromptInput, Provider, Session,
    SessionSupport,
};

use super::Lowering;
use crate::providers as builtin;
use crate::yaml::hir::{self, PromptSource, SessionMode, Who};

impl Lowering<'_> {
    /// The templates of the file, and the built-in ones that its steps use.
    pub(super) fn providers(&self) -> IndexMap<String, Provider> {
        let scope = self.module.workflow.body.ix;
        let mut all: IndexMap<String, Provider> = self
            .module
            .workflow
            .providers
            .iter()
            .map(|def| {
                let provider = Provider {
                    command: words(&def.command),
                    input: def.input,
                    defaults: def
                        .defaults
                        .iter()
                        .map(|(name, value)| (name.value.clone(), self.data(value, scope)))
                        .collect(),
                    output: def.output,
                    timeout_sec: def.timeout_sec,
                    limits: def.limits,
                    session: def.session.as_ref().map(session_support),
                };
                (def.name.value.clone(), provider)
            })
            .collect();
        for entry in self.index.steps() {
            let hir::Exec::Provider(agent) = &entry.step.exec else {
                continue;
            };
            // A computed name may be that of any template.
            let names = match agent.is_computed() {
                true => builtin::names().collect(),
                false => agent.providers(),
            };
            for name in names {
                if !all.contains_key(name) {
                    all.extend(builtin::provider(name).map(|built| (name.to_owned(), built)));
                }
            }
        }
        all
    }

    pub(super) fn command(&self, command: &hir::Command, scope: usize) -> Process {
        let argv = command.argv.iter().map(|arg| self.text(arg, scope));
        let exec = Exec::Command {
            argv: argv.collect(),
            split: command.split,
        };
        self.process(exec, &command.process, scope)
    }

    pub(super) fn agent(&self, step: &hir::Step, agent: &hir::Agent, scope: usize) -> Process {
        let prompt = self.prompt(step, agent, scope);
        let (exec, session) = match &agent.who {
            Who::One {
                provider,
                params,
                session,
            } => {
                let exec = Exec::Provider {
                    provider: self.text(provider, scope),
                    params: self.params(params, scope),
                    prompt,
                };
                (exec, session.as_ref().map(session_of))
            }
            Who::Judged(judged) => {
                let each = self.adjudication(judged, prompt, scope);
                (Exec::Adjudicated(Box::new(each)), None)
            }
        };
        Process {
            session,
            managed: step.managed.as_ref().map(|managed| self.managed(managed)),
            ..self.process(exec, &agent.process, scope)
        }
    }

    fn params(&self, params: &[(hir::Name, hir::Data)], scope: usize) -> IndexMap<String, Expr> {
        let each = params.iter();
        each.map(|(name, value)| (name.value.clone(), self.data(value, scope)))
            .collect()
    }

    fn adjudication(&self, judged: &hir::Judged, prompt: Prompt, scope: usize) -> Adjudication {
        let own = |source: &PromptSource| match source {
            PromptSource::None => None,
            source => Some(self.base(source, scope)),
        };
        let candidates = judged.candidates.iter().map(|each| Candidate {
            id: each.id.value.clone(),
            provider: each.provider.value.clone(),
            params: self.params(&each.params, scope),
            base: own(&each.prompt),
        });
        let judge = judged.evaluator.as_ref();
        let (max_item_bytes, max_packet_bytes) = judge.map_or((0, 0), |judge| judge.limits);
        Adjudication {
            prompt,
            candidates: candidates.collect(),
            evaluator: Evaluator {
                provider: judge.map_or(String::new(), |judge| judge.provider.value.clone()),
                params: judge.map_or_else(IndexMap::new, |j| self.params(&j.params, scope)),
                prompt: judge.map_or(PromptBase::Empty, |judge| self.base(&judge.prompt, scope)),
                rubric: judge.and_then(|judge| own(&judge.rubric)),
                confidentiality: Confidentiality::SameTrustBoundary,
                max_item_bytes,
                max_packet_bytes,
            },
            score_single: judged.score_single,
            ledger: judged.ledger.as_ref().map(|path| self.text(path, scope)),
        }
    }

    fn managed(&self, managed: &hir::Managed) -> Managed {
        let policy = managed.policy.value.clone();
        Managed {
            rules: self.modules.policies.get(&policy).cloned(),
            policy,
            watch_roots: managed.watch_roots.clone(),
            backend: managed.backend,
            poll_budget_sec: managed.poll_budget_sec,
        }
    }

    fn process(&self, exec: Exec, process: &hir::Process, scope: usize) -> Process {
        Process {
            exec,
            snapshot: process
                .snapshot
                .as_ref()
                .map(|snapshot| self.snapshot(snapshot, scope)),
            contract: process
                .contract
                .as_ref()
                .map(|contract| self.contract(contract, scope)),
            depends: process
                .depends
                .as_ref()
                .map(|depends| self.depends(depends, scope)),
            output_file: process
                .output_file
                .as_ref()
                .map(|path| self.text(path, scope)),
            secrets: self.secrets(process),
            capture: Capture {
                mode: process.capture,
                allow_parse_error: process.allow_parse_error,
            },
            env: process
                .env
                .iter()
                .map(|(name, value)| (name.value.clone(), Expr::lit(value.as_str())))
                .collect(),
            timeout_sec: process.timeout_sec,
            limits: process.limits,
            retries: process.retries.clone(),
            persist: process.persist,
            session: None,
            managed: None,
            replay: process.replay,
        }
    }

    /// Those of the file first; each once.
    fn secrets(&self, process: &hir::Process) -> Vec<String> {
        let own = process.secrets.iter();
        let all = self.module.workflow.secrets.iter().chain(own);
        let names: IndexSet<String> = all.map(|name| name.value.clone()).collect();
        names.into_iter().collect()
    }

    fn depends(&self, depends: &hir::Depends, scope: usize) -> Depends {
        let patterns = |all: &[hir::Text]| all.iter().map(|text| self.text(text, scope)).collect();
        Depends {
            required: patterns(&depends.required),
            optional: patterns(&depends.optional),
            inject: depends.inject.clone(),
        }
    }

    fn prompt(&self, step: &hir::Step, agent: &hir::Agent, scope: usize) -> Prompt {
        let base = self.base(&agent.prompt, scope);
        let assets = agent.assets.iter().map(|asset| PromptAsset {
            name: asset.value.clone(),
            path: self.asset(&asset.value),
        });
        let session = step.resumed_session();
        let is_shown = |name: &str| match &agent.prompt_consumes {
            _ if session.is_some_and(|id| id.value == name) => false,
            Some(shown) => shown.iter().any(|shown| shown.value == name),
            None => true,
        };
        let inputs = step
            .consumes
            .iter()
            .filter(|consume| agent.inject_consumes && is_shown(&consume.artifact.value))
            .map(|consume| PromptInput {
                name: consume.artifact.value.clone(),
                value: Expr::Consumed {
                    name: consume.artifact.value.clone(),
                },
                guidance: consume.guidance.clone(),
            });
        let given = agent.prompt_inputs.iter().map(|(name, value)| PromptInput {
            name: name.value.clone(),
            value: self.operand(value, scope),
            guidance: Guidance::default(),
        });
        Prompt {
            base,
            assets: assets.collect(),
            inputs: inputs.chain(given).collect(),
            position: agent.position,
            contract: agent.inject_contract,
        }
    }

    fn base(&self, source: &PromptSource, scope: usize) -> PromptBase {
        match source {
            PromptSource::None => PromptBase::Empty,
            PromptSource::Input(path) => PromptBase::File {
                path: self.text(path, scope),
            },
            PromptSource::Asset(name) => PromptBase::File {
                path: Expr::lit(self.asset(&name.value)),
            },
        }
    }

    /// The path of an asset from the workspace, or absolute when the workflow
    /// lies outside.
    fn asset(&self, name: &str) -> String {
        let file = &self.module.workflow.path;
        let path = match crate::join_relative(file, name) {
            Some(path) => path,
            None => file.parent().unwrap_or(FilePath::new("")).join(name),
        };
        crate::display_path(&path, self.loader.workspace())
    }
}

fn words(command: &[hir::ProviderArg]) -> Vec<String> {
    command.iter().map(|arg| arg.text.value.clone()).collect()
}

fn session_support(support: &hir::SessionDef) -> SessionSupport {
    SessionSupport {
        metadata: support.metadata,
        fresh: words(&support.fresh),
        resume: support.resume.as_deref().map(words),
    }
}

fn session_of(session: &hir::Session) -> Session {
    match &session.mode {
        SessionMode::Fresh(artifact) => Session::Fresh {
            publish: artifact.value.clone(),
        },
        SessionMode::Resume(artifact) => Session::Resume {
            from: artifact.value.clone(),
        },
    }
}
