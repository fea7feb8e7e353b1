//! Claude Code: a `result`, alone or behind the events that led to it.

use serde_json::Value;

use super::{Event, Facts, Problem, Reader, message_of, str_of};

#[derive(Default)]
pub(super) struct Claude {
    result: Option<Event>,
    /// The text of the last message, should there be no result.
    said: Option<String>,
    facts: Facts,
}

impl Reader for Claude {
    const LAST: &'static str = "`result`";

    fn event(&mut self, event: Event) {
        self.facts.text("session_id", event.get("session_id"));
        match str_of(&event, "type") {
            Some("system") => self.facts.text("model", event.get("model")),
            Some("assistant") => {
                // What a helper of the agent says is not its answer.
                let own = event.get("parent_tool_use_id").is_none_or(Value::is_null);
                if let (true, Some(text)) = (own, text_of(&event)) {
                    self.said = Some(text);
                }
            }
            Some("result") => {
                self.facts.object("usage", event.get("usage"));
                self.facts.number("cost_usd", event.get("total_cost_usd"));
                self.facts.number("duration_ms", event.get("duration_ms"));
                self.facts.number("turns", event.get("num_turns"));
                if let Some(Value::Object(models)) = event.get("modelUsage")
                    && let (1, Some(model)) = (models.len(), models.keys().next())
                {
                    let model = Value::from(model.as_str());
                    self.facts.text("model", Some(&model));
                }
                self.result = Some(event);
            }
            _ => {}
        }
    }

    fn end(&mut self) -> Option<Result<String, Problem>> {
        let result = self.result.take()?;
        let subtype = str_of(&result, "subtype").unwrap_or_default();
        // It may say `success` and still be an error.
        let failed = result.get("is_error").and_then(Value::as_bool) == Some(true)
            || subtype.starts_with("error")
            || str_of(&result, "terminal_reason") == Some("api_error");
        if failed {
            let first = result.get("errors").and_then(Value::as_array);
            let why = message_of(result.get("result"))
                .or_else(|| message_of(first.and_then(|all| all.first())))
                .unwrap_or_else(|| match subtype {
                    "" | "success" => "an error without words".to_owned(),
                    subtype => format!("`{subtype}`"),
                });
            return Some(Err(Problem::Reported(why)));
        }
        let text = str_of(&result, "result").filter(|text| !text.is_empty());
        let structured = || {
            let value = result.get("structured_output")?;
            (!value.is_null()).then(|| value.to_string())
        };
        Some(match (text, result.get("result")) {
            (Some(text), _) => Ok(text.to_owned()),
            (None, said) => match structured() {
                Some(text) => Ok(text),
                // Silence is an answer, a missing answer is none.
                None if said.is_some_and(Value::is_string) => Ok(String::new()),
                None => Err(Problem::Unreadable("its `result` has no text".to_owned())),
            },
        })
    }

    fn told(self) -> (Option<String>, Facts) {
        (self.said, self.facts)
    }
}

/// The texts of a message.
fn text_of(event: &Event) -> Option<String> {
    let content = event.get("message")?.get("content")?.as_array()?;
    let texts: Vec<&str> = content
        .iter()
        .filter(|part| part.get("type").and_then(Value::as_str) == Some("text"))
        .filter_map(|part| part.get("text")?.as_str())
        .collect();
    (!texts.is_empty()).then(|| texts.concat())
}
