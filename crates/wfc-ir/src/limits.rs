//! How long a process may take, and when it is tried again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a process may be silent, and how long it may take to end once it
/// was told to. What is not said here a template may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Seconds until it must have written something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_output_sec: Option<f64>,
    /// Seconds that it may go on without writing something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_output_sec: Option<f64>,
    /// Seconds between being told to end and being killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_sec: Option<f64>,
}

impl Limits {
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        *self == Limits::default()
    }

    /// These, and those of `others` that are not among them.
    #[must_use]
    pub fn or(self, others: Limits) -> Limits {
        Limits {
            first_output_sec: self.first_output_sec.or(others.first_output_sec),
            idle_output_sec: self.idle_output_sec.or(others.idle_output_sec),
            grace_sec: self.grace_sec.or(others.grace_sec),
        }
    }

    /// Each limit that there is, by the key that says it.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [
            ("first_output_sec", self.first_output_sec),
            ("idle_output_sec", self.idle_output_sec),
            ("grace_sec", self.grace_sec),
        ]
        .into_iter()
        .filter_map(|(key, seconds)| Some((key, seconds?)))
    }
}

/// How an attempt has failed, as far as it matters for trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// With exit code 1, or the agent says that it failed.
    Error,
    /// One of its time limits was reached, or its exit code is 124.
    Timeout,
    /// The agent says that it is asked too often.
    RateLimit,
    /// The agent says that it may not work: nobody is logged in.
    Auth,
    /// What it wrote breaks the contract of the step.
    Contract,
    /// What it printed is not what it was to print.
    Output,
    /// A signal ended it.
    Signal,
    /// With any other exit code.
    Exit,
    /// It could not be started.
    Start,
}

impl FailureClass {
    /// Every class by its word.
    pub const ALL: [(&'static str, FailureClass); 9] = [
        ("error", FailureClass::Error),
        ("timeout", FailureClass::Timeout),
        ("rate_limit", FailureClass::RateLimit),
        ("auth", FailureClass::Auth),
        ("contract", FailureClass::Contract),
        ("output", FailureClass::Output),
        ("signal", FailureClass::Signal),
        ("exit", FailureClass::Exit),
        ("start", FailureClass::Start),
    ];

    /// Those that another attempt is made after when nothing is said.
    pub const USUAL: [FailureClass; 3] = [
        FailureClass::Error,
        FailureClass::Timeout,
        FailureClass::RateLimit,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, class)| *class == self);
        found.map_or("error", |(word, _)| word)
    }
}

/// When to try again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retries {
    /// How many times after the first.
    pub max: u32,
    /// How long to wait before the second attempt, in milliseconds.
    pub delay_ms: u64,
    /// By what the wait grows from one attempt to the next.
    #[serde(default = "backoff", skip_serializing_if = "is_usual_backoff")]
    pub backoff: f64,
    /// What the wait does not grow beyond, in milliseconds.
    #[serde(default = "max_delay_ms", skip_serializing_if = "is_usual_max_delay")]
    pub max_delay_ms: u64,
    /// The part of the wait that chance may add to it.
    #[serde(default = "jitter", skip_serializing_if = "is_usual_jitter")]
    pub jitter: f64,
    /// After which failures; none of them stands for the
    /// [usual ones](FailureClass::USUAL).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<FailureClass>,
}

impl Retries {
    /// So many, with the usual pauses after the first one.
    pub fn new(max: u32, delay_ms: u64) -> Self {
        Retries {
            max,
            delay_ms,
            backoff: backoff(),
            max_delay_ms: max_delay_ms(),
            jitter: jitter(),
            after: Vec::new(),
        }
    }

    /// Is another attempt made after the failure of attempt `number`, from 1?
    pub fn covers(&self, class: FailureClass, number: u32) -> bool {
        let among = match self.after.as_slice() {
            [] => FailureClass::USUAL.contains(&class),
            some => some.contains(&class),
        };
        among && number <= self.max
    }

    /// How long to wait after attempt `number`, from 1, in milliseconds.
    /// `chance` is between 0 and 1.
    pub fn pause_ms(&self, number: u32, chance: f64) -> u64 {
        let rounds = i32::try_from(number.saturating_sub(1)).unwrap_or(i32::MAX);
        let longest = self.max_delay_ms.max(self.delay_ms) as f64;
        let grown = (self.delay_ms as f64 * self.backoff.max(1.0).powi(rounds)).min(longest);
        let added = grown * self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0);
        // Saturates; there is no time like infinity.
        (grown + added) as u64
    }
}

fn backoff() -> f64 {
    2.0
}

fn is_usual_backoff(value: &f64) -> bool {
    *value == backoff()
}

fn max_delay_ms() -> u64 {
    60_000
}

fn is_usual_max_delay(value: &u64) -> bool {
    *value == max_delay_ms()
}

fn jitter() -> f64 {
    0.2
}

fn is_usual_jitter(value: &f64) -> bool {
    *value == jitter()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses after the first attempts, without chance and with all of it.
    fn check(retries: &Retries, expected: &[(u64, u64)]) {
        for (number, expected) in (1..).zip(expected) {
            let pauses = (retries.pause_ms(number, 0.0), retries.pause_ms(number, 1.0));
            assert_eq!(pauses, *expected, "after attempt {number}");
        }
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let usual = Retries::new(9, 1000);
        check(&usual, &[(1000, 1200), (2000, 2400), (4000, 4800)]);
        assert_eq!(usual.pause_ms(u32::MAX, 0.0), 60_000);
        let even = Retries {
            backoff: 1.0,
            jitter: 0.0,
            ..Retries::new(9, 500)
        };
        check(&even, &[(500, 500), (500, 500)]);
        // One that is longer than the bound from the start stays.
        check(
            &Retries::new(9, 90_000),
            &[(90_000, 108_000), (90_000, 108_000)],
        );
        check(&Retries::new(9, 0), &[(0, 0), (0, 0)]);
    }

    #[test]
    fn some_failures_are_tried_again() {
        let usual = Retries::new(1, 0);
        for (_, class) in FailureClass::ALL {
            assert_eq!(usual.covers(class, 1), FailureClass::USUAL.contains(&class));
            assert!(!usual.covers(class, 2));
        }
        let some = Retries {
            after: vec![FailureClass::Contract],
            ..usual
        };
        assert!(some.covers(FailureClass::Contract, 1));
        assert!(!some.covers(FailureClass::Error, 1));
    }
}
