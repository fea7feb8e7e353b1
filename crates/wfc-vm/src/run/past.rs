//! What a journal says of a run, and bringing a machine back to that point.

use std::collections::{HashMap, HashSet};

use super::Decision;
use crate::journal::{Follows, Record, RunRecord, SessionRecord, Spent};
use crate::machine::{Machine, Yield};
use crate::projection::{RunStatus, Session};
use crate::{Coord, Outcome, Owner, ProcessIdentity, RunError};

/// An answer that counts.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) seq: u64,
    pub(super) path: String,
    pub(super) visit: u64,
    pub(super) outcome: Outcome,
}

impl Answer {
    /// Is it that of a process that did what it was to do?
    pub(super) fn succeeded(&self) -> bool {
        matches!(&self.outcome, Outcome::Process(process)
            if process.exit_code == 0 && process.error.is_none())
    }

    pub(super) fn spent(&self) -> Spent {
        Spent {
            path: self.path.clone(),
            visit: self.visit,
        }
    }
}

/// An attempt without an outcome.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) coord: Coord,
    pub(super) at: String,
    /// The processes that it was seen to start, those of earlier attempts at
    /// the same visit included: they may still be there.
    pub(super) processes: Vec<ProcessIdentity>,
}

/// What a journal says, sorted.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) run: RunRecord,
    /// What it follows now.
    pub(super) follows: Follows,
    pub(super) sessions: Vec<Session>,
    /// The process of the last session, unless it is known to have stopped.
    pub(super) at_work: Option<Owner>,
    /// Answers that count, in order.
    pub(super) answers: Vec<Answer>,
    /// The last intent, when no answer followed it.
    pub(super) begun: Option<Begun>,
    /// How often each step has been begun, by path.
    pub(super) attempts: HashMap<String, u32>,
    /// Visits that were made, or may have been, and whose answers do not count.
    pub(super) spent: HashSet<Spent>,
    /// What was said of them.
    decisions: HashMap<Spent, Decision>,
    /// How the run has ended, and with what, if the last session came to that.
    pub(super) done: Option<RunStatus>,
}

pub(super) fn visit_of(coord: &Coord) -> Spent {
    Spent {
        path: coord.path.clone(),
        visit: coord.visit,
    }
}

impl Past {
    pub(super) fn read(records: Vec<(u64, Record)>) -> Result<Self, RunError> {
        let mut records = records.into_iter();
        let Some((_, Record::Run(run))) = records.next() else {
            return Err(RunError::Diverged(
                "the first record does not begin a run".to_owned(),
            ));
        };
        let mut past = Past {
            follows: run.follows.clone(),
            spent: run.origin.iter().flat_map(|o| o.spent.clone()).collect(),
            run,
            sessions: Vec::new(),
            at_work: None,
            answers: Vec::new(),
            begun: None,
            attempts: HashMap::new(),
            decisions: HashMap::new(),
            done: None,
        };
        for (seq, record) in records {
            past.take(seq, record)?;
        }
        Ok(past)
    }

