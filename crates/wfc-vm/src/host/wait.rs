//! Waiting until enough files match a pattern.

use std::time::Duration;

use tokio::time::Instant;

use super::WorkspaceFiles;
use crate::Outcome;

/// What is waited for, and how.
pub(super) struct Watch<'a> {
    pub(super) files: &'a WorkspaceFiles,
    pub(super) pattern: &'a str,
    /// None to wait for ever.
    pub(super) timeout: Option<Duration>,
    /// The pause between two looks.
    pub(super) poll: Duration,
    /// How many files are enough.
    pub(super) enough: usize,
}

impl Watch<'_> {
    /// Looks at once, then after each pause, and a last time when the time is
    /// up.
    pub(super) async fn run(&self) -> Outcome {
        let began = Instant::now();
        let end = self.timeout.and_then(|timeout| began.checked_add(timeout));
        let mut polls = 0;
        loop {
            polls += 1;
            let files = match self.files.list(self.pattern) {
                Ok(files) => files,
                Err(error) => return Outcome::Failed { error },
            };
            let over = end.is_some_and(|end| Instant::now() >= end);
            let timed_out = over && files.len() < self.enough;
            if over || files.len() >= self.enough {
                let waited = began.elapsed().as_millis();
                return Outcome::Waited {
                    files,
                    waited_ms: u64::try_from(waited).unwrap_or(u64::MAX),
                    polls,
                    timed_out,
                };
            }
            // A pause that no clock can hold ends with the time that is left.
            let next = Instant::now().checked_add(self.poll);
            match (next, end) {
                (Some(next), Some(end)) => tokio::time::sleep_until(next.min(end)).await,
                (Some(until), None) | (None, Some(until)) => tokio::time::sleep_until(until).await,
                (None, None) => std::future::pending().await,
            }
        }
    }
}
