//! Would a run that follows another plan have done the same so far?
//!
//! The machine is pure, so this need not be guessed from the texts of the
//! plans: both are taken through the recorded answers side by side. As long as
//! both ask the same questions, whatever ran is what the other plan would have
//! run; the first question that differs is where the two part.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};
use wfc_ir::{Contract, Exec, Expr, Node, NodeOp, Plan, PromptBase, hash_bytes, to_text};

use super::past::Answer;
use super::{RunConfig, RunError, start_of};
use crate::host::WorkspaceFiles;
use crate::journal::Follows;
use crate::machine::{Machine, Yield};
use crate::{ExecRequest, PromptSource, Recorded, Request, bind_inputs};

/// How another plan fits what a run has done.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Files of prompts that have changed.
    pub prompts: Vec<String>,
    /// Where the plans part in what has been done; `None` when all of it fits.
    pub parting: Option<Parting>,
    /// The step from which on the other plan counts, when all fits.
    pub next: Option<String>,
    /// What the run would follow.
    pub(super) follows: Follows,
}

/// Where two plans part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The step, as the run shows it.
    pub step: String,
    /// What is different about it, in words.
    pub aspects: Vec<String>,
    /// How many recorded answers fit before it.
    pub fits: usize,
    /// Of how many.
    pub of: usize,
}

impl Recorded {
    /// How `plan`, or the files of prompts as they are now, fit what the run
    /// has done.
    ///
    /// # Errors
    /// When the journal does not fit the plan that the run follows.
    pub fn fit(&self, plan: Option<&Arc<Plan>>, config: &RunConfig) -> Result<Fit, RunError> {
        let kept = self.standing()?.kept;
        self.fit_of(plan, kept, config)
    }

    /// Whether the files of prompts hold what they held.
    pub fn prompts_hold(&self, config: &RunConfig) -> bool {
        let before = &self.past.follows.prompts;
        let now = match before.is_empty() {
            true => return true,
            false => prompts(&self.plan, config),
        };
        before
            .iter()
            .all(|(path, digest)| now.get(path) == Some(digest))
    }

    /// How another plan fits the first answers of the run.
    pub(super) fn fit_of(
        &self,
        plan: Option<&Arc<Plan>>,
        answers: usize,
        config: &RunConfig,
    ) -> Result<Fit, RunError> {
        let answers = &self.past.answers[..answers];
        let plan = Arc::clone(plan.unwrap_or(&self.plan));
        let prompts = prompts(&plan, config);
        let before = &self.past.follows.prompts;
        let changed: Vec<String> = before
            .iter()
            .filter(|(path, digest)| {
                let now = prompts.get(*path);
                // A plan that does not name it any more has no use for it.
                now.map_or_else(|| self.names(&plan, path), |now| now != *digest)
            })
            .map(|(path, _)| path.clone())
            .collect();
        let params = plan.entry().map_or(&[][..], |entry| &entry.inputs);
        let files = WorkspaceFiles::new(&config.workspace);
        let bound = bind_inputs(params, self.past.follows.bound_inputs.clone(), &files);
        let mut fit = Fit {
            prompts: changed,
            parting: None,
            next: None,
            follows: Follows {
                plan_hash: plan.hash(),
                bound_inputs: self.past.follows.bound_inputs.clone(),
                prompts,
            },
        };
        match bound {
            Ok(bound) => fit.follows.bound_inputs = bound,
            Err(errors) => {
                fit.parting = Some(Parting {
                    step: "inputs".to_owned(),
                    aspects: errors.iter().map(ToString::to_string).collect(),
                    fits: 0,
                    of: answers.len(),
                });
                return Ok(fit);
            }
        }
        let start = start_of(&self.past.run, &fit.follows, &self.dir);
        let mut machine = Machine::new(plan, start);
        match part(&mut self.machine(), &mut machine, answers, &fit.prompts)? {
            Some(parting) => fit.parting = Some(parting),
            None => {
                fit.next = match machine.step() {
                    Yield::Perform(request) => Some(request.coord().log_name.clone()),
                    _ => None,
                }
            }
        }
        Ok(fit)
    }

    fn names(&self, plan: &Plan, path: &str) -> bool {
        nodes(plan).any(|node| prompt_files(node).contains(path))
    }
}

fn part(
    old: &mut Machine,
    new: &mut Machine,
    answers: &[Answer],
    changed: &[String],
) -> Result<Option<Parting>, RunError> {
    for (fits, answer) in answers.iter().enumerate() {
        let Yield::Perform(was) = old.step() else {
            return Err(RunError::Diverged(format!(
                "record {} answers `{}` after the end",
                answer.seq, answer.path
            )));
        };
        let aspects = match new.step() {
            Yield::Perform(is) => differences(&was, &is, changed),
            Yield::Done(_) => vec!["the run ends before it".to_owned()],
            Yield::Failed(_) => vec!["the run fails before it".to_owned()],
        };
        if !aspects.is_empty() {
            let step = match was.coord().log_name.is_empty() {
                true => "outputs".to_owned(),
                false => was.coord().log_name.clone(),
            };
            return Ok(Some(Parting {
                step,
                aspects,
                fits,
                of: answers.len(),
            }));
        }
        old.answer(answer.outcome.clone());
        new.answer(answer.outcome.clone());
    }
    Ok(None)
}

