//! The log files of a step.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The endings that a step may have a log file with, in the order shown.
const ENDINGS: [&str; 3] = ["prompt.txt", "stdout", "stderr"];

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
        let stem = wfc_ir::file_name(name);
        ENDINGS
            .iter()
            .map(|ending| format!("{stem}.{ending}"))
            .filter(|file| self.files.contains(file))
            .map(|file| format!("logs/{file}"))
            .collect()
    }
}
