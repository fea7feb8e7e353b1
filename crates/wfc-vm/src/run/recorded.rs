//! A run as its directory tells: what it follows, what it has done, and where
//! it stands. Reading it changes nothing.

use std::sync::Arc;

use wfc_ir::{Plan, ReplayClass};

use super::outlook::{Because, Fate, Outlook, Planned};
use super::past::{Answer, Past, Replayed, replay};
use super::{RunConfig, RunError, outlook, plans, start_of};
use crate::journal::{End, Journal, JournalContents, JournalError};
use crate::machine::{Event, Machine, Yield};
use crate::owner::Owner;
use crate::store::RunDir;
use crate::{LockError, Request};

/// How often a journal is read again that was written to meanwhile.
const TRIES: u32 = 5;

/// A recorded run.
#[derive(Debug)]
pub struct Recorded {
    pub(super) dir: RunDir,
    pub(super) plan: Arc<Plan>,
    pub(super) past: Past,
    /// Where its journal ended when it was read.
    pub(super) end: End,
}

impl Recorded {
    /// Reads a run.
    ///
    /// # Errors
    /// When there is no such run, or its plan or journal cannot be read.
    pub fn open(run_id: &str, config: &RunConfig) -> Result<Self, RunError> {
        Self::read(RunDir::open(&config.disk, &config.runs_root, run_id)?)
    }

    pub(super) fn read(dir: RunDir) -> Result<Self, RunError> {
        let (records, end) = read_journal(&dir)?;
        let past = Past::read(records)?;
        let plan = Arc::new(plans::read(&dir, &past.follows.plan_hash)?);
        Ok(Recorded {
            dir,
            plan,
            past,
            end,
        })
    }

    /// The plan that it follows.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Whether it has completed.
    pub fn completed(&self) -> bool {
        self.past.completed()
    }

    /// The id.
    pub fn run_id(&self) -> &str {
        self.dir.id()
    }

    /// Refuses when a living process has the run: it holds the lock, or has
    /// written down that it works on the run and not that it has stopped.
    pub(super) fn unowned(&self) -> Result<(), RunError> {
        let owner = self.dir.owner().or_else(|| self.past.at_work.clone());
        match owner.filter(|owner| owner.process.is_another()) {
            Some(owner) => Err(LockError::Held { owner: Some(owner) }.into()),
            None => Ok(()),
        }
    }

    /// The process that works on the run, if one does.
    pub fn owner(&self) -> Option<Owner> {
        match self.unowned() {
            Err(RunError::Locked(LockError::Held { owner })) => owner,
            _ => None,
        }
    }

    pub(super) fn machine(&self) -> Machine {
        let start = start_of(&self.past.run, &self.past.follows, &self.dir);
        Machine::new(Arc::clone(&self.plan), start)
    }

    /// Brings a machine to where the run goes on.
    pub(super) fn standing(&self) -> Result<Standing, RunError> {
        let mut machine = self.machine();
        let answers = &self.past.answers;
        let mut standing = match replay(&mut machine, answers)? {
            Replayed::At(next) => {
                let settled = machine.take_events();
                Standing::new(machine, settled, answers.len(), Some(next))
            }
            Replayed::Failed(failed) => {
                let all = machine.take_events();
                // The answer that made the run fail is void, and all after it.
                let kept = failed.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
                match kept.and_then(|kept| Some((kept, answers.get(kept)?))) {
                    None => Standing::new(machine, all, answers.len(), None),
                    Some((kept, first)) => {
                        let mut again = self.machine();
                        let next = match replay(&mut again, &answers[..kept])? {
                            Replayed::At(next) => Some(next),
                            Replayed::Failed(_) => None,
                        };
                        let settled = again.take_events();
                        let void = all.get(settled.len()..).unwrap_or_default().to_vec();
                        let mut standing = Standing::new(again, settled, kept, next);
                        standing.void_from = Some(first.seq);
                        standing.void = void;
                        standing
                    }
                }
            }
        };
        standing.why = self.why(&standing);
        Ok(standing)
    }

    /// Why the step comes that comes next.
    fn why(&self, standing: &Standing) -> Why {
        match &standing.pending {
            Some(Yield::Perform(request)) => {
                let path = &request.coord().path;
                let begun = self.past.begun.as_ref();
                match begun.filter(|begun| begun.coord.path == *path) {
                    _ if standing.void_from.is_some() && is_outputs(request) => Why::Outputs,
                    _ if standing.void_from.is_some() => Why::Failed,
                    Some(_) => Why::Unknown,
                    None => Why::Next,
                }
            }
            Some(_) => Why::Ended,
            None => Why::FailsAgain,
        }
    }

    /// How the run would go on.
    ///
    /// # Errors
    /// When the journal does not fit the plan.
    pub fn outlook(&self) -> Result<Outlook, RunError> {
        Ok(self.outlook_of(&self.standing()?))
    }

    pub(super) fn outlook_of(&self, standing: &Standing) -> Outlook {
        let mut steps = Vec::new();
        let settled = |events: &[Event], fate: Fate, steps: &mut Vec<Planned>| {
            for event in events {
                if let Event::Settled {
                    name, kind, record, ..
                } = event
                {
                    steps.push(Planned {
                        step: name.clone(),
                        step_id: record.step_id.clone(),
                        kind: (*kind).to_owned(),
                        fate,
                        status: Some(record.status.as_str().to_owned()),
                        ..Planned::default()
                    });
                }
            }
        };
        settled(&standing.settled, Fate::Replayed, &mut steps);
        let mut void = Vec::new();
        settled(&standing.void, Fate::Void, &mut void);
        let next = self.next(standing);
        if let Some(next) = &next {
            void.retain(|planned| planned.step != next.step);
        }
        steps.extend(void);
        steps.extend(next);
        let ahead = standing
            .machine
            .ahead()
            .into_iter()
            .map(|(step, kind)| Planned {
                step,
                kind: kind.to_owned(),
                fate: Fate::Ahead,
                ..Planned::default()
            });
        steps.extend(ahead.filter(|_| !self.past.completed()));
        Outlook {
            run_id: self.run_id().to_owned(),
            plan_hash: self.past.follows.plan_hash.clone(),
            completed: self.past.completed(),
            answers: standing.kept,
            steps,
        }
    }

