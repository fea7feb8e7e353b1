//! `state.json`: the run as people and other tools read it.
//!
//! A projection of the machine. Nothing reads it back as truth; it can be
//! rebuilt from the journal at any time.

use serde_json::{Map, Value, json};

use crate::ErrorObject;
use crate::machine::{Current, Frame, Machine, Phase};

/// One process that has worked on a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// `exec-0001`, ...
    pub id: String,
    /// `run` or `resume`.
    pub entrypoint: String,
    /// The process.
    pub pid: u32,
    /// When that process began, in the system's own units.
    pub process_start: String,
    /// When the session began.
    pub started_at: String,
    /// When it ended, and how: `completed`, `failed`, `interrupted`, `abandoned`.
    pub ended: Option<(String, String)>,
}

/// What the machine does not know about its run.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now.
    pub now: String,
    /// The state of the run.
    pub status: RunStatus,
    /// When the current step began.
    pub step_started_at: Option<String>,
    /// The sessions so far.
    pub sessions: Vec<Session>,
    /// An error of the run itself, which wins over that of a step.
    pub error: Option<ErrorObject>,
}

/// The run as a JSON document, keys in the order that readers know.
pub fn state_json(machine: &Machine, moment: &Moment) -> Value {
    let Some((root, active)) = machine.frames().split_first() else {
        return json!({});
    };
    let mut state = frame_state(machine, root, active, moment);
    let sessions: Vec<Value> = moment.sessions.iter().map(session_json).collect();
    state.insert(
        "runtime_observability".to_owned(),
        json!({ "schema_version": 1, "executor_sessions": sessions }),
    );
    if let Some(error) = moment.error.clone().or_else(|| root.error()) {
        state.insert("error".to_owned(), json!(error));
    }
    if moment.status == RunStatus::Running
        && let Some(current) = machine.current(root)
    {
        state.insert("current_step".to_owned(), current_json(&current, moment));
    }
    Value::Object(state)
}

fn session_json(session: &Session) -> Value {
    let (ended_at, status) = match &session.ended {
        Some((at, status)) => (json!(at), json!(status)),
        None => (Value::Null, json!("running")),
    };
    json!({
        "session_id": session.id,
        "entrypoint": session.entrypoint,
        "pid": session.pid,
        "process_start_time": session.process_start,
        "started_at": session.started_at,
        "ended_at": ended_at,
        "status": status,
    })
}

fn current_json(current: &Current, moment: &Moment) -> Value {
    let started = moment.step_started_at.as_ref().unwrap_or(&moment.now);
    json!({
        "name": current.name,
        "index": current.index,
        "type": current.kind,
        "status": "running",
        "started_at": started,
        "last_heartbeat_at": moment.now,
        "step_id": current.step_id,
        "visit_count": current.visit,
    })
}

/// The state of one frame; `active` are the frames that it has called and
/// that are still running, outermost first.
fn frame_state(
    machine: &Machine,
    frame: &Frame,
    active: &[Frame],
    moment: &Moment,
) -> Map<String, Value> {
    let workflow = &machine.plan().workflows[frame.workflow];
    let status = match (&frame.call, frame.phase) {
        (None, _) => moment.status.as_str(),
        (Some(_), Phase::Ended) if frame.failed() => "failed",
        (Some(_), Phase::Ended) => "completed",
        (Some(_), _) => "running",
    };
    let mut state = Map::new();
    let mut put = |key: &str, value: Value| {
        state.insert(key.to_owned(), value);
    };
    put("schema_version", json!("2.1"));
    put("run_id", json!(machine.start().run_id));
    put("workflow_file", json!(workflow.file));
    put("workflow_checksum", json!(workflow.checksum));
    put("started_at", json!(machine.start().started_at));
    put("updated_at", json!(moment.now));
    put("status", json!(status));
    put("context", json!(frame.context));
    put("bound_inputs", json!(frame.inputs));
    put(
        "workflow_outputs",
        frame.outputs.clone().unwrap_or_else(|| json!({})),
    );
    put("finalization", finalization(machine, frame));
    let steps: Map<String, Value> = frame
        .records
        .iter()
        .map(|(key, record)| (key.clone(), record.to_json()))
        .collect();
    put("steps", Value::Object(steps));
    let each = frame.each.iter();
    let each: Map<String, Value> = each
        .map(|(key, progress)| (key.clone(), progress.to_json()))
        .collect();
    put("for_each", Value::Object(each));
    put("repeat_until", json!(frame.loops));
    put("call_frames", call_frames(machine, frame, active, moment));
    let versions: Map<String, Value> = frame
        .versions
        .iter()
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|v| {
                    let mut entry = json!({
                        "version": v.version,
                        "value": v.value,
                        "producer": v.producer,
                        "producer_name": v.producer_name,
                        "step_index": v.step_index,
                    });
                    if let Some(source) = &v.source {
                        entry["source_provenance"] = source.clone();
                    }
                    entry
                })
                .collect();
            (name.clone(), Value::Array(versions))
        })
        .collect();
    put("artifact_versions", Value::Object(versions));
    put("artifact_consumes", json!(frame.consumes));
    put("private_artifact_versions", json!({}));
    put("private_artifact_consumes", json!({}));
    put("transition_count", json!(frame.transitions));
    put("step_visits", json!(frame.visits));
    put("run_root", json!(frame.root));
    state
}

