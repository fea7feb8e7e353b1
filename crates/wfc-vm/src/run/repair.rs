//! Making again, from the journal, what can be made from it.

use std::sync::Arc;

use wfc_ir::Plan;

use super::past::{Past, replay};
use super::recorded::read_journal;
use super::state::StateFile;
use super::{Recorded, RunConfig, RunError, plans, secrets_of, start_of};
use crate::journal::{End, Journal};
use crate::machine::Machine;
use crate::owner::LockError;
use crate::projection::{Moment, RunStatus};
use crate::store::{RunDir, StoreError, now_iso};

/// What a repair has found and done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The state of the run.
    pub status: RunStatus,
    /// How many records the journal holds.
    pub records: usize,
    /// How many recorded answers count.
    pub answers: usize,
    /// How many bytes of a torn record were cut off, and the file that keeps
    /// them.
    pub torn: Option<(u64, String)>,
    /// The files that were made again.
    pub made: Vec<String>,
}

/// Makes `state.json`, and `plan.json` where it is damaged, again from the
/// journal, and cuts off a torn last record. Nothing is run. `plan` may stand
/// in for a damaged `plan.json` when it is the very plan that the run follows.
///
/// # Errors
/// When there is no such run, another process owns it, its journal is damaged
/// where a crash could not have done it, or no plan fits it.
pub fn repair(run_id: &str, plan: Option<Plan>, config: &RunConfig) -> Result<Repaired, RunError> {
    let dir = RunDir::open(&config.disk, &config.runs_root, run_id)?;
    let journal = dir.journal_path();
    let (records, _) = read_journal(&dir)?;
    let at_work = Past::read(records)?.at_work;
    if let Some(owner) = at_work.filter(|owner| owner.process.is_another()) {
        return Err(LockError::Held { owner: Some(owner) }.into());
    }
    let _lock = dir.lock()?;
    let (records, end) = Journal::read(dir.disk(), &journal)?;
    let count = records.len();
    let past = Past::read(records)?;
    let hash = &past.follows.plan_hash;
    let mut made = Vec::new();
    let plan = match (plans::read(&dir, hash), plan) {
        (Ok(plan), _) => plan,
        (Err(_), Some(plan)) if plan.hash() == *hash => plan,
        (Err(error), _) => return Err(error),
    };
    if !plans::is_shown(&dir, hash) {
        plans::show(&dir, &plan)?;
        made.push("plan.json".to_owned());
    }
    let torn = cut(&dir, &end)?;
    let logs = dir.path().join("logs");
    dir.disk()
        .make_dirs(&logs)
        .map_err(|error| StoreError::Io {
            path: logs.clone(),
            error,
        })?;
    let answers = past.answers.len();
    let status = show_state(&dir, plan.into(), &past)?;
    made.push("state.json".to_owned());
    Ok(Repaired {
        status,
        records: count,
        answers,
        torn,
        made,
    })
}

/// Makes `state.json` say what the journal says.
fn show_state(dir: &RunDir, plan: Arc<Plan>, past: &Past) -> Result<RunStatus, RunError> {
    let secrets = secrets_of(&plan);
    let start = start_of(&past.run, &past.follows, dir);
    let mut machine = Machine::new(plan, start);
    replay(&mut machine, &past.answers)?;
    let status = past.done.unwrap_or(RunStatus::Suspended);
    let mut sessions = past.sessions.clone();
    if let Some(last) = sessions.last_mut()
        && last.ended.is_none()
    {
        last.ended = Some((now_iso(), "abandoned".to_owned()));
    }
    let moment = Moment {
        now: now_iso(),
        status,
        step_started_at: None,
        sessions,
        error: None,
    };
    StateFile::new(dir, secrets.mask()).write(&machine, &moment)?;
    Ok(status)
}

impl Recorded {
    /// Whether `state.json` says that the run has completed. Whoever completed
    /// it may have been killed right after the journal said so; then
    /// [`resume`](Recorded::resume) makes up for it.
    pub fn end_is_shown(&self) -> bool {
        #[derive(serde::Deserialize)]
        struct Shown {
            status: String,
        }
        let text = self.dir.disk().read(&self.dir.path().join("state.json"));
        let shown = text
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        shown.is_some_and(|shown: Shown| shown.status == RunStatus::Completed.as_str())
    }

    /// Makes `state.json` say that the run has completed. The lock is held.
    pub(super) fn show_end(&self) -> Result<(), RunError> {
        match self.end_is_shown() {
            true => Ok(()),
            false => show_state(&self.dir, Arc::clone(&self.plan), &self.past).map(drop),
        }
    }
}

/// Cuts off what a crash has left of a record, and keeps it beside.
fn cut(dir: &RunDir, end: &End) -> Result<Option<(u64, String)>, RunError> {
    let path = dir.journal_path();
    let io = |error| StoreError::Io {
        path: path.clone(),
        error,
    };
    let torn = end.torn(dir.disk(), &path).map_err(io)?;
    if torn.is_empty() {
        return Ok(None);
    }
    let name = format!("journal.torn-{}", end.next_seq);
    let kept = dir.path().join(&name);
    dir.disk().write(&kept, &torn, true).map_err(io)?;
    Journal::open_append(dir.disk(), &path, end)?;
    Ok(Some((torn.len() as u64, name)))
}