    /// The step that comes next, and what becomes of it.
    fn next(&self, standing: &Standing) -> Option<Planned> {
        if self.past.completed() {
            return None;
        }
        let Some(Yield::Perform(request)) = &standing.pending else {
            return match standing.why {
                Why::FailsAgain => Some(Planned {
                    step: standing.failed_step(),
                    fate: Fate::Fails,
                    because: Some(Because::Fails),
                    why: Some(
                        "failed without asking anything of the world, so it fails again in the same way"
                            .to_owned(),
                    ),
                    ..Planned::default()
                }),
                _ => None,
            };
        };
        let coord = request.coord();
        let class = standing.machine.replay_class();
        let halts = self.halts(standing).is_some();
        let begun = self.past.begun.as_ref();
        let begun = begun.filter(|_| standing.why == Why::Unknown);
        let (because, why) = match standing.why {
            Why::Failed => (Because::Failed, "had failed".to_owned()),
            Why::Outputs => (
                Because::Outputs,
                "were refused; they are looked at again, and no step runs".to_owned(),
            ),
            Why::Unknown => {
                let at = begun.map(|begun| begun.at.clone()).unwrap_or_default();
                let why = format!("was begun at {at}, and how it ended is not known");
                (Because::Unknown, why)
            }
            _ if halts => (Because::Void, outlook::VOID_ONCE.to_owned()),
            _ => (Because::Next, "had not begun".to_owned()),
        };
        Some(Planned {
            step: match coord.log_name.is_empty() {
                true => "outputs".to_owned(),
                false => coord.log_name.clone(),
            },
            step_id: coord.step_id.clone(),
            kind: standing.machine.kind().unwrap_or("outputs").to_owned(),
            fate: if halts { Fate::Halted } else { Fate::Runs },
            because: Some(because),
            why: Some(why),
            class: class.map(|class| class.to_string()),
            attempts: self.past.attempts.get(&coord.path).copied(),
            ..Planned::default()
        })
    }

    /// The request that a person has to decide about before the run goes on.
    pub(super) fn halts<'s>(&self, standing: &'s Standing) -> Option<&'s Request> {
        let Some(Yield::Perform(request)) = &standing.pending else {
            return None;
        };
        let coord = request.coord();
        let once = standing.machine.replay_class() == Some(ReplayClass::Once);
        let process = matches!(request, Request::Process(_));
        let decided = self.past.decision(coord).is_some();
        let doubtful = self.past.is_spent(coord)
            || standing.why == Why::Unknown
            || self.void_success(standing, request);
        (once && process && doubtful && !decided).then_some(request)
    }

    /// Did this very visit end well, in what is void now?
    fn void_success(&self, standing: &Standing, request: &Request) -> bool {
        let coord = request.coord();
        let void = self.past.answers[standing.kept..].iter();
        let mut of_visit = void.filter(|a| a.path == coord.path && a.visit == coord.visit);
        of_visit.any(Answer::succeeded)
    }
}

/// Reads a journal that another process may be writing to. Whoever takes a run
/// over cuts a torn record off and goes on behind it, so that a reader who was
/// there before may see a line that never was.
pub(super) fn read_journal(dir: &RunDir) -> Result<JournalContents, JournalError> {
    let path = dir.journal_path();
    let length = || dir.disk().length(&path).ok();
    let mut tries = 0;
    loop {
        let before = length();
        let read = Journal::read(dir.disk(), &path);
        let moved = matches!(read, Err(JournalError::Corrupt { .. })) && length() != before;
        if !moved || tries == TRIES {
            return read;
        }
        tries += 1;
    }
}

/// Is this about the outputs of a workflow, and no step?
fn is_outputs(request: &Request) -> bool {
    request.coord().log_name.is_empty()
}

/// Why a step comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It had not begun.
    Next,
    /// It failed.
    Failed,
    /// The outputs of a workflow were refused.
    Outputs,
    /// It was begun, and its outcome was never recorded.
    Unknown,
    /// Nothing comes: the run is at its end.
    Ended,
    /// Nothing comes: the run fails as it did.
    FailsAgain,
}

/// A machine where a run goes on.
pub(super) struct Standing {
    pub(super) machine: Machine,
    /// What was settled on the way.
    pub(super) settled: Vec<Event>,
    /// What was settled by answers that are void.
    pub(super) void: Vec<Event>,
    /// How many answers count.
    pub(super) kept: usize,
    /// The sequence number of the first that does not.
    pub(super) void_from: Option<u64>,
    /// What comes next; `None` when the run fails as it did.
    pub(super) pending: Option<Yield>,
    pub(super) why: Why,
}

impl Standing {
    fn new(machine: Machine, settled: Vec<Event>, kept: usize, pending: Option<Yield>) -> Self {
        Standing {
            machine,
            settled,
            void: Vec::new(),
            kept,
            void_from: None,
            pending,
            why: Why::Next,
        }
    }

    fn failed_step(&self) -> String {
        let failed = self.settled.iter().rev().find_map(|event| match event {
            Event::Settled { name, record, .. } => {
                (record.status == crate::Status::Failed).then(|| name.clone())
            }
            Event::Started { .. } => None,
        });
        failed.unwrap_or_else(|| "outputs".to_owned())
    }
}
