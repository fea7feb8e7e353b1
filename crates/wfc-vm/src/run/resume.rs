//! Going on with a run.

use std::sync::Arc;

use super::outlook::decision_for;
use super::past::Answer;
use super::recorded::{Recorded, Standing};
use super::survivors::end_survivors;
use super::{
    Before, Decision, Ended, Progress, RunConfig, RunError, Runner, block_on, check_plan, now_iso,
    plans,
};
use crate::host::{Host, HostOptions};
use crate::journal::{Journal, Record};
use crate::machine::Yield;
use wfc_ir::Plan;

use crate::{Coord, Outcome, ProcessRequest, Request};

/// How a run is to go on.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// What becomes of steps that must not happen twice.
    pub decisions: Vec<(String, Decision)>,
    /// The plan to follow from here on.
    pub plan: Option<Arc<Plan>>,
}

/// Goes on with a run that was stopped, was killed or has failed, by what is
/// recorded of it.
///
/// # Errors
/// As for [`Recorded::open`] and [`Recorded::resume`].
pub fn resume(
    run_id: &str,
    config: &RunConfig,
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<Ended, RunError> {
    Recorded::open(run_id, config)?.resume(Way::default(), config, observe)
}

pub(super) fn go_on(
    recorded: Recorded,
    way: Way,
    entrypoint: &'static str,
    config: &RunConfig,
    observe: &mut dyn FnMut(&Progress<'_>),
) -> Result<Ended, RunError> {
    recorded.unowned()?;
    let lock = recorded.dir.lock()?;
    let mut recorded = recorded.up_to_date()?;
    if recorded.past.completed() {
        recorded.show_end()?;
        return Err(RunError::Completed(recorded.run_id().to_owned()));
    }
    let mut records = Vec::new();
    if let Some(plan) = way.plan {
        check_plan(&plan)?;
        records.extend(recorded.follow(plan, config)?);
    }
    let standing = recorded.standing()?;
    let answered = match decide(&recorded, &standing, &way.decisions, config)? {
        Some((coord, decision, answer)) => {
            records.push(Record::Decided {
                coord: coord.clone(),
                decision,
                at: now_iso(),
            });
            answer.map(|outcome| (coord, outcome))
        }
        None => None,
    };
    if let Some(from_seq) = standing.void_from {
        records.insert(0, Record::Void { from_seq });
    }
    observe(&Progress::Run {
        run_id: recorded.run_id(),
        run_dir: recorded.dir.path(),
    });
    observe(&Progress::Resumed {
        outlook: &recorded.outlook_of(&standing),
    });
    if let Some(begun) = &recorded.past.begun {
        let secrets = super::secrets_of(&recorded.plan);
        end_survivors(&recorded.dir, begun, secrets.mask(), observe)?;
    }
    let past = recorded.past;
    let void = past.answers[standing.kept..].iter();
    let mut spent = past.spent;
    spent.extend(void.filter(|a| a.succeeded()).map(Answer::spent));
    // What was decided, now or before a crash, is not asked again.
    if let Some(Yield::Perform(request)) = &standing.pending {
        spent.remove(&super::past::visit_of(request.coord()));
    }
    let journal = Journal::open_append(
        recorded.dir.disk(),
        &recorded.dir.journal_path(),
        &recorded.end,
    )?;
    let before = Before {
        sessions: past.sessions,
        attempts: past.attempts,
        spent,
        records,
        entrypoint,
    };
    let mut runner = Runner::new(
        standing.machine,
        journal,
        recorded.dir,
        lock,
        config,
        observe,
        before,
    )?;
    let pending = match answered {
        Some((coord, outcome)) => {
            runner.take(coord, outcome)?;
            None
        }
        None => standing.pending,
    };
    block_on(runner.drive(pending))
}

/// A decision with the step it is about, and the answer when it is not run.
type Decided = (Coord, Decision, Option<Outcome>);

/// What is done about the step that must not happen twice, if one is next.
fn decide(
    recorded: &Recorded,
    standing: &Standing,
    decisions: &[(String, Decision)],
    config: &RunConfig,
) -> Result<Option<Decided>, RunError> {
    let halted = recorded.halts(standing);
    let said = decision_for(decisions, halted.map(Request::coord))?;
    let (request, decision) = match (halted, said) {
        (None, _) => match &standing.pending {
            // It was decided before, and came to nothing.
            Some(Yield::Perform(request)) => match recorded.past.decision(request.coord()) {
                Some(decision) => (request, decision),
                None => return Ok(None),
            },
            _ => return Ok(None),
        },
        (Some(request), Some(decision)) => (request, decision),
        (Some(_), None) => {
            return Err(RunError::Halted(recorded.outlook_of(standing).into()));
        }
    };
    let coord = request.coord().clone();
    let Request::Process(process) = request else {
        return Ok(None);
    };
    let answer = match decision {
        Decision::Rerun => None,
        Decision::Skip => Some(skip(recorded, standing, process, config)?),
    };
    Ok(Some((coord, decision, answer)))
}

/// The answer of a process that is taken to have done its work: what it was
/// to write is there and fits, and nothing else is asked of it.
fn skip(
    recorded: &Recorded,
    standing: &Standing,
    process: &ProcessRequest,
    config: &RunConfig,
) -> Result<Outcome, RunError> {
    let refuse = |why: Vec<String>| RunError::Unskippable {
        step: process.coord.log_name.clone(),
        why,
    };
    if let Some(path) = &process.output_file {
        return Err(refuse(vec![format!(
            "its standard output goes to `{path}`, and what it printed is not known"
        )]));
    }
    if let Some(reader) = standing.machine.reader_of_output() {
        return Err(refuse(vec![format!(
            "{reader} reads what it prints, and that is not known"
        )]));
    }
    let mut host = Host::new(
        &config.workspace,
        recorded.dir.clone(),
        HostOptions {
            secrets: super::secrets_of(standing.machine.plan()),
            ..HostOptions::default()
        },
    )?;
    host.adopt(process).map_err(refuse)
}

impl Recorded {
    /// Goes on with the run.
    ///
    /// # Errors
    /// As for [`start`](super::start); also when another process owns the run,
    /// when it has already completed, when a step waits for a decision, and
    /// when the plan to follow does not fit what the run has done.
    pub fn resume(
        self,
        way: Way,
        config: &RunConfig,
        observe: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<Ended, RunError> {
        go_on(self, way, "resume", config, observe)
    }

    /// The same run, read again if another process has written to it since.
    /// The lock is held, so nobody does from here on.
    fn up_to_date(self) -> Result<Self, RunError> {
        match self.end.is_current(&self.dir.journal_path()) {
            true => Ok(self),
            false => Self::read(self.dir),
        }
    }

    /// Turns to another plan: all that counts of the run fits it. What is
    /// written beforehand stands in nobody's way if the run never gets there.
    fn follow(&mut self, plan: Arc<Plan>, config: &RunConfig) -> Result<Option<Record>, RunError> {
        let fit = self.fit(Some(&plan), config)?;
        if let Some(parting) = fit.parting {
            return Err(RunError::Unfit(parting));
        }
        if fit.follows == self.past.follows {
            return Ok(None);
        }
        plans::keep(&self.dir, &self.plan)?;
        plans::keep(&self.dir, &plan)?;
        plans::show(&self.dir, &plan)?;
        self.plan = plan;
        self.past.follows = fit.follows.clone();
        Ok(Some(Record::Plan {
            follows: fit.follows,
            at: now_iso(),
        }))
    }
}
