//! How long a process may take, and after which failures it is tried again.

use wfc_ir::{FailureClass, Limits};
use wfc_syntax::lisp::DatumKind;

use super::Checker;
use super::keywords::Arguments;
use crate::lisp::messages;

impl Checker<'_, '_> {
    /// The limits beside `:timeout-sec`.
    pub(super) fn limits(&mut self, form: &str, arguments: &Arguments<'_>) -> Limits {
        Limits {
            first_output_sec: self.seconds(form, arguments, "first-output-sec", "60"),
            idle_output_sec: self.seconds(form, arguments, "idle-output-sec", "300"),
            grace_sec: self.seconds(form, arguments, "grace-sec", "10"),
        }
    }

    pub(super) fn timeout(&mut self, form: &str, arguments: &Arguments<'_>) -> Option<f64> {
        self.seconds(form, arguments, "timeout-sec", "600")
    }

    fn seconds(
        &mut self,
        form: &str,
        arguments: &Arguments<'_>,
        keyword: &str,
        example: &str,
    ) -> Option<f64> {
        let datum = arguments.get(keyword)?;
        let seconds = match datum.kind {
            DatumKind::Int(seconds) if seconds > 0 => Some(seconds as f64),
            DatumKind::Float(seconds) if seconds > 0.0 => Some(seconds),
            DatumKind::Error => return None,
            _ => None,
        };
        if seconds.is_none() {
            self.report(messages::shape(
                datum.span,
                form,
                &format!(":{keyword} {example}"),
                "a number of seconds above 0 is needed",
            ));
        }
        seconds
    }

    /// `:retry-after (timeout contract)`
    pub(super) fn failures(&mut self, form: &str, arguments: &Arguments<'_>) -> Vec<FailureClass> {
        let Some(datum) = arguments.get("retry-after") else {
            return Vec::new();
        };
        let mut classes = Vec::new();
        let items = datum.as_list().unwrap_or_default();
        for item in items {
            let word = item.as_symbol().map(|word| word.replace('-', "_"));
            let known = FailureClass::ALL.iter();
            match word.and_then(|word| known.clone().find(|(known, _)| *known == word)) {
                Some((_, class)) if classes.contains(class) => {}
                Some((_, class)) => classes.push(*class),
                None if item.kind == DatumKind::Error => {}
                None => {
                    let words: Vec<String> =
                        known.map(|(word, _)| word.replace('_', "-")).collect();
                    self.report(messages::shape(
                        item.span,
                        form,
                        ":retry-after (timeout contract)",
                        &format!("a failure is one of {}", words.join(", ")),
                    ));
                }
            }
        }
        if items.is_empty() && datum.kind != DatumKind::Error {
            self.report(messages::shape(
                datum.span,
                form,
                ":retry-after (timeout contract)",
                "a list of failures is needed",
            ));
        }
        classes
    }
}
