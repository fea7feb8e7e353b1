//! How long a process may take, and when it is tried again.

use wfc_ir::{FailureClass, Limits, Retries};
use wfc_syntax::yaml::{Kind, Node};

use super::{Fields, Reader};
use crate::yaml::messages;

/// What is waited before a second attempt, in milliseconds.
const DELAY_MS: u64 = 1000;

impl Reader<'_> {
    /// The limits of a step or of a template beside `timeout_sec`.
    pub(super) fn limits(&mut self, fields: &Fields<'_>) -> Limits {
        self.gate_keys(
            fields,
            &["first_output_sec", "idle_output_sec", "grace_sec"],
        );
        let mut limit = |key: &str| {
            let node = fields.get(key)?;
            self.seconds(node, &format!("`{key}`"))
        };
        Limits {
            first_output_sec: limit("first_output_sec"),
            idle_output_sec: limit("idle_output_sec"),
            grace_sec: limit("grace_sec"),
        }
    }

    pub(super) fn retries(&mut self, node: &Node) -> Option<Retries> {
        const KEYS: &[&str] = &[
            "max",
            "delay_ms",
            "backoff",
            "max_delay_ms",
            "jitter",
            "after",
        ];
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        if node.as_mapping().is_none() {
            let max = self.count(node, "`retries`", 0)?;
            return Some(Retries::new(small(max.value), DELAY_MS));
        }
        let fields = self.fields(node, "`retries`", KEYS)?;
        self.gate_keys(&fields, &["backoff", "max_delay_ms", "jitter", "after"]);
        let max = self
            .required(&fields, "max")
            .and_then(|node| self.count(node, "`max`", 0));
        let mut count = |key: &str| {
            let count = self.count(fields.get(key)?, &format!("`{key}`"), 0)?;
            Some(count.value)
        };
        let (delay_ms, max_delay_ms) = (count("delay_ms"), count("max_delay_ms"));
        let backoff = self.between(&fields, "backoff", 1.0, 100.0);
        let jitter = self.between(&fields, "jitter", 0.0, 1.0);
        let after = fields.get("after").map(|node| self.classes(node));
        let usual = Retries::new(small(max?.value), delay_ms.unwrap_or(DELAY_MS));
        Some(Retries {
            backoff: backoff.unwrap_or(usual.backoff),
            max_delay_ms: max_delay_ms.unwrap_or(usual.max_delay_ms),
            jitter: jitter.unwrap_or(usual.jitter),
            after: after.unwrap_or_default(),
            ..usual
        })
    }

    /// The failures after which another attempt is made.
    fn classes(&mut self, node: &Node) -> Vec<FailureClass> {
        let Some(items) = self.list(node, "`after`") else {
            return Vec::new();
        };
        if items.is_empty() {
            let message = "`after` names no failure".to_owned();
            let found = messages::bad_value(node.place(), message, "nothing is tried again")
                .help("leave `retries` out, or name a failure such as `timeout`");
            self.report(found);
        }
        let mut classes = Vec::new();
        for item in items {
            let class = self.word(item, "a failure in `after`", &FailureClass::ALL);
            classes.extend(class.filter(|class| !classes.contains(class)));
        }
        classes
    }

    /// A number in a range.
    fn between(&mut self, fields: &Fields<'_>, key: &str, least: f64, most: f64) -> Option<f64> {
        let node = fields.get(key)?;
        let value = match node.as_scalar().map_or(Kind::Null, |scalar| scalar.kind) {
            Kind::Int(value) => value as f64,
            Kind::Float(value) => value,
            _ => {
                self.wrong_type(node, &format!("`{key}`"), "a number");
                return None;
            }
        };
        if (least..=most).contains(&value) {
            return Some(value);
        }
        let message = format!("`{key}` must be a number from {least} to {most}");
        self.report(messages::bad_value(node.place(), message, "out of range"));
        None
    }
}
