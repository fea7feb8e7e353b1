//! The machine: a pure, synchronous interpreter of plans.
//!
//! [`Machine::step`] runs until it needs the world or has ended. It holds
//! plain data only, so the same plan, start and outcomes give the same
//! requests, records and result: that is what makes replaying a journal the
//! same thing as running.

mod each;
mod env;
mod errors;
mod frame;
mod ledger;
mod loops;
mod materialize;
mod process;
mod readers;
mod record;
mod region;
mod select;
mod stages;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};
use wfc_ir::{Node, NodeIx, NodeOp, Plan, PlanWorkflow, ReplayClass, StepId};

pub use frame::{CallSite, EachProgress, Frame, Phase, Version};
pub use record::{Failure, Iteration, Record, Status, Verdict, Waited};

use crate::{Coord, Outcome, Request};
use frame::Work;

/// What a run begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The run id.
    pub run_id: String,
    /// The absolute directory of the run.
    pub run_root: String,
    /// When it began.
    pub started_at: String,
    /// Bound inputs of the entry workflow, checked and with defaults.
    pub inputs: serde_json::Map<String, Value>,
    /// Context values that win over those of the entry workflow.
    pub context: IndexMap<String, String>,
    /// Goes on after a failed step as if the workflow were not strict.
    pub continue_on_error: bool,
    /// How often a provider step is tried again when it does not say.
    pub provider_retries: u32,
    /// How long it waits before that, in milliseconds.
    pub retry_delay_ms: u64,
}

/// What the machine does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Yield {
    /// It asks the host, and waits for [`Machine::answer`].
    Perform(Request),
    /// The run has completed with these outputs.
    Done(Value),
    /// The run has failed.
    Failed(Failure),
}

/// Something a person who watches would like to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A visible step begins.
    Started {
        /// Call depth, 0 for the root.
        depth: usize,
        /// Its key, with the call steps in front.
        name: String,
        /// `command`, `provider`, ...
        kind: &'static str,
    },
    /// A visible step is settled.
    Settled {
        /// Call depth, 0 for the root.
        depth: usize,
        /// Its key, with the call steps in front.
        name: String,
        /// `command`, `provider`, ...
        kind: &'static str,
        /// Its record.
        record: Arc<Record>,
    },
}

/// The visible step that is being run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// Its key in `state.json`.
    pub name: String,
    /// Position of the outermost step it belongs to.
    pub index: usize,
    /// What kind of step it is.
    pub kind: &'static str,
    /// Its durable id.
    pub step_id: String,
    /// How often it has been entered.
    pub visit: u64,
}

/// The interpreter.
#[derive(Clone, Debug)]
pub struct Machine {
    plan: Arc<Plan>,
    start: Start,
    frames: Vec<Frame>,
    nodes: Vec<HashMap<StepId, NodeIx>>,
    entered: HashMap<String, u64>,
    reply: Option<Outcome>,
    answered: u64,
    /// How many jumps were followed since the last answer.
    idle_jumps: u64,
    failed_at: Option<u64>,
    events: Vec<Event>,
    end: Option<Yield>,
}

/// What one stage led to.
enum Flow {
    On,
    Ask(Box<Request>),
}

impl Machine {
    /// A machine at the first step of the entry workflow of `plan`, which
    /// must have passed [`wfc_ir::verify_plan`].
    pub fn new(plan: Arc<Plan>, start: Start) -> Self {
        let nodes = plan.workflows.iter().map(index_nodes).collect();
        let mut machine = Machine {
            plan: Arc::clone(&plan),
            start,
            frames: Vec::new(),
            nodes,
            entered: HashMap::new(),
            reply: None,
            answered: 0,
            idle_jumps: 0,
            failed_at: None,
            events: Vec::new(),
            end: None,
        };
        if let Some(entry) = plan.entry() {
            let mut context = entry.context.clone();
            context.extend(machine.start.context.clone());
            let (inputs, root) = (machine.start.inputs.clone(), machine.start.run_root.clone());
            machine
                .frames
                .push(Frame::new(0, entry, inputs, context, root, None));
        }
        machine
    }

    /// Runs to the next question, or to the end.
    pub fn step(&mut self) -> Yield {
        loop {
            if let Some(end) = &self.end {
                return end.clone();
            }
            if let Flow::Ask(request) = self.advance() {
                return Yield::Perform(*request);
            }
        }
    }

    /// Gives the answer to the last question.
    pub fn answer(&mut self, outcome: Outcome) {
        self.reply = Some(outcome);
        self.answered += 1;
    }

