//! `wfc resume`: go on with a run, unless its source has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use serde_json::{Value, json};
use wfc_compiler::Compiled;
use wfc_diag::has_errors;
use wfc_ir::Plan;
use wfc_vm::{Fit, LockError, Recorded, RunConfig, RunError, Way};

use super::run::{LEVEL, config};
use super::watching::{fault, watch};
use crate::cli::{Cli, Command, ResultFormat, ResumeArgs, SourceArgs};
use crate::console::Console;
use crate::events;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Session, is_plan, plan_of, read_plan, show_findings};
use crate::outlook;
use crate::plan_changes::plan_changes;

pub(super) fn run(args: &ResumeArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    if let Some(cassette) = args.settings.record.as_ref().filter(|path| path.exists()) {
        return Err(Fault::new(format!(
            "{} exists, and a resume records only the calls that are left",
            cassette.display()
        ))
        .help("name another file with --record"));
    }
    let config = config(&args.settings, &session)?;
    if args.repair {
        return repair(args, &config, &session, console);
    }
    let recorded = Recorded::open(&args.run_id, &config).map_err(told)?;
    if recorded.completed() && !(args.plan || args.force_restart || args.from.is_some()) {
        console.say(format_args!(
            "run {} has already completed; `wfc report --run-id {}` tells about it",
            args.run_id, args.run_id
        ));
        if args.settings.json {
            events::nothing_to_do(&args.run_id, console);
        }
        return match recorded.end_is_shown() {
            true => Ok(Exit::Ok),
            false => match recorded.resume(Way::default(), &config, &mut |_| {}) {
                // A process that has the run is about to show its end.
                Ok(_) | Err(RunError::Completed(_) | RunError::Locked(_)) => Ok(Exit::Ok),
                Err(error) => Err(told(error)),
            },
        };
    }
    if let Some(owner) = recorded.owner().filter(|_| !args.plan) {
        let error = LockError::Held { owner: Some(owner) };
        return Err(told(RunError::Locked(error)));
    }
    let source = match args.pinned {
        true => Source::Same,
        false => source(&recorded, &config, args, &session, console)?,
    };
    if args.plan {
        return plan(&recorded, &source, args, console);
    }
    if args.force_restart {
        let plan = match source {
            Source::Changed(changed) => changed.plan,
            Source::Same => Arc::clone(recorded.plan()),
        };
        return watch(&plan, &args.settings, console, |observe| {
            recorded.restart(Arc::clone(&plan), &config, observe)
        });
    }
    let changed = match source {
        Source::Changed(changed) if args.accept_changes => Some(changed.plan),
        Source::Changed(changed) => return Err(changed.refusal(args)),
        Source::Same => None,
    };
    let way = Way {
        decisions: args.decide.clone(),
        plan: changed,
    };
    let followed = Arc::clone(way.plan.as_ref().unwrap_or(recorded.plan()));
    watch(&followed, &args.settings, console, |observe| {
        match &args.from {
            Some(from) => recorded.fork(from, way, &config, observe),
            None => recorded.resume(way, &config, observe),
        }
    })
}

fn told(error: RunError) -> Fault {
    fault(&error, "", Path::new(""))
}

