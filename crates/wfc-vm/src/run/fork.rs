//! New runs that begin with what another run has: the answers before a step,
//! or its inputs. The other run stays as it is, byte for byte.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wfc_ir::Plan;

use super::past::{Answer, visit_of};
use super::resume::go_on;
use super::{Ended, Progress, Recorded, RunConfig, RunError, Way, begin, check_plan, plans};
use crate::Request;
use crate::journal::{Follows, Journal, Origin, Record, RunRecord};
use crate::machine::{Event, Yield};
use crate::store::{RunDir, StoreError, now_iso};

/// What a fork does not take over: what belongs to the other run alone, and
/// what is made again.
const OWN: [&str; 5] = ["values", "run.lock", "state.json", "plan.json", "plans"];

/// The journal is there as a whole or not at all: with less of it the new run
/// would do again what it is to share.
fn write_journal(
    recorded: &Recorded,
    dir: &RunDir,
    from: &str,
    cut: usize,
    follows: Follows,
) -> Result<(), RunError> {
    let past = &recorded.past;
    let after = past.answers[cut..].iter().filter(|a| a.succeeded());
    let begun = past.begun.iter().map(|begun| visit_of(&begun.coord));
    let spent = past.spent.iter().cloned();
    let run = RunRecord {
        run_id: dir.id().to_owned(),
        follows,
        started_at: now_iso(),
        origin: Some(Origin {
            run_id: recorded.run_id().to_owned(),
            step: Some(from.to_owned()),
            answers: cut,
            spent: after.map(Answer::spent).chain(begun).chain(spent).collect(),
        }),
        ..past.run.clone()
    };
    let mut machine = recorded.machine();
    let mut records = vec![Record::Run(run)];
    for answer in &past.answers[..cut] {
        if let Yield::Perform(request) = machine.step() {
            records.push(Record::Outcome {
                coord: request.coord().clone(),
                outcome: answer.outcome.clone(),
                at: now_iso(),
            });
            machine.answer(answer.outcome.clone());
        }
    }
    let path = dir.journal_path();
    let written = Journal::bytes_of(&records).and_then(|text| {
        dir.disk().write(&path, &text, true)?;
        dir.disk().sync_dir(dir.path())
    });
    written.map_err(|error| StoreError::Io { path, error }.into())
}

/// Copies what a run has left in its directory. Links are left out: they may
/// lead anywhere.
fn copy(from: &RunDir, to: &RunDir) -> Result<(), RunError> {
    let disk = to.disk();
    let mut folders: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let here = from.path().join(&folder);
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| RunError::from(StoreError::Io { path, error })
        };
        for entry in disk.list(&here).map_err(io(&here))? {
            let entry = entry.map_err(io(&here))?;
            let name = entry.file_name();
            let own = OWN.iter().any(|own| name == **own);
            let text = name.to_string_lossy();
            let own = own || text.starts_with("journal.");
            let temporary = text.starts_with(".wfc-");
            if (folder.as_os_str().is_empty() && own) || temporary {
                continue;
            }
            let place = folder.join(&name);
            let (source, target) = (from.path().join(&place), to.path().join(&place));
            let kind = entry.file_type().map_err(io(&source))?;
            if kind.is_dir() {
                disk.make_dirs(&target).map_err(io(&target))?;
                folders.push(place);
            } else if kind.is_file() {
                let mut bytes = disk.open(&source).map_err(io(&source))?;
                disk.replace(&target, false, |file| {
                    std::io::copy(&mut bytes, file).map(drop)
                })
                .map_err(io(&target))?;
            }
        }
    }
    Ok(())
}

