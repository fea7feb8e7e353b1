//! Secrets: values of the environment that processes are given and that
//! nothing we write or show may hold.
//!
//! `***` takes the place of each. What is recorded is what a resume goes on
//! with, so later steps see `***` too: a secret reaches a process through its
//! environment and in no other way.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use serde_json::{Map, Value};
use wfc_ir::{Expr, NodeOp, Plan, Process};

use crate::secret_forms::forms;
use crate::{ErrorObject, Outcome};

/// What stands for a secret.
const STAND_IN: &[u8] = b"***";

/// Values with fewer bytes are left as they are: they occur everywhere, and
/// hiding them would spoil the evidence and give away where they stand.
const SHORTEST: usize = 4;

/// Parts of `state.json` that hold what came from outside or was computed;
/// the rest is our own words.
const DATA: [&str; 10] = [
    "output",
    "lines",
    "json",
    "error",
    "debug",
    "artifacts",
    "context",
    "bound_inputs",
    "workflow_outputs",
    "artifact_versions",
];

/// The secrets that a plan names.
#[derive(Clone, Default)]
pub struct Secrets {
    values: HashMap<String, OsString>,
    words: Vec<Vec<u8>>,
    mask: Mask,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Secrets {
    /// The secrets of a plan, their values as `environment` has them now.
    pub fn new(plan: &Plan, environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut secrets = Secrets::default();
        for process in processes(plan) {
            for name in &process.secrets {
                if let Some(value) = environment(name) {
                    secrets.words.push(value.as_bytes().to_owned());
                    secrets.values.insert(name.clone(), value);
                }
                // One that the step sets itself is no less a secret.
                if let Some(Expr::Lit { value }) = process.env.get(name) {
                    secrets.words.push(wfc_ir::to_text(value).into_bytes());
                }
            }
        }
        secrets.mask = Mask::new(secrets.words.clone());
        secrets
    }

    /// Those of `names` that are not in the environment; an empty value is one.
    pub(crate) fn missing(&self, names: &[String]) -> Vec<String> {
        let absent = |name: &&String| !self.values.contains_key(*name);
        names.iter().filter(absent).cloned().collect()
    }

    /// Keeps one more value secret.
    pub(crate) fn learn(&mut self, value: &str) {
        if !self.words.iter().any(|word| word == value.as_bytes()) {
            self.words.push(value.as_bytes().to_owned());
            self.mask = Mask::new(self.words.clone());
        }
    }

    /// What hides them.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }
}

fn processes(plan: &Plan) -> impl Iterator<Item = &Process> {
    let nodes = plan.workflows.iter().flat_map(|each| &each.nodes);
    nodes.filter_map(|node| match &node.op {
        NodeOp::Process(process) => Some(&**process),
        _ => None,
    })
}

/// Puts `***` in the place of secrets.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// In order; none of them is too short.
    words: Arc<[Vec<u8>]>,
    /// Which of them begin with a byte.
    starts: Arc<[Range<usize>]>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({})", self.words.len())
    }
}