    /// How many answers had been given when the run failed, if the last of
    /// them made it fail. Without that answer the run can go on; a failure
    /// that no answer caused would only happen again.
    pub fn failed_at(&self) -> Option<u64> {
        self.failed_at
    }

    /// The events since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The plan that is being run.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What the run began with.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// The frames that are running, the root first.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The visible step that a frame is running.
    pub fn current(&self, frame: &Frame) -> Option<Current> {
        let workflow = &self.plan.workflows[frame.workflow];
        let (node, activation) = frame.stack.iter().rev().find_map(|activation| {
            let ix = workflow
                .region(activation.region)
                .nodes
                .get(activation.pc)?;
            let node = workflow.node(*ix);
            (!node.hidden && activation.work.started).then_some((node, activation))
        })?;
        let _ = activation;
        let ix = self.node_of(frame.workflow, &node.id)?;
        Some(Current {
            name: frame.name(&node.key),
            index: frame.outer_index(workflow),
            kind: kind_of(&node.op),
            step_id: frame.name(&node.step_id),
            visit: frame.node_visits[ix.0 as usize],
        })
    }

    /// The innermost node that is being run.
    fn innermost(&self) -> Option<&Node> {
        let frame = self.frames.last()?;
        let workflow = &self.plan.workflows[frame.workflow];
        let ix = frame.current(workflow)?;
        Some(workflow.node(ix))
    }

    /// What a resume may do with an attempt at the innermost step of which it
    /// is not known how it ended.
    pub fn replay_class(&self) -> Option<ReplayClass> {
        Some(self.innermost()?.replay)
    }

