//! The stages of one node, from its guards to its record.

use serde_json::{Value, json};
use wfc_ir::{
    Cond, EvalError, Expr, Node, NodeIx, NodeOp, PlanWorkflow, RegionIx, eval, eval_cond,
    eval_text, to_text,
};

use super::env::Scope;
use super::frame::{Activation, LoopWork, Phase, Stage, Version};
use super::record::{Record, Verdict};
use super::{Event, Flow, Machine, as_artifacts, errors, kind_of};
use crate::{ErrorObject, Outcome, Request};

impl Machine {
    pub(super) fn advance_node(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Flow {
        let result = match self.top().stage {
            Stage::Enter => self.enter(workflow, ix),
            Stage::Pointers(next) => self.pointers(workflow, ix, next),
            Stage::Execute => self.execute(workflow, ix),
            // The inner region or the callee is on top; nothing to do here.
            Stage::Inside => Ok(()),
            Stage::Join => self.join(workflow, ix),
            Stage::Until => self.until(workflow, ix),
            Stage::Publish(next) => self.publish(workflow, ix, next),
        };
        result.err().unwrap_or(Flow::On)
    }

    fn enter(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        if let Some(error) = self.arrive(workflow, node) {
            self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            return Ok(());
        }
        if let Some(when) = &node.when {
            match self.holds(node, when, None)? {
                Ok(true) => {}
                Ok(false) => {
                    let frame = self.frame();
                    let record = Record::skipped(&node.name, frame.name(&node.step_id));
                    self.top().work.record = Some(record);
                    self.settle(workflow, ix);
                    return Ok(());
                }
                Err(problem) => {
                    let error = errors::predicate(&problem);
                    self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                    return Ok(());
                }
            }
        }
        self.resolve_consumes(workflow, node);
        self.top().stage = if workflow.ledger.consume_writes_pointer {
            Stage::Pointers(0)
        } else {
            Stage::Execute
        };
        Ok(())
    }

    /// Counts the move to a shown outermost step from the one before it.
    fn arrive(&mut self, workflow: &PlanWorkflow, node: &Node) -> Option<ErrorObject> {
        let frame = self.frame_mut();
        let counted = frame.stack.last().is_none_or(|top| top.work.arrived);
        if counted || node.hidden || frame.stack.len() != 1 || frame.phase != Phase::Body {
            return None;
        }
        if !frame.records.is_empty() {
            frame.transitions += 1;
        }
        let observed = frame.transitions;
        self.top().work.arrived = true;
        let limit = workflow.max_transitions.filter(|limit| observed > *limit)?;
        Some(errors::cycle_guard(
            &node.name,
            "max_transitions",
            limit,
            observed,
        ))
    }

    /// The truth of a condition: probes first, then the test.
    fn holds(
        &mut self,
        node: &Node,
        cond: &Cond,
        out: Option<&Value>,
    ) -> Result<Result<bool, EvalError>, Flow> {
        let probes = if cond.probes.is_empty() {
            Vec::new()
        } else {
            let patterns: Result<Vec<String>, EvalError> = cond
                .probes
                .iter()
                .map(|probe| eval_text(probe, &self.scope()))
                .collect();
            let patterns = match patterns {
                Ok(patterns) => patterns,
                Err(problem) => return Ok(Err(problem)),
            };
            let outcome = self.ask(|machine| Request::Probe {
                coord: machine.coord(node, 0),
                patterns,
            })?;
            match outcome {
                Outcome::Probe { matched } => matched,
                Outcome::Failed { error } => {
                    return Ok(Err(EvalError::Type(error.message)));
                }
                _ => Vec::new(),
            }
        };
        let scope = Scope {
            probes: &probes,
            out,
            ..self.scope()
        };
        Ok(eval_cond(cond, &scope))
    }

    /// Finds the version of each consumed artifact. What is missing or stale
    /// is kept, and refused when the step is executed.
    fn resolve_consumes(&mut self, workflow: &PlanWorkflow, node: &Node) {
        if node.consumes.is_empty() {
            return;
        }
        let by_name = workflow.ledger.by_name;
        let consumer = match (workflow.ledger.global_freshness, by_name) {
            (true, _) => "__global__".to_owned(),
            (false, true) => node.name.clone(),
            (false, false) => self.frame().name(&node.step_id),
        };
        let mut consumed = serde_json::Map::new();
        let mut refused = None;
        for need in &node.consumes {
            let producers: Vec<(String, String)> = need
                .producers
                .iter()
                .filter_map(|id| workflow.find(id))
                .map(|ix| {
                    let producer = workflow.node(ix);
                    (producer.name.clone(), self.frame().name(&producer.step_id))
                })
                .collect();
            let frame = self.frame_mut();
            let selected = frame.versions.get(&need.artifact).and_then(|versions| {
                versions.iter().rev().find(|version| {
                    need.producers.is_empty()
                        || producers.iter().any(|(name, id)| {
                            *name == version.producer_name || *id == version.producer
                        })
                })
            });
            let selected = selected.map(|version| (version.version, version.value.clone()));
            let last = frame.consumes.entry(consumer.clone()).or_default();
            match selected {
                None => {
                    refused = Some(errors::consume(
                        &need.artifact,
                        "no_published_versions",
                        None,
                    ));
                    break;
                }
                Some((version, value)) => {
                    let before = last.get(&need.artifact).copied();
                    if let Some(before) = before.filter(|b| need.fresh && version <= *b) {
                        refused = Some(errors::consume(
                            &need.artifact,
                            "stale_artifact",
                            Some((version, before)),
                        ));
                        break;
                    }
                    last.insert(need.artifact.clone(), version);
                    consumed.insert(need.artifact.clone(), value);
                }
            }
        }
        let work = &mut self.top().work;
        work.consumed = consumed;
        work.refused = refused;
    }

    fn pointers(&mut self, workflow: &PlanWorkflow, ix: NodeIx, next: usize) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let Some(need) = node.consumes.get(next) else {
            self.top().stage = Stage::Execute;
            return Ok(());
        };
        let value = self.top().work.consumed.get(&need.artifact).cloned();
        if let Some(value) = value
            && let Err(error) = self.write_pointer(workflow, node, &need.artifact, &value)?
        {
            self.refuse(workflow, ix, (2, Verdict::CONSUME, error));
            return Ok(());
        }
        self.top().stage = Stage::Pointers(next + 1);
        Ok(())
    }

