//! `wfc run`: a workflow from its source, or from a plan.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use wfc_ir::{Plan, PlanWorkflow};
use wfc_vm::{Cassette, Ended, Progress, RunConfig, RunError, RunStatus, WorkspaceFiles};

use crate::cli::{OnError, ResultFormat, RunArgs, RunSettings};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session, is_plan, plan_of, read_plan};
use crate::processed::Processed;
use crate::progress::{Culprit, Reporter, Volume, shown};
use crate::{inputs, outline};

/// The passes that a run uses.
pub(super) const LEVEL: u8 = 1;

pub(super) fn run(args: &RunArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    let Some(plan) = load(args, &session, console)? else {
        return Ok(Exit::Usage);
    };
    wfc_vm::runnable(&plan).map_err(|error| fault(&error, "", Path::new("")))?;
    let Some(entry) = plan.entry() else {
        return Err(Fault::new("the plan holds no workflow"));
    };
    let files = WorkspaceFiles::new(session.workspace());
    let bound = inputs::inputs(
        &entry.name,
        &entry.inputs,
        &args.inputs,
        args.input_file.as_deref(),
        &files,
    )?;
    let context = inputs::context(&args.context, args.context_file.as_deref())?;
    let queue = Queue::of(entry, args, &session)?;
    if args.dry_run {
        return dry_run(&plan, &bound, args, console);
    }
    if args.clean_processed
        && let Some(queue) = &queue
    {
        queue.processed.clean()?;
    }
    let config = RunConfig {
        provider_retries: args.max_retries,
        retry_delay_ms: args.retry_delay,
        continue_on_error: args.on_error == OnError::Continue,
        ..config(&args.settings, &session)?
    };
    let mut completed = None;
    let exit = watch(&plan, &args.settings, console, |observe| {
        let ended = wfc_vm::start(plan.clone(), bound, context, &config, observe)?;
        completed = (ended.status == RunStatus::Completed).then(|| ended.run_dir.clone());
        Ok(ended)
    })?;
    if let (Some(run_dir), Some(queue)) = (completed, queue)
        && let Some(place) = queue.archive
    {
        let archived = queue.processed.archive(place, &run_dir);
        let place = archived.map_err(|fault| Fault {
            exit: Exit::Failed,
            ..fault
        })?;
        if !args.settings.quiet {
            console.say(format_args!("  archive   {}", shown(&place)));
        }
    }
    Ok(exit)
}

/// What is to become of the directory of finished tasks.
struct Queue {
    processed: Processed,
    /// The archive to write; without a place, in the directory of the run.
    archive: Option<Option<PathBuf>>,
}

impl Queue {
    /// What the arguments ask for, checked; nothing when they ask for nothing.
    fn of(entry: &PlanWorkflow, args: &RunArgs, session: &Session) -> Result<Option<Self>, Fault> {
        if !args.clean_processed && args.archive_processed.is_none() {
            return Ok(None);
        }
        let workspace = session.workspace();
        let processed = Processed::of(entry, workspace, &runs_root(&args.settings, session))?;
        let archive = match &args.archive_processed {
            None => None,
            Some(None) => Some(None),
            Some(Some(given)) => Some(Some(processed.destination(given, workspace)?)),
        };
        Ok(Some(Queue { processed, archive }))
    }
}

fn runs_root(settings: &RunSettings, session: &Session) -> PathBuf {
    let dir = settings.state_dir.as_deref();
    session
        .workspace()
        .join(dir.unwrap_or(Path::new(wfc_vm::RUNS_ROOT)))
}

/// The plan to run; `None` when the source has errors, which have been shown.
fn load(args: &RunArgs, session: &Session, console: &Console) -> Result<Option<Plan>, Fault> {
    if is_plan(&args.file) {
        return read_plan(&args.file).map(Some);
    }
    let compiled = session.compile(&args.file, &args.source)?;
    let Checked::Program(program) = Checked::of(compiled, console)? else {
        return Ok(None);
    };
    let mut changes = Vec::new();
    let plan = plan_of(*program, LEVEL, &mut changes);
    if args.settings.debug {
        changes.iter().for_each(|change| console.say(change));
        console.say(format_args!("plan {}", plan.hash()));
    }
    Ok(Some(plan))
}

fn dry_run(
    plan: &Plan,
    bound: &serde_json::Map<String, serde_json::Value>,
    args: &RunArgs,
    console: &Console,
) -> Outcome {
    let name = plan.entry().map_or("", |entry| entry.name.as_str());
    match args.settings.format {
        ResultFormat::Human => {
            console.print(&outline::outline(plan))?;
            if !args.settings.quiet {
                console.say(format_args!(
                    "`{name}` can run with these inputs; nothing was started"
                ));
            }
        }
        ResultFormat::Json => {
            let result = json!({
                "dry_run": true,
                "workflow": name,
                "plan_hash": plan.hash(),
                "core_hash": plan.core_hash,
                "inputs": bound,
            });
            console.print(&format!("{result:#}\n"))?;
        }
    }
    Ok(Exit::Ok)
}

