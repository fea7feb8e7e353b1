//! The commands, one a file.

mod cancel;
mod check;
mod clean;
mod compile;
mod convert;
mod diff;
mod doc;
mod explain;
mod fmt;
mod logs;
mod ls;
mod lsp;
mod providers;
mod report;
mod resume;
mod run;
mod schema;
mod show;
mod watching;

use std::path::Path;

use clap::CommandFactory;

use crate::cli::{Cli, Command, ResumeArgs};
use crate::console::Console;
use crate::events;
use crate::exit::{Exit, Fault, Outcome};
use crate::recorded::{find_run, id_of};

/// What `wfc` alone says.
const OVERVIEW: &str = "\
wfc compiles and runs agent workflows, written in YAML or in Workflow Lisp.

  wfc check FILE      find every mistake before anything runs
  wfc run FILE        run it; every result is kept on disk
  wfc resume RUN_ID   go on after a failure or a crash
  wfc ls              see the runs there are
  wfc show            see what happened in the newest run, or in a step of it
  wfc fmt             lay out workflows
  wfc explain CODE    read about a finding

wfc --help lists every command, wfc COMMAND --help shows examples.
";

/// Does what was asked.
pub(crate) fn run(command: Option<Command>, console: &Console) -> Outcome {
    match command {
        None => {
            console.print(OVERVIEW)?;
            Ok(Exit::Ok)
        }
        Some(Command::Check(args)) => check::run(&args, console),
        Some(Command::Fmt(args)) => fmt::run(&args, console),
        Some(Command::Compile(args)) => compile::run(&args, console),
        Some(Command::Run(args)) => {
            let outcome = run::run(&args, console);
            told(outcome, args.settings.json, console)
        }
        Some(Command::Resume(mut args)) => {
            let outcome = resolved(&mut args).and_then(|()| resume::run(&args, console));
            told(outcome, args.settings.json, console)
        }
        Some(Command::Ls(args)) => ls::run(&args, console),
        Some(Command::Show(args)) => show::run(&args, console),
        Some(Command::Logs(args)) => logs::run(&args, console),
        Some(Command::Cancel(args)) => cancel::run(&args, console),
        Some(Command::Clean(args)) => clean::run(&args, console),
        Some(Command::Report(args)) => report::run(&args, console),
        Some(Command::Diff(args)) => diff::run(&args, console),
        Some(Command::Convert(args)) => convert::run(&args, console),
        Some(Command::Explain(args)) => explain::run(&args, console),
        Some(Command::Doc(args)) => doc::run(&args, console),
        Some(Command::Schema(args)) => schema::run(&args, console),
        Some(Command::Providers(args)) => providers::run(&args, console),
        Some(Command::Lsp { stdio: _ }) => lsp::run(),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wfc", &mut script);
            console.print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Ok)
        }
    }
}

/// Programs that read events learn of failures there, too.
fn told(outcome: Outcome, json: bool, console: &Console) -> Outcome {
    if json {
        events::outcome(&outcome, console);
    }
    outcome
}

/// A run to go on with is named like any other.
fn resolved(args: &mut ResumeArgs) -> Result<(), Fault> {
    let root = args.settings.state_dir.as_deref();
    let root = root.unwrap_or(Path::new(wfc_vm::RUNS_ROOT));
    args.run_id = id_of(&find_run(root, &args.run_id)?);
    Ok(())
}
