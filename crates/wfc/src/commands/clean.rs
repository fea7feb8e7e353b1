//! `wfc clean`: take old runs away.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use wfc_observe::{ReportError, RunSummary};
use wfc_vm::{Disk, RemoveError, RunDir};

use crate::cli::{CleanArgs, ResultFormat};
use crate::console::{Console, Tone, counted};
use crate::exit::{Exit, Fault, Outcome};
use crate::recorded::{clock, fault, find_run, plain, tone};

/// A run that may go.
struct Candidate {
    run: RunSummary,
    bytes: u64,
}

/// What became of the runs that were looked at.
#[derive(Default)]
struct Chosen {
    go: Vec<Candidate>,
    /// That a process is at.
    running: usize,
    /// That could be resumed, or read, by somebody.
    unfinished: usize,
}

pub(super) fn run(args: &CleanArgs, console: &Console) -> Outcome {
    if args.runs.is_empty() && args.older_than.is_none() && args.keep.is_none() {
        return Err(Fault::new("it is not said which runs to remove").help(
            "`wfc clean --older-than 7d`, `wfc clean --keep 20`, or the ids of runs; --dry-run tells what would go",
        ));
    }
    let root = &args.root.runs_root;
    let chosen = choose(args)?;
    let bytes: u64 = chosen.go.iter().map(|run| run.bytes).sum();
    let human = args.format == ResultFormat::Human;
    if human {
        console.print(&listing(&chosen.go, console))?;
    }
    let mut failures = Vec::new();
    if !args.dry_run && !chosen.go.is_empty() {
        agree(args, chosen.go.len(), bytes, console)?;
        for candidate in &chosen.go {
            if let Err(error) = remove(root, &candidate.run.run_id) {
                failures.push((candidate.run.run_id.clone(), error.to_string()));
            }
        }
    }
    if !args.dry_run
        && let Err(error) = wfc_vm::sweep(root)
    {
        failures.push((String::new(), error.to_string()));
    }
    match args.format {
        ResultFormat::Json => {
            let runs = chosen.go.iter().map(|candidate| {
                let id = &candidate.run.run_id;
                let error = failures.iter().find(|(failed, _)| failed == id);
                json!({
                    "run_id": id,
                    "status": candidate.run.status,
                    "bytes": candidate.bytes,
                    "removed": !args.dry_run && error.is_none(),
                    "error": error.map(|(_, error)| error),
                })
            });
            let result = json!({
                "schema": "wfc.clean/1",
                "dry_run": args.dry_run,
                "bytes": bytes,
                "runs": runs.collect::<Vec<_>>(),
                "kept": { "running": chosen.running, "unfinished": chosen.unfinished },
            });
            console.print(&format!("{result:#}\n"))?;
        }
        ResultFormat::Human => conclude(&chosen, bytes, &failures, args, console),
    }
    Ok(match failures.is_empty() {
        true => Exit::Ok,
        false => Exit::Failed,
    })
}

/// Which runs go, the newest first.
fn choose(args: &CleanArgs) -> Result<Chosen, Fault> {
    let root = &args.root.runs_root;
    let dirs: Vec<PathBuf> = match args.runs.as_slice() {
        [] => match wfc_observe::runs(root) {
            Ok(dirs) => dirs.into_iter().skip(args.keep.unwrap_or(0)).collect(),
            Err(ReportError::NoRuns { .. }) => Vec::new(),
            Err(error) => return Err(fault(&error)),
        },
        named => {
            let mut dirs = Vec::new();
            for given in named {
                let dir = find_run(root, given)?;
                if !dirs.contains(&dir) {
                    dirs.push(dir);
                }
            }
            dirs
        }
    };
    let mut chosen = Chosen::default();
    for dir in dirs {
        // What is linked from elsewhere is not ours to delete.
        if dir.is_symlink() {
            continue;
        }
        let run = wfc_observe::summary(&dir);
        let old = args
            .older_than
            .is_none_or(|limit| wfc_observe::idle(&run).is_some_and(|idle| idle >= limit));
        if !old {
            continue;
        }
        match run.status.as_str() {
            "completed" => {}
            "running" => {
                chosen.running += 1;
                continue;
            }
            _ if !args.unfinished => {
                chosen.unfinished += 1;
                continue;
            }
            _ => {}
        }
        let bytes = wfc_observe::size(&dir);
        chosen.go.push(Candidate { run, bytes });
    }
    Ok(chosen)
}

