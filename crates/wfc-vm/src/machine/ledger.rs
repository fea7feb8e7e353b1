//! The ledger of artifacts: what a step consumes and what it publishes.

use serde_json::Value;
use wfc_ir::{Node, NodeIx, PlanWorkflow, canonical_json, eval_text, to_text};

use super::frame::{Stage, Version};
use super::record::{Verdict, shown_name};
use super::{Flow, Machine, errors};
use crate::{Coord, ErrorObject, FilesError, Outcome, Request};

/// Under this name the ledger notes what any step has consumed.
const EVERYONE: &str = "__global__";

impl Machine {
    /// Finds the version of each consumed artifact. What is missing or stale
    /// is kept, and refused when the step is executed.
    pub(super) fn resolve_consumes(&mut self, workflow: &PlanWorkflow, node: &Node) {
        if node.consumes.is_empty() {
            return;
        }
        let consumer = self.consumer(workflow, node);
        let global = workflow.ledger.global_freshness;
        // Whoever asks is listed, with nothing until it succeeds.
        let consumers = &mut self.frame_mut().consumes;
        for who in [consumer.as_str(), EVERYONE] {
            consumers.entry(who.to_owned()).or_default();
        }
        let mut consumed = serde_json::Map::new();
        let mut selected_versions = Vec::new();
        let mut refused = None;
        for need in &node.consumes {
            let producers: Vec<(&str, String)> = need
                .producers
                .iter()
                .filter_map(|id| workflow.find(id))
                .map(|ix| {
                    let producer = workflow.node(ix);
                    let name = shown_name(&producer.key);
                    (name, self.frame().name(&producer.step_id))
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
            let reader = if global { EVERYONE } else { &consumer };
            let seen = frame.consumes.get(reader);
            let before = seen.and_then(|seen| seen.get(&need.artifact)).copied();
            match selected {
                None => {
                    refused = Some(errors::consume(
                        shown_name(&node.key),
                        &need.artifact,
                        "no_published_versions",
                        None,
                    ));
                    break;
                }
                Some((version, value)) => {
                    if let Some(before) = before.filter(|b| need.fresh && version <= *b) {
                        refused = Some(errors::consume(
                            shown_name(&node.key),
                            &need.artifact,
                            "stale_artifact",
                            Some((version, before)),
                        ));
                        break;
                    }
                    selected_versions.push((need.artifact.clone(), version));
                    consumed.insert(need.artifact.clone(), value);
                }
            }
        }
        let work = &mut self.top().work;
        work.consumed = consumed;
        work.versions = selected_versions;
        work.refused = refused;
    }

    /// The name under which a step consumes.
    fn consumer(&self, workflow: &PlanWorkflow, node: &Node) -> String {
        match workflow.ledger.by_name {
            true => node.name.clone(),
            false => self.frame().name(&node.step_id),
        }
    }

    /// Notes what a step has consumed: only now that it has succeeded, so
    /// that another try finds the same version fresh.
    fn note_consumed(&mut self, workflow: &PlanWorkflow, node: &Node) {
        let versions = std::mem::take(&mut self.top().work.versions);
        if versions.is_empty() {
            return;
        }
        let consumer = self.consumer(workflow, node);
        for (artifact, version) in versions {
            for who in [consumer.as_str(), EVERYONE] {
                let frame = self.frame_mut();
                let seen = frame.consumes.entry(who.to_owned()).or_default();
                seen.insert(artifact.clone(), version);
            }
        }
    }

    pub(super) fn pointers(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        next: usize,
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let Some(need) = node.consumes.get(next) else {
            self.top().stage = Stage::Bundle;
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

    /// Writes the file that shows a step what it consumes. What cannot be
    /// written is kept, and refused when the step is executed.
    pub(super) fn consume_bundle(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        if let Some(bundle) = &node.consume_bundle
            && self.top().work.refused.is_none()
        {
            let consumed = &self.top().work.consumed;
            let shown: serde_json::Map<String, Value> = consumed
                .iter()
                .filter(|(name, _)| {
                    let include = bundle.include.as_ref();
                    include.is_none_or(|include| include.contains(name))
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let text = canonical_json(&Value::Object(shown)) + "\n";
            let written = match eval_text(&bundle.path, &self.scope()) {
                Err(problem) => Err(errors::undefined("consume_bundle", &problem)),
                Ok(path) => {
                    let written = self.order(node, |coord| Request::Write {
                        coord,
                        path: path.clone(),
                        text,
                    })?;
                    written.map_err(|error| {
                        errors::consume_bundle(shown_name(&node.key), &path, &error.message)
                    })
                }
            };
            self.top().work.refused = written.err();
        }
        self.top().stage = Stage::Execute;
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
        let written = self.order(node, |coord| Request::Write { coord, path, text })?;
        Ok(written.map_err(|error| errors::host(&error.path, &error.message)))
    }

    /// Has the host do something to a file.
    pub(super) fn order(
        &mut self,
        node: &Node,
        request: impl FnOnce(Coord) -> Request,
    ) -> Result<Result<(), FilesError>, Flow> {
        let outcome = self.ask(|machine| request(machine.coord(node, 0)))?;
        Ok(match outcome {
            Outcome::Failed { error } => Err(error),
            _ => Ok(()),
        })
    }

    pub(super) fn publish(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        next: usize,
    ) -> Result<(), Flow> {
        let node = workflow.node(ix);
        let completed = self
            .top()
            .work
            .record
            .as_ref()
            .is_some_and(|r| r.status == super::Status::Completed);
        let promise = node.publishes.get(next).filter(|_| completed);
        let Some(promise) = promise else {
            if completed {
                self.note_consumed(workflow, node);
            }
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
            None => {
                let record = self.top().work.record.as_ref();
                let reason = match record.and_then(|record| record.artifacts.as_ref()) {
                    Some(_) => "missing_artifact_output",
                    None => "missing_result_artifacts",
                };
                let step = shown_name(&node.key);
                Err(errors::publish(
                    step,
                    &promise.artifact,
                    &promise.from,
                    reason,
                ))
            }
            Some(value) => self.write_pointer(workflow, node, &promise.artifact, value)?,
        };
        if let Err(error) = written {
            let record = self.new_record(workflow, ix);
            let mut record = self.top().work.record.take().unwrap_or(record);
            record.artifacts = None;
            self.top().work.record = Some(record.fail(2, Verdict::CONTRACT, error));
            self.settle(workflow, ix);
            return Ok(());
        }
        if let Some(value) = value {
            let record = self.top().work.record.as_ref();
            let source = record.and_then(|record| record.export(&promise.from).cloned());
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
                producer_name: shown_name(&node.key).to_owned(),
                step_index,
                source,
            });
        }
        self.top().stage = Stage::Publish(next + 1);
        Ok(())
    }
}
