//! How an attempt has failed, as far as it matters for trying again.

use wfc_ir::FailureClass;

use crate::ProcessOutcome;

/// What agents say when they are asked too often, in lower case.
const RATE_LIMIT: [&str; 9] = [
    "rate limit",
    "rate_limit",
    "rate-limit",
    "too many requests",
    "overloaded",
    "usage limit",
    "resource_exhausted",
    "429",
    "529",
];

/// What agents say when nobody is logged in, in lower case.
const AUTH: [&str; 9] = [
    "not logged in",
    "log in",
    "/login",
    "unauthorized",
    "authentication",
    "api key",
    "api_key",
    "401",
    "403",
];

/// The class of an outcome; none for a success.
pub(super) fn class(outcome: &ProcessOutcome) -> Option<FailureClass> {
    let kind = outcome.error.as_ref().map(|error| error.kind.as_str());
    Some(match (kind, outcome.exit_code) {
        (None, 0) => return None,
        (Some("timeout"), _) | (None, 124) => FailureClass::Timeout,
        (Some("provider_error"), code) => {
            let said = outcome.error.as_ref().map_or("", |error| &error.message);
            reported(said, code)
        }
        (Some("contract_violation"), _) => FailureClass::Contract,
        (Some("provider_output_invalid" | "json_parse_error" | "json_overflow"), _) => {
            FailureClass::Output
        }
        (Some("execution_error"), _) => FailureClass::Start,
        (_, 1) => FailureClass::Error,
        // As a shell tells it: 128 and the number of the signal.
        (_, 129..=192) => FailureClass::Signal,
        (_, _) => FailureClass::Exit,
    })
}

/// What an agent means by the words of its error.
fn reported(words: &str, code: i64) -> FailureClass {
    /// Gemini CLI ends with this when nobody is logged in.
    const NO_AUTH: i64 = 41;
    let words = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
    if says(&RATE_LIMIT) {
        FailureClass::RateLimit
    } else if code == NO_AUTH || says(&AUTH) {
        FailureClass::Auth
    } else {
        FailureClass::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorObject;

    /// The class of an exit code with an error.
    fn check(code: i64, error: &str, expected: Option<FailureClass>) {
        let error = error.split_once(": ").map(|(kind, message)| ErrorObject {
            kind: kind.to_owned(),
            message: message.to_owned(),
            context: serde_json::Value::Null,
        });
        let outcome = ProcessOutcome {
            exit_code: code,
            error,
            ..ProcessOutcome::default()
        };
        assert_eq!(class(&outcome), expected, "{outcome:?}");
    }

    #[test]
    fn failures_have_classes() {
        use FailureClass::{
            Auth, Contract, Error, Exit, Output, RateLimit, Signal, Start, Timeout,
        };
        check(0, "", None);
        check(1, "", Some(Error));
        check(2, "", Some(Exit));
        check(124, "", Some(Timeout));
        check(
            124,
            "timeout: Provider wrote nothing for 9 seconds",
            Some(Timeout),
        );
        check(137, "", Some(Signal));
        check(128, "", Some(Exit));
        check(255, "", Some(Exit));
        check(1, "execution_error: cannot start `x`", Some(Start));
        check(2, "contract_violation: no file", Some(Contract));
        check(2, "provider_output_invalid: it is empty", Some(Output));
        check(2, "json_parse_error: no JSON", Some(Output));
        for (words, expected) in [
            (
                "The agent reports: Not logged in \u{b7} Please run /login",
                Auth,
            ),
            ("The agent reports: Invalid API key", Auth),
            ("The agent reports: API Error: 529 Overloaded", RateLimit),
            ("The agent reports: rate_limit_error", RateLimit),
            ("The agent reports: stream disconnected", Error),
        ] {
            check(1, &format!("provider_error: {words}"), Some(expected));
        }
        check(41, "provider_error: The agent reports: no key", Some(Auth));
        check(52, "provider_error: The agent reports: quota", Some(Error));
    }
}
