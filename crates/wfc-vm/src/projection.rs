//! `state.json`: the run as people and other tools read it.
//!
//! A projection of the machine. Nothing reads it back as truth; it can be
//! rebuilt from the journal at any time.

mod text;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value, json};

use self::text::{Object, Text};
use crate::ErrorObject;
use crate::machine::{Current, Frame, Machine, Phase, Record};
use crate::secrets::Mask;

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

/// `state.json` as it was last written, as far as it stays: a settled step is
/// put into words once, however often the file is written.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    root: Words,
}

/// The words for the parts of a frame that have come to rest.
#[derive(Debug, Default)]
struct Words {
    /// Beside the records of the frame.
    records: Vec<(Arc<Record>, Box<[u8]>)>,
    /// Frames that have ended, by id.
    ended: HashMap<String, Box<[u8]>>,
    /// The frame that is called at the moment.
    active: Option<(String, Box<Words>)>,
}

/// The run as a JSON document.
pub fn state_json(machine: &Machine, moment: &Moment) -> Value {
    let mut text = Vec::new();
    let written = Projection::default().write(
        machine,
        moment,
        &Mask::default(),
        &mut text as &mut dyn Write,
    );
    let read = written
        .ok()
        .and_then(|()| serde_json::from_slice(&text).ok());
    read.unwrap_or_default()
}

impl Projection {
    /// Writes the run as a JSON document, keys in the order that readers know.
    pub(crate) fn write(
        &mut self,
        machine: &Machine,
        moment: &Moment,
        mask: &Mask,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let view = View { machine, moment };
        Text::new(out, mask).object(|state| {
            let Some((root, active)) = machine.frames().split_first() else {
                return Ok(());
            };
            view.frame(state, root, active, &mut self.root)?;
            let sessions: Vec<Value> = moment.sessions.iter().map(session_json).collect();
            state.put(
                "runtime_observability",
                &json!({ "schema_version": 1, "executor_sessions": sessions }),
            )?;
            if let Some(error) = moment.error.clone().or_else(|| root.error()) {
                state.put("error", &error)?;
            }
            if moment.status == RunStatus::Running
                && let Some(current) = machine.current(root)
            {
                state.put("current_step", &current_json(&current, moment))?;
            }
            Ok(())
        })?;
        out.write_all(b"\n")
    }
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

/// What is shown.
struct View<'a> {
    machine: &'a Machine,
    moment: &'a Moment,
}

impl View<'_> {
    /// The state of one frame; `active` are the frames that it has called and
    /// that are still running, outermost first.
    fn frame(
        &self,
        state: &mut Object<'_, '_>,
        frame: &Frame,
        active: &[Frame],
        words: &mut Words,
    ) -> io::Result<()> {
        let (machine, moment) = (self.machine, self.moment);
        let workflow = &machine.plan().workflows[frame.workflow];
        let status = match (&frame.call, frame.phase) {
            (None, _) => moment.status.as_str(),
            (Some(_), Phase::Ended) if frame.failed() => "failed",
            (Some(_), Phase::Ended) => "completed",
            (Some(_), _) => "running",
        };
        state.put("schema_version", "2.1")?;
        state.put("run_id", &machine.start().run_id)?;
        state.put("workflow_file", &workflow.file)?;
        state.put("workflow_checksum", &workflow.checksum)?;
        state.put("started_at", &machine.start().started_at)?;
        state.put("updated_at", &moment.now)?;
        state.put("status", status)?;
        state.put("context", &frame.context)?;
        state.put("bound_inputs", &frame.inputs)?;
        match &frame.outputs {
            Some(outputs) => state.put("workflow_outputs", outputs)?,
            None => state.put("workflow_outputs", &json!({}))?,
        }
        state.put("finalization", &finalization(machine, frame))?;
        state.object("steps", |steps| {
            for (at, (key, record)) in frame.records.iter().enumerate() {
                let text = words.record(at, record, || steps.words(&**record));
                steps.text(key, text)?;
            }
            Ok(())
        })?;
        state.object("for_each", |loops| {
            let mut each = frame.each.iter();
            each.try_for_each(|(key, progress)| loops.put(key, &progress.to_json()))
        })?;
        state.put("repeat_until", &frame.loops)?;
        state.object("call_frames", |frames| {
            self.call_frames(frames, frame, active, words)
        })?;
        state.put("artifact_versions", &frame.versions)?;
        state.put("artifact_consumes", &frame.consumes)?;
        state.put("private_artifact_versions", &json!({}))?;
        state.put("private_artifact_consumes", &json!({}))?;
        state.put("transition_count", &frame.transitions)?;
        state.put("step_visits", &frame.visits)?;
        state.put("run_root", &frame.root)
    }

    fn call_frames(
        &self,
        frames: &mut Object<'_, '_>,
        frame: &Frame,
        active: &[Frame],
        words: &mut Words,
    ) -> io::Result<()> {
        for (id, callee) in &frame.callees {
            if !words.ended.contains_key(id) {
                let mut text = Vec::new();
                frames
                    .inner(&mut text)
                    .object(|entry| self.call_frame(entry, callee, &[], &mut Words::default()))?;
                words.ended.insert(id.clone(), text.into());
            }
            frames.text(id, &words.ended[id])?;
        }
        let Some((callee, deeper)) = active.split_first() else {
            return Ok(());
        };
        let Some(site) = &callee.call else {
            return Ok(());
        };
        let known = words.active.take().filter(|(id, _)| *id == site.frame_id);
        let (id, mut inner) = known.unwrap_or_else(|| (site.frame_id.clone(), Box::default()));
        frames.object(&id, |entry| {
            self.call_frame(entry, callee, deeper, &mut inner)
        })?;
        words.active = Some((id, inner));
        Ok(())
    }

    fn call_frame(
        &self,
        entry: &mut Object<'_, '_>,
        callee: &Frame,
        deeper: &[Frame],
        words: &mut Words,
    ) -> io::Result<()> {
        let workflow = &self.machine.plan().workflows[callee.workflow];
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
        entry.put("call_frame_id", &site.map(|s| &s.frame_id))?;
        entry.put("call_step_name", &site.map(|s| &s.step_name))?;
        entry.put("call_step_id", &site.map(|s| &s.step_id))?;
        entry.put("import_alias", &workflow.name)?;
        entry.put("workflow_file", &workflow.file)?;
        entry.put("status", word(callee.failed(), ended))?;
        entry.put(
            "body_status",
            word(callee.body_failure.is_some(), body_over),
        )?;
        entry.put("finalization_status", finalization)?;
        let export = match has_outputs(workflow) {
            true => export_status(callee),
            false => "not_configured",
        };
        entry.put("export_status", export)?;
        entry.put("bound_inputs", &callee.inputs)?;
        let current = self.machine.current(callee);
        let current = current.map(|current| current_json(&current, self.moment));
        entry.put("current_step", &current)?;
        entry.object("state", |state| self.frame(state, callee, deeper, words))
    }
}

impl Words {
    /// The words for the record at a place, found by `say` unless they are
    /// known.
    fn record(
        &mut self,
        at: usize,
        record: &Arc<Record>,
        say: impl FnOnce() -> Box<[u8]>,
    ) -> &[u8] {
        match self.records.get_mut(at) {
            Some((known, _)) if Arc::ptr_eq(known, record) => {}
            Some(place) => *place = (Arc::clone(record), say()),
            None => self.records.push((Arc::clone(record), say())),
        }
        &self.records[at].1
    }
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
