//! The stages of one node, from its guards to its record.

use serde_json::{Value, json};
use wfc_ir::{
    Cond, EvalError, Expr, Node, NodeIx, NodeOp, PlanWorkflow, RegionIx, eval, eval_cond, eval_text,
};

use super::env::Scope;
use super::frame::{Activation, Phase, Stage};
use super::record::{Record, Verdict, shown_name};
use super::{Event, Flow, Machine, as_artifacts, errors, kind_of};
use crate::{ErrorObject, Outcome, Request};

/// How many jumps may follow each other without anything that the host is asked
/// for. Nothing changes meanwhile but counted values, so more of them are a
/// circle without an end.
const MAX_IDLE_JUMPS: u64 = 10_000;

impl Machine {
    pub(super) fn advance_node(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Flow {
        let result = match self.top().stage {
            Stage::Enter => self.enter(workflow, ix),
            Stage::Pointers(next) => self.pointers(workflow, ix, next),
            Stage::Bundle => self.consume_bundle(workflow, ix),
            Stage::Execute => self.execute(workflow, ix),
            // The inner region or the callee is on top; nothing to do here.
            Stage::Inside => Ok(()),
            Stage::Join => self.join(workflow, ix),
            Stage::Until => self.until(workflow, ix),
            Stage::Files(next) => self.materialized_files(workflow, ix, next),
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
                    let record = Record::skipped(shown_name(&node.key), frame.name(&node.step_id));
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
            Stage::Bundle
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
        if self.idle_jumps > MAX_IDLE_JUMPS {
            return Some(errors::idle_circle(&node.name, self.idle_jumps));
        }
        let limit = workflow.max_transitions.filter(|limit| observed > *limit)?;
        Some(errors::cycle_guard(
            &node.name,
            "max_transitions",
            limit,
            observed,
        ))
    }

    /// The truth of a condition: probes first, then the test.
    pub(super) fn holds(
        &mut self,
        node: &Node,
        cond: &Cond,
        out: Option<&Value>,
    ) -> Result<Result<bool, EvalError>, Flow> {
        let probes = if cond.probes.is_empty() {
            Vec::new()
        } else {
            match self.probe(node, &cond.probes)? {
                Ok(matched) => matched,
                Err(problem) => return Ok(Err(problem)),
            }
        };
        let scope = Scope {
            probes: &probes,
            out,
            ..self.scope()
        };
        Ok(eval_cond(cond, &scope))
    }

    /// Does each pattern match a file? What has no name does not exist, so a
    /// pattern with an undefined hole matches nothing.
    fn probe(
        &mut self,
        node: &Node,
        probes: &[Expr],
    ) -> Result<Result<Vec<bool>, EvalError>, Flow> {
        let mut named = Vec::new();
        let mut patterns = Vec::new();
        for probe in probes {
            match eval_text(probe, &self.scope()) {
                Ok(pattern) => patterns.push(pattern),
                Err(EvalError::Undefined(_)) => {
                    named.push(false);
                    continue;
                }
                Err(problem) => return Ok(Err(problem)),
            }
            named.push(true);
        }
        if patterns.is_empty() {
            return Ok(Ok(named));
        }
        let outcome = self.ask(|machine| Request::Probe {
            coord: machine.coord(node, 0),
            patterns,
        })?;
        let mut matched = match outcome {
            Outcome::Probe { matched } => matched.into_iter(),
            Outcome::Failed { error } => return Ok(Err(EvalError::Type(error.message))),
            _ => Vec::new().into_iter(),
        };
        let answers = named.into_iter();
        Ok(Ok(answers
            .map(|named| named && matched.next().unwrap_or(false))
            .collect()))
    }

    fn execute(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        if !self.top().work.started && !self.begin(workflow, ix) {
            return Ok(());
        }
        if let Some(error) = self.lacks_variant(workflow, node) {
            self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            return Ok(());
        }
        match &node.op {
            NodeOp::Process(process) => self.process(workflow, ix, process),
            NodeOp::Compute { value } => {
                let result = eval(value, &self.scope());
                self.computed(workflow, ix, value, result);
                Ok(())
            }
            NodeOp::Materialize { values } => self.materialize(workflow, ix, values),
            NodeOp::Select(select) => self.select(workflow, ix, select),
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
            NodeOp::Loop(each) => self.begin_loop(workflow, ix, each),
            NodeOp::Each(each) => {
                self.begin_each(workflow, ix, each);
                Ok(())
            }
            NodeOp::Wait(wait) => self.wait(workflow, ix, wait),
        }
    }

    /// Counts a visit. False when the step may not run.
    fn begin(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> bool {
        let node = workflow.node(ix);
        let frame = self.frame_mut();
        frame.node_visits[ix.0 as usize] += 1;
        let visits = frame.node_visits[ix.0 as usize];
        // A branch may yet fail, and leave its statement without a visit.
        if !matches!(node.op, NodeOp::If { .. } | NodeOp::Match { .. }) {
            frame.count_visit(node, visits);
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

    fn computed(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        expr: &Expr,
        result: Result<Value, EvalError>,
    ) {
        let node = workflow.node(ix);
        let checked = result
            .map_err(|problem| match self.unpublished(expr) {
                Some(artifact) => errors::unpublished(artifact),
                None => errors::unresolved("Scalar bookkeeping failed", "value", &problem),
            })
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

    /// The first artifact of an expression that has no version yet.
    fn unpublished<'a>(&self, expr: &'a Expr) -> Option<&'a str> {
        let mut found = None;
        expr.walk(&mut |part| match part {
            Expr::Artifact { name } if !self.frame().versions.contains_key(name) => {
                found.get_or_insert(name.as_str());
            }
            _ => {}
        });
        found
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
                        errors::binding_unresolved(shown_name(&node.key), &param.name, &problem);
                    self.refuse(workflow, ix, (2, Verdict::CONTRACT, error));
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
        let values = Value::Object(values);
        match self.check(&ty, values.clone(), Some(node))? {
            Ok(Value::Object(values)) => self.enter_frame(workflow, ix, callee, values),
            Ok(_) => self.enter_frame(workflow, ix, callee, serde_json::Map::new()),
            Err(found) => {
                let error = errors::binding_invalid(shown_name(&node.key), &values, &found);
                self.refuse(workflow, ix, (2, Verdict::CONTRACT, error));
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
}
