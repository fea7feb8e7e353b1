//! Commands and agents: what to start, with what prompt.

use std::path::Path as FilePath;

use indexmap::{IndexMap, IndexSet};
use wfc_ir::{
    Capture, Depends, Exec, Expr, Guidance, Process, Prompt, PromptAsset, PromptBase, PromptInput,
    Provider,
};

use super::Lowering;
use crate::providers as builtin;
use crate::yaml::hir::{self, PromptSource};

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
                    command: def
                        .command
                        .iter()
                        .map(|arg| arg.text.value.clone())
                        .collect(),
                    input: def.input,
                    defaults: def
                        .defaults
                        .iter()
                        .map(|(name, value)| (name.value.clone(), self.data(value, scope)))
                        .collect(),
                };
                (def.name.value.clone(), provider)
            })
            .collect();
        for entry in self.index.steps() {
            let hir::Exec::Provider(agent) = &entry.step.exec else {
                continue;
            };
            match agent.provider.as_literal() {
                Some(name) if !all.contains_key(name) => {
                    all.extend(builtin::provider(name).map(|built| (name.to_owned(), built)));
                }
                Some(_) => {}
                // A computed name may be that of any template.
                None => {
                    for name in builtin::names() {
                        if !all.contains_key(name) {
                            all.extend(builtin::provider(name).map(|b| (name.to_owned(), b)));
                        }
                    }
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
        let params = agent
            .params
            .iter()
            .map(|(name, value)| (name.value.clone(), self.data(value, scope)))
            .collect();
        let exec = Exec::Provider {
            provider: self.text(&agent.provider, scope),
            params,
            prompt: self.prompt(step, agent, scope),
        };
        self.process(exec, &agent.process, scope)
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
            retries: process.retries,
            persist: process.persist,
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
        let base = match &agent.prompt {
            PromptSource::None => PromptBase::Empty,
            PromptSource::Input(path) => PromptBase::File {
                path: self.text(path, scope),
            },
            PromptSource::Asset(name) => PromptBase::File {
                path: Expr::lit(self.asset(&name.value)),
            },
        };
        let assets = agent.assets.iter().map(|asset| PromptAsset {
            name: asset.value.clone(),
            path: self.asset(&asset.value),
        });
        let is_shown = |name: &str| match &agent.prompt_consumes {
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
