//! Tests of the formatter.
#![allow(clippy::unwrap_used)]

mod layout;
mod properties;

use super::*;
use crate::yaml::tests::FILE;

/// Formats a text that has no errors, and holds what must be true of all: it
/// means the same, and formatting it again changes nothing.
#[track_caller]
fn formatted(text: &str) -> String {
    let (before, findings) = parse(FILE, text);
    assert_eq!(findings, Vec::new(), "{text:?}");
    let once = lay_out(text);
    let (after, findings) = parse(FILE, &once);
    assert!(
        findings.is_empty() && same(&before.unwrap(), &after.unwrap()),
        "{text}\n--- became\n{once}\n{:?}",
        findings.first().map(|f| (&f.message, f.primary.span))
    );
    let twice = lay_out(&once);
    assert_eq!(twice, once, "formatted again, of {text:?}");
    once
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let found = formatted(text);
    assert_eq!(found, expected, "\n--- of\n{text}\n--- came\n{found}");
}