/// `--plan`: what becomes of each step.
fn plan(recorded: &Recorded, source: &Source, args: &ResumeArgs, console: &Console) -> Outcome {
    let outlook = recorded.outlook().map_err(told)?;
    if let Some(owner) = recorded.owner() {
        console.say(format_args!(
            "process {} is at work on this run; this is how things stood a moment ago",
            owner.process.pid
        ));
    }
    let changed = match source {
        Source::Changed(changed) => Some(changed),
        Source::Same => None,
    };
    let text = match args.settings.format {
        ResultFormat::Human => {
            let lines = changed.map_or_else(Vec::new, |changed| changed.lines());
            outlook::listing(&outlook, recorded.plan(), &lines)
        }
        ResultFormat::Json => {
            let changes = changed.map_or(Value::Null, |changed| changed.document());
            outlook::document(&outlook, recorded.plan(), changes)
        }
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// `--repair`: what can be made from the journal is made again.
fn repair(args: &ResumeArgs, config: &RunConfig, session: &Session, console: &Console) -> Outcome {
    let again = || {
        let entry = command(&config.runs_root.join(&args.run_id), &args.source)?;
        now(&entry.0, &entry.1, session).ok()
    };
    let repaired = match wfc_vm::repair(&args.run_id, None, config) {
        // The plan may be made again from its source.
        Err(error @ (RunError::Plan(_) | RunError::Store(_) | RunError::Diverged(_))) => {
            let Some(plan) = again() else {
                return Err(told(error));
            };
            wfc_vm::repair(&args.run_id, Some(plan), config).map_err(|_| told(error))?
        }
        repaired => repaired.map_err(told)?,
    };
    let status = repaired.status.as_str();
    match args.settings.format {
        ResultFormat::Json => {
            let torn = repaired
                .torn
                .map(|(bytes, file)| json!({ "bytes": bytes, "file": file }));
            let document = json!({
                "schema": "wfc.repair/1",
                "run_id": args.run_id,
                "status": status,
                "records": repaired.records,
                "answers": repaired.answers,
                "torn": torn,
                "made": repaired.made,
            });
            console.print(&format!("{document:#}\n"))?;
        }
        ResultFormat::Human => {
            console.say(format_args!(
                "run {} is {status}: {} sound records, {} answers that count",
                args.run_id, repaired.records, repaired.answers
            ));
            if let Some((bytes, file)) = repaired.torn {
                console.say(format_args!(
                    "  cut off   {bytes} bytes of a torn record, kept in {file}"
                ));
            }
            console.say(format_args!("  made      {}", repaired.made.join(", ")));
        }
    }
    Ok(Exit::Ok)
}

/// What the source of a run says now.
enum Source {
    /// The same, or it is gone.
    Same,
    /// Something else.
    Changed(Box<Changed>),
}

/// A changed source.
struct Changed {
    shown: String,
    plan: Arc<Plan>,
    changes: Vec<String>,
    fit: Fit,
}

impl Changed {
    /// What has changed, and what that means for the run.
    fn lines(&self) -> Vec<String> {
        let mut lines = self.changes.clone();
        let prompts = self.fit.prompts.iter();
        lines.extend(prompts.map(|path| format!("the text of `{path}` changed")));
        lines.push(match (&self.fit.parting, &self.fit.next) {
            (Some(parting), _) => format!(
                "what the run has done does not fit: they part at `{}` ({}), after {} of {} recorded results",
                parting.step,
                parting.aspects.join(", "),
                parting.fits,
                parting.of
            ),
            (None, Some(next)) if !next.is_empty() => format!(
                "all that the run has done fits; what has changed counts from `{next}` on"
            ),
            (None, _) => "all that the run has done fits".to_owned(),
        });
        lines
    }

    fn document(&self) -> Value {
        let parting = self.fit.parting.as_ref().map(|parting| {
            json!({
                "step": parting.step,
                "aspects": parting.aspects,
                "fits": parting.fits,
                "of": parting.of,
            })
        });
        json!({
            "source": self.shown,
            "plan_hash": self.plan.hash(),
            "steps": self.changes,
            "prompts": self.fit.prompts,
            "valid": parting.is_none(),
            "parting": parting,
            "from": self.fit.next,
        })
    }

    fn refusal(&self, args: &ResumeArgs) -> Fault {
        let id = &args.run_id;
        let with = match &self.fit.parting {
            None => format!("`wfc resume {id} --accept-changes` goes on with the changed source; "),
            Some(parting) if parting.fits > 0 => format!(
                "`wfc resume {id} --from '{}' --accept-changes` begins a new run that shares what fits; ",
                parting.step
            ),
            Some(_) => String::new(),
        };
        Fault::new(format!("{} has changed since this run was started", self.shown))
            .details(self.lines())
            .help(format!(
                "{with}`wfc resume {id} --pinned` goes on with the plan that the run was started with; `wfc run` starts anew"
            ))
    }
}

/// Compares the source with what the run follows. A source that is gone cannot
/// have changed.
fn source(
    recorded: &Recorded,
    config: &RunConfig,
    args: &ResumeArgs,
    session: &Session,
    console: &Console,
) -> Result<Source, Fault> {
    let run_dir = config.runs_root.join(&args.run_id);
    let pinned = recorded.plan();
    let Some((file, source)) = origin(pinned, &run_dir, &args.source) else {
        return Ok(Source::Same);
    };
    let shown = file.display().to_string();
    let changed = |plan: Arc<Plan>, changes| {
        if Vec::is_empty(&changes) && recorded.prompts_hold(config) {
            return Ok(Source::Same);
        }
        let fit = recorded.fit(Some(&plan), config).map_err(told)?;
        let shown = match changes.is_empty() {
            true => "a prompt".to_owned(),
            false => shown.clone(),
        };
        Ok(Source::Changed(Box::new(Changed {
            shown,
            plan,
            changes,
            fit,
        })))
    };
    if !session.workspace().join(&file).is_file() {
        console.say(format_args!(
            "{shown} is gone; the run goes on with the plan that it was started with"
        ));
        return changed(Arc::clone(pinned), Vec::new());
    }
    let now = match now(&file, &source, session) {
        Ok(now) => now,
        Err(None) => return Err(unreadable(&shown, "holds no workflow any more", args)),
        Err(Some(Unreadable::Fault(fault))) => return Err(fault),
        Err(Some(Unreadable::Findings(compiled))) => {
            show_findings(&compiled, console);
            return Err(unreadable(&shown, "has errors now", args));
        }
    };
    // For a source, the program before the passes decides: a plan made at
    // another level of optimisation does the same.
    let same_program = !is_plan(&file) && now.core_hash == pinned.core_hash;
    if same_program || now.hash() == pinned.hash() {
        return changed(Arc::clone(pinned), Vec::new());
    }
    let mut changes = plan_changes(pinned, &now);
    if changes.is_empty() {
        changes.push("the change is not in a step; the hashes differ".to_owned());
    }
    changed(Arc::new(now), changes)
}

fn unreadable(shown: &str, why: &str, args: &ResumeArgs) -> Fault {
    Fault::new(format!(
        "{shown} {why}, so it cannot be compared with what this run was started with"
    ))
    .help(format!(
        "`wfc resume {} --pinned` goes on with the plan that the run was started with; `wfc run` starts anew",
        args.run_id
    ))
}

/// Why a source gives no plan.
enum Unreadable {
    Fault(Fault),
    Findings(Box<Compiled>),
}

/// The plan that a source gives now; nothing when it holds no workflow.
fn now(file: &Path, source: &SourceArgs, session: &Session) -> Result<Plan, Option<Unreadable>> {
    let fault = |fault| Some(Unreadable::Fault(fault));
    if is_plan(file) {
        return read_plan(file).map_err(fault);
    }
    let compiled = session.compile(file, source).map_err(fault)?;
    match compiled.program {
        Some(program) => Ok(plan_of(program, LEVEL, &mut Vec::new())),
        None if has_errors(&compiled.diagnostics) => {
            Err(Some(Unreadable::Findings(Box::new(compiled))))
        }
        None => Err(None),
    }
}

/// The file that the run was started from, and the options that it was
/// compiled with: those of the recorded command line unless given again.
fn origin(pinned: &Plan, run_dir: &Path, given: &SourceArgs) -> Option<(PathBuf, SourceArgs)> {
    let entry = pinned.entry()?;
    let named = || (PathBuf::from(&entry.file), given.clone());
    Some(command(run_dir, given).unwrap_or_else(named))
}

/// The file and the options of the command line that began the run.
fn command(run_dir: &Path, given: &SourceArgs) -> Option<(PathBuf, SourceArgs)> {
    let recorded = wfc_observe::command_line(run_dir)?;
    let recorded = Cli::try_parse_from(recorded).ok()?;
    let Some(Command::Run(run)) = recorded.command else {
        return None;
    };
    let (file, recorded) = (run.file, run.source);
    let or = |given: &Option<PathBuf>, recorded: Option<PathBuf>| given.clone().or(recorded);
    let source = SourceArgs {
        entry_workflow: given.entry_workflow.clone().or(recorded.entry_workflow),
        source_roots: match given.source_roots.is_empty() {
            true => recorded.source_roots,
            false => given.source_roots.clone(),
        },
        provider_externs_file: or(&given.provider_externs_file, recorded.provider_externs_file),
        prompt_externs_file: or(&given.prompt_externs_file, recorded.prompt_externs_file),
        command_boundaries_file: or(
            &given.command_boundaries_file,
            recorded.command_boundaries_file,
        ),
        imported_workflow_bundles_file: or(
            &given.imported_workflow_bundles_file,
            recorded.imported_workflow_bundles_file,
        ),
        lints: given.lints.or(recorded.lints),
    };
    Some((file, source))
}
