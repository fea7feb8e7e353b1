//! The command line as its users meet it: what it says, how it ends, and what
//! it leaves behind.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Workspace, wfc};

/// A plan with a loop, a call and an input; `broken` in the workspace makes
/// the step `Work` fail.
const PLAN: &str = include_str!("cli/plan.in/greet.json");

/// Help and messages, word for word. `TRYCMD=overwrite` writes them anew.
#[test]
fn what_it_says() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .case("tests/cli/*.trycmd");
}

#[test]
fn a_failed_run_is_reported_mended_and_resumed() {
    let workspace = workspace();
    workspace.write("broken", "");
    let failed = run(&workspace, &["run", "greet.json", "--input", "who=you"]);
    check(
        &failed,
        1,
        &[
            "FAIL Rounds[0].Work  command bash",
            "greet.yaml:20",
            "cause     Rounds[0].Work (greet.yaml:20): exit code 1",
            "logs/Rounds[0].Work.stderr",
        ],
    );
    let id = workspace.only_run().unwrap();
    assert!(err(&failed).contains(&format!("wfc resume {id}")));

    let report = json(&run(&workspace, &["report", "--format", "json"]));
    assert_eq!(report["run"]["status"], "failed");
    assert_eq!(report["error"]["step"], "Rounds[0].Work");
    assert_eq!(report["error"]["place"], "greet.yaml:20");
    assert_eq!(report["progress"]["outermost"]["completed"], 1);

    std::fs::remove_file(workspace.path().join("broken")).unwrap();
    let resumed = run(&workspace, &["resume", &id, "--format", "json"]);
    check(&resumed, 0, &["Rounds[0].Work had failed and runs again"]);
    let result = json(&resumed);
    assert_eq!(result["status"], "completed");
    assert_eq!(result["outputs"]["greeting"], "hello");
    let again = run(&workspace, &["resume", &id]);
    check(&again, 0, &["has already completed"]);

    let report = run(&workspace, &["report", "--run-id", &id]);
    let page = out(&report);
    for part in [
        ": completed\n",
        "- iteration 1\n",
        "- **Tell** completed: command true",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
}

#[test]
fn a_changed_source_is_told_step_by_step() {
    let workspace = workspace();
    workspace.write("broken", "");
    run(&workspace, &["run", "greet.json", "--input", "who=you"]);
    let id = workspace.only_run().unwrap();
    std::fs::remove_file(workspace.path().join("broken")).unwrap();

    // Another line is no change.
    workspace.write("greet.json", &PLAN.replace("\"line\": 20", "\"line\": 21"));
    let moved = run(&workspace, &["resume", &id, "--replay", "no.cassette"]);
    check(&moved, 2, &["no.cassette"]);

    workspace.write("greet.json", &PLAN.replace("echo working", "echo at work"));
    let refused = run(&workspace, &["resume", &id]);
    check(
        &refused,
        2,
        &[
            "greet.json has changed since this run was started",
            "greet/rounds/work: argv changed (greet.yaml:20)",
            "--pinned",
        ],
    );
    check(
        &run(&workspace, &["resume", &id, "--pinned", "--quiet"]),
        0,
        &[],
    );
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let workspace = workspace();
    for args in [&["explain", "--list"][..], &["completions", "bash"]] {
        let mut child = wfc(&workspace)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        check(&ended, 0, &[]);
        assert_eq!(err(&ended), "");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let workspace = workspace();
    let coloured = |args: &[&str], no_color: bool| {
        let mut command: Command = wfc(&workspace);
        if !no_color {
            command.env_remove("NO_COLOR");
        }
        let ended = command.args(args).output().unwrap();
        err(&ended).contains('\u{1b}')
    };
    assert!(!coloured(&["explain", "no-such"], false), "not a terminal");
    assert!(!coloured(&["explain", "no-such"], true));
    assert!(coloured(&["--color", "always", "explain", "no-such"], true));
    assert!(coloured(&["--color", "always", "explian"], true));
    assert!(!coloured(&["explian", "--color", "never"], false));
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("greet.json", PLAN);
    workspace
}

fn run(workspace: &Workspace, args: &[&str]) -> Output {
    wfc(workspace).args(args).output().unwrap()
}

/// The exit code, and words that standard error must have.
#[track_caller]
fn check(ended: &Output, code: i32, words: &[&str]) {
    let said = err(ended);
    assert_eq!(ended.status.code(), Some(code), "{said}");
    for part in words {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

fn out(ended: &Output) -> String {
    String::from_utf8(ended.stdout.clone()).unwrap()
}

fn err(ended: &Output) -> String {
    String::from_utf8(ended.stderr.clone()).unwrap()
}

fn json(ended: &Output) -> Value {
    serde_json::from_str(&out(ended)).unwrap()
}
