//! `wfc cancel`: ask the process that is at a run to stop.

use std::time::{Duration, Instant};

use serde_json::json;
use wfc_vm::{Disk, ProcessIdentity, RunDir, Stop};

use crate::cli::{CancelArgs, ResultFormat};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::recorded::{find_run, id_of};

/// How often it is looked whether the run has stopped.
const POLL: Duration = Duration::from_millis(50);

/// How long a process that was killed may take to be gone.
const KILLED: Duration = Duration::from_secs(10);

pub(super) fn run(args: &CancelArgs, console: &Console) -> Outcome {
    let dir = find_run(&args.root.runs_root, &args.run)?;
    let id = id_of(&dir);
    let run = RunDir::open(&Disk::default(), &args.root.runs_root, &id).map_err(Fault::new)?;
    let began = Instant::now();
    let owner = run.owner().map(|owner| owner.process);
    let gone = match &owner {
        None => true,
        Some(owner) => stop(&run, owner, args)?,
    };
    let status = wfc_observe::summary(&dir).status;
    match args.format {
        ResultFormat::Human => console.say(words(&id, &status, owner.as_ref(), gone, args)),
        ResultFormat::Json => {
            let result = json!({
                "schema": "wfc.cancel/1",
                "run_id": id,
                "pid": owner.as_ref().map(|owner| owner.pid),
                "stopped": gone,
                "status": status,
                "waited_ms": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
            console.print(&format!("{result:#}\n"))?;
        }
    }
    Ok(match gone {
        true => Exit::Ok,
        false => Exit::Failed,
    })
}

/// Asks the owner, and waits until it no longer is one.
fn stop(run: &RunDir, owner: &ProcessIdentity, args: &CancelArgs) -> Result<bool, Fault> {
    let pid = owner.pid;
    let ask = |how| {
        let asked = owner.stop(how);
        asked.map_err(|error| Fault::new(format!("process {pid} cannot be stopped: {error}")))
    };
    let waited = |limit: Duration| {
        let until = Instant::now() + limit;
        loop {
            // Another process may have taken the run up meanwhile.
            let gone = run.owner().is_none_or(|now| now.process != *owner);
            if gone || Instant::now() >= until {
                return gone;
            }
            std::thread::sleep(POLL);
        }
    };
    if !ask(Stop::Cleanly)? || waited(Duration::from_secs(args.wait)) {
        return Ok(true);
    }
    if args.kill {
        return Ok(!ask(Stop::Kill)? || waited(KILLED));
    }
    Ok(false)
}

/// What to tell a person.
fn words(
    id: &str,
    status: &str,
    owner: Option<&ProcessIdentity>,
    gone: bool,
    args: &CancelArgs,
) -> String {
    let Some(owner) = owner else {
        return match status {
            "completed" => format!("run {id} has completed; it is left as it is"),
            "failed" | "suspended" => {
                format!("run {id} is not running: it is {status}; `wfc resume {id}` goes on")
            }
            "interrupted" => format!(
                "run {id} is not running: its process is gone; `wfc resume {id}` goes on from what was recorded"
            ),
            _ => format!("no process is at run {id} (it is {status})"),
        };
    };
    let pid = owner.pid;
    if !gone {
        return format!(
            "run {id} has not stopped after {} s: process {pid} is still at it; --kill ends it",
            args.wait
        );
    }
    match status {
        "completed" | "failed" => format!("run {id} {status} before it could be stopped"),
        _ => format!("run {id} has stopped; `wfc resume {id}` goes on"),
    }
}
