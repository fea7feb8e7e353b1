//! Loops: iterations, the test after each, and the bound.

use serde_json::{Value, json};
use wfc_ir::{EvalError, Expr, LoopNode, Node, NodeIx, NodeOp, PlanWorkflow, RegionIx, eval};

use super::env::Scope;
use super::frame::{Activation, LoopWork, Stage};
use super::record::Verdict;
use super::{Flow, Machine, errors};

impl Machine {
    pub(super) fn begin_loop(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        each: &LoopNode,
    ) -> Result<(), Flow> {
        let max = match eval(&each.max, &self.scope()) {
            Ok(max) => max,
            Err(problem) => {
                let error = errors::undefined("the bound of the loop", &problem);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return Ok(());
            }
        };
        let least = u64::from(each.exhausted.is_none());
        let Some(bound) = max.as_u64().filter(|max| *max >= least) else {
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
            over: false,
            exhausted: false,
        });
        if bound == 0 {
            self.skip(workflow, ix, each);
            return Ok(());
        }
        self.show_loop(workflow, ix);
        self.iterate(workflow, ix, each.body, 0);
        Ok(())
    }

    /// A loop without an iteration: its bound is reached at once.
    fn skip(&mut self, workflow: &PlanWorkflow, ix: NodeIx, each: &LoopNode) {
        let Some(mut work) = self.top().work.loops.clone() else {
            return;
        };
        work.over = true;
        match self.loop_value(workflow.node(ix), each.exhausted.as_ref(), &work) {
            Ok(value) => self.end_loop(workflow, ix, work, value),
            Err(problem) => self.no_loop_value(workflow, ix, &problem),
        }
    }

    fn end_loop(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        work: LoopWork,
        value: Option<Value>,
    ) {
        let top = self.top();
        top.work.loops = Some(work);
        top.work.value = value;
        top.stage = Stage::Join;
        self.show_loop(workflow, ix);
    }

    fn no_loop_value(&mut self, workflow: &PlanWorkflow, ix: NodeIx, problem: &EvalError) {
        let error = errors::unresolved("Structured if/else join failed", "repeat_until", problem);
        self.refuse(workflow, ix, (2, Verdict::CONTRACT, error));
    }

    /// Enters the body of a loop.
    pub(super) fn iterate(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        body: RegionIx,
        iteration: u64,
    ) {
        self.forget(workflow, body);
        self.top().stage = Stage::Inside;
        let activation = Activation::new(body, Some(ix), Some(iteration));
        self.frame_mut().stack.push(activation);
    }

    /// After an iteration: stop, go round again, or give up.
    pub(super) fn until(&mut self, workflow: &PlanWorkflow, ix: NodeIx) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let each = match &node.op {
            NodeOp::Loop(each) => each,
            NodeOp::Each(each) => {
                self.again(workflow, ix, each);
                return Ok(());
            }
            _ => return Ok(()),
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
        work.over = done || last;
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
                work.asked = None;
                let iteration = work.iteration;
                self.top().work.loops = Some(work);
                self.show_loop(workflow, ix);
                self.iterate(workflow, ix, each.body, iteration);
                return Ok(());
            }
        };
        match value {
            Ok(value) => self.end_loop(workflow, ix, work, value),
            Err(problem) => self.no_loop_value(workflow, ix, &problem),
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
            "current_iteration": (!work.over).then_some(work.iteration),
            "completed_iterations": work.completed,
            "condition_evaluated_for_iteration": work.asked.and(work.completed.last()),
            "last_condition_result": work.asked,
            "exhausted": work.exhausted,
        }))
    }
}