/// What differs between two questions, apart from limits and from what names
/// are shown.
fn differences(was: &Request, is: &Request, changed: &[String]) -> Vec<String> {
    let (here, there) = (was.coord(), is.coord());
    if (&here.path, here.visit) != (&there.path, there.visit) {
        return vec![format!("`{}` comes instead", there.log_name)];
    }
    let mut found = Vec::new();
    if let Request::Process(process) = was
        && let ExecRequest::Provider { prompt, .. } = &process.exec
    {
        let base = match &prompt.base {
            PromptSource::File(path) => Some(path),
            PromptSource::Empty | PromptSource::Text(_) => None,
        };
        let read = prompt.assets.iter().map(|(_, path)| path).chain(base);
        let read: BTreeSet<&String> = read.filter(|path| changed.contains(path)).collect();
        found.extend(read.into_iter().map(|path| format!("the text of `{path}`")));
    }
    let (was, is) = (bare(was), bare(is));
    if was != is {
        found.extend(
            differing(&was, &is)
                .into_iter()
                .map(|key| match key.as_str() {
                    "exec" | "argv" => "what is started".to_owned(),
                    "contract" | "contract_paths" => "what it must write".to_owned(),
                    "request" => "what it does".to_owned(),
                    key => key.replace('_', " "),
                }),
        );
        found.dedup();
    }
    found
}

/// A question without limits and shown names, and with what is started spread
/// out.
fn bare(request: &Request) -> Value {
    let mut value = json!(request);
    if let Some(map) = value.as_object_mut() {
        for key in ["coord", "timeout_sec", "retries"] {
            map.shift_remove(key);
        }
        if let Some(Value::Object(exec)) = map.shift_remove("exec") {
            map.extend(exec);
        }
    }
    value
}

/// The keys whose values differ.
fn differing(a: &Value, b: &Value) -> Vec<String> {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else {
        return Vec::new();
    };
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let differ = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    differ.cloned().collect()
}

fn nodes(plan: &Plan) -> impl Iterator<Item = &Node> {
    plan.workflows.iter().flat_map(|workflow| &workflow.nodes)
}

/// The files that the prompt of a step is read from, as far as the plan names
/// them.
fn prompt_files(node: &Node) -> BTreeSet<String> {
    let NodeOp::Process(process) = &node.op else {
        return BTreeSet::new();
    };
    let prompt = match &process.exec {
        Exec::Provider { prompt, .. } => prompt,
        Exec::Adjudicated(each) => &each.prompt,
        Exec::Command { .. } => return BTreeSet::new(),
    };
    let base = match &prompt.base {
        PromptBase::File {
            path: Expr::Lit { value },
        } => Some(to_text(value)),
        _ => None,
    };
    let assets = prompt.assets.iter().map(|asset| asset.path.clone());
    assets.chain(base).collect()
}

/// The files that a step writes, as far as the plan names them.
fn written_files(node: &Node) -> Vec<String> {
    let mut paths: Vec<&Expr> = Vec::new();
    match &node.op {
        NodeOp::Process(process) => {
            paths.extend(&process.output_file);
            match &process.contract {
                Some(Contract::Files { files }) => paths.extend(files.iter().map(|f| &f.path)),
                Some(contract) => paths.extend(contract.bundle_path().and_then(Option::as_ref)),
                None => {}
            }
        }
        NodeOp::Materialize { values } => {
            paths.extend(values.iter().filter_map(|each| each.value()));
            paths.extend(values.iter().filter_map(|each| each.pointer.as_ref()));
        }
        NodeOp::Select(select) => {
            paths.extend(select.contract.bundle_path().and_then(Option::as_ref));
        }
        _ => {}
    }
    let literal = |path: &Expr| match path {
        Expr::Lit { value } => Some(to_text(value)),
        _ => None,
    };
    paths.into_iter().filter_map(literal).collect()
}

/// The files of prompts that belong to the program, with their digests: those
/// that the plan names, that are there, and that no step is to write.
pub(super) fn prompts(plan: &Plan, config: &RunConfig) -> IndexMap<String, String> {
    let written: BTreeSet<String> = nodes(plan).flat_map(written_files).collect();
    let named: BTreeSet<String> = nodes(plan).flat_map(prompt_files).collect();
    let mut digests = IndexMap::new();
    for path in named.difference(&written) {
        let place = config.workspace.join(Path::new(path));
        if let Ok(text) = config.disk.read(&place) {
            digests.insert(path.clone(), hash_bytes(&text));
        }
    }
    digests
}