    /// Writes the pointer file of a path artifact, if it has one.
    fn write_pointer(
        &mut self,
        workflow: &PlanWorkflow,
        node: &Node,
        artifact: &str,
        value: &Value,
    ) -> Result<Result<(), ErrorObject>, Flow> {
        let pointer = workflow
            .artifacts
            .get(artifact)
            .and_then(|a| a.pointer.as_ref());
        let Some(pointer) = pointer else {
            return Ok(Ok(()));
        };
        let path = match eval_text(pointer, &self.scope()) {
            Ok(path) => path,
            Err(problem) => return Ok(Err(errors::undefined("pointer", &problem))),
        };
        let text = format!("{}\n", to_text(value));
        let outcome = self.ask(|machine| Request::Write {
            coord: machine.coord(node, 0),
            path,
            text,
        })?;
        Ok(match outcome {
            Outcome::Failed { error } => Err(errors::host(&error.path, &error.message)),
            _ => Ok(()),
        })
    }

    fn execute(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        if !self.top().work.started && !self.begin(workflow, ix) {
            return Ok(());
        }
        match &node.op {
            NodeOp::Process(process) => self.process(workflow, ix, process),
            NodeOp::Compute { value } => {
                let value = eval(value, &self.scope());
                self.computed(workflow, ix, value);
                Ok(())
            }
            NodeOp::Assert { cond } => {
                match self.holds(node, cond, None)? {
                    Ok(true) => {
                        let record = self.new_record(workflow, ix);
                        self.finish(record);
                    }
                    Ok(false) => {
                        let error = errors::assertion(&cond.test);
                        self.refuse(workflow, ix, (3, Verdict::ASSERT_FAILED, error));
                    }
                    Err(problem) => {
                        let error = errors::predicate(&problem);
                        self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                    }
                }
                Ok(())
            }
            NodeOp::Call {
                workflow: callee,
                args,
            } => self.call(workflow, ix, *callee as usize, args),
            NodeOp::If {
                cond,
                then,
                otherwise,
            } => {
                let chosen = match self.holds(node, cond, None)? {
                    Ok(true) => Some(*then),
                    Ok(false) => *otherwise,
                    Err(problem) => {
                        let error = errors::predicate(&problem);
                        self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                        return Ok(());
                    }
                };
                self.branch(workflow, ix, chosen);
                Ok(())
            }
            NodeOp::Match {
                subject,
                cases,
                default,
            } => {
                let word = eval(subject, &self.scope());
                match word {
                    Ok(word) => {
                        let chosen = word.as_str().and_then(|w| cases.get(w)).copied();
                        match chosen.or(*default) {
                            Some(chosen) => self.branch(workflow, ix, Some(chosen)),
                            None => {
                                let error = errors::no_case(&word);
                                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                            }
                        }
                    }
                    Err(problem) => {
                        let error = errors::predicate(&problem);
                        self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                    }
                }
                Ok(())
            }
            NodeOp::Loop(each) => {
                let max = match eval(&each.max, &self.scope()) {
                    Ok(max) => max,
                    Err(problem) => {
                        let error = errors::undefined("the bound of the loop", &problem);
                        self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                        return Ok(());
                    }
                };
                let Some(bound) = max.as_u64().filter(|max| *max > 0) else {
                    let error = errors::loop_bound(&max);
                    self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                    return Ok(());
                };
                let state = match each
                    .state
                    .as_ref()
                    .map(|e| eval(e, &self.scope()))
                    .transpose()
                {
                    Ok(state) => state,
                    Err(problem) => {
                        let error = errors::undefined("the state of the loop", &problem);
                        self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                        return Ok(());
                    }
                };
                self.top().work.loops = Some(LoopWork {
                    max: bound,
                    iteration: 0,
                    completed: Vec::new(),
                    state,
                    out: None,
                    asked: None,
                    exhausted: false,
                });
                self.iterate(workflow, ix, each.body);
                Ok(())
            }
        }
    }

