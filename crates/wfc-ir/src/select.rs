//! Choosing a variant by the file that changed, and needing one.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Contract, Expr};

/// The size of a candidate, in bytes, unless it is stated.
pub const SNAPSHOT_BYTES: u64 = 16 * 1024 * 1024;

/// The largest size of a candidate that may be stated, in bytes.
pub const SNAPSHOT_BYTES_LIMIT: u64 = 64 * 1024 * 1024;

/// A need for one variant of what a step gave. Asked when the step is about
/// to be executed, after its guards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requires {
    /// The discriminant: an artifact of the step that gave the variant.
    pub subject: Expr,
    /// The variant.
    pub tag: String,
}

/// What is noted of some files just before a process starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Its name among the snapshots of the step.
    pub name: String,
    /// The files: paths by the word of the variant that each stands for.
    pub candidates: IndexMap<String, Expr>,
    /// The largest file that is read, in bytes.
    pub max_bytes: u64,
}

/// Chooses the variant whose candidate has been made or changed since a
/// snapshot, and writes its bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Select {
    /// The snapshot.
    pub evidence: Expr,
    /// What is written and kept: a [`Contract::Variant`] with a path of its
    /// own.
    pub contract: Contract,
    /// How the fields that are no paths are found in the candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extract: Option<Extract>,
}

/// Finds a text in a file: the rest of the first line with a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extract {
    /// How the line begins.
    pub line_prefix: String,
    /// Texts that are taken out of the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strip: Vec<String>,
}

impl Extract {
    /// The text, or nothing when no line begins so.
    pub fn find(&self, text: &str) -> Option<String> {
        let mut lines = text.lines();
        let rest = lines.find_map(|line| line.strip_prefix(&self.line_prefix))?;
        let mut found = rest.trim().to_owned();
        for unwanted in self.strip.iter().filter(|each| !each.is_empty()) {
            found = found.replace(unwanted, "");
        }
        Some(found.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(strip: &[&str], text: &str, expected: Option<&str>) {
        let extract = Extract {
            line_prefix: "Class:".to_owned(),
            strip: strip.iter().map(|&each| each.to_owned()).collect(),
        };
        assert_eq!(extract.find(text).as_deref(), expected);
    }

    #[test]
    fn the_first_line_with_the_prefix_counts() {
        check(&[], "x\nClass: a b \r\nClass: c\n", Some("a b"));
        check(&["`", "-"], "Class: - `a`\n", Some("a"));
        check(&[""], "Class:", Some(""));
        check(&[], " Class: a", None);
    }
}
