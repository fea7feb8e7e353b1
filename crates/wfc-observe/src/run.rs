//! The files of one run, read as far as they can be.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wfc_ir::Plan;

use crate::ReportError;
use crate::journal::Journal;
use crate::logs::Logs;
use crate::reading;

/// What is on the disk.
#[derive(Debug)]
pub(crate) struct RunFiles {
    pub(crate) dir: PathBuf,
    pub(crate) state: Value,
    pub(crate) plan: Option<Plan>,
    pub(crate) journal: Journal,
    pub(crate) logs: Logs,
    /// What could not be read, for people.
    pub(crate) notes: Vec<String>,
}

impl RunFiles {
    /// Reads a run directory. A missing or damaged file is a note as long as
    /// something else tells the story.
    pub(crate) fn read(dir: &Path) -> Result<Self, ReportError> {
        let mut notes = Vec::new();
        let state = note(read_json(&dir.join("state.json")), &mut notes);
        let plan = note(read_plan(&dir.join("plan.json")), &mut notes);
        let path = dir.join("journal.jsonl");
        let journal = Journal::read(&path).map_err(|error| format!("{}: {error}", path.display()));
        let journal = note(journal, &mut notes).unwrap_or_default();
        if state.is_none() && journal.run.is_none() {
            return Err(ReportError::Unreadable {
                path: dir.to_owned(),
                why: notes,
            });
        }
        if journal.damaged > 0 {
            let lines = journal.damaged;
            notes.push(format!(
                "{}: {lines} unreadable line{}",
                path.display(),
                if lines == 1 { "" } else { "s" }
            ));
        }
        Ok(RunFiles {
            dir: dir.to_owned(),
            state: state.unwrap_or(Value::Null),
            plan,
            journal,
            logs: Logs::list(dir),
            notes,
        })
    }
}

/// The plan that the run in `dir` follows, if it can be read.
pub fn plan(dir: &Path) -> Option<Plan> {
    read_plan(&dir.join("plan.json")).ok()
}

/// The value, or a note about why there is none.
fn note<T>(read: Result<T, String>, notes: &mut Vec<String>) -> Option<T> {
    read.map_err(|why| notes.push(why)).ok()
}

fn read_json(path: &Path) -> Result<Value, String> {
    let text = reading::whole(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let value: Value =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(format!("{}: not a JSON object", path.display()))
    }
}

fn read_plan(path: &Path) -> Result<Plan, String> {
    let text = reading::whole(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let plan: Plan =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    plan.schema
        .admits("wfc.plan")
        .map_err(|why| format!("{}: {why}", path.display()))?;
    // Every index is followed without another look.
    wfc_ir::verify_plan(&plan)
        .map_err(|errors| format!("{}: malformed ({} faults)", path.display(), errors.len()))?;
    Ok(plan)
}
