//! Finding runs below a runs root, by as little of their id as tells them
//! apart.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use crate::reading;

/// Where runs are kept, from the workspace.
pub const RUNS_ROOT: &str = ".orchestrate/runs";

/// What stands for the newest run.
const LATEST: &str = "latest";

/// How many runs a message names.
const SHOWN: usize = 3;

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
        /// The run whose id is nearest to that.
        near: Option<String>,
        /// The newest runs there, newest first.
        latest: Vec<String>,
    },
    /// Several runs begin that way.
    Ambiguous {
        /// What was asked for.
        id: String,
        /// All of them, newest first.
        candidates: Vec<String>,
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
            ReportError::Unknown {
                near: Some(near), ..
            } => Some(format!("did you mean {near}?")),
            ReportError::Unknown { latest, .. } if !latest.is_empty() => {
                Some(format!("the newest runs are {}", latest.join(", ")))
            }
            ReportError::Ambiguous { candidates, .. } => {
                let shown = candidates.iter().take(SHOWN).map(String::as_str);
                let shown = shown.collect::<Vec<_>>().join(", ");
                Some(match candidates.len().checked_sub(SHOWN) {
                    None | Some(0) => format!("they are {shown}"),
                    Some(more) => format!("they are {shown}, and {more} more"),
                })
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
            ReportError::Ambiguous { id, candidates } => write!(
                f,
                "`{id}` may be any of {} runs; give more of the id",
                candidates.len()
            ),
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

/// The directory of a run below `root`. `given` is its id, `latest` for the
/// newest one, or as much of the beginning of the id, or of the part behind
/// its dash, as no other run shares.
///
/// # Errors
/// When there is no such run, or several; the error names them.
pub fn find_run(root: &Path, given: &str) -> Result<PathBuf, ReportError> {
    let plain = !matches!(given, "" | "." | "..") && !given.contains(['/', '\\', '\0']);
    if plain && is_run(&root.join(given)) {
        return Ok(root.join(given));
    }
    if given == LATEST {
        return latest_run(root);
    }
    let ids: Vec<String> = match list(root) {
        Ok(runs) => runs.into_iter().rev().map(|run| run.id).collect(),
        Err(ReportError::NoRuns { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let begins = |id: &&String| id.starts_with(given) || tail(id).starts_with(given);
    let candidates: Vec<String> = match plain {
        true => ids.iter().filter(begins).cloned().collect(),
        false => Vec::new(),
    };
    match candidates.as_slice() {
        [one] => Ok(root.join(one)),
        [] => Err(ReportError::Unknown {
            id: given.to_owned(),
            root: root.to_owned(),
            near: nearest(given, &ids),
            latest: ids.into_iter().take(SHOWN).collect(),
        }),
        _ => Err(ReportError::Ambiguous {
            id: given.to_owned(),
            candidates,
        }),
    }
}

/// What tells runs of one second apart: the part of an id behind its dash.
fn tail(id: &str) -> &str {
    id.split_once('-').map_or(id, |(_, tail)| tail)
}

/// The id that differs from `given` by a slip of the hand, the newest of
/// several.
fn nearest(given: &str, ids: &[String]) -> Option<String> {
    // Ids are random at their end: two of them differ by more than this.
    let slips = given.chars().count().div_ceil(4).min(2);
    let distance = |id: &String| {
        let whole = strsim::osa_distance(given, id);
        whole.min(strsim::osa_distance(given, tail(id)))
    };
    let near = ids.iter().map(|id| (distance(id), id));
    let near = near.filter(|(distance, _)| *distance <= slips);
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, id)| id.clone())
}

/// The directories of all runs below `root`, the newest first.
///
/// # Errors
/// When `root` is missing or cannot be read.
pub fn runs(root: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let runs = list(root)?;
    Ok(runs
        .into_iter()
        .rev()
        .map(|run| root.join(run.id))
        .collect())
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
        let id = path.file_name().and_then(|name| name.to_str());
        let Some(id) = id.filter(|id| !id.starts_with('.')) else {
            continue;
        };
        if is_run(&path) {
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

/// Does a directory hold what a run leaves?
fn is_run(path: &Path) -> bool {
    let held = ["journal.jsonl", "state.json"];
    held.iter().any(|file| path.join(file).is_file())
}

/// The time in an id such as `20260131T120000Z-abc123`.
pub(crate) fn id_time(id: &str) -> Option<Timestamp> {
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
    let text = reading::whole(&run.join("state.json")).ok()?;
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
