//! What an agent says about itself on standard output: its events, its final
//! answer, and whether it succeeded.
//!
//! ```text
//! log ── events ──> one reader for each protocol ──> Answer
//! ```
//!
//! Agents change from week to week, so an event or key that is not known is
//! passed over, and so is a line that is no event at all. What must be there
//! is the event that ends the conversation: without it nobody knows whether
//! the answer is whole.

mod claude;
mod codex;
mod events;
mod gemini;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead};

use serde_json::{Map, Value, json};
use wfc_ir::Protocol;

use self::events::Events;
use crate::ErrorObject;

/// The largest fact that is kept, in bytes of JSON.
const FACT_LIMIT: usize = 16 * 1024;

/// Words of an agent that an error repeats, in characters.
const WORDS_LIMIT: usize = 500;

type Event = Map<String, Value>;

/// What a conversation amounts to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// The final text.
    pub(super) text: Option<String>,
    /// `session_id`, `model`, `usage`, `cost_usd`, `duration_ms`, `turns`, as
    /// far as they were told.
    pub(super) facts: Map<String, Value>,
    /// Why there is no success.
    pub(super) problem: Option<Problem>,
}

/// Why a conversation is no success.
#[derive(Debug, PartialEq)]
pub(super) enum Problem {
    /// The agent says that it failed.
    Reported(String),
    /// What it wrote does not say how it ended.
    Unreadable(String),
}

impl Problem {
    /// The exit code for a process that ended with 0: a failure that the
    /// agent reports may pass, an output that cannot be read will not.
    pub(super) fn exit_code(&self) -> i64 {
        match self {
            Problem::Reported(_) => 1,
            Problem::Unreadable(_) => 2,
        }
    }

    pub(super) fn error(&self, protocol: Protocol) -> ErrorObject {
        let (kind, message) = match self {
            Problem::Reported(why) => ("provider_error", format!("The agent reports: {why}")),
            Problem::Unreadable(why) => (
                "provider_output_invalid",
                format!(
                    "What the agent wrote is no whole `{}`: {why}",
                    protocol.word()
                ),
            ),
        };
        ErrorObject {
            kind: kind.to_owned(),
            message,
            context: json!({ "protocol": protocol.word() }),
        }
    }
}

/// Reads the standard output of an agent. [`Protocol::Plain`] has nothing to
/// be read.
pub(super) fn read(protocol: Protocol, from: impl BufRead) -> io::Result<Answer> {
    match protocol {
        Protocol::Plain => Ok(Answer::default()),
        Protocol::Text => text(from),
        Protocol::ClaudeJson | Protocol::QwenJson => fold(from, claude::Claude::default()),
        Protocol::CodexJson => fold(from, codex::Codex::default()),
        Protocol::GeminiJson => fold(from, gemini::Gemini::default()),
    }
}

/// An answer that is all there is; it stays where it is.
fn text(mut from: impl BufRead) -> io::Result<Answer> {
    let mut answer = Answer::default();
    loop {
        let bytes = from.fill_buf()?;
        if bytes.is_empty() {
            answer.problem = Some(Problem::Unreadable("it is empty".to_owned()));
            return Ok(answer);
        }
        if !bytes.trim_ascii().is_empty() {
            return Ok(answer);
        }
        let blank = bytes.len();
        from.consume(blank);
    }
}

/// One way to tell how a conversation ended.
trait Reader {
    /// The event without which a conversation has no end.
    const LAST: &'static str;
    /// Takes the next event.
    fn event(&mut self, event: Event);
    /// What the events amount to; `None` when the last one is missing.
    fn end(&mut self) -> Option<Result<String, Problem>>;
    /// The text so far, and the facts.
    fn told(self) -> (Option<String>, Facts);
}

fn fold<R: Reader>(from: impl BufRead, mut reader: R) -> io::Result<Answer> {
    let mut events = Events::new(from);
    while let Some(event) = events.next()? {
        reader.event(event);
    }
    let end = reader.end();
    let (so_far, facts) = reader.told();
    let (text, problem) = match end {
        Some(Ok(text)) => (Some(text), None),
        Some(Err(problem)) => (so_far, Some(problem)),
        None => (so_far, Some(Problem::Unreadable(events.verdict(R::LAST)))),
    };
    Ok(Answer {
        text,
        facts: facts.0,
        problem,
    })
}

/// Facts of the kinds that they should be, none of them endless.
#[derive(Debug, Default)]
struct Facts(Map<String, Value>);

impl Facts {
    fn put(&mut self, key: &str, value: Option<&Value>, fits: fn(&Value) -> bool) {
        let Some(value) = value.filter(|value| fits(value)) else {
            return;
        };
        if value.to_string().len() <= FACT_LIMIT {
            self.0.insert(key.to_owned(), value.clone());
        }
    }

    fn text(&mut self, key: &str, value: Option<&Value>) {
        self.put(key, value, |value| {
            value.as_str().is_some_and(|v| !v.is_empty())
        });
    }

    fn number(&mut self, key: &str, value: Option<&Value>) {
        self.put(key, value, Value::is_number);
    }

    fn object(&mut self, key: &str, value: Option<&Value>) {
        self.put(key, value, |value| {
            value.as_object().is_some_and(|v| !v.is_empty())
        });
    }
}

fn str_of<'e>(event: &'e Event, key: &str) -> Option<&'e str> {
    event.get(key).and_then(Value::as_str)
}

/// What an error says: a text, or the `message` of an object.
fn message_of(value: Option<&Value>) -> Option<String> {
    let words = match value? {
        Value::String(words) => words,
        Value::Object(error) => str_of(error, "message")?,
        _ => return None,
    };
    let words = words.trim();
    (!words.is_empty()).then(|| shortened(words))
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(WORDS_LIMIT) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words.to_owned(),
    }
}
