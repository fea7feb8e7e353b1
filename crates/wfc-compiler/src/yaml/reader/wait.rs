//! Queues: waiting for files, and where tasks lie.

use wfc_syntax::yaml::Node;

use super::{Fields, Reader};
use crate::yaml::hir::{Exec, Name, Wait};
use crate::yaml::messages;

/// How long to wait when the step does not say, in seconds.
const TIMEOUT_SEC: f64 = 300.0;

/// How long to pause between two looks, in milliseconds.
const POLL_MS: u64 = 500;

impl Reader<'_> {
    pub(super) fn wait(&mut self, node: &Node) -> Option<Exec> {
        const KEYS: &[&str] = &["glob", "timeout_sec", "poll_ms", "min_count"];
        let fields = self.fields_of(node, "`wait_for`", KEYS, "glob")?;
        let glob = self
            .required(&fields, "glob")
            .and_then(|node| self.path(node, "`glob`"));
        let timeout_sec = fields
            .get("timeout_sec")
            .and_then(|node| self.seconds(node, "`timeout_sec`"));
        let mut count = |key: &str, least| {
            let node = fields.get(key)?;
            self.count(node, &format!("`{key}`"), least)
        };
        let poll_ms = count("poll_ms", 1);
        let min_count = count("min_count", 0);
        Some(Exec::Wait(Box::new(Wait {
            glob: glob?,
            timeout_sec: timeout_sec.unwrap_or(TIMEOUT_SEC),
            poll_ms: poll_ms.map_or(POLL_MS, |poll| poll.value),
            min_count: min_count.map_or(1, |count| count.value),
        })))
    }

    /// Reads the settings of queues; returns `processed_dir`, the only one
    /// that wfc itself acts on.
    pub(super) fn queue(&mut self, fields: &Fields<'_>) -> Option<Name> {
        let mut directory = |key: &str| {
            let what = format!("`{key}`");
            let name = self.name(fields.get(key)?, &what)?;
            self.safe_path(&name.value, name.span, &what);
            Some(name)
        };
        directory("inbox_dir");
        directory("failed_dir");
        let processed = directory("processed_dir");
        if let Some(node) = fields.get("task_extension")
            && let Some(ending) = self.name(node, "`task_extension`")
            && ending.value.contains('/')
        {
            let message = "`task_extension` is the end of a file name, without `/`";
            self.report(messages::bad_value(ending.span, message, "not an ending"));
        }
        processed
    }
}