fn call_frames(machine: &Machine, frame: &Frame, active: &[Frame], moment: &Moment) -> Value {
    let mut frames = Map::new();
    for (id, callee) in &frame.callees {
        frames.insert(id.clone(), call_frame(machine, callee, &[], moment));
    }
    if let Some((callee, deeper)) = active.split_first()
        && let Some(site) = &callee.call
    {
        let entry = call_frame(machine, callee, deeper, moment);
        frames.insert(site.frame_id.clone(), entry);
    }
    Value::Object(frames)
}

fn call_frame(machine: &Machine, callee: &Frame, deeper: &[Frame], moment: &Moment) -> Value {
    let workflow = &machine.plan().workflows[callee.workflow];
    let site = callee.call.as_ref();
    let word = |failed: bool, over: bool| match (failed, over) {
        (true, _) => "failed",
        (false, true) => "completed",
        (false, false) => "running",
    };
    let ended = callee.phase == Phase::Ended;
    let body_over = callee.phase != Phase::Body;
    let finalization = match &workflow.finally {
        None => "not_configured",
        Some(_) if !body_over => "pending",
        Some(_) => word(
            callee.finally_failure.is_some(),
            matches!(callee.phase, Phase::Export | Phase::Ended),
        ),
    };
    json!({
        "call_frame_id": site.map(|s| &s.frame_id),
        "call_step_name": site.map(|s| &s.step_name),
        "call_step_id": site.map(|s| &s.step_id),
        "import_alias": workflow.name,
        "workflow_file": workflow.file,
        "status": word(callee.failed(), ended),
        "body_status": word(callee.body_failure.is_some(), body_over),
        "finalization_status": finalization,
        "export_status": match has_outputs(workflow) {
            true => export_status(callee),
            false => "not_configured",
        },
        "bound_inputs": callee.inputs,
        "current_step": machine.current(callee).map(|c| current_json(&c, moment)),
        "state": frame_state(machine, callee, deeper, moment),
    })
}

fn export_status(frame: &Frame) -> &'static str {
    if frame.export_error.is_some() {
        "failed"
    } else if frame.body_failure.is_some() || frame.finally_failure.is_some() {
        "suppressed"
    } else if frame.phase == Phase::Ended {
        "completed"
    } else {
        "pending"
    }
}

fn has_outputs(workflow: &wfc_ir::PlanWorkflow) -> bool {
    !matches!(&workflow.result, wfc_ir::Type::Record { fields } if fields.is_empty())
}

/// The progress of the block that runs at the end; `{}` without one.
pub(crate) fn finalization(machine: &Machine, frame: &Frame) -> Value {
    let workflow = &machine.plan().workflows[frame.workflow];
    let Some((name, region)) = &workflow.finally else {
        return json!({});
    };
    let nodes = &workflow.region(*region).nodes;
    let status = match (&frame.finally_failure, frame.phase) {
        (Some(_), _) => "failed",
        (None, Phase::Body) => "pending",
        (None, Phase::Finally) => "running",
        (None, _) => "completed",
    };
    let body_status = match (frame.phase, &frame.body_failure) {
        (Phase::Body, None) => Value::Null,
        (_, None) => json!("completed"),
        (_, Some(_)) => json!("failed"),
    };
    let current = match (&frame.finally_failure, frame.phase) {
        (Some(_), _) => Some(frame.finally_done.len()),
        (None, Phase::Finally) => Some(frame.outer_index(workflow)),
        (None, _) => None,
    };
    let mut state = json!({
        "block_id": name,
        "status": status,
        "body_status": body_status,
        "current_index": current,
        "completed_indices": frame.finally_done,
        "step_names": nodes
            .iter()
            .map(|ix| workflow.node(*ix))
            .filter(|node| !node.hidden)
            .map(|node| &node.key)
            .collect::<Vec<_>>(),
        "workflow_outputs_status": match frame.finally_failure.is_some() || has_outputs(workflow) {
            true => export_status(frame),
            false => "not_configured",
        },
    });
    if let Some(failure) = &frame.finally_failure {
        state["failure"] = json!({
            "step": failure.step,
            "step_id": failure.step_id,
            "error": failure.error,
        });
    }
    state
}

/// The state of a run, in the words of `state.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// A process works on it, or died doing so.
    Running,
    /// Its outputs are checked.
    Completed,
    /// A step, the cleanup or an output failed.
    Failed,
    /// It was stopped on purpose and can be resumed.
    Suspended,
}

impl RunStatus {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Completed => "completed",
            RunStatus::Failed => "failed",
            RunStatus::Suspended => "suspended",
        }
    }
}
