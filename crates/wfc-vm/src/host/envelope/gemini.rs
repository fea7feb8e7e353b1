//! Gemini CLI: one envelope with a `response`, or events up to a `result`.

use serde_json::Value;

use super::{Event, Facts, Problem, Reader, message_of, str_of};

#[derive(Default)]
pub(super) struct Gemini {
    end: Option<Result<Option<String>, String>>,
    /// The message that is being told, in pieces.
    said: Option<String>,
    /// The next piece begins another message.
    anew: bool,
    facts: Facts,
}

impl Gemini {
    fn envelope(&mut self, event: &Event) {
        let failed = event.get("error").filter(|error| !error.is_null());
        if let Some(error) = failed {
            let why = message_of(Some(error));
            self.end = Some(Err(
                why.unwrap_or_else(|| "an error without words".to_owned())
            ));
        } else if let Some(Value::String(text)) = event.get("response") {
            self.end = Some(Ok(Some(text.clone())));
        } else {
            return;
        }
        let models = event.get("stats").and_then(|stats| stats.get("models"));
        self.facts.object("usage", models);
        if let Some(Value::Object(models)) = models
            && let (1, Some(model)) = (models.len(), models.keys().next())
        {
            let model = Value::from(model.as_str());
            self.facts.text("model", Some(&model));
        }
    }
}

impl Reader for Gemini {
    const LAST: &'static str = "`result`";

    fn event(&mut self, event: Event) {
        self.facts.text("session_id", event.get("session_id"));
        match str_of(&event, "type") {
            None => self.envelope(&event),
            Some("init") => self.facts.text("model", event.get("model")),
            Some("message") if str_of(&event, "role") == Some("assistant") => {
                let text = str_of(&event, "content").unwrap_or_default();
                let piece = event.get("delta").and_then(Value::as_bool) == Some(true);
                match &mut self.said {
                    Some(said) if piece && !self.anew => said.push_str(text),
                    said => *said = Some(text.to_owned()),
                }
                self.anew = false;
            }
            // What the agent says after it has used a tool is said anew.
            Some("tool_use" | "tool_result" | "message") => self.anew = true,
            Some("result") => {
                let stats = event.get("stats");
                self.facts.object("usage", stats);
                let took = stats.and_then(|stats| stats.get("duration_ms"));
                self.facts.number("duration_ms", took);
                let failed = event.get("error").filter(|error| !error.is_null());
                let status = str_of(&event, "status").unwrap_or("success");
                self.end = Some(match (failed, status) {
                    (None, "success") => Ok(None),
                    (error, status) => {
                        let why = message_of(error);
                        Err(why.unwrap_or_else(|| format!("the status `{status}`")))
                    }
                });
            }
            Some(_) => {}
        }
    }

    fn end(&mut self) -> Option<Result<String, Problem>> {
        Some(match self.end.take()? {
            Ok(Some(text)) => Ok(text),
            Ok(None) => Ok(self.said.take().unwrap_or_default()),
            Err(why) => Err(Problem::Reported(why)),
        })
    }

    fn told(self) -> (Option<String>, Facts) {
        (self.said, self.facts)
    }
}
