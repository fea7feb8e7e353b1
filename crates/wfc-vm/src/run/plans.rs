//! The plans of a run: the one that it follows, and those that it followed.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use wfc_ir::Plan;

use super::{RunError, check_plan};
use crate::store::{RunDir, StoreError};

/// The plan with this hash. `plan.json` shows the present one; after a crash
/// on the way from one plan to the next it may be another.
pub(super) fn read(dir: &RunDir, hash: &str) -> Result<Plan, RunError> {
    let shown = read_at(dir, dir.path().join("plan.json"));
    if let Ok(plan) = &shown
        && plan.hash() == hash
    {
        return shown;
    }
    match read_at(dir, kept(dir, hash)) {
        Ok(plan) if plan.hash() == hash => Ok(plan),
        _ => match shown {
            Ok(_) => Err(RunError::Diverged("plan.json has another hash".to_owned())),
            Err(error) => Err(error),
        },
    }
}

fn read_at(dir: &RunDir, path: PathBuf) -> Result<Plan, RunError> {
    let text = dir.disk().read(&path).map_err(|error| StoreError::Io {
        path: path.clone(),
        error,
    })?;
    let plan: Plan = serde_json::from_slice(&text)
        .map_err(|error| RunError::Plan(format!("{}: {error}", path.display())))?;
    check_plan(&plan)?;
    Ok(plan)
}

/// Where a plan is kept that a run follows or has followed.
fn kept(dir: &RunDir, hash: &str) -> PathBuf {
    let digits = hash.strip_prefix("sha256:").unwrap_or(hash);
    let name: String = digits.chars().take(16).collect();
    dir.path()
        .join("plans")
        .join(wfc_ir::file_name(&name) + ".json")
}

/// Keeps a plan under its hash.
pub(super) fn keep(dir: &RunDir, plan: &Plan) -> Result<(), RunError> {
    let path = kept(dir, &plan.hash());
    let io = |path: PathBuf| move |error| StoreError::Io { path, error };
    let folder = dir.path().join("plans");
    let made = dir.disk().make_lasting_dirs(&folder);
    made.map_err(io(folder.clone()))?;
    write(dir, path, plan)?;
    dir.disk().sync_dir(&folder).map_err(io(folder))?;
    Ok(())
}

/// Shows a plan as the present one.
pub(super) fn show(dir: &RunDir, plan: &Plan) -> Result<(), RunError> {
    write(dir, dir.path().join("plan.json"), plan)
}

fn write(dir: &RunDir, path: PathBuf, plan: &Plan) -> Result<(), RunError> {
    let written = dir.disk().replace(&path, true, |file| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        serde_json::to_writer_pretty(&mut out, plan)?;
        out.write_all(b"\n")?;
        out.flush()
    });
    written.map_err(|error| StoreError::Io { path, error }.into())
}

/// Does `plan.json` hold the plan with this hash?
pub(super) fn is_shown(dir: &RunDir, hash: &str) -> bool {
    read_at(dir, dir.path().join("plan.json")).is_ok_and(|plan| plan.hash() == hash)
}
