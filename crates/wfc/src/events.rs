//! What happens in a run, for programs: one JSON object a line on standard
//! output. `specs/events.md` holds what each line says; names stay.

use serde_json::{Value, json};
use wfc_ir::Plan;
use wfc_vm::{Because, Ended, Event, Fate, Progress, Record, RunStatus};

use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::places::{Places, place};
use crate::progress::Culprit;

/// The format of the lines.
const SCHEMA: &str = "wfc.events/1";

/// Writes events.
pub(crate) struct Events<'a> {
    console: &'a Console,
    plan: &'a Plan,
    places: Places<'a>,
    /// Whether the output of steps is told.
    output: bool,
}

impl<'a> Events<'a> {
    /// For a run of `plan`.
    pub(crate) fn new(plan: &'a Plan, output: bool, console: &'a Console) -> Self {
        Events {
            console,
            plan,
            places: Places::new(plan),
            output,
        }
    }

    /// Writes what has happened.
    pub(crate) fn observe(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Run { run_id, run_dir } => self.write(
                "run_started",
                json!({
                    "schema": SCHEMA,
                    "run_id": run_id,
                    "run_dir": run_dir,
                    "workflow": self.plan.entry().map(|entry| &entry.name),
                    "plan_hash": self.plan.hash(),
                    "pid": std::process::id(),
                }),
            ),
            Progress::Resumed { outlook } => {
                let again = outlook
                    .of(Fate::Runs)
                    .find(|each| matches!(each.because, Some(Because::Failed | Because::Unknown)));
                let again = again.map(|each| json!({ "step": each.step, "why": each.because }));
                let what = json!({ "replayed": outlook.answers, "rerun": again });
                self.write("resumed", what);
            }
            Progress::Survivors { step, members } => {
                let members = members.iter();
                let members: Vec<Value> = members
                    .map(|member| json!({ "pid": member.process.pid, "command": member.command }))
                    .collect();
                let what = json!({ "step": step, "processes": members });
                self.write("survivors_ended", what);
            }
            Progress::Output(heard) if self.output => self.write(
                "output",
                json!({
                    "step": heard.step,
                    "stream": heard.stream.as_str(),
                    "text": String::from_utf8_lossy(heard.bytes),
                }),
            ),
            Progress::Output(_) => {}
            Progress::Step { event, .. } => match event {
                Event::Started { depth, name, kind } => {
                    let node = self.places.find(name);
                    self.write(
                        "step_started",
                        json!({
                            "step": name,
                            "kind": kind,
                            "depth": depth,
                            "place": node.and_then(place),
                        }),
                    );
                }
                Event::Settled {
                    depth,
                    name,
                    kind,
                    record,
                } => self.write("step_ended", settled(*depth, name, kind, record)),
            },
        }
    }

    /// Writes how the run ended.
    pub(crate) fn ended(&self, ended: &Ended, culprit: Option<&Culprit>, ms: u64) {
        let mut what = result(ended, culprit);
        what["duration_ms"] = json!(ms);
        what["exit_code"] = json!(exit_code(ended.status).code());
        self.write("run_ended", what);
    }

    fn write(&self, event: &str, what: Value) {
        write(event, what, self.console);
    }
}

/// Writes one line. A reader that has gone away does not stop a run, and no
/// other reader could be told of an error.
fn write(event: &str, what: Value, console: &Console) {
    let mut line = json!({ "event": event, "at": wfc_vm::now_iso() });
    if let (Some(line), Value::Object(what)) = (line.as_object_mut(), what) {
        line.extend(what);
    }
    let _ = console.print(&format!("{line}\n"));
}

fn settled(depth: usize, name: &str, kind: &str, record: &Record) -> Value {
    json!({
        "step": name,
        "step_id": record.step_id,
        "kind": kind,
        "depth": depth,
        "status": record.status.as_str(),
        "class": record.verdict.class,
        "exit_code": record.exit_code,
        "duration_ms": record.duration_ms,
        "visit": record.visit,
        "artifacts": record.artifacts,
        "error": record.error,
    })
}

/// How a run ended, as one object.
pub(crate) fn result(ended: &Ended, culprit: Option<&Culprit>) -> Value {
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
    json!({
        "run_id": ended.run_id,
        "status": ended.status.as_str(),
        "outputs": ended.outputs,
        "run_dir": ended.run_dir,
        "error": error,
    })
}

/// What the program ends with after a run.
pub(crate) fn exit_code(status: RunStatus) -> Exit {
    match status {
        RunStatus::Completed => Exit::Ok,
        RunStatus::Suspended => Exit::Interrupted,
        RunStatus::Running | RunStatus::Failed => Exit::Failed,
    }
}

/// Writes what `--dry-run` has found out.
pub(crate) fn dry_run(mut what: Value, console: &Console) {
    what["schema"] = json!(SCHEMA);
    write("dry_run", what, console);
}

/// Writes that a run has completed already, so that a resume does nothing.
pub(crate) fn nothing_to_do(run_id: &str, console: &Console) {
    let what = json!({
        "schema": SCHEMA,
        "run_id": run_id,
        "status": RunStatus::Completed.as_str(),
        "exit_code": Exit::Ok.code(),
    });
    write("nothing_to_do", what, console);
}

/// Writes why a command did not come to an end of its own, if that is so.
pub(crate) fn outcome(outcome: &Outcome, console: &Console) {
    let failed = |fault: &Fault| {
        json!({
            "schema": SCHEMA,
            "message": fault.message,
            "details": fault.details,
            "help": fault.help,
            "exit_code": fault.exit.code(),
        })
    };
    match outcome {
        Err(fault) => write("error", failed(fault), console),
        // Findings have been shown where people look.
        Ok(Exit::Usage) => {
            let fault = Fault::new(
                "there are findings at error level; `wfc check --format json` lists them",
            );
            write("error", failed(&fault), console);
        }
        Ok(_) => {}
    }
}