    fn take(&mut self, seq: u64, record: Record) -> Result<(), RunError> {
        match record {
            Record::Run(_) => {
                return Err(RunError::Diverged(format!(
                    "record {seq} begins another run"
                )));
            }
            Record::Session(session) => {
                self.end_session(&session.started_at, "abandoned");
                self.sessions.push(session_of(&self.sessions, &session));
                self.done = None;
                self.at_work = Some(Owner {
                    process: ProcessIdentity {
                        pid: session.pid,
                        process_start: session.process_start,
                        boot_id: session.boot_id,
                    },
                    since: session.started_at,
                });
            }
            Record::Intent { coord, attempt, at } => {
                self.attempts.insert(coord.path.clone(), attempt);
                let processes = match self.begun.take() {
                    Some(begun) if begun.coord == coord => begun.processes,
                    // What became of another attempt is not known for good.
                    Some(begun) => {
                        self.spent.insert(visit_of(&begun.coord));
                        Vec::new()
                    }
                    None => Vec::new(),
                };
                self.settle(&coord);
                self.begun = Some(Begun {
                    coord,
                    at,
                    processes,
                });
            }
            Record::Process { path, identity } => {
                if let Some(begun) = &mut self.begun
                    && begun.coord.path == path
                {
                    begun.processes.push(identity);
                }
            }
            Record::Outcome { coord, outcome, .. } => {
                self.begun = None;
                self.settle(&coord);
                self.answers.push(Answer {
                    seq,
                    path: coord.path,
                    visit: coord.visit,
                    outcome,
                });
            }
            Record::Decided {
                coord, decision, ..
            } => {
                self.decisions.insert(visit_of(&coord), decision);
            }
            Record::Plan { follows, .. } => self.follows = follows,
            Record::Void { from_seq } => {
                let kept = self.answers.partition_point(|answer| answer.seq < from_seq);
                let void = self.answers.drain(kept..).filter(Answer::succeeded);
                self.spent.extend(void.map(|answer| answer.spent()));
            }
            Record::Interrupted { at } => self.end_session(&at, "interrupted"),
            Record::Done { status, at, .. } => {
                self.done = Some(match status == RunStatus::Completed.as_str() {
                    true => RunStatus::Completed,
                    false => RunStatus::Failed,
                });
                self.end_session(&at, &status);
            }
        }
        Ok(())
    }

    /// A visit is made under an intent, or has an answer.
    fn settle(&mut self, coord: &Coord) {
        if !self.spent.is_empty() || !self.decisions.is_empty() {
            let visit = visit_of(coord);
            self.spent.remove(&visit);
            self.decisions.remove(&visit);
        }
    }

    /// Was this visit made before, or may it have been, without an answer
    /// that counts?
    pub(super) fn is_spent(&self, coord: &Coord) -> bool {
        self.spent.contains(&visit_of(coord))
    }

    /// What was said of a visit and not done yet.
    pub(super) fn decision(&self, coord: &Coord) -> Option<Decision> {
        self.decisions.get(&visit_of(coord)).copied()
    }

    pub(super) fn completed(&self) -> bool {
        self.done == Some(RunStatus::Completed)
    }

    fn end_session(&mut self, at: &str, how: &str) {
        self.at_work = None;
        if let Some(last) = self.sessions.last_mut()
            && last.ended.is_none()
        {
            last.ended = Some((at.to_owned(), how.to_owned()));
        }
    }
}

pub(super) fn session_of(earlier: &[Session], record: &SessionRecord) -> Session {
    Session {
        id: format!("exec-{:04}", earlier.len() + 1),
        entrypoint: record.entrypoint.clone(),
        pid: record.pid,
        process_start: record.process_start.clone(),
        started_at: record.started_at.clone(),
        ended: None,
    }
}

/// Where a replay came to.
pub(super) enum Replayed {
    /// The answers are used up; this comes next.
    At(Yield),
    /// The run has failed, because of the answer with this number (from 1).
    Failed(Option<u64>),
}

/// Feeds recorded answers to a fresh machine.
pub(super) fn replay(machine: &mut Machine, answers: &[Answer]) -> Result<Replayed, RunError> {
    for Answer {
        seq, path, outcome, ..
    } in answers
    {
        match machine.step() {
            Yield::Perform(request) if request.coord().path == *path => {
                machine.answer(outcome.clone());
            }
            Yield::Perform(request) => {
                return Err(RunError::Diverged(format!(
                    "record {seq} answers `{path}`, the plan asks for `{}`",
                    request.coord().path
                )));
            }
            Yield::Done(_) | Yield::Failed(_) => {
                return Err(RunError::Diverged(format!(
                    "record {seq} answers `{path}` after the end"
                )));
            }
        }
    }
    Ok(match machine.step() {
        Yield::Failed(_) => Replayed::Failed(machine.failed_at()),
        next => Replayed::At(next),
    })
}
