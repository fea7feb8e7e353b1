//! Frames: one activation of a workflow, as plain data.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;
use wfc_ir::{Node, NodeIx, PlanWorkflow, RegionIx};

use super::record::{Failure, Iteration, Record};
use crate::{ErrorObject, Taken};

/// One version of an artifact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// From 1.
    pub version: u64,
    /// The value.
    pub value: Value,
    /// Who published it: a durable id, or a step name below DSL 2.0.
    pub producer: String,
    /// The key of that step, without the loops around it.
    pub producer_name: String,
    /// The position of the outermost step it belongs to.
    pub step_index: usize,
    /// Where a called workflow has it from.
    #[serde(rename = "source_provenance", skip_serializing_if = "Option::is_none")]
    pub source: Option<Value>,
}

/// How far the end of a workflow has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The body runs.
    Body,
    /// The cleanup block runs.
    Finally,
    /// The outputs are being checked.
    Export,
    /// It has ended.
    Ended,
}

/// A region that is being run.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    pub(super) region: RegionIx,
    /// Position of the current node in the region.
    pub(super) pc: usize,
    /// The node that the region belongs to; `None` for a body.
    pub(super) owner: Option<NodeIx>,
    /// The iteration, for the body of a loop.
    pub(super) iteration: Option<u64>,
    /// What has been decided about the current node.
    pub(super) stage: Stage,
    /// What the current node has gathered.
    pub(super) work: Work,
}

impl Activation {
    pub(super) fn new(region: RegionIx, owner: Option<NodeIx>, iteration: Option<u64>) -> Self {
        Activation {
            region,
            pc: 0,
            owner,
            iteration,
            stage: Stage::Enter,
            work: Work::default(),
        }
    }

    pub(super) fn go(&mut self, pc: usize) {
        self.pc = pc;
        self.stage = Stage::Enter;
        self.work = Work::default();
    }
}

/// How far a node has come. A stage may ask the host one question; it is
/// entered again with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Guards: transitions, `when`.
    Enter,
    /// Pointer files of consumed artifacts, from this index.
    Pointers(usize),
    /// The file that shows what is consumed.
    Bundle,
    /// Visits, and the operation itself.
    Execute,
    /// A region inside, or a callee, is running.
    Inside,
    /// The value of an inner region has been computed; check it.
    Join,
    /// A loop asks whether to go on.
    Until,
    /// Directories and pointer files of materialized values, from this index.
    Files(usize),
    /// Versions and pointer files of published artifacts, from this index.
    Publish(usize),
}

/// What the current node has gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) consumed: serde_json::Map<String, Value>,
    /// The versions of what is consumed, to be noted when the step succeeds.
    pub(super) versions: Vec<(String, u64)>,
    pub(super) refused: Option<ErrorObject>,
    pub(super) started: bool,
    /// Whether the move to this node has been counted.
    pub(super) arrived: bool,
    /// Whether the host has answered a question of this node.
    pub(super) asked: bool,
    pub(super) record: Option<Record>,
    /// The time, once it was asked.
    pub(super) unix_ns: Option<i64>,
    /// What was noted of files before the process.
    pub(super) snapshot: Option<(String, Taken)>,
    /// The number of the answer from which on all are void when the step
    /// fails; none for the last one alone.
    pub(super) redo_from: Option<u64>,
    /// The value of the inner region that has just ended.
    pub(super) value: Option<Value>,
    /// The word or branch that was chosen.
    pub(super) chosen: Option<String>,
    pub(super) loops: Option<LoopWork>,
    pub(super) each: Option<EachWork>,
}

/// The counters of a loop.
#[derive(Clone, Debug)]
pub(super) struct LoopWork {
    pub(super) max: u64,
    pub(super) iteration: u64,
    pub(super) completed: Vec<u64>,
    pub(super) state: Option<Value>,
    pub(super) out: Option<Value>,
    pub(super) asked: Option<bool>,
    /// Whether no iteration is running or to come.
    pub(super) over: bool,
    pub(super) exhausted: bool,
}

/// A loop over a list.
#[derive(Clone, Debug)]
pub(super) struct EachWork {
    pub(super) items: Arc<Vec<Value>>,
    pub(super) iteration: u64,
    /// What the iterations so far have left.
    pub(super) done: Vec<Iteration>,
}

/// How far a loop over a list has come.
#[derive(Clone, Debug)]
pub struct EachProgress {
    pub(super) items: Arc<Vec<Value>>,
    /// How many iterations have ended.
    pub(super) completed: u64,
}

