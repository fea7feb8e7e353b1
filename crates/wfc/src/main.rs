//! `wfc`: the command line.

mod cli;
mod commands;
mod console;
mod events;
mod exit;
mod fixing;
mod forms;
mod inputs;
mod loading;
mod merge;
mod outline;
mod outlook;
mod places;
mod plan_changes;
mod processed;
mod program_fit;
mod progress;
mod recorded;
mod rewriting;
mod volume;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use cli::Cli;
use console::Console;
use exit::{BUG, Exit};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_bug));
    let worked = std::panic::catch_unwind(|| {
        let when = cli::colour_asked_for(std::env::args_os());
        let command = Cli::command().color(when.into());
        let parsed = command
            .try_get_matches()
            .and_then(|matches| Cli::from_arg_matches(&matches));
        match parsed {
            Ok(cli) => dispatch(cli),
            Err(error) => usage(&error),
        }
    });
    worked.unwrap_or(ExitCode::from(BUG))
}

fn dispatch(cli: Cli) -> ExitCode {
    let console = Console::new(cli.color);
    match commands::run(cli.command, &console) {
        Ok(exit) => exit.into(),
        Err(fault) => {
            console.fault(&fault);
            fault.exit.into()
        }
    }
}

/// Help and version go to standard output and are a success; the rest is a
/// mistake of the user.
fn usage(error: &clap::Error) -> ExitCode {
    // A reader that has gone away has seen enough.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok.into(),
        _ => Exit::Usage.into(),
    }
}

/// One line that says what to report; the standard trace only on request.
fn report_bug(panic: &std::panic::PanicHookInfo<'_>) {
    use std::io::Write;
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = panic.location().map_or(String::new(), |place| {
        format!(" at {}:{}", place.file(), place.line())
    });
    let version = env!("CARGO_PKG_VERSION");
    let message = message.replace('\n', " ");
    let _ = writeln!(
        std::io::stderr(),
        "internal error: {message}{place} (wfc {version}); please report this line with the command and the files that led to it"
    );
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        let trace = std::backtrace::Backtrace::force_capture();
        let _ = writeln!(std::io::stderr(), "{trace}");
    }
}
