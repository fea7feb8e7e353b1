//! The commands about runs, at work on real ones: lists, logs that grow, runs
//! that are stopped, and runs that are removed.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::processes::{end, wait_until};
use support::{Workspace, copy, repository, wfc};

/// How long anything here may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(60);

/// Steps that write, and one that waits for `quick`.
const FLOW: &str = r#"
version: "3.0"
name: flow
providers:
  agent: {command: [bash, agent.sh], input_mode: stdin}
steps:
  - name: Talk
    command: [bash, -c, "for i in 1 2 3; do echo line $i; sleep 0.1; done; echo aside >&2"]
  - name: Ask
    provider: agent
    input_file: prompt.md
  - name: Wait
    command: [bash, wait.sh]
"#;

const AGENT: &str = "cat > /dev/null; printf 'no end of line'";

const WAIT: &str = "
trap '' TERM
echo waiting > waits
until [ -e quick ] || [ ! -e wait.sh ]; do sleep 0.05; done
echo done waiting
";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("flow.yaml", FLOW);
    workspace.write("agent.sh", AGENT);
    workspace.write("prompt.md", "Say something.\n");
    workspace.write("wait.sh", WAIT);
    workspace
}

/// Starts the flow, and waits until its last step is at work.
fn start(workspace: &Workspace) -> Child {
    let child = wfc(workspace)
        .args(["run", "flow.yaml"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(LIMIT, "the run waits", || {
        workspace.path().join("waits").exists()
    });
    child
}

fn ask(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command = wfc(workspace);
    command.args(args).stdin(Stdio::null()).output().unwrap()
}

/// Exit code, and what is said on standard error.
#[track_caller]
fn check(output: &Output, code: i32, said: &str) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words}");
    assert!(words.contains(said), "{said:?} is not in {words}");
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn status(workspace: &Workspace) -> String {
    let listed = ask(workspace, &["ls", "--format", "json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    listed["runs"][0]["status"].as_str().unwrap().to_owned()
}

#[test]
fn logs_are_followed_until_the_run_ends() {
    let workspace = workspace();
    let run = start(&workspace);
    let mut follower = wfc(&workspace)
        .args(["logs", "latest", "-f"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    // What was there already comes while the run still waits.
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "==> Talk stdout <==");
    assert_eq!([next(), next(), next()], ["line 1", "line 2", "line 3"]);
    assert_eq!([next(), next()], ["==> Talk stderr <==", "aside"]);
    assert_eq!(next(), "==> Ask stdout <==");
    assert_eq!(status(&workspace), "running");
    workspace.write("quick", "");
    assert_eq!(end(run, LIMIT).status.code(), Some(0));
    // A line that has no end gets one when another log follows.
    assert_eq!([next(), next()], ["no end of line", "==> Wait stdout <=="]);
    assert_eq!(next(), "done waiting");
    assert!(lines.next().is_none());
    let mut words = String::new();
    let mut stderr = follower.stderr.take().unwrap();
    stderr.read_to_string(&mut words).unwrap();
    assert!(words.contains("completed"), "{words}");
    assert_eq!(end(follower, LIMIT).status.code(), Some(0));

    // The logs of one step and kind are passed on byte for byte.
    let logs = |args: &[&str]| out(&ask(&workspace, &[&["logs", "latest"], args].concat()));
    assert_eq!(logs(&["Ask", "--stdout"]), "no end of line");
    assert_eq!(logs(&["Ask", "--prompt"]), "Say something.\n");
    assert_eq!(logs(&["Talk", "--stdout", "--tail", "1"]), "line 3\n");
    assert_eq!(logs(&["Talk", "--stderr"]), "aside\n");
    let nothing = ask(&workspace, &["logs", "latest", "Wait", "--prompt"]);
    check(&nothing, 0, "Wait has no such logs");
    let unknown = ask(&workspace, &["logs", "latest", "Tlak"]);
    check(&unknown, 2, "did you mean `Talk`?");
}

#[test]
fn logs_of_a_run_whose_process_died_end() {
    let workspace = workspace();
    let mut run = start(&workspace);
    let follower = wfc(&workspace)
        .args(["logs", "-f", "--tail", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    workspace.write("quick", "");
    let output = follower.wait_with_output().unwrap();
    check(&output, 0, "interrupted");
}

#[test]
fn a_run_is_cancelled_and_resumed() {
    let workspace = workspace();
    let run = start(&workspace);
    let id = workspace.only_run().unwrap();
    // It does not listen, and is given its time.
    let hurried = ask(&workspace, &["cancel", &id[..10], "--wait", "0"]);
    check(&hurried, 1, "has not stopped after 0 s");
    let cancelled = ask(&workspace, &["cancel", "latest", "--format", "json"]);
    check(&cancelled, 0, "");
    let result: Value = serde_json::from_slice(&cancelled.stdout).unwrap();
    assert_eq!(result["stopped"], true);
    assert_eq!(end(run, LIMIT).status.code(), Some(130));
    assert_eq!(status(&workspace), "suspended");
    let again = ask(&workspace, &["cancel", &id]);
    check(&again, 0, "is not running: it is suspended");

    workspace.write("quick", "");
    // What tells it apart is enough for a resume, too.
    let resumed = ask(&workspace, &["resume", &id[17..]]);
    check(&resumed, 0, "completed");
    let state = workspace.run_dir(&id).join("state.json");
    let before = std::fs::read(&state).unwrap();
    let over = ask(&workspace, &["cancel", &id]);
    check(&over, 0, "has completed; it is left as it is");
    assert_eq!(std::fs::read(&state).unwrap(), before);
    check(
        &ask(&workspace, &["cancel", "nope"]),
        2,
        "there is no run `nope`",
    );
}

#[test]
fn a_dead_run_is_said_to_be_dead() {
    let workspace = workspace();
    let mut run = start(&workspace);
    run.kill().unwrap();
    run.wait().unwrap();
    let cancelled = ask(&workspace, &["cancel", "latest"]);
    check(&cancelled, 0, "its process is gone");
    assert_eq!(status(&workspace), "interrupted");
    workspace.write("quick", "");
}

#[test]
fn a_run_that_does_not_stop_is_killed_on_request() {
    let workspace = workspace();
    let run = start(&workspace);
    let killed = ask(&workspace, &["cancel", "latest", "--wait", "0", "--kill"]);
    check(&killed, 0, "has stopped");
    assert_eq!(end(run, LIMIT).status.code(), None);
    workspace.write("quick", "");
}

/// A workspace with runs that stand differently, none of them alive.
fn recorded() -> Workspace {
    let workspace = Workspace::new();
    let from = repository().join("crates/wfc-observe/tests/runs/20260131T120000Z-failed");
    for (id, status) in [
        ("20260101T000000Z-oldest", "completed"),
        ("20260102T000000Z-middle", "completed"),
        ("20260103T000000Z-failed", "failed"),
    ] {
        let to = workspace.run_dir(id);
        copy(&from, &to);
        if status == "completed" {
            let path = to.join("state.json");
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace("\"status\": \"failed\"", "\"status\": \"completed\"");
            std::fs::write(&path, text).unwrap();
        }
    }
    workspace
}

fn left(workspace: &Workspace) -> Vec<String> {
    let ids = out(&ask(workspace, &["ls", "-q", "--limit", "0"]));
    ids.lines().map(|id| id[17..].to_owned()).collect()
}

#[test]
fn only_runs_that_nobody_needs_are_removed() {
    let workspace = recorded();
    check(&ask(&workspace, &["clean"]), 2, "it is not said which runs");
    let dry = ask(&workspace, &["clean", "--older-than", "1d", "--dry-run"]);
    check(&dry, 0, "2 runs of");
    check(&dry, 0, "1 run unfinished, and kept");
    assert!(out(&dry).contains("20260101T000000Z-oldest"));
    let nobody = ask(&workspace, &["clean", "--older-than", "1d"]);
    check(&nobody, 2, "--yes agrees");
    let young = ask(&workspace, &["clean", "--older-than", "5000w", "--yes"]);
    check(&young, 0, "there is nothing to remove");
    assert_eq!(left(&workspace), ["failed", "middle", "oldest"]);

    let kept = ask(&workspace, &["clean", "--keep", "2", "--yes"]);
    check(&kept, 0, "1 run of");
    assert_eq!(left(&workspace), ["failed", "middle"]);
    let mut command = wfc(&workspace);
    command.args(["clean", "--yes", "--format", "json"]);
    let environment = command.env("ORCHESTRATE_KEEP_RUNS", "1").output().unwrap();
    check(&environment, 0, "");
    let result: Value = serde_json::from_slice(&environment.stdout).unwrap();
    assert_eq!(result["runs"][0]["run_id"], "20260102T000000Z-middle");
    assert_eq!(result["runs"][0]["removed"], true);
    assert_eq!(left(&workspace), ["failed"]);

    check(
        &ask(&workspace, &["clean", "failed", "--yes"]),
        0,
        "unfinished",
    );
    assert_eq!(left(&workspace), ["failed"]);
    let told = ask(&workspace, &["clean", "failed", "--unfinished", "--yes"]);
    check(&told, 0, "1 run of");
    assert!(left(&workspace).is_empty());
    let root = workspace.path().join(".orchestrate/runs");
    assert_eq!(std::fs::read_dir(root).unwrap().count(), 0);
}

#[test]
fn a_run_at_work_is_never_removed() {
    let workspace = workspace();
    let run = start(&workspace);
    let id = workspace.only_run().unwrap();
    let clean = ["clean", "--keep", "0", "--unfinished", "--yes"];
    check(&ask(&workspace, &clean), 0, "1 run at work, and kept");
    // Not even when its files claim that it is over.
    let state = workspace.run_dir(&id).join("state.json");
    let claim = || {
        // The run may put it right before anyone has seen it.
        let text = std::fs::read_to_string(&state).unwrap();
        std::fs::write(&state, text.replace("\"running\"", "\"completed\"")).unwrap();
        let told = ask(&workspace, &clean);
        (told.status.code() != Some(0)).then_some(told)
    };
    let told = (0..20).find_map(|_| claim());
    check(&told.unwrap(), 1, "another process");
    workspace.write("quick", "");
    assert_eq!(end(run, LIMIT).status.code(), Some(0));
    assert_eq!(status(&workspace), "completed");
}

#[test]
fn what_is_linked_from_elsewhere_is_not_removed() {
    let workspace = recorded();
    let elsewhere = workspace.path().join("elsewhere");
    let run = workspace.run_dir("20260101T000000Z-oldest");
    std::fs::rename(&run, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &run).unwrap();
    check(
        &ask(&workspace, &["clean", "--keep", "0", "--yes"]),
        0,
        "1 run of",
    );
    assert!(elsewhere.join("state.json").exists());
}

#[test]
fn ten_thousand_runs_are_listed_fast() {
    let workspace = Workspace::new();
    let state = r#"{"status": "completed", "started_at": "2026-01-01T00:00:00.000000+00:00",
        "updated_at": "2026-01-01T00:00:01.000000+00:00", "steps": {}}"#;
    for at in 0..10_000 {
        let id = format!("202601{:02}T{:02}0000Z-{at:06}", 1 + at / 500, at % 24);
        let dir: PathBuf = workspace.run_dir(&id);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("state.json"), state).unwrap();
    }
    let began = Instant::now();
    let listed = out(&ask(&workspace, &["ls", "-q"]));
    let took = began.elapsed();
    assert_eq!(listed.lines().count(), 20);
    // A fraction of a second without the rest of the tests beside it.
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn shells_complete_the_commands_about_runs() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = out(&ask(&workspace, &["completions", shell]));
        for word in ["cancel", "clean", "older-than", "follow", "log-level"] {
            assert!(script.contains(word), "no {word} for {shell}");
        }
    }
}

#[test]
fn inputs_may_come_from_standard_input() {
    let workspace = Workspace::new();
    let flow = r#"
version: "2.14"
name: told
inputs: {who: {kind: scalar, type: string}}
outputs: {who: {kind: scalar, type: string, from: {ref: inputs.who}}}
steps:
  - name: Nothing
    command: ["true"]
"#;
    workspace.write("told.yaml", flow);
    let mut child = wfc(&workspace)
        .args([
            "run",
            "told.yaml",
            "--input-file",
            "-",
            "--dry-run",
            "--format",
            "json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"{\"who\": \"you\"}").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["inputs"]["who"], "you");
}
