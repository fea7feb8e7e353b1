//! Codex: a thread of turns; the answer is its last message.

use super::{Event, Facts, Problem, Reader, message_of, str_of};

#[derive(Default)]
pub(super) struct Codex {
    completed: bool,
    failed: Option<String>,
    /// The last error that was told outside a turn. Such errors may pass:
    /// Codex reports each attempt to connect again.
    hiccup: Option<String>,
    said: Option<String>,
    facts: Facts,
}

impl Reader for Codex {
    const LAST: &'static str = "`turn.completed`";

    fn event(&mut self, event: Event) {
        match str_of(&event, "type") {
            Some("thread.started") => {
                self.facts.text("session_id", event.get("thread_id"));
                self.facts.text("model", event.get("model"));
            }
            Some("turn.started") => self.completed = false,
            Some("item.completed") => {
                let item = event.get("item").and_then(|item| item.as_object());
                let Some(item) = item else { return };
                let kind = str_of(item, "type").or_else(|| str_of(item, "item_type"));
                if let Some("agent_message" | "assistant_message") = kind
                    && let Some(text) = str_of(item, "text")
                {
                    self.said = Some(text.to_owned());
                }
            }
            Some("turn.completed") => {
                self.completed = true;
                self.facts.object("usage", event.get("usage"));
            }
            Some("turn.failed") => {
                let why = message_of(event.get("error"));
                self.failed = Some(why.unwrap_or_else(|| "the turn failed".to_owned()));
            }
            Some("error") => self.hiccup = message_of(event.get("message")),
            _ => {}
        }
    }

    fn end(&mut self) -> Option<Result<String, Problem>> {
        if let Some(why) = self.failed.take() {
            return Some(Err(Problem::Reported(why)));
        }
        if self.completed {
            return Some(Ok(self.said.take().unwrap_or_default()));
        }
        let why = self.hiccup.take()?;
        Some(Err(Problem::Reported(why)))
    }

    fn told(self) -> (Option<String>, Facts) {
        (self.said, self.facts)
    }
}
