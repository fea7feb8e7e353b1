//! What an interrupted run leaves behind: an exit code, a way to go on, and no
//! process of its own.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::processes::{end, wait_until};
use support::{Workspace, wfc};

/// How long anything here may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(30);

const WORKFLOW: &str = r#"
version: "3.0"
name: slow
providers:
  agent: {command: [bash, agent.sh], input_mode: stdin}
steps:
  - name: First
    command: [bash, -c, "echo first >> trace"]
  - name: Agent
    provider: agent
    input_file: prompt.md
    timeout_sec: 300
  - name: Last
    command: [bash, -c, "echo last >> trace"]
"#;

/// An agent that is at work in a process of its own until `quick` is there.
const AGENT: &str = "
if [ -e quick ]; then exit 0; fi
sleep 300 &
echo $! > grandchild.tmp && mv grandchild.tmp grandchild
wait
";

#[test]
fn an_interrupt_suspends_the_run_and_resume_completes_it() {
    check("INT");
}

#[test]
fn a_request_to_end_suspends_the_run_and_resume_completes_it() {
    check("TERM");
}

/// Sends a signal while the agent is at work.
#[track_caller]
fn check(signal: &str) {
    let workspace = Workspace::new();
    workspace.write("slow.yaml", WORKFLOW);
    workspace.write("agent.sh", AGENT);
    workspace.write("prompt.md", "Work.\n");
    let mut child = wfc(&workspace)
        .args(["run", "slow.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let grandchild = workspace.path().join("grandchild");
    wait_until(LIMIT, "the agent is at work", || grandchild.exists());
    assert!(
        child.try_wait().unwrap().is_none(),
        "the run ended too soon"
    );
    let worker = workspace.read("grandchild").trim().to_owned();
    assert!(lives(&worker), "the agent has no process {worker}");

    kill(signal, &child.id().to_string());
    let output = end(child, LIMIT);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{words}");
    let id = workspace.only_run().unwrap();
    assert!(words.contains("interrupted"), "{words}");
    assert!(words.contains(&format!("wfc resume {id}")), "{words}");
    wait_until(LIMIT, "the agent's processes are gone", || !lives(&worker));
    assert_eq!(status(&workspace.run_dir(&id)), "suspended");

    workspace.write("quick", "");
    let resumed = wfc(&workspace).args(["resume", &id]).output().unwrap();
    let words = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(0), "{words}");
    assert_eq!(status(&workspace.run_dir(&id)), "completed");
    assert_eq!(workspace.read("trace"), "first\nlast\n");
}

#[test]
fn an_interrupt_ends_a_wait_at_once_and_resume_waits_anew() {
    let workspace = Workspace::new();
    let workflow = r#"
version: "2.14"
name: waits
steps:
  - name: First
    command: [bash, -c, "echo first >> trace"]
  - name: Wait
    wait_for: {glob: "*.task", timeout_sec: 300, poll_ms: 100000}
"#;
    workspace.write("waits.yaml", workflow);
    let child = wfc(&workspace)
        .args(["run", "waits.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let trace = workspace.path().join("trace");
    wait_until(LIMIT, "the first step is done", || trace.exists());
    std::thread::sleep(Duration::from_millis(200));
    kill("INT", &child.id().to_string());
    let output = end(child, LIMIT);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{words}");
    let id = workspace.only_run().unwrap();
    assert_eq!(status(&workspace.run_dir(&id)), "suspended");

    workspace.write("a.task", "");
    let resumed = wfc(&workspace).args(["resume", &id]).output().unwrap();
    let words = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(0), "{words}");
    assert_eq!(workspace.read("trace"), "first\n");
}

fn status(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join("state.json")).unwrap();
    let state: Value = serde_json::from_str(&text).unwrap();
    state["status"].as_str().unwrap().to_owned()
}

fn kill(signal: &str, id: &str) {
    let sent = Command::new("bash")
        .args(["-c", &format!("kill -{signal} {id}")])
        .status()
        .unwrap();
    assert!(sent.success(), "cannot signal {id}");
}

fn lives(id: &str) -> bool {
    Command::new("bash")
        .args(["-c", &format!("kill -0 {id}")])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}
