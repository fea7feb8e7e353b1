//! The log files of a step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a log file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What an agent was told.
    Prompt,
    /// What its process wrote on standard output.
    Stdout,
    /// What it wrote on standard error.
    Stderr,
}

impl Stream {
    /// All, in the order shown.
    pub const ALL: [Stream; 3] = [Stream::Prompt, Stream::Stdout, Stream::Stderr];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Stream::Prompt => "prompt",
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }

    /// How the file ends.
    fn ending(self) -> &'static str {
        match self {
            Stream::Prompt => "prompt.txt",
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }

    /// The file of the step with this full name, from `logs/`.
    fn file(self, name: &str) -> String {
        format!("{}.{}", wfc_ir::file_name(name), self.ending())
    }

    /// The file of the step with this full name.
    pub(crate) fn path(self, run: &Path, name: &str) -> PathBuf {
        run.join("logs").join(self.file(name))
    }
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
        Stream::ALL
            .iter()
            .map(|stream| stream.file(name))
            .filter(|file| self.files.contains(file))
            .map(|file| format!("logs/{file}"))
            .collect()
    }
}
