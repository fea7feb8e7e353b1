//! Variants: the need for one, and the choice of one by what changed.

use serde_json::{Value, json};
use wfc_ir::{Expr, Node, NodeIx, PlanWorkflow, Select, Snapshot, eval};

use super::record::{Verdict, shown_name};
use super::{Flow, Machine, errors};
use crate::{ErrorObject, Outcome, Request, SelectRequest, SnapshotRequest, Taken};

impl Machine {
    /// What is wrong when the variant that a step needs is not there.
    pub(super) fn lacks_variant(
        &self,
        workflow: &PlanWorkflow,
        node: &Node,
    ) -> Option<ErrorObject> {
        let requires = node.requires.as_ref()?;
        let found = eval(&requires.subject, &self.scope()).unwrap_or(Value::Null);
        if found.as_str() == Some(requires.tag.as_str()) {
            return None;
        }
        let producer = match &requires.subject {
            Expr::Step { step, .. } => self.node_of(self.frame().workflow, step),
            _ => None,
        };
        let producer = producer.map_or("", |ix| shown_name(&workflow.node(ix).key));
        Some(errors::variant_unavailable(producer, &requires.tag, &found))
    }

    /// Asks for a snapshot once. An error ends the step.
    pub(super) fn take_snapshot(
        &mut self,
        node: &Node,
        snapshot: &Snapshot,
    ) -> Result<Result<(), ErrorObject>, Flow> {
        if self.top().work.snapshot.is_some() {
            return Ok(Ok(()));
        }
        if self.reply.is_none() {
            let request = match self.snapshot_request(node, snapshot) {
                Ok(request) => request,
                Err(error) => return Ok(Err(error)),
            };
            return Err(Flow::Ask(Box::new(Request::Snapshot(Box::new(request)))));
        }
        let answer = self.answered;
        match self.take_reply() {
            Some(Outcome::Snapshot { taken }) => {
                let work = &mut self.top().work;
                work.snapshot = Some((snapshot.name.clone(), taken));
                work.redo_from = Some(answer);
                Ok(Ok(()))
            }
            Some(Outcome::Error { error }) => Ok(Err(error)),
            _ => Ok(Err(errors::snapshot_missing("it was not taken"))),
        }
    }

    fn snapshot_request(
        &self,
        node: &Node,
        snapshot: &Snapshot,
    ) -> Result<SnapshotRequest, ErrorObject> {
        let candidates = snapshot
            .candidates
            .iter()
            .map(|(word, path)| match eval(path, &self.scope()) {
                Ok(Value::String(path)) => Ok((word.clone(), path)),
                Ok(other) => Err(errors::candidate_no_path(word, &other)),
                Err(problem) => Err(errors::ref_unresolved(word, &problem)),
            })
            .collect::<Result<_, _>>()?;
        Ok(SnapshotRequest {
            coord: self.coord(node, 0),
            root: self.frame().root.clone(),
            name: snapshot.name.clone(),
            candidates,
            max_bytes: snapshot.max_bytes,
        })
    }

    pub(super) fn select(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        select: &Select,
    ) -> Result<(), Flow> {
        if self.reply.is_none() {
            let error = match self.select_request(workflow.node(ix), select) {
                Ok(request) => {
                    return Err(Flow::Ask(Box::new(Request::Select(Box::new(request)))));
                }
                Err(error) => error,
            };
            self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            return Ok(());
        }
        match self.take_reply() {
            Some(Outcome::Selected(selected)) => {
                let mut record = self.new_record(workflow, ix);
                record.artifacts = Some(selected.artifacts);
                record.debug = Some(json!({
                    "select_variant_output": {
                        "selected_variant": selected.variant,
                        "changed_candidate_keys": [selected.variant],
                    }
                }));
                self.finish(record);
            }
            Some(Outcome::Error { error }) => {
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
            _ => {
                let error = errors::snapshot_missing("it was not compared");
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
        }
        Ok(())
    }

    fn select_request(&self, node: &Node, select: &Select) -> Result<SelectRequest, ErrorObject> {
        let before = eval(&select.evidence, &self.scope())
            .map_err(|problem| errors::ref_unresolved("evidence", &problem))?;
        let before: Taken = serde_json::from_value(before)
            .map_err(|problem| errors::snapshot_missing(&problem.to_string()))?;
        let path = match select.contract.bundle_path() {
            Some(Some(path)) => self.text("path", path).map_err(|error| *error)?,
            _ => return Err(errors::snapshot_missing("the bundle has no place")),
        };
        Ok(SelectRequest {
            coord: self.coord(node, 0),
            before,
            path,
            contract: select.contract.clone(),
            extract: select.extract.clone(),
        })
    }
}
