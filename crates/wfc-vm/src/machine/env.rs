//! What expressions see of a frame.

use serde_json::Value;
use wfc_ir::{Env, RunField, StepField, StepId};

use super::frame::Frame;
use super::{Machine, Start};

/// The view of a frame at one moment.
pub(super) struct Scope<'a> {
    pub(super) frame: &'a Frame,
    pub(super) start: &'a Start,
    pub(super) machine: &'a Machine,
    pub(super) probes: &'a [bool],
    /// The result of the loop body that has just ended, and the state that
    /// the loop's own expressions see.
    pub(super) out: Option<&'a Value>,
    pub(super) state: Option<(&'a StepId, Option<&'a Value>)>,
}

impl Env for Scope<'_> {
    fn input(&self, name: &str) -> Option<Value> {
        self.frame.inputs.get(name).cloned()
    }

    fn context(&self, key: &str) -> Option<String> {
        self.frame.context.get(key).cloned()
    }

    fn run(&self, field: RunField) -> Option<String> {
        Some(match field {
            RunField::Id => self.start.run_id.clone(),
            RunField::Root => self.frame.root.clone(),
            RunField::TimestampUtc => self.start.started_at.clone(),
        })
    }

    fn step(&self, step: &StepId, field: &StepField) -> Option<Value> {
        let node = self.machine.node_of(self.frame.workflow, step)?;
        self.frame.results[node.0 as usize].as_ref()?.get(field)
    }

    fn loop_state(&self, step: &StepId) -> Option<Value> {
        if let Some((id, state)) = self.state
            && id == step
        {
            return state.cloned();
        }
        let work = self.machine.active(self.frame, step)?;
        work.loops.as_ref()?.state.clone()
    }

    fn loop_index(&self, step: &StepId) -> Option<u64> {
        let work = self.machine.active(self.frame, step)?;
        match (&work.loops, &work.each) {
            (Some(work), _) => Some(work.iteration),
            (None, each) => Some(each.as_ref()?.iteration),
        }
    }

    fn item(&self, step: &StepId) -> Option<Value> {
        let work = self.machine.active(self.frame, step)?.each.as_ref()?;
        let iteration = usize::try_from(work.iteration).ok()?;
        work.items.get(iteration).cloned()
    }

    fn loop_total(&self, step: &StepId) -> Option<u64> {
        let work = self.machine.active(self.frame, step)?;
        match (&work.loops, &work.each) {
            (Some(work), _) => Some(work.max),
            (None, each) => u64::try_from(each.as_ref()?.items.len()).ok(),
        }
    }

    fn out(&self) -> Option<Value> {
        self.out.cloned()
    }

    fn artifact(&self, name: &str) -> Option<Value> {
        Some(self.frame.versions.get(name)?.last()?.value.clone())
    }

    fn consumed(&self, name: &str) -> Option<Value> {
        self.frame.stack.last()?.work.consumed.get(name).cloned()
    }

    fn probe(&self, index: usize) -> Option<bool> {
        self.probes.get(index).copied()
    }
}
