//! The journal, as far as a reader needs it: when steps began and ended, and
//! how the run did. `wfc-vm` checks journals; here a line that cannot be read
//! is counted and passed over.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reading::{self, Lines};

/// When the last visit of a step began and ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// When the host first began it.
    pub(crate) began: Option<String>,
    /// When its last answer was kept.
    pub(crate) ended: Option<String>,
    /// How often this visit was begun, over every session.
    pub(crate) attempts: u32,
    /// The exit code of its process.
    pub(crate) exit_code: Option<i64>,
    /// How long its process took.
    pub(crate) duration_ms: u64,
}

/// What becomes of a step, by the name that its files carry.
#[derive(Debug)]
pub(crate) enum Mark {
    /// An attempt at it was begun.
    Began(String),
    /// Its outcome is known.
    Ended(String),
}

/// What a journal tells.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) run: Option<RunRecord>,
    pub(crate) sessions: Vec<Session>,
    /// By the name that the files of a step carry.
    pub(crate) times: HashMap<String, Times>,
    /// The name of the step that was begun and has no outcome.
    pub(crate) unfinished: Option<String>,
    pub(crate) done: Option<Done>,
    pub(crate) interrupted: bool,
    /// The time of the last record.
    pub(crate) last_at: Option<String>,
    /// Lines that could not be read.
    pub(crate) damaged: usize,
}

/// What was run.
#[derive(Debug, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) run_id: String,
    pub(crate) plan_hash: String,
    pub(crate) started_at: String,
    #[serde(default)]
    pub(crate) bound_inputs: serde_json::Map<String, Value>,
    #[serde(default)]
    pub(crate) argv: Vec<String>,
    /// Where it comes from.
    #[serde(default)]
    pub(crate) origin: Option<Lineage>,
}

/// How one run comes from another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Lineage {
    /// The other run.
    pub run_id: String,
    /// The step at which they part; none where the younger began anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// The runs beside the one in `dir` that come from it, oldest first.
pub(crate) fn forks(dir: &Path, run_id: &str) -> Vec<Lineage> {
    let beside = dir.parent().and_then(|root| std::fs::read_dir(root).ok());
    let mut found = Vec::new();
    for entry in beside.into_iter().flatten().flatten() {
        let run = first(&entry.path());
        if let Some(run) = run
            && let Some(origin) = run.origin
            && origin.run_id == run_id
        {
            found.push(Lineage {
                run_id: run.run_id,
                step: origin.step,
            });
        }
    }
    found.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    found
}

/// A process that has worked on the run.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) pid: u32,
    #[serde(default)]
    pub(crate) process_start: String,
    #[serde(default)]
    pub(crate) boot_id: String,
}

/// How the run ended.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) error: Option<Value>,
    #[serde(default)]
    pub(crate) outputs: Value,
    #[serde(default)]
    pub(crate) at: String,
}

#[derive(Deserialize)]
struct Line {
    record: Record,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record {
    Run(Box<RunRecord>),
    Session {
        #[serde(flatten)]
        session: Session,
        #[serde(default)]
        started_at: String,
    },
    Intent {
        coord: Coord,
        at: String,
    },
    Outcome {
        coord: Coord,
        outcome: Answer,
        at: String,
    },
    Done(Box<Done>),
    Interrupted {
        at: String,
    },
    Plan {
        plan_hash: String,
    },
    /// Of a later version.
    #[serde(other)]
    Unknown,
}

/// The answer to a request; only processes have an exit code.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    exit_code: Option<i64>,
    #[serde(default)]
    duration_ms: u64,
}

#[derive(Deserialize)]
struct Coord {
    log_name: String,
    /// 0 for a question that a step asks on the side.
    visit: u64,
}

/// The command line that started the run in `dir`, from the first record of
/// its journal.
pub fn command_line(dir: &Path) -> Option<Vec<String>> {
    Some(first(dir)?.argv)
}

/// What was run in a directory.
fn first(dir: &Path) -> Option<RunRecord> {
    let file = reading::open(&dir.join("journal.jsonl")).ok()?;
    let line = Lines::of(BufReader::new(file)).next()?.ok()??;
    match serde_json::from_slice::<Line>(&line).ok()?.record {
        Record::Run(run) => Some(*run),
        _ => None,
    }
}

/// The file that a journal goes on in; from 1, which is the one at `path`.
pub(crate) fn segment(path: &Path, number: u32) -> PathBuf {
    match number {
        1 => path.to_owned(),
        _ => path.with_extension(format!("{number}.jsonl")),
    }
}

impl Journal {
    /// Reads a journal, line by line.
    pub(crate) fn read(path: &Path) -> std::io::Result<Self> {
        let mut journal = Journal::default();
        let mut file = reading::open(path)?;
        for number in 2.. {
            for line in Lines::of(BufReader::new(file)) {
                match line? {
                    Some(line) => drop(journal.take(&line)),
                    None => journal.damaged += 1,
                }
            }
            match reading::open(&segment(path, number)) {
                Ok(next) => file = next,
                Err(_) => break,
            }
        }
        Ok(journal)
    }

    /// Takes one line, without its end. Says what became of a step.
    pub(crate) fn take(&mut self, line: &[u8]) -> Option<Mark> {
        match serde_json::from_slice::<Line>(line) {
            Ok(line) => self.add(line.record),
            Err(_) => {
                self.damaged += usize::from(!line.is_empty());
                None
            }
        }
    }

    fn add(&mut self, record: Record) -> Option<Mark> {
        let mut mark = None;
        match record {
            Record::Run(run) => {
                self.last_at = Some(run.started_at.clone());
                self.run = Some(*run);
            }
            Record::Session {
                session,
                started_at,
            } => {
                // A new session takes the run up again, however it had ended.
                self.done = None;
                self.interrupted = false;
                self.last_at = Some(started_at);
                self.sessions.push(session);
            }
            Record::Intent { coord, at } => {
                if coord.visit > 0 {
                    let times = self.times.entry(coord.log_name.clone()).or_default();
                    // A visit that has an outcome is over; this is another.
                    if times.ended.is_some() {
                        *times = Times::default();
                    }
                    times.began.get_or_insert_with(|| at.clone());
                    times.attempts += 1;
                    mark = Some(Mark::Began(coord.log_name.clone()));
                    self.unfinished = Some(coord.log_name);
                }
                self.last_at = Some(at);
            }
            Record::Outcome { coord, outcome, at } => {
                if coord.visit > 0 {
                    mark = Some(Mark::Ended(coord.log_name.clone()));
                    let times = self.times.entry(coord.log_name).or_default();
                    times.ended = Some(at.clone());
                    times.exit_code = outcome.exit_code;
                    times.duration_ms = outcome.duration_ms;
                    self.unfinished = None;
                }
                self.last_at = Some(at);
            }
            Record::Done(done) => {
                self.last_at = Some(done.at.clone());
                self.done = Some(*done);
            }
            Record::Interrupted { at } => {
                self.interrupted = true;
                self.last_at = Some(at);
            }
            Record::Plan { plan_hash } => {
                if let Some(run) = &mut self.run {
                    run.plan_hash = plan_hash;
                }
            }
            Record::Unknown => {}
        }
        mark
    }
}