impl Mask {
    fn new(values: Vec<Vec<u8>>) -> Self {
        let mut words: Vec<Vec<u8>> = Vec::new();
        for value in values.into_iter().filter(|value| value.len() >= SHORTEST) {
            words.extend(forms(&value));
        }
        words.sort();
        words.dedup();
        let mut starts = vec![0..0; 256];
        for (at, word) in words.iter().enumerate() {
            let range = &mut starts[usize::from(word[0])];
            *range = match range.start == range.end {
                true => at..at + 1,
                false => range.start..at + 1,
            };
        }
        Mask {
            words: words.into(),
            starts: starts.into(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A stream of bytes, hidden as it goes by.
    pub(crate) fn stream(&self) -> Stream {
        Stream {
            mask: self.clone(),
            pending: Vec::new(),
            covered: 0,
        }
    }

    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.is_empty() {
            return bytes;
        }
        let mut stream = self.stream();
        let mut out = stream.push(&bytes).unwrap_or(bytes);
        out.extend(stream.finish());
        out
    }

    /// Does the text hold a secret?
    pub(crate) fn sees(&self, text: &str) -> bool {
        !self.is_empty() && !self.find(text.as_bytes()).is_empty()
    }

    pub(crate) fn text(&self, text: &str) -> String {
        let bytes = self.bytes(text.as_bytes().to_owned());
        // A secret that is no text may end within a character.
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// The value with secrets hidden in its texts, keys and numbers.
    pub(crate) fn value(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Number(number) => {
                let text = number.to_string();
                match self.text(&text) {
                    same if same == text => Value::Number(number),
                    hidden => Value::String(hidden),
                }
            }
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => Value::Object(self.map(map)),
            Value::Null | Value::Bool(_) => value,
        }
    }

    pub(crate) fn map(&self, map: Map<String, Value>) -> Map<String, Value> {
        if self.is_empty() {
            return map;
        }
        map.into_iter()
            .map(|(key, value)| (self.text(&key), self.value(value)))
            .collect()
    }

    pub(crate) fn error(&self, error: ErrorObject) -> ErrorObject {
        ErrorObject {
            kind: error.kind,
            message: self.text(&error.message),
            context: self.value(error.context),
        }
    }

    /// The answer to a request, as it is recorded and as the machine gets it.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        if self.is_empty() {
            return outcome;
        }
        match outcome {
            Outcome::Process(mut process) => {
                let captured = &mut process.captured;
                captured.output = captured.output.take().map(|text| self.text(&text));
                for line in captured.lines.iter_mut().flatten() {
                    *line = self.text(line);
                }
                captured.json = captured.json.take().map(|value| self.value(value));
                process.artifacts = self.map(std::mem::take(&mut process.artifacts));
                process.error = process.error.take().map(|error| self.error(error));
                process.unparsed = process.unparsed.take().map(|text| self.text(&text));
                process.injection = process.injection.take().map(|value| self.value(value));
                process.provider = process.provider.take().map(|value| self.value(value));
                for output in &mut process.outputs {
                    output.path = self.text(&output.path);
                }
                Outcome::Process(process)
            }
            Outcome::Checked { value } => Outcome::Checked {
                value: self.value(value),
            },
            Outcome::Waited {
                mut files,
                waited_ms,
                polls,
                timed_out,
            } => {
                for file in &mut files {
                    *file = self.text(file);
                }
                Outcome::Waited {
                    files,
                    waited_ms,
                    polls,
                    timed_out,
                }
            }
            Outcome::Refused { mut errors } => {
                for error in &mut errors {
                    error.at = self.text(&error.at);
                    error.message = self.text(&error.message);
                }
                Outcome::Refused { errors }
            }
            Outcome::Failed { mut error } => {
                error.path = self.text(&error.path);
                error.message = self.text(&error.message);
                Outcome::Failed { error }
            }
            Outcome::Selected(mut selected) => {
                selected.artifacts = self.map(selected.artifacts);
                Outcome::Selected(selected)
            }
            Outcome::Error { error } => Outcome::Error {
                error: self.error(error),
            },
            other => other,
        }
    }

    /// What stands in `state.json` under a key.
    pub(crate) fn part(&self, key: &str, value: Value) -> Value {
        match DATA.contains(&key) {
            true => self.value(value),
            false => self.state(value),
        }
    }

