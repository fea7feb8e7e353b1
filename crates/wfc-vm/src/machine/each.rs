//! Loops over a list: the items, and an iteration for each.

use std::sync::Arc;

use serde_json::{Value, json};
use wfc_ir::{EachNode, NodeIx, PlanWorkflow, eval};

use super::frame::{EachProgress, EachWork, Frame};
use super::record::{Iteration, Record, Verdict};
use super::{Machine, errors};

impl Machine {
    pub(super) fn begin_each(&mut self, workflow: &PlanWorkflow, ix: NodeIx, each: &EachNode) {
        let items = match eval(&each.items, &self.scope()) {
            Ok(Value::Array(items)) => items,
            Ok(other) => {
                let error = errors::no_list(&other);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return;
            }
            Err(problem) => {
                let error = errors::undefined("items", &problem);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return;
            }
        };
        self.top().work.each = Some(EachWork {
            items: Arc::new(items),
            iteration: 0,
            done: Vec::new(),
        });
        self.next_item(workflow, ix, each);
    }

    /// After an iteration: keeps what its steps left, and begins the next.
    pub(super) fn again(&mut self, workflow: &PlanWorkflow, ix: NodeIx, each: &EachNode) {
        let records = iteration(self.frame(), workflow, each);
        if let Some(work) = &mut self.top().work.each {
            work.done.push(records);
            work.iteration += 1;
        }
        self.next_item(workflow, ix, each);
    }

    fn next_item(&mut self, workflow: &PlanWorkflow, ix: NodeIx, each: &EachNode) {
        let Some(work) = &self.top().work.each else {
            return;
        };
        let (iteration, items) = (work.iteration, Arc::clone(&work.items));
        let over = iteration >= items.len() as u64;
        let node = workflow.node(ix);
        if !node.hidden {
            let key = self.frame().name(&node.key);
            let completed = iteration;
            let progress = EachProgress { items, completed };
            self.frame_mut().each.insert(key, progress);
        }
        if !over {
            self.iterate(workflow, ix, each.body, iteration);
            return;
        }
        let done = self.top().work.each.take().map(|work| work.done);
        let record = Record {
            iterations: done,
            ..self.new_record(workflow, ix)
        };
        self.finish(record);
    }
}

/// The records that the shown steps of an iteration have left.
fn iteration(frame: &Frame, workflow: &PlanWorkflow, each: &EachNode) -> Iteration {
    let nodes = workflow.region(each.body).nodes.iter();
    nodes
        .filter(|ix| !workflow.node(**ix).hidden)
        .filter_map(|ix| {
            let record = frame.results.get(ix.0 as usize)?.clone()?;
            Some((workflow.node(*ix).name.clone(), record))
        })
        .collect()
}

impl EachProgress {
    /// The progress as `state.json` shows it.
    pub(crate) fn to_json(&self) -> Value {
        let total = self.items.len() as u64;
        json!({
            "items": *self.items,
            "completed_indices": (0..self.completed).collect::<Vec<_>>(),
            "current_index": (self.completed < total).then_some(self.completed),
        })
    }
}
