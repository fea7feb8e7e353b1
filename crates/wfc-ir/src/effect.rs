//! Effects: what a step may do to the world, and what a resume may do with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Exec, Expr, Op};

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
            let (class, resource) = match &process.exec {
                Exec::Command { argv } => (EffectClass::Command, argv.first()),
                Exec::Provider { provider, .. } => (EffectClass::Provider, Some(provider)),
            };
            vec![effect(class, literal(resource), ReplayClass::Rerun)]
        }
        Op::Call { workflow, .. } => {
            vec![effect(EffectClass::Call, workflow.clone(), ReplayClass::Rerun)]
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
