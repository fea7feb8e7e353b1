//! Effects: what a step may do to the world, and what a resume may do with it.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Exec, Expr, Op, Workflow};

/// What a resume may do with an attempt whose outcome was never recorded.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReplayClass {
    /// Nothing happened: evaluate it again.
    Pure,
    /// It only looked: look again.
    Read,
    /// Its contract says that an interrupted attempt runs again.
    Rerun,
    /// It must not happen twice: a person decides.
    Once,
}

/// A class of effect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// Runs an agent.
    Provider,
    /// Runs a command.
    Command,
    /// Looks at the workspace.
    Read,
    /// Writes a declared file.
    Write,
    /// Reads or writes the ledger of artifacts.
    State,
    /// Runs another workflow.
    Call,
    /// Asks what time it is.
    Clock,
    /// Waits for files.
    Wait,
}

/// One entry of an effect row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// What kind.
    pub class: EffectClass,
    /// On what; `*` when it cannot be known.
    pub resource: String,
    /// What a resume may do.
    pub replay: ReplayClass,
}

/// The effects of one operation, without those of the regions inside it.
pub fn effects_of(op: &Op) -> Vec<Effect> {
    let effect = |class, resource: String, replay| Effect {
        class,
        resource,
        replay,
    };
    match op {
        Op::Process(process) => {
            // A conversation would hear the same thing twice.
            let replay = match (process.replay, &process.session) {
                (Some(said), _) => said,
                (None, Some(_)) => ReplayClass::Once,
                (None, None) => ReplayClass::Rerun,
            };
            let command =
                |argv: &[Expr]| effect(EffectClass::Command, literal(argv.first()), replay);
            let provider = |name: String| effect(EffectClass::Provider, name, replay);
            let runs: Vec<Effect> = match &process.exec {
                Exec::Command { argv, .. } => vec![command(argv)],
                Exec::Provider { provider: name, .. } => vec![provider(literal(Some(name)))],
                Exec::Adjudicated(each) => {
                    let candidates = each.candidates.iter().map(|each| &each.provider);
                    let names = candidates.chain([&each.evaluator.provider]).cloned();
                    let names: IndexSet<String> = names.collect();
                    names.into_iter().map(provider).collect()
                }
            };
            let read = |path| effect(EffectClass::Read, literal(Some(path)), ReplayClass::Read);
            let candidates = process.snapshot.iter().flat_map(|s| s.candidates.values());
            runs.into_iter().chain(candidates.map(read)).collect()
        }
        Op::Materialize { values } => values
            .iter()
            .flat_map(|each| {
                let write = |path| {
                    let resource = literal(Some(path));
                    effect(EffectClass::Write, resource, ReplayClass::Rerun)
                };
                let directory = each.value().filter(|_| each.ensure_parent);
                let written = each.value().filter(|_| each.content.is_some());
                let files = directory.into_iter().chain(written).chain(&each.pointer);
                let files = files.map(write);
                let clock = effect(EffectClass::Clock, "*".to_owned(), ReplayClass::Read);
                let clock = each.value().is_none().then_some(clock);
                clock.into_iter().chain(files).collect::<Vec<_>>()
            })
            .collect(),
        Op::Select(select) => {
            let path = select.contract.bundle_path().and_then(Option::as_ref);
            vec![
                effect(EffectClass::Read, "*".to_owned(), ReplayClass::Read),
                effect(EffectClass::Write, literal(path), ReplayClass::Rerun),
            ]
        }
        Op::Call { workflow, .. } => {
            vec![effect(
                EffectClass::Call,
                workflow.clone(),
                ReplayClass::Rerun,
            )]
        }
        Op::Wait(wait) => {
            let resource = literal(Some(&wait.glob));
            vec![effect(EffectClass::Wait, resource, ReplayClass::Read)]
        }
        Op::Assert { cond } | Op::If { cond, .. } if !cond.probes.is_empty() => cond
            .probes
            .iter()
            .map(|probe| effect(EffectClass::Read, literal(Some(probe)), ReplayClass::Read))
            .collect(),
        _ => Vec::new(),
    }
}

fn literal(expr: Option<&Expr>) -> String {
    match expr {
        Some(Expr::Lit { value }) => crate::to_text(value),
        _ => "*".to_owned(),
    }
}

/// The effects of a workflow and of the regions in it, each once, in a fixed
/// order: those of its steps, the questions that guards and loops ask of the
/// workspace, and its reads and writes of the ledger. A call counts as a call;
/// the effects of the callee are its own.
pub fn effect_row(workflow: &Workflow) -> Vec<Effect> {
    let mut row = BTreeSet::new();
    for step in workflow.steps() {
        row.extend(effects_of(&step.op));
        let until = match &step.op {
            Op::Loop(each) => Some(&each.until),
            _ => None,
        };
        for probe in step.when.iter().chain(until).flat_map(|cond| &cond.probes) {
            row.insert(Effect {
                class: EffectClass::Read,
                resource: literal(Some(probe)),
                replay: ReplayClass::Read,
            });
        }
        let reads = step
            .consumes
            .iter()
            .map(|each| (&each.artifact, ReplayClass::Read));
        let writes = step
            .publishes
            .iter()
            .map(|each| (&each.artifact, ReplayClass::Rerun));
        row.extend(reads.chain(writes).map(|(artifact, replay)| Effect {
            class: EffectClass::State,
            resource: artifact.clone(),
            replay,
        }));
    }
    row.into_iter().collect()
}

impl fmt::Display for ReplayClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReplayClass::Pure => "pure",
            ReplayClass::Read => "read",
            ReplayClass::Rerun => "rerun",
            ReplayClass::Once => "once",
        })
    }
}

impl fmt::Display for EffectClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EffectClass::Provider => "provider",
            EffectClass::Command => "command",
            EffectClass::Read => "read",
            EffectClass::Write => "write",
            EffectClass::State => "state",
            EffectClass::Call => "call",
            EffectClass::Clock => "clock",
            EffectClass::Wait => "wait",
        })
    }
}

impl fmt::Display for Effect {
    /// `command(make) rerun`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) {}", self.class, self.resource, self.replay)
    }
}