    /// What kind of step the innermost one is.
    pub fn kind(&self) -> Option<&'static str> {
        Some(kind_of(&self.innermost()?.op))
    }

    /// The steps that come after the present one in the order of the entry
    /// workflow, unless an edge leads elsewhere: name and kind.
    pub fn ahead(&self) -> Vec<(String, &'static str)> {
        let Some(root) = self.frames.first() else {
            return Vec::new();
        };
        let workflow = &self.plan.workflows[root.workflow];
        let rest = root.stack.first().into_iter().flat_map(|outermost| {
            let nodes = &workflow.region(outermost.region).nodes;
            nodes.iter().skip(outermost.pc + 1)
        });
        let finally = workflow.finally.iter();
        let finally = finally.filter(|_| root.phase == Phase::Body);
        let finally = finally.flat_map(|(_, region)| &workflow.region(*region).nodes);
        rest.chain(finally)
            .map(|ix| workflow.node(*ix))
            .filter(|node| !node.hidden)
            .map(|node| (node.key.clone(), kind_of(&node.op)))
            .collect()
    }

    /// Who reads what the innermost step prints, if anyone does.
    pub fn reader_of_output(&self) -> Option<String> {
        let node = self.innermost()?;
        let workflow = &self.plan.workflows[self.frame().workflow];
        let reads = |part: &Value| readers::reads_output(part, node);
        let reader = workflow.nodes.iter().find(|other| reads(&json!(other)));
        match reader {
            Some(reader) => Some(format!("`{}`", reader.name)),
            None => reads(&json!(workflow.regions)).then(|| "the workflow".to_owned()),
        }
    }

    fn advance(&mut self) -> Flow {
        let Some(frame) = self.frames.last() else {
            self.end = Some(Yield::Done(Value::Null));
            return Flow::On;
        };
        match frame.phase {
            Phase::Body | Phase::Finally => self.advance_region(),
            Phase::Export => self.export(),
            Phase::Ended => {
                self.leave_frame();
                Flow::On
            }
        }
    }

    /// The answer to a question that the current stage asks: the reply when
    /// the stage is entered again, or the question itself.
    fn ask(&mut self, request: impl FnOnce(&mut Self) -> Request) -> Result<Outcome, Flow> {
        match self.take_reply() {
            Some(outcome) => Ok(outcome),
            None => Err(Flow::Ask(Box::new(request(self)))),
        }
    }

    fn take_reply(&mut self) -> Option<Outcome> {
        let reply = self.reply.take()?;
        self.idle_jumps = 0;
        if let Some(top) = self.frame_mut().stack.last_mut() {
            top.work.asked = true;
        }
        Some(reply)
    }

    fn node_of(&self, workflow: usize, step: &StepId) -> Option<NodeIx> {
        self.nodes.get(workflow)?.get(step).copied()
    }

    /// What a step that is being run has gathered.
    fn active<'a>(&self, frame: &'a Frame, step: &StepId) -> Option<&'a Work> {
        let wanted = self.node_of(frame.workflow, step)?;
        let workflow = &self.plan.workflows[frame.workflow];
        frame.stack.iter().find_map(|activation| {
            let ix = workflow
                .region(activation.region)
                .nodes
                .get(activation.pc)?;
            (*ix == wanted).then_some(&activation.work)
        })
    }

    /// The last frame. There is one until the run has ended.
    fn frame(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    fn frame_mut(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// The innermost activation. A frame in its body or cleanup has one.
    fn top(&mut self) -> &mut frame::Activation {
        let frame = self.frame_mut();
        let last = frame.stack.len() - 1;
        &mut frame.stack[last]
    }

    fn workflow(&self) -> (Arc<Plan>, usize) {
        (Arc::clone(&self.plan), self.frame().workflow)
    }

    /// Where the current node is, for files, journal and cassette.
    fn coord(&self, node: &Node, visit: u64) -> Coord {
        let frame = self.frame();
        let workflow = &self.plan.workflows[frame.workflow];
        let mut path = frame
            .call
            .as_ref()
            .map_or(String::new(), |c| c.path.clone());
        for activation in &frame.stack {
            if let (Some(iteration), Some(owner)) = (activation.iteration, activation.owner) {
                path.push_str(&format!("{}#{iteration}/", leaf(&workflow.node(owner).id)));
            }
        }
        path.push_str(leaf(&node.id));
        Coord {
            path,
            step_id: frame.name(&node.step_id),
            frame: frame
                .call
                .as_ref()
                .map_or(String::new(), |c| c.frame_id.clone()),
            visit,
            log_name: self.display_name(&frame.name(&node.key)),
        }
    }

    /// A key with the call steps in front.
    fn display_name(&self, key: &str) -> String {
        let frame = self.frame();
        let prefix = frame.call.as_ref().map_or("", |c| c.log_prefix.as_str());
        format!("{prefix}{key}")
    }
}

fn index_nodes(workflow: &PlanWorkflow) -> HashMap<StepId, NodeIx> {
    (0u32..)
        .map(NodeIx)
        .zip(&workflow.nodes)
        .map(|(ix, node)| (node.id.clone(), ix))
        .collect()
}

/// The last authored name of an id.
fn leaf(id: &StepId) -> &str {
    id.as_str().rsplit('/').next().unwrap_or(id.as_str())
}

/// The word for a kind of step in `current_step`.
fn kind_of(op: &NodeOp) -> &'static str {
    match op {
        NodeOp::Process(process) => match process.exec {
            wfc_ir::Exec::Command { .. } => "command",
            wfc_ir::Exec::Provider { .. } => "provider",
            wfc_ir::Exec::Adjudicated(_) => "adjudicated_provider",
        },
        NodeOp::Compute { .. } => "set_scalar",
        NodeOp::Materialize { .. } => "materialize_artifacts",
        NodeOp::Select(_) => "select_variant_output",
        NodeOp::Assert { .. } => "assert",
        NodeOp::Call { .. } => "call",
        NodeOp::If { .. } => "structured_if_join",
        NodeOp::Match { .. } => "structured_match_join",
        NodeOp::Loop(_) => "repeat_until",
        NodeOp::Each(_) => "for_each",
        NodeOp::Wait(_) => "wait_for",
    }
}

/// The artifacts that a value of type `ty` is kept as.
fn as_artifacts(ty: &wfc_ir::Type, value: Value) -> serde_json::Map<String, Value> {
    match (ty, value) {
        (wfc_ir::Type::Record { .. } | wfc_ir::Type::Union { .. }, Value::Object(map)) => map,
        (_, value) => {
            let mut map = serde_json::Map::new();
            map.insert(wfc_ir::RESULT_KEY.to_owned(), value);
            map
        }
    }
}

/// Holds a value against a type that asks nothing of the workspace.
struct NoFiles;

impl wfc_ir::Files for NoFiles {
    fn read(&self, _path: &str) -> Option<Result<String, String>> {
        None
    }

    fn resolve(&self, path: &str) -> Result<(String, wfc_ir::PathKind), String> {
        Ok((path.to_owned(), wfc_ir::PathKind::Missing))
    }
}

/// The error a frame ends with when nothing better is known.
fn failure_of(frame: &Frame) -> Failure {
    let failure = frame
        .body_failure
        .clone()
        .or_else(|| frame.finally_failure.clone());
    match failure {
        Some(failure) => Failure {
            error: frame.error(),
            ..failure
        },
        None => Failure {
            step: String::new(),
            step_id: String::new(),
            exit_code: 2,
            error: frame.error(),
            verdict: Verdict::REFUSED,
        },
    }
}
