//! What `wfc run` and `wfc resume` share: the run is watched, and how it ended
//! is told.

use std::path::Path;
use std::time::Instant;

use wfc_ir::Plan;
use wfc_vm::{Ended, Progress, RunError, RunStatus};

use crate::cli::{ResultFormat, RunSettings};
use crate::console::{Console, Tone};
use crate::events::{self, Events};
use crate::exit::{Exit, Fault, Outcome};
use crate::progress::{Culprit, Reporter, shown};
use crate::volume::Volume;

/// Runs or resumes, shows progress, and tells the end.
pub(super) fn watch(
    plan: &Plan,
    settings: &RunSettings,
    console: &Console,
    work: impl FnOnce(&mut dyn FnMut(&Progress<'_>)) -> Result<Ended, RunError>,
) -> Outcome {
    let volume = Volume::of(settings);
    if volume > Volume::Quiet {
        for note in settings.inert.notes() {
            let label = console.paint(Tone::Warn, "note:");
            console.say(format_args!("{label} {note}"));
        }
    }
    let began = Instant::now();
    let events = settings
        .json
        .then(|| Events::new(plan, settings.stream_output, console));
    let mut reporter = Reporter::new(plan, settings, console);
    let result = work(&mut |progress| {
        if let Some(events) = &events {
            events.observe(progress);
        }
        reporter.observe(progress);
    });
    reporter.finish();
    let ended = match result {
        Ok(ended) => ended,
        Err(error) => {
            let (run_id, run_dir) = reporter.run();
            return Err(fault(&error, run_id, run_dir));
        }
    };
    let took = began.elapsed();
    match (&events, settings.format) {
        (Some(events), _) => {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            events.ended(&ended, reporter.culprit(), ms);
        }
        (None, ResultFormat::Json) => {
            let result = events::result(&ended, reporter.culprit());
            console.print(&format!("{result:#}\n"))?;
        }
        (None, ResultFormat::Human) => {
            if let Some(outputs) = ended.outputs.as_object() {
                let lines = outputs
                    .iter()
                    .map(|(name, value)| format!("{name}: {}\n", wfc_ir::to_text(value)));
                console.print(&lines.collect::<String>())?;
            }
        }
    }
    let said = ended.status != RunStatus::Completed || volume >= Volume::Normal;
    if said {
        conclude(
            &ended,
            took.as_secs_f64(),
            reporter.culprit(),
            settings,
            console,
        );
    }
    Ok(events::exit_code(ended.status))
}

/// The last lines: how it ended, where the evidence lies, what to do next.
fn conclude(
    ended: &Ended,
    seconds: f64,
    culprit: Option<&Culprit>,
    settings: &RunSettings,
    console: &Console,
) {
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
        RunError::Unskippable { why, .. } => fault = fault.details(why.clone()),
        RunError::Unfit(parting) => fault = fault.details(parting.aspects.clone()),
        RunError::Halted(_) => fault.exit = Exit::Undecided,
        RunError::NoSuchStep { known, .. } => {
            // The last are the likeliest.
            let first = known.len().saturating_sub(12);
            let known = known[first..].join("`, `");
            fault = fault.details((!known.is_empty()).then(|| format!("it came to `{known}`")));
        }
        _ => {}
    }
    if !run_id.is_empty() && !matches!(error, RunError::Halted(_)) {
        fault.exit = Exit::Failed;
        fault = fault.details([
            format!("the evidence so far lies in {}", shown(run_dir)),
            format!("`wfc resume {run_id}` goes on from there"),
        ]);
    }
    fault
}
