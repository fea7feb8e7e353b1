//! `wfc run`: a workflow from its source, or from a plan.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use wfc_ir::{Plan, PlanWorkflow};
use wfc_vm::{Cassette, RunConfig, RunStatus, WorkspaceFiles};

pub(super) use super::watching::{fault, watch};
use crate::cli::{OnError, ResultFormat, RunArgs, RunSettings};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session, is_plan, plan_of, read_plan};
use crate::processed::Processed;
use crate::progress::{listens, shown};
use crate::volume::Volume;
use crate::{events, inputs, outline};

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
    let plan = Arc::new(plan);
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
        let ended = wfc_vm::start(Arc::clone(&plan), bound, context, &config, observe)?;
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
        if Volume::of(&args.settings) >= Volume::Normal {
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
    if Volume::of(&args.settings) == Volume::Debug {
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
    let result = json!({
        "dry_run": true,
        "workflow": name,
        "plan_hash": plan.hash(),
        "core_hash": plan.core_hash,
        "inputs": bound,
    });
    match args.settings.format {
        _ if args.settings.json => events::dry_run(result, console),
        ResultFormat::Json => console.print(&format!("{result:#}\n"))?,
        ResultFormat::Human => {
            console.print(&outline::outline(plan))?;
            if Volume::of(&args.settings) >= Volume::Normal {
                console.say(format_args!(
                    "`{name}` can run with these inputs; nothing was started"
                ));
            }
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
        runs_root: runs_root(settings, session),
        stream_output: listens(settings),
        cassette,
        argv: std::env::args_os()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect(),
        ..RunConfig::new(workspace)
    })
}
