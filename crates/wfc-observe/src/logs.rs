//! The log files of a step.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The longest stem of a log file, in bytes, before its hash.
const MAX_STEM: usize = 200;

/// The endings that a step may have a log file with, in the order shown.
const ENDINGS: [&str; 3] = ["prompt.txt", "stdout", "stderr"];

/// The stem of the log files of a step, as the run store names them: the name
/// itself when it is a plain file name, otherwise a readable part of it and a
/// hash.
pub fn log_stem(name: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || "._-#[] ".contains(c);
    let dots = name.len() - name.trim_start_matches('.').len();
    let mut stem: String = name
        .char_indices()
        .map(|(at, c)| if at < dots || !keep(c) { '_' } else { c })
        .collect();
    let cut = stem.len() > MAX_STEM;
    stem.truncate(MAX_STEM);
    if cut || stem != name || name.is_empty() || looks_hashed(name) {
        let hash = wfc_ir::hash_bytes(name.as_bytes());
        let digits = hash.trim_start_matches("sha256:");
        stem.push_str("__");
        stem.extend(digits.chars().take(16));
    }
    stem
}

/// Does the name end as a changed one does?
fn looks_hashed(name: &str) -> bool {
    name.len()
        .checked_sub(18)
        .and_then(|at| name.get(at..))
        .and_then(|tail| tail.strip_prefix("__"))
        .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The log files that a run has.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    files: BTreeSet<String>,
}

impl Logs {
    /// Lists `logs/` of a run; nothing when there is none.
    pub(crate) fn list(run: &Path) -> Self {
        let entries = fs::read_dir(run.join("logs")).into_iter().flatten();
        Logs {
            files: entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect(),
        }
    }

    /// The files of the step that is shown as `name`, from the run directory.
    pub(crate) fn of(&self, name: &str) -> Vec<String> {
        let stem = log_stem(name);
        ENDINGS
            .iter()
            .map(|ending| format!("{stem}.{ending}"))
            .filter(|file| self.files.contains(file))
            .map(|file| format!("logs/{file}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        for (name, stem) in [
            (
                "Review[0].Route.REVISE.Fix it",
                "Review[0].Route.REVISE.Fix it",
            ),
            ("../../esc", "___.._esc__9fddcecdcf94f850"),
            ("a/b", "a_b__c14cddc033f64b9d"),
            (
                "a_b__c14cddc033f64b9d",
                "a_b__c14cddc033f64b9d__79a5d4243280d850",
            ),
        ] {
            assert_eq!(log_stem(name), stem);
        }
    }
}