    /// Counts a visit. False when the step may not run.
    fn begin(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> bool {
        let node = workflow.node(ix);
        let frame = self.frame_mut();
        frame.node_visits[ix.0 as usize] += 1;
        let visits = frame.node_visits[ix.0 as usize];
        if frame.stack.len() == 1 && frame.phase == Phase::Body && !node.hidden {
            frame.visits.insert(node.name.clone(), visits);
        }
        if let Some(limit) = node.max_visits.filter(|limit| visits > *limit) {
            let error = errors::cycle_guard(&node.name, "max_visits", limit, visits);
            self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            return false;
        }
        if let Some(error) = self.top().work.refused.take() {
            self.refuse(workflow, ix, (2, Verdict::CONSUME, error));
            return false;
        }
        self.top().work.started = true;
        if !node.hidden {
            let name = self.display_name(&self.frame().name(&node.key));
            self.events.push(Event::Started {
                depth: self.frames.len() - 1,
                name,
                kind: kind_of(&node.op),
            });
        }
        true
    }

    /// Hands a record to the publishing stage.
    pub(super) fn finish(&mut self, record: Record) {
        let top = self.top();
        top.work.record = Some(record);
        top.stage = Stage::Publish(0);
    }

    fn computed(&mut self, workflow: &PlanWorkflow, ix: NodeIx, value: Result<Value, EvalError>) {
        let node = workflow.node(ix);
        let checked = value
            .map_err(|problem| errors::unresolved("Scalar bookkeeping failed", "value", &problem))
            .and_then(|value| {
                if node.hidden || node.result.asks_files() {
                    return Ok(value);
                }
                node.result.check(&value, &super::NoFiles).map_err(|found| {
                    errors::violation("Scalar bookkeeping failed", "value", &found)
                })
            });
        match checked {
            Ok(value) => {
                let mut record = self.new_record(workflow, ix);
                record.artifacts = Some(as_artifacts(&node.result, value));
                self.finish(record);
            }
            Err(error) => self.refuse(workflow, ix, (2, Verdict::CONTRACT, error)),
        }
    }

    fn call(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        callee: usize,
        args: &indexmap::IndexMap<String, Expr>,
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let target = &self.plan.clone().workflows[callee];
        let mut values = serde_json::Map::new();
        for param in &target.inputs {
            match args.get(&param.name).map(|arg| eval(arg, &self.scope())) {
                Some(Ok(value)) => {
                    values.insert(param.name.clone(), value);
                }
                Some(Err(problem)) => {
                    let error =
                        errors::unresolved("Call input binding failed", "call_inputs", &problem);
                    self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                    return Ok(());
                }
                None => {
                    if let Some(default) = &param.default {
                        values.insert(param.name.clone(), default.clone());
                    }
                }
            }
        }
        let ty = crate::inputs::bound_type(&target.inputs, &values);
        match self.check(&ty, Value::Object(values), Some(node))? {
            Ok(Value::Object(values)) => self.enter_frame(workflow, ix, callee, values),
            Ok(_) => self.enter_frame(workflow, ix, callee, serde_json::Map::new()),
            Err(found) => {
                let error = errors::violation("Call input binding failed", "call_inputs", &found);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
        }
        Ok(())
    }

    fn branch(&mut self, workflow: &PlanWorkflow, ix: NodeIx, chosen: Option<RegionIx>) {
        let regions = workflow.node(ix).op.regions();
        self.mark_branches(workflow, ix, chosen, &regions);
        match chosen {
            Some(region) => {
                self.top().stage = Stage::Inside;
                let activation = Activation::new(region, Some(ix), None);
                self.frame_mut().stack.push(activation);
            }
            None => {
                let top = self.top();
                top.work.value = Some(json!({}));
                top.stage = Stage::Join;
            }
        }
    }

    /// Checks the value of an inner region and makes it the step's own.
    fn join(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let value = self.top().work.value.clone().unwrap_or(Value::Null);
        let checked = if node.hidden {
            Ok(value)
        } else {
            self.check(&node.result, value, Some(node))?
        };
        match checked {
            Ok(value) => {
                let mut record = self.new_record(workflow, ix);
                record.artifacts = Some(as_artifacts(&node.result, value));
                record.debug = match &node.op {
                    NodeOp::Loop(_) => self.loop_debug(workflow, ix),
                    _ => self.join_debug(workflow, ix),
                };
                self.finish(record);
            }
            Err(found) => {
                let error = errors::violation("Structured if/else join failed", "outputs", &found);
                self.refuse(workflow, ix, (2, Verdict::CONTRACT, error));
            }
        }
        Ok(())
    }

    fn join_debug(&self, workflow: &PlanWorkflow, ix: NodeIx) -> Option<Value> {
        let node = workflow.node(ix);
        let frame = self.frame();
        let chosen = frame.stack.last().and_then(|top| top.work.chosen.clone());
        let branches: serde_json::Map<String, Value> = node
            .op
            .regions()
            .iter()
            .filter_map(|region| {
                let region = workflow.region(*region);
                let shown = region.shown.as_ref()?;
                let steps: Vec<String> = region
                    .nodes
                    .iter()
                    .map(|ix| workflow.node(*ix))
                    .filter(|node| !node.hidden)
                    .map(|node| frame.name(&node.key))
                    .collect();
                let status = if chosen.as_ref() == Some(&shown.name) {
                    "completed"
                } else {
                    "skipped"
                };
                let marker = frame.name(&shown.key);
                let entry = json!({ "status": status, "marker": marker, "steps": steps });
                Some((shown.name.clone(), entry))
            })
            .collect();
        Some(match &node.op {
            NodeOp::If { .. } => {
                json!({ "structured_if": { "selected_branch": chosen, "branches": branches } })
            }
            _ => json!({ "structured_match": { "selected_case": chosen, "cases": branches } }),
        })
    }

    fn iterate(&mut self, workflow: &PlanWorkflow, ix: NodeIx, body: RegionIx) {
        self.forget(workflow, body);
        self.show_loop(workflow, ix);
        let top = self.top();
        top.stage = Stage::Inside;
        let iteration = top.work.loops.as_ref().map(|l| l.iteration);
        let activation = Activation::new(body, Some(ix), iteration);
        self.frame_mut().stack.push(activation);
    }

    /// After an iteration: stop, go round again, or give up.
    fn until(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let NodeOp::Loop(each) = &node.op else {
            return Ok(());
        };
        let out = self.top().work.value.clone();
        let done = match self.holds(node, &each.until, out.as_ref())? {
            Ok(done) => done,
            Err(problem) => {
                let error = errors::predicate(&problem);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return Ok(());
            }
        };
        let Some(mut work) = self.top().work.loops.clone() else {
            return Ok(());
        };
        work.completed.push(work.iteration);
        work.asked = Some(done);
        work.out = out;
        let last = work.iteration + 1 >= work.max;
        let next = if done {
            Ok(None)
        } else {
            self.loop_value(node, each.next.as_ref(), &work)
        };
        let value = match next {
            Err(problem) => Err(problem),
            Ok(_) if done => self.loop_value(node, Some(&each.value), &work),
            Ok(state) if last => {
                work.state = state;
                work.exhausted = true;
                if each.exhausted.is_some() {
                    self.loop_value(node, each.exhausted.as_ref(), &work)
                } else {
                    self.exhaust(workflow, ix, work);
                    return Ok(());
                }
            }
            Ok(state) => {
                work.state = state;
                work.iteration += 1;
                self.top().work.loops = Some(work);
                self.iterate(workflow, ix, each.body);
                return Ok(());
            }
        };
        match value {
            Ok(value) => {
                let top = self.top();
                top.work.loops = Some(work);
                top.work.value = value;
                top.stage = Stage::Join;
                self.show_loop(workflow, ix);
            }
            Err(problem) => {
                let error =
                    errors::unresolved("Structured if/else join failed", "repeat_until", &problem);
                self.refuse(workflow, ix, (2, Verdict::CONTRACT, error));
            }
        }
        Ok(())
    }

    fn loop_value(
        &self,
        node: &Node,
        expr: Option<&Expr>,
        work: &LoopWork,
    ) -> Result<Option<Value>, EvalError> {
        let scope = Scope {
            out: work.out.as_ref(),
            state: Some((&node.id, work.state.as_ref())),
            ..self.scope()
        };
        expr.map(|expr| eval(expr, &scope)).transpose()
    }

    fn exhaust(&mut self, workflow: &PlanWorkflow, ix: NodeIx, work: LoopWork) {
        let error = errors::exhausted(work.max);
        let out = work.out.clone();
        self.top().work.loops = Some(work);
        self.show_loop(workflow, ix);
        let mut record = self
            .new_record(workflow, ix)
            .fail(3, Verdict::EXHAUSTED, error);
        if let Some(Value::Object(map)) = out {
            record.artifacts = Some(map);
        }
        record.debug = self.loop_debug(workflow, ix);
        self.top().work.record = Some(record);
        self.settle(workflow, ix);
    }

    /// Writes the progress of a loop where `state.json` shows it.
    fn show_loop(&mut self, workflow: &PlanWorkflow, ix: NodeIx) {
        let node = workflow.node(ix);
        let Some(mut progress) = self.loop_progress(workflow, ix) else {
            return;
        };
        let exhausted = progress["exhausted"] == json!(true);
        if let Some(map) = progress.as_object_mut()
            && !exhausted
        {
            map.shift_remove("exhausted");
        }
        if !node.hidden {
            let key = self.frame().name(&node.key);
            self.frame_mut().loops.insert(key, progress);
        }
    }

    pub(super) fn loop_debug(&self, workflow: &PlanWorkflow, ix: NodeIx) -> Option<Value> {
        let progress = self.loop_progress(workflow, ix)?;
        Some(json!({ "structured_repeat_until": progress }))
    }

    fn loop_progress(&self, workflow: &PlanWorkflow, ix: NodeIx) -> Option<Value> {
        let NodeOp::Loop(each) = &workflow.node(ix).op else {
            return None;
        };
        let work = self.frame().stack.last()?.work.loops.as_ref()?;
        Some(json!({
            "body_id": each.body_name,
            "max_iterations": work.max,
            "current_iteration": work.iteration,
            "completed_iterations": work.completed,
            "condition_evaluated_for_iteration": work.asked.and(work.completed.last()),
            "last_condition_result": work.asked,
            "exhausted": work.exhausted,
        }))
    }

    fn publish(&mut self, workflow: &PlanWorkflow, ix: NodeIx, next: usize) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let completed = self
            .top()
            .work
            .record
            .as_ref()
            .is_some_and(|r| r.status == super::Status::Completed);
        let promise = node.publishes.get(next).filter(|_| completed);
        let Some(promise) = promise else {
            self.settle(workflow, ix);
            return Ok(());
        };
        let value = self
            .top()
            .work
            .record
            .as_ref()
            .and_then(|record| record.artifacts.as_ref()?.get(&promise.from).cloned());
        let written = match &value {
            None => Err(errors::publish(&promise.artifact, &promise.from)),
            Some(value) => self.write_pointer(workflow, node, &promise.artifact, value)?,
        };
        if let Err(error) = written {
            let record = self.new_record(workflow, ix);
            let record = self.top().work.record.take().unwrap_or(record);
            self.top().work.record = Some(record.fail(2, Verdict::CONTRACT, error));
            self.settle(workflow, ix);
            return Ok(());
        }
        if let Some(value) = value {
            let frame = self.frame_mut();
            let step_id = frame.name(&node.step_id);
            let step_index = frame.outer_index(workflow);
            let versions = frame.versions.entry(promise.artifact.clone()).or_default();
            versions.push(Version {
                version: versions.len() as u64 + 1,
                value,
                producer: if workflow.ledger.by_name {
                    node.name.clone()
                } else {
                    step_id
                },
                producer_name: node.name.clone(),
                step_index,
            });
        }
        self.top().stage = Stage::Publish(next + 1);
        Ok(())
    }
}