    /// `state.json`, or a part of it.
    pub(crate) fn state(&self, state: Value) -> Value {
        if self.is_empty() {
            return state;
        }
        match state {
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| {
                    let value = self.part(&key, value);
                    (key, value)
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.into_iter().map(|item| self.state(item)).collect(),
            other => other,
        }
    }

    /// The words that begin with a byte.
    fn from(&self, byte: u8) -> &[Vec<u8>] {
        let range = self.starts.get(usize::from(byte)).cloned();
        self.words.get(range.unwrap_or(0..0)).unwrap_or_default()
    }

    /// Where secrets stand in `bytes`, by their beginnings. They may overlap.
    fn find(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for at in 0..bytes.len() {
            let here = self.from(bytes[at]).iter();
            let here = here.filter(|word| bytes[at..].starts_with(word));
            found.extend(here.map(Vec::len).max().map(|len| (at, at + len)));
        }
        found
    }

    /// How many bytes at the beginning cannot belong to a secret that goes on
    /// behind the end.
    fn settled(&self, bytes: &[u8]) -> usize {
        let longest = self.words.iter().map(Vec::len).max().unwrap_or(0);
        let first = (bytes.len() + 1).saturating_sub(longest);
        let begun = |at: &usize| {
            let words = self.from(bytes[*at]).iter();
            words
                .into_iter()
                .any(|word| word.starts_with(&bytes[*at..]))
        };
        (first..bytes.len()).find(begun).unwrap_or(bytes.len())
    }
}

/// Hides secrets in bytes that come in pieces of any size. What may be the
/// beginning of a secret waits for the next piece. Secrets that overlap are
/// hidden together, so that no part of either is left.
pub(crate) struct Stream {
    mask: Mask,
    pending: Vec<u8>,
    /// How many bytes of `pending` belong to a secret that `***` already
    /// stands for.
    covered: usize,
}

impl Stream {
    /// What can be shown after the next piece; `None` for the piece itself.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.mask.is_empty() {
            return None;
        }
        self.pending.extend_from_slice(bytes);
        Some(self.show(self.mask.settled(&self.pending)))
    }

    /// What is left when there is no more.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.show(self.pending.len())
    }

    /// Shows everything up to `end`.
    fn show(&mut self, end: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(end);
        let mut covered = self.covered;
        let found = self.mask.find(&self.pending);
        for (start, stop) in found.into_iter().take_while(|(start, _)| *start < end) {
            if start >= covered {
                out.extend_from_slice(&self.pending[covered..start]);
                out.extend_from_slice(STAND_IN);
            }
            covered = covered.max(stop);
        }
        if covered < end {
            out.extend_from_slice(&self.pending[covered..end]);
        }
        self.covered = covered.saturating_sub(end);
        self.pending.drain(..end);
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn mask(words: &[&str]) -> Mask {
        Mask::new(
            words
                .iter()
                .map(|word| word.as_bytes().to_owned())
                .collect(),
        )
    }

    /// What a text becomes, however it is cut into pieces.
    fn check(words: &[&str], text: &str, expected: &str) {
        let mask = mask(words);
        assert_eq!(mask.text(text), expected);
        for size in 1..=text.len() {
            let mut stream = mask.stream();
            let mut out = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                out.extend(stream.push(piece).unwrap_or(piece.to_owned()));
            }
            out.extend(stream.finish());
            assert_eq!(
                String::from_utf8(out).unwrap(),
                expected,
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn hides_secrets_across_pieces() {
        check(&["hunter2"], "a hunter2 b hunter2", "a *** b ***");
        check(&["hunter2"], "hunter2hunter2", "******");
        check(&["hunter2"], "hunthunter2er2 hunter", "hunt***er2 hunter");
        check(&["aaaa"], "aaa aaaa aaaaaaa", "aaa *** ***");
        // The longer one, and both where they overlap.
        check(&["pass", "password"], "password pass passw", "*** *** ***w");
        check(&["abcd", "cdefg"], "abcdefgh", "***h");
        check(&["abcde", "bcde"], "xabcdex", "x***x");
        // Too short or empty.
        check(&["", "abc"], "abc", "abc");
        check(&[], "abc", "abc");
        check(&["line\nfeed"], "line\nfeed \"line\\nfeed\"", "*** \"***\"");
        check(&["pässword"], "ä pässword ä", "ä *** ä");
    }

    #[test]
    fn shows_at_once_what_is_no_secret() {
        let mut stream = mask(&["hunter2", "a-very-long-secret"]).stream();
        let mut push = |text: &str| String::from_utf8(stream.push(text.as_bytes()).unwrap());
        assert_eq!(push("50 %").unwrap(), "50 %");
        assert_eq!(push(" hunt").unwrap(), " ");
        assert_eq!(push("ing").unwrap(), "hunting");
    }

    #[test]
    fn hides_secrets_in_values() {
        let mask = mask(&["hunter2", "12345"]);
        let value = json!({ "hunter2": ["hunter2!", 12345, 0.123456, true, null], "n": 1234 });
        let expected = json!({ "***": ["***!", "***", "0.***6", true, null], "n": 1234 });
        assert_eq!(mask.value(value), expected);
        let state = json!({
            "steps": { "hunter2": { "name": "hunter2", "output": "hunter2", "duration_ms": 12345 } },
            "context": { "a": "hunter2" },
        });
        let expected = json!({
            "steps": { "hunter2": { "name": "hunter2", "output": "***", "duration_ms": 12345 } },
            "context": { "a": "***" },
        });
        assert_eq!(mask.state(state), expected);
    }

    proptest::proptest! {
        /// Whatever the secrets, the text and its pieces.
        #[test]
        fn nothing_is_left_of_a_secret(
            words in proptest::collection::vec("[ab]{4,7}", 1..4),
            text in "[abc]{0,60}",
            size in 1_usize..9,
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mask = mask(&words);
            let mut stream = mask.stream();
            let mut out = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                out.extend(stream.push(piece).unwrap());
            }
            out.extend(stream.finish());
            let out = String::from_utf8(out).unwrap();
            proptest::prop_assert!(words.iter().all(|word| !out.contains(word)), "{}", out);
            proptest::prop_assert_eq!(out, mask.text(&text));
        }
    }
}
