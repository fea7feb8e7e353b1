//! Going on with a run, by the real program: who may, what it says before it
//! does, and what it does then.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod decide;
mod fork;
mod mid;
mod ownership;
mod repair;
mod sources;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::processes::wait_until;
use support::{Workspace, wfc};

/// How long anything here may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(30);

/// Starts the program and leaves it alone.
fn spawn(workspace: &Workspace, args: &[&str]) -> Child {
    wfc(workspace)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs the program to its end.
fn call(workspace: &Workspace, args: &[&str]) -> Output {
    wfc(workspace).args(args).output().unwrap()
}

/// Runs the program and holds its exit code against `code`; gives what it wrote
/// on standard output, and on standard error.
#[track_caller]
fn says(workspace: &Workspace, args: &[&str], code: i32) -> (String, String) {
    let output = call(workspace, args);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let result = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{args:?}\n{result}\n{words}"
    );
    (result, words)
}

/// The plan of a resume, as JSON.
#[track_caller]
fn plan(workspace: &Workspace, id: &str) -> Value {
    let (text, _) = says(workspace, &["resume", id, "--plan", "--format", "json"], 0);
    serde_json::from_str(&text).unwrap()
}

/// The steps of one fate, in order.
fn of(plan: &Value, fate: &str) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let steps = steps.filter(|step| step["fate"] == fate);
    steps
        .map(|step| step["step"].as_str().unwrap().to_owned())
        .collect()
}

/// A run that was killed with `kill -9` when `trace` had come to hold `until`.
#[track_caller]
fn killed(workspace: &Workspace, args: &[&str], until: &str) -> String {
    let mut child = spawn(workspace, args);
    let trace = workspace.path().join("trace");
    wait_until(LIMIT, until, || {
        std::fs::read_to_string(&trace).is_ok_and(|text| text.ends_with(&format!("{until}\n")))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    workspace.only_run().unwrap()
}

fn state(workspace: &Workspace, id: &str) -> Value {
    let text = std::fs::read_to_string(workspace.run_dir(id).join("state.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// All files below a directory with what they hold.
fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(at) = dirs.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path
                    .strip_prefix(dir)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
