//! Values that become artifacts: all of them are checked before the first
//! file is written.

use serde_json::{Map, Value, json};
use wfc_ir::{Expr, MaterialSource, Materialized, NodeIx, NodeOp, PlanWorkflow, eval, to_text};

use super::frame::Stage;
use super::record::Verdict;
use super::{Flow, Machine, as_artifacts, errors};
use crate::{ErrorObject, Outcome, Request};

/// Something to be done for the value of this name.
struct Order {
    name: String,
    path: String,
    /// What is written; without it the directory above is made.
    text: Option<String>,
}

impl Machine {
    pub(super) fn materialize(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        values: &[Materialized],
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let wants_clock = values.iter().any(|each| each.value().is_none());
        if wants_clock && self.top().work.unix_ns.is_none() {
            let outcome = self.ask(|machine| Request::Clock {
                coord: machine.coord(node, 0),
            })?;
            if let Outcome::Clock { unix_ns } = outcome {
                self.top().work.unix_ns = Some(unix_ns);
            }
        }
        let record = match self.taken(values) {
            Ok(record) => record,
            Err(error) => {
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return Ok(());
            }
        };
        match self.check(&node.result, record.clone(), Some(node))? {
            Ok(value) => {
                let top = self.top();
                top.work.value = Some(value);
                top.stage = Stage::Files(0);
            }
            Err(found) => {
                let error = errors::materialized(&record, &found);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
        }
        Ok(())
    }

    /// The values as they are found.
    fn taken(&mut self, values: &[Materialized]) -> Result<Value, ErrorObject> {
        let now = self.top().work.unix_ns;
        let mut record = Map::new();
        for each in values {
            let value = match &each.source {
                MaterialSource::NowNs => json!(now),
                MaterialSource::Value(source) => match eval(source, &self.scope()) {
                    Ok(value) => value,
                    Err(problem) => {
                        let input = match source {
                            Expr::Input { name } => Some(name.as_str()),
                            _ => None,
                        };
                        return Err(errors::no_source(&each.name, input, &problem));
                    }
                },
            };
            record.insert(each.name.clone(), value);
        }
        Ok(Value::Object(record))
    }

    /// Makes directories and writes pointer files, one after the other.
    pub(super) fn materialized_files(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        next: usize,
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let NodeOp::Materialize { values } = &node.op else {
            return Ok(());
        };
        let found = self.top().work.value.clone().unwrap_or(Value::Null);
        let (orders, pointers) = match self.orders(values, &found) {
            Ok(orders) => orders,
            Err(error) => {
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return Ok(());
            }
        };
        let Some(order) = orders.into_iter().nth(next) else {
            let mut record = self.new_record(workflow, ix);
            record.artifacts = Some(as_artifacts(&node.result, found));
            if !pointers.is_empty() {
                record.debug = Some(json!({ "materialize_artifacts": { "pointers": pointers } }));
            }
            self.finish(record);
            return Ok(());
        };
        let Order { name, path, text } = order;
        let done = self.order(node, |coord| match text {
            Some(text) => Request::Write { coord, path, text },
            None => Request::Directory { coord, path },
        })?;
        match done {
            Ok(()) => self.top().stage = Stage::Files(next + 1),
            Err(error) => {
                let error = errors::not_written(&name, &error);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
        }
        Ok(())
    }

    /// What is to be done for the values, and where their pointers are.
    fn orders(
        &self,
        values: &[Materialized],
        found: &Value,
    ) -> Result<(Vec<Order>, Map<String, Value>), ErrorObject> {
        let mut orders = Vec::new();
        let mut pointers = Map::new();
        for each in values {
            let text = found.get(&each.name).map_or_else(String::new, to_text);
            let mut order = |path, text| {
                let name = each.name.clone();
                orders.push(Order { name, path, text });
            };
            if each.ensure_parent {
                order(text.clone(), None);
            }
            if let Some(content) = &each.content {
                let written = self.text("content", content).map_err(|error| *error)?;
                order(text.clone(), Some(written));
            }
            if let Some(pointer) = &each.pointer {
                let path = self.text("pointer", pointer).map_err(|error| *error)?;
                pointers.insert(each.name.clone(), json!(path));
                order(path, Some(format!("{text}\n")));
            }
        }
        Ok((orders, pointers))
    }
}