/// One activation of a workflow.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Index of the workflow in the plan.
    pub workflow: usize,
    /// Bound inputs.
    pub inputs: serde_json::Map<String, Value>,
    /// Context values.
    pub context: IndexMap<String, String>,
    /// The directory of the run, or of this call.
    pub root: String,
    /// How the frame came to be; `None` for the root.
    pub call: Option<CallSite>,
    /// Settled steps by their key in `state.json`, in the order they settled.
    pub records: IndexMap<String, Arc<Record>>,
    /// Versions of artifacts.
    pub versions: IndexMap<String, Vec<Version>>,
    /// Last consumed version, by consumer and artifact.
    pub consumes: IndexMap<String, IndexMap<String, u64>>,
    /// Moves between outermost steps so far.
    pub transitions: u64,
    /// Visits of visible steps outside of loops, by key.
    pub visits: IndexMap<String, u64>,
    /// Progress of loops, by key.
    pub loops: IndexMap<String, Value>,
    /// Progress of loops over lists, by key.
    pub each: IndexMap<String, EachProgress>,
    /// Callees by frame id, in the order they began; ended ones included.
    pub callees: IndexMap<String, Frame>,
    /// How far it has come.
    pub phase: Phase,
    /// Why the body failed.
    pub body_failure: Option<Failure>,
    /// Why the cleanup failed.
    pub finally_failure: Option<Failure>,
    /// Why the outputs were refused.
    pub export_error: Option<ErrorObject>,
    /// Cleanup steps that are done.
    pub finally_done: Vec<usize>,
    /// The result, once it is checked.
    pub outputs: Option<Value>,
    pub(super) results: Vec<Option<Arc<Record>>>,
    pub(super) node_visits: Vec<u64>,
    pub(super) stack: Vec<Activation>,
}

/// How a frame came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The id of the frame, such as `root.design::visit::1`.
    pub frame_id: String,
    /// The key of the call step, without the loops around it.
    pub step_name: String,
    /// The durable id of the call step.
    pub step_id: String,
    /// Prefix of the paths of its steps, with a final `/`.
    pub path: String,
    /// Prefix of the log names of its steps, with a final `.`.
    pub log_prefix: String,
}

impl Frame {
    pub(super) fn new(
        index: usize,
        workflow: &PlanWorkflow,
        inputs: serde_json::Map<String, Value>,
        context: IndexMap<String, String>,
        root: String,
        call: Option<CallSite>,
    ) -> Self {
        Frame {
            workflow: index,
            inputs,
            context,
            root,
            call,
            records: IndexMap::new(),
            versions: IndexMap::new(),
            consumes: IndexMap::new(),
            transitions: 0,
            visits: IndexMap::new(),
            loops: IndexMap::new(),
            each: IndexMap::new(),
            callees: IndexMap::new(),
            phase: Phase::Body,
            body_failure: None,
            finally_failure: None,
            export_error: None,
            finally_done: Vec::new(),
            outputs: None,
            results: vec![None; workflow.nodes.len()],
            node_visits: vec![0; workflow.nodes.len()],
            stack: vec![Activation::new(workflow.body, None, None)],
        }
    }

    /// Replaces `{0}`, `{1}`, ... in a name by the iterations of the loops
    /// that are running, outermost first.
    pub(super) fn name(&self, pattern: &str) -> String {
        if !pattern.contains('{') {
            return pattern.to_owned();
        }
        let mut name = pattern.to_owned();
        let iterations = self.stack.iter().filter_map(|a| a.iteration);
        for (depth, iteration) in iterations.enumerate() {
            name = name.replace(&format!("{{{depth}}}"), &iteration.to_string());
        }
        name
    }

    /// Whether the current step stands in no loop, so that its visits count.
    pub(super) fn is_once(&self) -> bool {
        self.stack.iter().all(|active| active.iteration.is_none())
    }

    /// How often a step has been entered under its present name: a name in a
    /// loop has the iterations in it, so as often as the outermost loop.
    pub(super) fn entries(&self, ix: NodeIx) -> u64 {
        let outermost = self.stack.iter().find(|a| a.iteration.is_some());
        let counted = outermost.and_then(|a| a.owner).unwrap_or(ix);
        self.node_visits[counted.0 as usize]
    }

    /// Notes how often a step that is shown has been entered.
    pub(super) fn count_visit(&mut self, node: &Node, visits: u64) {
        if !node.hidden && self.is_once() {
            self.visits.insert(node.key.clone(), visits);
        }
    }

    /// The position of the current outermost step among those that are shown.
    pub fn outer_index(&self, workflow: &PlanWorkflow) -> usize {
        self.stack.first().map_or(0, |outermost| {
            let nodes = &workflow.region(outermost.region).nodes;
            let before = nodes.iter().take(outermost.pc);
            before.filter(|ix| !workflow.node(**ix).hidden).count()
        })
    }

    /// The current outermost node.
    pub(super) fn current(&self, workflow: &PlanWorkflow) -> Option<NodeIx> {
        let top = self.stack.last()?;
        workflow.region(top.region).nodes.get(top.pc).copied()
    }

    /// The error that the frame ends with, if it has failed.
    pub fn error(&self) -> Option<ErrorObject> {
        if let Some(failure) = &self.body_failure {
            return failure.error.clone();
        }
        self.finally_failure
            .as_ref()
            .map(super::errors::finalization_failed)
            .or_else(|| self.export_error.clone())
    }

    /// Has the frame ended without success?
    pub fn failed(&self) -> bool {
        self.body_failure.is_some() || self.finally_failure.is_some() || self.export_error.is_some()
    }
}
