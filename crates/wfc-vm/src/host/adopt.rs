//! Taking over what a process has left, without starting it.

use wfc_ir::Violation;

use super::Host;
use crate::{Outcome, ProcessOutcome, ProcessRequest};

impl Host {
    /// The outcome of a process that is said to have done its work: what it
    /// was to write is held against its contract as if it had just ended well.
    ///
    /// # Errors
    /// What is wrong with what it left, in words.
    pub(crate) fn adopt(&mut self, request: &ProcessRequest) -> Result<Outcome, Vec<String>> {
        let paths: Vec<String> = request
            .contract_paths
            .iter()
            .map(|path| self.complete(path))
            .collect();
        let mut outcome = ProcessOutcome {
            duration_ms: 1,
            ..ProcessOutcome::default()
        };
        if let Some(contract) = &request.contract {
            if let Some(error) = self.escapes(contract, &paths) {
                return Err(vec![error.message]);
            }
            let words = |all: Vec<Violation>| -> Vec<String> {
                all.into_iter().map(|each| each.message).collect()
            };
            outcome.artifacts = contract.enforce(&paths, &self.files).map_err(words)?;
            self.hide_results(request, &paths);
        }
        Ok(self.mask().outcome(Outcome::Process(Box::new(outcome))))
    }
}
