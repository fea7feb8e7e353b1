//! `wfc resume`: go on with a run, unless its source has changed.

use std::path::{Path, PathBuf};

use clap::Parser;
use wfc_diag::has_errors;
use wfc_ir::Plan;

use super::run::{LEVEL, config, fault, watch};
use crate::cli::{Cli, Command, ResumeArgs, SourceArgs};
use crate::console::Console;
use crate::events;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Session, is_plan, plan_of, read_plan, show_findings};
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
    let pinned =
        wfc_vm::pinned(&args.run_id, &config).map_err(|error| fault(&error, "", Path::new("")))?;
    if pinned.completed {
        console.say(format_args!(
            "run {} has already completed; `wfc report --run-id {}` tells about it",
            args.run_id, args.run_id
        ));
        if args.settings.json {
            events::nothing_to_do(&args.run_id, console);
        }
        return Ok(Exit::Ok);
    }
    let run_dir = config.runs_root.join(&args.run_id);
    if !args.pinned {
        unchanged(&pinned.plan, &run_dir, args, &session, console)?;
    }
    watch(&pinned.plan, &args.settings, console, |observe| {
        wfc_vm::resume(&args.run_id, &config, observe)
    })
}

/// Refuses when the source no longer gives the plan that the run follows. A
/// source that is gone cannot have changed.
fn unchanged(
    pinned: &Plan,
    run_dir: &Path,
    args: &ResumeArgs,
    session: &Session,
    console: &Console,
) -> Result<(), Fault> {
    let Some((file, source)) = origin(pinned, run_dir, &args.source) else {
        return Ok(());
    };
    let shown = file.display();
    if !session.workspace().join(&file).is_file() {
        console.say(format_args!(
            "{shown} is gone; the run goes on with the plan that it was started with"
        ));
        return Ok(());
    }
    let pinned_way = format!(
        "`wfc resume {} --pinned` goes on with the plan that the run was started with; `wfc run` starts anew",
        args.run_id
    );
    let now = if is_plan(&file) {
        read_plan(&file)?
    } else {
        let compiled = session.compile(&file, &source)?;
        let Some(program) = compiled.program else {
            show_findings(&compiled, console);
            let why = match has_errors(&compiled.diagnostics) {
                true => "has errors now",
                false => "holds no workflow any more",
            };
            return Err(Fault::new(format!(
                "{shown} {why}, so it cannot be compared with what this run was started with"
            ))
            .help(pinned_way));
        };
        plan_of(program, LEVEL, &mut Vec::new())
    };
    // For a source, the program before the passes decides: a plan made at
    // another level of optimisation does the same.
    let same_program = !is_plan(&file) && now.core_hash == pinned.core_hash;
    if same_program || now.hash() == pinned.hash() {
        return Ok(());
    }
    let mut changes = plan_changes(pinned, &now);
    if changes.is_empty() {
        changes.push("the change is not in a step; the hashes differ".to_owned());
    }
    Err(
        Fault::new(format!("{shown} has changed since this run was started"))
            .details(changes)
            .help(pinned_way),
    )
}

/// The file that the run was started from, and the options that it was
/// compiled with: those of the recorded command line unless given again.
fn origin(pinned: &Plan, run_dir: &Path, given: &SourceArgs) -> Option<(PathBuf, SourceArgs)> {
    let entry = pinned.entry()?;
    let recorded = wfc_observe::command_line(run_dir);
    let recorded = recorded.and_then(|argv| Cli::try_parse_from(argv).ok());
    let (file, recorded) = match recorded.and_then(|cli| cli.command) {
        Some(Command::Run(run)) => (run.file, run.source),
        _ => (PathBuf::from(&entry.file), SourceArgs::default()),
    };
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
