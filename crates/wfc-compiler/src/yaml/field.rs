//! What can be read of a step: the words after its name.

use wfc_ir::{OutcomeField, StepField, WaitField};

/// The words that may begin what a `ref` reads.
pub(crate) const IN_REFS: [&str; 3] = ["artifacts", "exit_code", "outcome"];

/// The words that may begin what `${steps...}` reads.
pub(crate) const IN_TEXTS: [&str; 11] = [
    "artifacts",
    "exit_code",
    "outcome",
    "status",
    "output",
    "lines",
    "json",
    "files",
    "wait_duration_ms",
    "poll_count",
    "timed_out",
];

/// The parts of an outcome.
pub(crate) const OUTCOME: [(&str, OutcomeField); 4] = [
    ("status", OutcomeField::Status),
    ("phase", OutcomeField::Phase),
    ("class", OutcomeField::Class),
    ("retryable", OutcomeField::Retryable),
];

/// Reads `artifacts.x`, `exit_code`, `outcome.class` and, in a text, `output`,
/// `lines`, `json.a.b`, `status` and nothing at all (the whole record).
pub(crate) fn parse(field: &str, in_text: bool) -> Option<StepField> {
    let (head, rest) = match field.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (field, None),
    };
    match (head, rest) {
        ("artifacts", Some(name)) if !name.is_empty() => Some(StepField::Artifact {
            name: name.to_owned(),
        }),
        ("exit_code", None) => Some(StepField::ExitCode),
        ("outcome", Some(part)) => OUTCOME
            .iter()
            .find(|(word, _)| *word == part)
            .map(|(_, part)| StepField::Outcome { part: *part }),
        _ if !in_text => None,
        ("", None) => Some(StepField::Whole),
        ("artifacts", None) => Some(StepField::Artifacts),
        ("status", None) => Some(StepField::Status),
        ("output", None) => Some(StepField::Output),
        ("lines", None) => Some(StepField::Lines),
        ("json", None) => Some(StepField::Json { path: Vec::new() }),
        ("json", Some(path)) => Some(StepField::Json {
            path: path.split('.').map(str::to_owned).collect(),
        }),
        (word, None) => {
            let mut parts = WaitField::ALL.iter();
            let (_, part) = parts.find(|(known, _)| *known == word)?;
            Some(StepField::Wait { part: *part })
        }
        _ => None,
    }
}
