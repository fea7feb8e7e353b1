//! `kill -9` of wfc itself while an agent is at work, then `wfc resume`: the
//! agent that is left must have ended before its step runs again.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::{Child, Stdio};
use std::time::Duration;

use support::processes::{end, lives, wait_until};
use support::{Workspace, wfc};

/// How long anything here may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(60);

const WORKFLOW: &str = r#"
version: "3.0"
name: survivor
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

/// What works on as long as there is no `quick`, and says that it does; which
/// of all its processes it is stands in `worker`.
const WORK: &str = r#"
echo $$ > worker.tmp; mv worker.tmp worker
while [ ! -e quick ]; do echo "$$ works" >> trace || exit 1; sleep 0.05; done
"#;

#[test]
fn an_agent_that_is_left_ends_before_its_step_runs_again() {
    check("exec bash work.sh", "");
}

#[test]
fn one_that_does_not_listen_is_killed() {
    check("exec bash work.sh", "trap '' TERM");
}

#[test]
fn one_in_a_session_of_its_own_is_found() {
    check("[ -e quick ] && exit 0; setsid bash work.sh & wait", "");
}

#[test]
fn one_whose_parent_is_gone_is_found() {
    // The parent has nobody to tell that wfc has died, and dies of it.
    check(
        "[ -e quick ] && exit 0; bash work.sh > /dev/null 2>&1 & while sleep 0.05; do echo here; done",
        "",
    );
}

/// Kills wfc once the agent, a script, is at work.
#[track_caller]
fn check(agent: &str, first: &str) {
    let workspace = Workspace::new();
    workspace.write("survivor.yaml", WORKFLOW);
    workspace.write("agent.sh", agent);
    workspace.write("work.sh", &format!("{first}\n{WORK}"));
    workspace.write("prompt.md", "Work.\n");
    let mut child = wfc(&workspace)
        .args(["run", "survivor.yaml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(LIMIT, "the agent is at work", || {
        workspace.path().join("worker").exists()
    });
    let worker = workspace.read("worker").trim().to_owned();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lives(&worker), "the agent {worker} has ended by itself");
    let id = workspace.only_run().unwrap();
    // What looks at the trace while the step runs again finds one worker.
    workspace.write("work.sh", "echo again >> trace; sleep 0.5");
    workspace.write("agent.sh", "bash work.sh");
    let resumed = finish(
        wfc(&workspace)
            .args(["resume", &id])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    assert!(!lives(&worker), "the agent {worker} goes on");
    assert!(resumed.contains("Agent had left process"), "{resumed}");
    assert!(resumed.contains("it was ended"), "{resumed}");
    let trace = workspace.read("trace");
    let after: Vec<&str> = trace.lines().skip_while(|line| *line != "again").collect();
    assert_eq!(after, ["again", "last"], "{trace}");
    assert!(trace.starts_with("first\n"), "{trace}");
}

/// Waits for the end of a run that is to complete; what it said.
fn finish(child: Child) -> String {
    let output = end(child, LIMIT);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words}");
    words
}