impl Recorded {
    /// Begins a new run that shares with this one what comes before the step
    /// `from`, and goes on from there.
    ///
    /// # Errors
    /// As for [`resume`](Recorded::resume); also when the run has not come to such a
    /// step.
    pub fn fork(
        self,
        from: &str,
        way: Way,
        config: &RunConfig,
        observe: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<Ended, RunError> {
        self.unowned()?;
        let cut = self.cut(from)?;
        let follows = match &way.plan {
            None => self.past.follows.clone(),
            Some(plan) => {
                check_plan(plan)?;
                let fit = self.fit_of(Some(plan), cut, config)?;
                if let Some(parting) = fit.parting {
                    return Err(RunError::Unfit(parting));
                }
                fit.follows
            }
        };
        let plan = way.plan.as_ref().unwrap_or(&self.plan);
        let dir = RunDir::create(&config.disk, &config.runs_root)?;
        copy(&self.dir, &dir)?;
        plans::show(&dir, plan)?;
        write_journal(&self, &dir, from, cut, follows)?;
        let way = Way { plan: None, ..way };
        go_on(Recorded::read(dir)?, way, "fork", config, observe)
    }

    /// Begins a run anew, with the inputs and the context of this one.
    ///
    /// # Errors
    /// As for [`start`](super::start).
    pub fn restart(
        self,
        plan: Arc<Plan>,
        config: &RunConfig,
        observe: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<Ended, RunError> {
        self.unowned()?;
        let origin = Origin {
            run_id: self.run_id().to_owned(),
            step: None,
            answers: 0,
            spent: Vec::new(),
        };
        let run = self.past.run;
        let config = RunConfig {
            provider_retries: run.provider_retries,
            retry_delay_ms: run.retry_delay_ms,
            continue_on_error: run.continue_on_error,
            argv: run.argv,
            ..config.clone()
        };
        let inputs = self.past.follows.bound_inputs;
        begin(plan, inputs, run.context, Some(origin), &config, observe)
    }

    /// How many answers come before a step: the first time that the run came
    /// to it, or the time that `@N` names.
    fn cut(&self, from: &str) -> Result<usize, RunError> {
        let entries = self.entries()?;
        let nth = |name: &str, number: usize| {
            let mut of_name = entries.iter().filter(|(entry, _)| entry == name);
            of_name.nth(number.checked_sub(1)?).map(|(_, cut)| *cut)
        };
        let counted = || {
            let (name, number) = from.rsplit_once('@')?;
            nth(name, number.parse().ok()?)
        };
        nth(from, 1).or_else(counted).ok_or_else(|| {
            let mut known: Vec<String> = entries.into_iter().map(|(name, _)| name).collect();
            let mut seen = std::collections::HashSet::new();
            known.retain(|name| seen.insert(name.clone()));
            RunError::NoSuchStep {
                run_id: self.run_id().to_owned(),
                step: from.to_owned(),
                known,
            }
        })
    }

    /// Each time that the run came to a step, with the number of answers
    /// before it.
    fn entries(&self) -> Result<Vec<(String, usize)>, RunError> {
        let mut machine = self.machine();
        // The name of the step that each answer belongs to, unless it is that
        // of a process.
        let mut asked: Vec<Option<String>> = Vec::new();
        let mut entries = Vec::new();
        loop {
            let next = machine.step();
            for event in machine.take_events() {
                if let Event::Started { name, .. } = event {
                    // Its guards were asked for before it began.
                    let mut guards = asked.iter().rev();
                    let guards = guards.by_ref().take_while(|of| of.as_ref() == Some(&name));
                    let cut = asked.len() - guards.count();
                    entries.push((name, cut));
                }
            }
            let (Yield::Perform(request), Some(answer)) =
                (next, self.past.answers.get(asked.len()))
            else {
                return Ok(entries);
            };
            if request.coord().path != answer.path {
                return Err(RunError::Diverged(format!(
                    "record {} answers `{}`, the plan asks for `{}`",
                    answer.seq,
                    answer.path,
                    request.coord().path
                )));
            }
            let process = matches!(request, Request::Process(_));
            asked.push((!process).then(|| request.coord().log_name.clone()));
            machine.answer(answer.outcome.clone());
        }
    }
}
