//! Finding runs below a runs root.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

/// Where runs are kept, from the workspace.
pub const RUNS_ROOT: &str = ".orchestrate/runs";

/// Why there is nothing to report.
#[derive(Debug)]
pub enum ReportError {
    /// The directory of runs is missing or holds no run.
    NoRuns {
        /// The directory.
        root: PathBuf,
    },
    /// There is no such run.
    Unknown {
        /// What was asked for.
        id: String,
        /// Where it was looked for.
        root: PathBuf,
        /// The newest runs there, newest first.
        latest: Vec<String>,
    },
    /// A directory cannot be read.
    Io {
        /// What was being read.
        path: PathBuf,
        /// Why it failed.
        error: std::io::Error,
    },
    /// The directory holds neither a state nor a journal that can be read.
    Unreadable {
        /// The run directory.
        path: PathBuf,
        /// What is wrong with each file.
        why: Vec<String>,
    },
}

impl ReportError {
    /// What to do next, if there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            ReportError::NoRuns { .. } => Some(
                "start one with `wfc run FILE`, or name another place with --runs-root".to_owned(),
            ),
            ReportError::Unknown { latest, .. } if !latest.is_empty() => {
                Some(format!("the newest runs are {}", latest.join(", ")))
            }
            _ => None,
        }
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::NoRuns { root } => write!(f, "there are no runs in {}", root.display()),
            ReportError::Unknown { id, root, .. } => {
                write!(f, "there is no run `{id}` in {}", root.display())
            }
            ReportError::Io { path, error } => write!(f, "cannot read {}: {error}", path.display()),
            ReportError::Unreadable { path, why } => write!(
                f,
                "{} is not a readable run: {}",
                path.display(),
                why.join("; ")
            ),
        }
    }
}

impl std::error::Error for ReportError {}

/// The directory of the run `id` below `root`.
///
/// # Errors
/// When there is no such run; the error names the newest ones.
pub fn find_run(root: &Path, id: &str) -> Result<PathBuf, ReportError> {
    let plain = !id.is_empty() && id != "." && id != ".." && !id.contains(['/', '\\']);
    let path = root.join(id);
    if plain && path.is_dir() {
        return Ok(path);
    }
    let mut runs = list(root).unwrap_or_default();
    runs.reverse();
    Err(ReportError::Unknown {
        id: id.to_owned(),
        root: root.to_owned(),
        latest: runs.into_iter().take(3).map(|run| run.id).collect(),
    })
}

/// The directory of the run below `root` that was started last.
///
/// # Errors
/// When there is none.
pub fn latest_run(root: &Path) -> Result<PathBuf, ReportError> {
    match list(root)?.pop() {
        Some(run) => Ok(root.join(run.id)),
        None => Err(ReportError::NoRuns {
            root: root.to_owned(),
        }),
    }
}

/// A run directory, ordered by its start.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    started: Option<Timestamp>,
    id: String,
}

/// All runs, the newest last.
fn list(root: &Path) -> Result<Vec<Entry>, ReportError> {
    let io = |error| ReportError::Io {
        path: root.to_owned(),
        error,
    };
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReportError::NoRuns {
                root: root.to_owned(),
            });
        }
        entries => entries.map_err(io)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let path = entry.map_err(io)?.path();
        let held = ["journal.jsonl", "state.json"];
        let Some(id) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if held.iter().any(|file| path.join(file).is_file()) {
            runs.push((id_time(id), id.to_owned()));
        }
    }
    // The id tells the second. Only the runs of the last second need a look
    // inside, and those whose ids tell nothing.
    let last = runs.iter().filter_map(|(time, _)| *time).max();
    let mut runs: Vec<Entry> = runs
        .into_iter()
        .map(|(time, id)| Entry {
            started: match time {
                Some(_) if time != last => time,
                _ => started_at(&root.join(&id)).or(time),
            },
            id,
        })
        .collect();
    runs.sort();
    Ok(runs)
}

/// The time in an id such as `20260131T120000Z-abc123`.
fn id_time(id: &str) -> Option<Timestamp> {
    let (time, _) = id.split_once('-')?;
    if time.len() != 16 || !time.is_ascii() {
        return None;
    }
    let (date, clock) = (&time[..8], &time[9..15]);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..4],
        &clock[4..]
    );
    text.parse().ok()
}

fn started_at(run: &Path) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct State {
        started_at: String,
    }
    let text = fs::read(run.join("state.json")).ok()?;
    let state: State = serde_json::from_slice(&text).ok()?;
    state.started_at.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids_tell_the_second() {
        let time = id_time("20260131T120102Z-abc123").unwrap();
        assert_eq!(time.to_string(), "2026-01-31T12:01:02Z");
        assert_eq!(id_time("0123456789abcdef0123456789abcdef"), None);
        assert_eq!(id_time("notes"), None);
        assert_eq!(id_time("2026013éT12010Z-abc"), None);
    }
}
