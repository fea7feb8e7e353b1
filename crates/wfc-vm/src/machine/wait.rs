//! Waiting for files.

use wfc_ir::{NodeIx, PlanWorkflow, Wait, eval_text};

use super::record::{Record, Verdict, Waited};
use super::{Flow, Machine, errors};
use crate::{Outcome, Request};

impl Machine {
    pub(super) fn wait(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        wait: &Wait,
    ) -> Result<(), Flow> {
        let pattern = match eval_text(&wait.glob, &self.scope()) {
            Ok(pattern) => pattern,
            Err(problem) => {
                let error = errors::undefined("wait_for.glob", &problem);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
                return Ok(());
            }
        };
        let outcome = self.ask(|machine| Request::Wait {
            coord: machine.coord(workflow.node(ix), 0),
            pattern,
            timeout_sec: wait.timeout_sec,
            poll_ms: wait.poll_ms,
            min_count: wait.min_count,
        })?;
        match outcome {
            Outcome::Waited {
                files,
                waited_ms,
                polls,
                timed_out,
            } => {
                let waited = Waited {
                    files,
                    waited_ms,
                    polls,
                    timed_out,
                };
                let record = self.new_record(workflow, ix);
                self.finish(wait_record(record, wait, waited));
            }
            Outcome::Failed { error } => {
                let error = errors::host(&error.path, &error.message);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
            _ => {}
        }
        Ok(())
    }
}

fn wait_record(record: Record, wait: &Wait, waited: Waited) -> Record {
    let record = match waited.timed_out {
        true => {
            let error = errors::wait_timeout(wait, waited.files.len());
            record.fail(124, Verdict::TIMEOUT, error)
        }
        false => record,
    };
    Record {
        waited: Some(waited),
        ..record
    }
}