fn remove(root: &Path, id: &str) -> Result<(), RemoveError> {
    RunDir::open(&Disk::default(), root, id)?.remove()
}

/// Nothing is removed that nobody has agreed to.
fn agree(args: &CleanArgs, runs: usize, bytes: u64, console: &Console) -> Result<(), Fault> {
    if args.yes {
        return Ok(());
    }
    let what = format!("{} of {}", counted(runs, "run"), amount(bytes));
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(
            Fault::new(format!("nobody is there to agree to removing {what}"))
                .help("--yes agrees, --dry-run only tells"),
        );
    }
    let _ = write!(console.err(), "remove {what}? [y/N] ");
    let _ = console.err().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    let agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    match read.is_ok() && agreed {
        true => Ok(()),
        false => Err(Fault::new("nothing was removed")),
    }
}

fn listing(runs: &[Candidate], console: &Console) -> String {
    let mut text = String::new();
    for candidate in runs {
        let run = &candidate.run;
        let status = format!("{:<11}", run.status);
        let status = console.paint_out(tone(&run.status), status);
        let at = run.updated_at.as_deref().or(run.started_at.as_deref());
        let at = at.map_or_else(|| "-".to_owned(), clock);
        let workflow = run.workflow.as_deref().map_or_else(String::new, plain);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}  {status}  {at:<20}  {:>8}  {workflow}",
            plain(&run.run_id),
            amount(candidate.bytes)
        );
    }
    text
}

fn conclude(
    chosen: &Chosen,
    bytes: u64,
    failures: &[(String, String)],
    args: &CleanArgs,
    console: &Console,
) {
    for (id, error) in failures {
        let label = console.paint(Tone::Bad, "error:");
        let run = match id.is_empty() {
            true => String::new(),
            false => format!("run {id}: "),
        };
        console.say(format_args!("{label} {run}{error}"));
    }
    let gone = chosen.go.len().saturating_sub(failures.len());
    let what = match (args.dry_run, chosen.go.len()) {
        (_, 0) => "there is nothing to remove".to_owned(),
        (true, runs) => format!(
            "{} of {} would be removed",
            counted(runs, "run"),
            amount(bytes)
        ),
        (false, _) if failures.is_empty() => {
            format!("{} of {} removed", counted(gone, "run"), amount(bytes))
        }
        (false, _) => format!("{} removed", counted(gone, "run")),
    };
    console.say(what);
    if chosen.running > 0 {
        console.say(format_args!(
            "  {} at work, and kept",
            counted(chosen.running, "run")
        ));
    }
    if chosen.unfinished > 0 {
        console.say(format_args!(
            "  {} unfinished, and kept; --unfinished removes them too",
            counted(chosen.unfinished, "run")
        ));
    }
}

/// `512 B`, `1.5 KB`, `20.0 MB`.
fn amount(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().unwrap_or(&"KB");
    while amount >= 999.95
        && let Some(next) = units.next()
    {
        amount /= 1000.0;
        unit = next;
    }
    format!("{amount:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(amount(0), "0 B");
        assert_eq!(amount(999), "999 B");
        assert_eq!(amount(1500), "1.5 KB");
        assert_eq!(amount(999_999), "1.0 MB");
        assert_eq!(amount(20_000_000), "20.0 MB");
        assert_eq!(amount(u64::MAX), "18446744.1 TB");
    }
}