/// What the settings of run and resume say.
pub(super) fn config(settings: &RunSettings, session: &Session) -> Result<RunConfig, Fault> {
    let workspace = session.workspace();
    // A cassette that cannot be used is told before a run directory is made.
    let cassette = match (&settings.record, &settings.replay) {
        (Some(path), _) => Some(Cassette::record(&workspace.join(path))),
        (None, Some(path)) => Some(Cassette::replay(
            &workspace.join(path),
            settings.replay_any_prompt,
        )),
        (None, None) => None,
    };
    let cassette = cassette.transpose().map_err(Fault::new)?;
    Ok(RunConfig {
        workspace: workspace.to_owned(),
        runs_root: runs_root(settings, session),
        stream_output: settings.stream_output,
        cassette,
        provider_retries: 1,
        retry_delay_ms: 1000,
        continue_on_error: false,
        argv: std::env::args_os()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect(),
        disk: wfc_vm::Disk::default(),
    })
}

/// Runs or resumes, shows progress, and tells the end.
pub(super) fn watch(
    plan: &Plan,
    settings: &RunSettings,
    console: &Console,
    work: impl FnOnce(&mut dyn FnMut(&Progress<'_>)) -> Result<Ended, RunError>,
) -> Outcome {
    let volume = Volume {
        quiet: settings.quiet,
        debug: settings.debug,
        streaming: settings.stream_output,
    };
    let began = Instant::now();
    let mut reporter = Reporter::new(plan, &volume, console);
    let result = work(&mut |progress| reporter.observe(progress));
    reporter.finish();
    let ended = match result {
        Ok(ended) => ended,
        Err(error) => {
            let (run_id, run_dir) = reporter.run();
            return Err(fault(&error, run_id, run_dir));
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    match settings.format {
        ResultFormat::Json => console.print(&result_json(&ended, reporter.culprit()))?,
        ResultFormat::Human => {
            if let Some(outputs) = ended.outputs.as_object() {
                let lines = outputs
                    .iter()
                    .map(|(name, value)| format!("{name}: {}\n", wfc_ir::to_text(value)));
                console.print(&lines.collect::<String>())?;
            }
        }
    }
    conclude(&ended, seconds, reporter.culprit(), settings, console);
    Ok(match ended.status {
        RunStatus::Completed => Exit::Ok,
        RunStatus::Suspended => Exit::Interrupted,
        RunStatus::Running | RunStatus::Failed => Exit::Failed,
    })
}

/// The last lines: how it ended, where the evidence lies, what to do next.
fn conclude(
    ended: &Ended,
    seconds: f64,
    culprit: Option<&Culprit>,
    settings: &RunSettings,
    console: &Console,
) {
    let quiet = settings.quiet && ended.status == RunStatus::Completed;
    if quiet {
        return;
    }
    let id = &ended.run_id;
    let (word, tone) = match ended.status {
        RunStatus::Completed => ("completed", Tone::Good),
        RunStatus::Suspended => ("interrupted", Tone::Warn),
        RunStatus::Running | RunStatus::Failed => ("failed", Tone::Bad),
    };
    let word = console.paint(tone, word);
    console.say(format_args!("run {id} {word} after {seconds:.2}s"));
    if let Some(failure) = &ended.failure {
        let why = match &failure.error {
            Some(error) => format!("{}: {}", error.kind, error.message),
            None => format!("exit code {}", failure.exit_code),
        };
        match culprit {
            Some(culprit) => {
                let place = culprit.place.as_ref();
                let place = place.map_or(String::new(), |place| format!(" ({place})"));
                console.say(format_args!(
                    "  cause     {}{place}: {}",
                    culprit.name, culprit.why
                ));
                for log in &culprit.logs {
                    console.say(format_args!("  log       {}", shown(log)));
                }
            }
            None => console.say(format_args!("  cause     {why}")),
        }
    }
    console.say(format_args!("  evidence  {}", shown(&ended.run_dir)));
    let root = match &settings.state_dir {
        Some(dir) => format!(" --runs-root {}", dir.display()),
        None => String::new(),
    };
    console.say(format_args!("  report    wfc report --run-id {id}{root}"));
    if ended.status != RunStatus::Completed {
        let root = match &settings.state_dir {
            Some(dir) => format!(" --state-dir {}", dir.display()),
            None => String::new(),
        };
        console.say(format_args!("  go on     wfc resume {id}{root}"));
    }
}

fn result_json(ended: &Ended, culprit: Option<&Culprit>) -> String {
    let cause = culprit.map(|culprit| {
        json!({
            "step": culprit.name,
            "place": culprit.place,
            "why": culprit.why,
            "logs": culprit.logs,
        })
    });
    let error = ended.failure.as_ref().map(|failure| {
        json!({
            "step": failure.step,
            "step_id": failure.step_id,
            "exit_code": failure.exit_code,
            "error": failure.error,
            "cause": cause,
        })
    });
    let result = json!({
        "run_id": ended.run_id,
        "status": ended.status.as_str(),
        "outputs": ended.outputs,
        "run_dir": ended.run_dir,
        "error": error,
    });
    format!("{result:#}\n")
}

/// Why a run could not go on; says where it stands if it had begun.
pub(super) fn fault(error: &RunError, run_id: &str, run_dir: &Path) -> Fault {
    let mut fault = Fault {
        help: error.help(),
        ..Fault::new(error)
    };
    match error {
        RunError::Inputs(errors) => {
            fault = fault.details(errors.iter().map(ToString::to_string));
        }
        RunError::Unsupported(steps) => {
            fault = fault.details(steps.iter().map(ToString::to_string));
        }
        _ => {}
    }
    if !run_id.is_empty() {
        fault = fault.details([
            format!("the evidence so far lies in {}", shown(run_dir)),
            format!("`wfc resume {run_id}` goes on from there"),
        ]);
    }
    fault
}
