//! `wfc report`: what happened in a run.

use crate::cli::{ReportArgs, ReportFormat};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::deliver;

pub(super) fn run(args: &ReportArgs, console: &Console) -> Outcome {
    let found = match &args.run_id {
        Some(id) => wfc_observe::find_run(&args.root.runs_root, id),
        None => wfc_observe::latest_run(&args.root.runs_root),
    };
    let report = found
        .and_then(|dir| wfc_observe::report(&dir))
        .map_err(|error| Fault {
            help: error.help(),
            ..Fault::new(&error)
        })?;
    let text = match args.format {
        ReportFormat::Md => wfc_observe::markdown(&report),
        ReportFormat::Json => {
            let mut text = serde_json::to_string_pretty(&report)
                .map_err(|error| Fault::new(format!("cannot write the report: {error}")))?;
            text.push('\n');
            text
        }
    };
    deliver(&text, args.output.as_deref(), console)?;
    Ok(Exit::Ok)
}
