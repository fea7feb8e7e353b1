//! Moving through regions and frames: order, edges, failures, ends.

use std::sync::Arc;

use serde_json::{Value, json};
use wfc_ir::{Expr, Jump, NodeIx, NodeOp, PlanWorkflow, RegionIx, StepField, Type, eval};

use super::env::Scope;
use super::frame::{Activation, CallSite, Frame, Phase, Stage};
use super::record::{Failure, Record, Status, Verdict, shown_name};
use super::{Event, Flow, Machine, NoFiles, Yield, as_artifacts, errors, failure_of, kind_of};
use crate::{Outcome, Request};

impl Machine {
    pub(super) fn advance_region(&mut self) -> Flow {
        let (plan, index) = self.workflow();
        let workflow = &plan.workflows[index];
        match self.frame().current(workflow) {
            Some(ix) => self.advance_node(workflow, ix),
            None => {
                self.end_of_region(workflow);
                Flow::On
            }
        }
    }

    /// A view of the current frame without probes and loop results.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            frame: self.frame(),
            start: &self.start,
            machine: self,
            probes: &[],
            out: None,
            state: None,
        }
    }

    fn end_of_region(&mut self, workflow: &PlanWorkflow) {
        let top = self.top();
        let (region, owner) = (top.region, top.owner);
        let Some(owner) = owner else {
            self.end_of_body();
            return;
        };
        let value = match &workflow.region(region).value {
            Some(value) => eval(value, &self.scope()),
            None => Ok(json!({})),
        };
        self.frame_mut().stack.pop();
        let node = workflow.node(owner);
        match value {
            Ok(value) => {
                let repeats = node.op.repeats();
                let top = self.top();
                top.work.value = Some(value);
                top.stage = if repeats { Stage::Until } else { Stage::Join };
            }
            Err(problem) => {
                let scope = if matches!(node.op, NodeOp::Loop(_)) {
                    "repeat_until_outputs"
                } else {
                    "structured_outputs"
                };
                let error = errors::unresolved("Structured if/else join failed", scope, &problem);
                self.refuse(workflow, owner, (2, Verdict::CONTRACT, error));
            }
        }
    }

    fn end_of_body(&mut self) {
        let plan = Arc::clone(&self.plan);
        let frame = self.frame_mut();
        frame.stack.clear();
        let finally = plan.workflows[frame.workflow].finally.as_ref();
        frame.phase = match (frame.phase, finally) {
            (Phase::Body, Some((_, region))) => {
                frame.stack.push(Activation::new(*region, None, None));
                Phase::Finally
            }
            _ if frame.failed() => Phase::Ended,
            _ => Phase::Export,
        };
    }

    /// Ends the current node with a failure that the machine itself found.
    pub(super) fn refuse(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        (exit_code, verdict, error): (i64, Verdict, crate::ErrorObject),
    ) {
        let record = self
            .new_record(workflow, ix)
            .fail(exit_code, verdict, error);
        self.top().work.record = Some(record);
        self.settle(workflow, ix);
    }

    /// A completed record of the current node without values.
    pub(super) fn new_record(&self, workflow: &PlanWorkflow, ix: NodeIx) -> Record {
        let (frame, node) = (self.frame(), workflow.node(ix));
        let visits = frame.node_visits[ix.0 as usize];
        let mut record = Record::completed(shown_name(&node.key), frame.name(&node.step_id));
        record.visit = (frame.is_once() && visits > 0).then_some(visits);
        record
    }

    /// Keeps the record of the current node and moves on.
    pub(super) fn settle(&mut self, workflow: &PlanWorkflow, ix: NodeIx) {
        let (asked, redo_from) = {
            let work = &self.top().work;
            (work.asked, work.redo_from)
        };
        let Some(record) = self.top().work.record.take() else {
            return;
        };
        if record.status == Status::Failed && asked && self.failed_at.is_none() {
            self.failed_at = Some(redo_from.unwrap_or(self.answered));
        }
        let (status, node) = (record.status, workflow.node(ix));
        if let Some(visit) = record.visit {
            self.frame_mut().count_visit(node, visit);
        }
        let failure = Failure {
            step: record.name.clone(),
            step_id: record.step_id.clone(),
            exit_code: record.exit_code,
            error: record.error.clone(),
            verdict: record.verdict,
        };
        self.keep(workflow, ix, record);
        match status {
            Status::Failed => self.route_failure(workflow, ix, failure),
            Status::Completed => self.route(workflow, node.on_always.or(node.on_success)),
            Status::Skipped => self.route(workflow, None),
        }
    }

    fn keep(&mut self, workflow: &PlanWorkflow, ix: NodeIx, record: Record) {
        let node = workflow.node(ix);
        let record = Arc::new(record);
        let key = self.frame().name(&node.key);
        if !node.hidden {
            let name = self.display_name(&key);
            self.events.push(Event::Settled {
                depth: self.frames.len() - 1,
                name,
                kind: kind_of(&node.op),
                record: Arc::clone(&record),
            });
        }
        let frame = self.frame_mut();
        frame.results[ix.0 as usize] = Some(Arc::clone(&record));
        if !node.hidden {
            // A step that is visited again moves to its newest record in place.
            frame.records.insert(key, record);
        }
    }

    fn route_failure(&mut self, workflow: &PlanWorkflow, ix: NodeIx, failure: Failure) {
        let node = workflow.node(ix);
        let guard = failure
            .error
            .as_ref()
            .is_some_and(|e| e.kind == "cycle_guard_exceeded");
        let jump = node.on_always.or(node.on_failure);
        let lenient = self.passes_on(workflow);
        match jump {
            Some(jump) if !guard => {
                self.failed_at = None;
                self.route(workflow, Some(jump));
            }
            None if lenient && !guard => {
                self.failed_at = None;
                self.route(workflow, None);
            }
            _ => self.fail_region(workflow, failure),
        }
    }

    /// Does a failure let the next step of the region run?
    fn passes_on(&self, workflow: &PlanWorkflow) -> bool {
        let frame = self.frame();
        let mut around = frame.stack.iter().rev();
        let iteration = around.find(|active| active.iteration.is_some());
        match iteration.and_then(|active| active.owner) {
            // An iteration is whole or it has failed; only the loop may be
            // let pass. One of a loop over a list goes on.
            Some(owner) => matches!(workflow.node(owner).op, NodeOp::Each(_)),
            None => {
                let lenient = !workflow.strict || self.start.continue_on_error;
                lenient && frame.phase == Phase::Body
            }
        }
    }

    /// Moves to the next node, or along an edge.
    fn route(&mut self, workflow: &PlanWorkflow, jump: Option<Jump>) {
        self.idle_jumps += u64::from(jump.is_some());
        let frame = self.frame_mut();
        let outermost = frame.stack.len() == 1;
        let phase = frame.phase;
        let Some(top) = frame.stack.last_mut() else {
            return;
        };
        let nodes = &workflow.region(top.region).nodes;
        let shown = nodes
            .get(top.pc)
            .is_some_and(|ix| !workflow.node(*ix).hidden);
        let next = match jump {
            Some(Jump::End) => nodes.len(),
            Some(Jump::Node(target)) => nodes
                .iter()
                .position(|node| *node == target)
                .unwrap_or(nodes.len()),
            None => top.pc + 1,
        };
        top.go(next);
        if phase == Phase::Finally && outermost && shown {
            frame.finally_done.push(frame.finally_done.len());
        }
    }

    /// Carries a failure out of the region that is being run.
    fn fail_region(&mut self, workflow: &PlanWorkflow, failure: Failure) {
        let top = self.top();
        let (owner, iteration) = (top.owner, top.iteration);
        let Some(owner) = owner else {
            let frame = self.frame_mut();
            match frame.phase {
                Phase::Finally => frame.finally_failure = Some(failure),
                _ => frame.body_failure = Some(failure),
            }
            self.end_of_body();
            return;
        };
        self.frame_mut().stack.pop();
        match iteration {
            Some(iteration) => {
                let error = errors::loop_body(iteration, &failure);
                // A loop fails in the way in which its step did.
                let verdict = failure.verdict;
                let mut record =
                    self.new_record(workflow, owner)
                        .fail(failure.exit_code, verdict, error);
                record.debug = self.loop_debug(workflow, owner);
                let last = self.top().work.loops.as_ref().and_then(|l| l.out.clone());
                let last = last.and_then(|out| out.as_object().cloned());
                record.artifacts = Some(last.unwrap_or_default());
                self.top().work.record = Some(record);
                self.settle(workflow, owner);
            }
            // A branch that fails leaves its join without a record.
            None => self.route_failure(workflow, owner, failure),
        }
    }

    /// Records a branch that was chosen, and those that were not.
    pub(super) fn mark_branches(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        chosen: Option<RegionIx>,
        regions: &[RegionIx],
    ) {
        let node = workflow.node(ix);
        let chosen_name = chosen
            .and_then(|r| workflow.region(r).shown.as_ref())
            .map(|shown| shown.name.clone());
        let (label, selected, marker) = match node.op {
            NodeOp::If { .. } => ("structured_if", "selected_branch", "branch_marker"),
            _ => ("structured_match", "selected_case", "case_marker"),
        };
        for region in regions {
            let Some(shown) = workflow.region(*region).shown.clone() else {
                continue;
            };
            let frame = self.frame();
            let (key, step_id) = (frame.name(&shown.key), frame.name(&shown.step_id));
            let taken = Some(*region) == chosen;
            let name = shown_name(&shown.key);
            let mut record = if taken {
                Record::completed(name, step_id)
            } else {
                Record::skipped(name, step_id)
            };
            if taken && !node.hidden && frame.is_once() {
                let visits = frame.node_visits[ix.0 as usize];
                record.visit = Some(visits);
                self.frame_mut().visits.insert(key.clone(), visits);
            }
            record.debug = Some(json!({
                label: {
                    "statement_name": node.name,
                    selected: chosen_name,
                    marker: true,
                }
            }));
            if !node.hidden {
                self.frame_mut().records.insert(key, Arc::new(record));
            }
            if !taken {
                self.skip_region(workflow, *region);
            }
        }
        self.top().work.chosen = chosen_name;
    }

    fn skip_region(&mut self, workflow: &PlanWorkflow, region: RegionIx) {
        let mut regions = vec![region];
        while let Some(region) = regions.pop() {
            for ix in &workflow.region(region).nodes {
                let node = workflow.node(*ix);
                let frame = self.frame();
                let key = frame.name(&node.key);
                // Bodies of loops inside have no iteration to be shown under.
                if node.hidden || key.contains('{') {
                    continue;
                }
                let name = shown_name(&node.key);
                let record = Arc::new(Record::skipped(name, frame.name(&node.step_id)));
                let frame = self.frame_mut();
                frame.results[ix.0 as usize] = Some(Arc::clone(&record));
                frame.records.insert(key, record);
                if !node.op.repeats() {
                    regions.extend(node.op.regions());
                }
            }
        }
    }

    /// Forgets what the steps of a loop body left in the last iteration.
    pub(super) fn forget(&mut self, workflow: &PlanWorkflow, region: RegionIx) {
        let mut regions = vec![region];
        while let Some(region) = regions.pop() {
            for ix in &workflow.region(region).nodes {
                self.frame_mut().results[ix.0 as usize] = None;
                regions.extend(workflow.node(*ix).op.regions());
            }
        }
    }

    /// Begins a call of the current node.
    pub(super) fn enter_frame(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        callee: usize,
        inputs: serde_json::Map<String, Value>,
    ) {
        let node = workflow.node(ix);
        let coord = self.coord(node, 0);
        let frame = self.frame();
        let step_id = frame.name(&node.step_id);
        let visit = frame.entries(ix);
        let frame_id = format!("{step_id}::visit::{visit}");
        let site = CallSite {
            step_name: shown_name(&node.key).to_owned(),
            path: format!("{}/", coord.path),
            log_prefix: format!("{}.", coord.log_name),
            step_id,
            frame_id: frame_id.clone(),
        };
        let root = format!("{}/call_frames/{}", frame.root, frame_dir(&frame_id));
        let target = &self.plan.workflows[callee];
        let context = target.context.clone();
        let frame = Frame::new(callee, target, inputs, context, root, Some(site));
        self.top().stage = Stage::Inside;
        self.frames.push(frame);
    }

    /// Checks the result of a workflow whose steps have all ended well.
    pub(super) fn export(&mut self) -> Flow {
        let (plan, index) = self.workflow();
        let workflow = &plan.workflows[index];
        let value = match &workflow.region(workflow.body).value {
            Some(value) => eval(value, &self.scope()),
            None => Ok(json!({})),
        };
        let result = match value {
            Err(problem) => {
                let output = self.first_unresolved(workflow);
                Err(errors::export_unresolved(output, &problem))
            }
            Ok(value) => match self.check(&workflow.result, value.clone(), None) {
                Err(flow) => return flow,
                Ok(Ok(value)) => Ok(value),
                Ok(Err(errors)) => {
                    // What was missing may be there when it is looked for again.
                    if workflow.result.asks_files() {
                        self.failed_at.get_or_insert(self.answered);
                    }
                    Err(errors::export_invalid(&value, &errors))
                }
            },
        };
        let frame = self.frame_mut();
        frame.phase = Phase::Ended;
        match result {
            Ok(value) => frame.outputs = Some(Value::Object(as_artifacts(&workflow.result, value))),
            Err(error) => frame.export_error = Some(error),
        }
        Flow::On
    }

    /// The first output of a workflow that cannot be computed.
    fn first_unresolved<'a>(&self, workflow: &'a PlanWorkflow) -> Option<&'a str> {
        let Some(Expr::Record { fields }) = &workflow.region(workflow.body).value else {
            return None;
        };
        let mut outputs = fields.iter();
        let output = outputs.find(|(_, value)| eval(value, &self.scope()).is_err());
        output.map(|(name, _)| name.as_str())
    }

    /// Holds a value against a type, with the help of the host where paths
    /// are concerned.
    pub(super) fn check(
        &mut self,
        ty: &Type,
        value: Value,
        node: Option<&wfc_ir::Node>,
    ) -> Result<Result<Value, Vec<wfc_ir::TypeError>>, Flow> {
        if !ty.asks_files() {
            return Ok(ty.check(&value, &NoFiles));
        }
        let outcome = self.ask(|machine| Request::Check {
            coord: match node {
                Some(node) => machine.coord(node, 0),
                None => machine.frame_coord(),
            },
            value,
            ty: ty.clone(),
        })?;
        Ok(match outcome {
            Outcome::Checked { value } => Ok(value),
            Outcome::Refused { errors } => Err(errors),
            other => Err(vec![wfc_ir::TypeError {
                at: String::new(),
                message: format!("the value could not be checked: {other:?}"),
                rule: "invalid_relpath".to_owned(),
            }]),
        })
    }

    fn frame_coord(&self) -> crate::Coord {
        let call = self.frame().call.as_ref();
        crate::Coord {
            path: call.map_or(String::new(), |c| c.path.clone()) + "outputs",
            step_id: "root".to_owned(),
            frame: call.map_or(String::new(), |c| c.frame_id.clone()),
            visit: 0,
            log_name: String::new(),
        }
    }

    pub(super) fn leave_frame(&mut self) {
        let plan = Arc::clone(&self.plan);
        if self.frames.len() == 1 {
            let frame = self.frame();
            self.end = Some(if frame.failed() {
                Yield::Failed(failure_of(frame))
            } else {
                Yield::Done(frame.outputs.clone().unwrap_or(Value::Null))
            });
            return;
        }
        let Some(callee) = self.frames.pop() else {
            return;
        };
        let workflow = &plan.workflows[self.frame().workflow];
        let Some(ix) = self.frame().current(workflow) else {
            return;
        };
        let site = callee.call.clone();
        let frame_id = site.as_ref().map_or(String::new(), |s| s.frame_id.clone());
        let target = &plan.workflows[callee.workflow];
        let mut record = self.new_record(workflow, ix);
        record.debug = Some(json!({ "call": {
            "call_frame_id": frame_id,
            "import_alias": target.name,
            "workflow_file": target.file,
            "status": if callee.failed() { "failed" } else { "completed" },
            "finalization": crate::projection::finalization(self, &callee),
            "bound_inputs": callee.inputs,
            "workflow_outputs": callee.outputs.clone().unwrap_or_else(|| json!({})),
            "exports": match callee.outputs {
                Some(_) => exports(target),
                None => json!({}),
            },
            "nested_call_frames": callee.callees.keys().collect::<Vec<_>>(),
        }}));
        if callee.failed() {
            let error = callee.error();
            let error = errors::call_failed(
                &record.name,
                &target.name,
                &frame_id,
                &target.file,
                error.as_ref(),
            );
            record = record.fail(2, Verdict::REFUSED, error);
        } else if let Some(Value::Object(outputs)) = &callee.outputs {
            record.artifacts = Some(outputs.clone());
        }
        self.frame_mut().callees.insert(frame_id, callee);
        let top = self.top();
        top.work.record = Some(record);
        top.stage = Stage::Publish(0);
    }
}

/// A directory name for a call frame: at most 96 characters that a file system
/// takes, the last 13 a hash, so that no two frames share one.
fn frame_dir(id: &str) -> String {
    let safe: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(96 - 13)
        .collect();
    let hash = wfc_ir::hash_bytes(id.as_bytes());
    format!("{safe}_{}", &hash[7..19])
}

/// Where each output of a workflow comes from, for those that are one artifact
/// of one step.
fn exports(workflow: &PlanWorkflow) -> Value {
    let value = workflow.region(workflow.body).value.as_ref();
    let Some(Expr::Record { fields }) = value else {
        return json!({});
    };
    let source = |value: &Expr| {
        let Expr::Step {
            step,
            field: StepField::Artifact { name },
        } = value
        else {
            return None;
        };
        let node = workflow.node(workflow.find(step)?);
        Some(json!({
            "source_ref": format!("root.steps.{}.artifacts.{name}", node.key),
            "source_step_name": node.key,
            "source_step_id": node.step_id,
        }))
    };
    let sources = fields.iter();
    let sources: serde_json::Map<String, Value> = sources
        .filter_map(|(output, value)| Some((output.clone(), source(value)?)))
        .collect();
    Value::Object(sources)
}
