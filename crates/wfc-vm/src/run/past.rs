//! What a journal says of a run, and bringing a machine back to that point.

use std::collections::HashMap;

use crate::journal::{Record, RunRecord, SessionRecord};
use crate::machine::{Machine, Yield};
use crate::projection::{RunStatus, Session};
use crate::{Coord, Outcome, ProcessIdentity, RunError};

/// What a journal says, sorted.
pub(super) struct Past {
    pub(super) run: RunRecord,
    pub(super) sessions: Vec<Session>,
    /// Answers that count, in order: number, path, answer.
    pub(super) outcomes: Vec<(u64, String, Outcome)>,
    /// The step of the last intent, when no answer followed it.
    pub(super) intent: Option<String>,
    /// The step of the last intent and the processes that it was seen to
    /// start, when no answer followed.
    pub(super) in_flight: Option<(Coord, Vec<ProcessIdentity>)>,
    /// How often each step has been begun, by path.
    pub(super) attempts: HashMap<String, u32>,
    pub(super) completed: bool,
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
            run,
            sessions: Vec::new(),
            outcomes: Vec::new(),
            intent: None,
            in_flight: None,
            attempts: HashMap::new(),
            completed: false,
        };
        for (seq, record) in records {
            match record {
                Record::Run(_) => {
                    return Err(RunError::Diverged(format!(
                        "record {seq} begins another run"
                    )));
                }
                Record::Session(session) => {
                    past.end_session(&session.started_at, "abandoned");
                    past.sessions.push(session_of(&past.sessions, &session));
                }
                Record::Intent { coord, attempt, .. } => {
                    past.attempts.insert(coord.path.clone(), attempt);
                    past.intent = Some(coord.path.clone());
                    past.begin(coord);
                }
                Record::Process { path, identity } => {
                    if let Some((coord, processes)) = &mut past.in_flight
                        && coord.path == path
                    {
                        processes.push(identity);
                    }
                }
                Record::Outcome { coord, outcome, .. } => {
                    past.intent = None;
                    past.in_flight = None;
                    past.outcomes.push((seq, coord.path, outcome));
                }
                Record::Void { from_seq } => past.outcomes.retain(|(seq, _, _)| *seq < from_seq),
                Record::Interrupted { at } => past.end_session(&at, "interrupted"),
                Record::Done { status, at, .. } => {
                    past.completed = status == RunStatus::Completed.as_str();
                    past.end_session(&at, &status);
                }
            }
        }
        Ok(past)
    }

    /// A step that is begun again may still have processes of the time before.
    fn begin(&mut self, coord: Coord) {
        match &mut self.in_flight {
            Some((same, _)) if *same == coord => {}
            other => *other = Some((coord, Vec::new())),
        }
    }

    fn end_session(&mut self, at: &str, how: &str) {
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
pub(super) fn replay(
    machine: &mut Machine,
    outcomes: &[(u64, String, Outcome)],
) -> Result<Replayed, RunError> {
    for (seq, path, outcome) in outcomes {
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
