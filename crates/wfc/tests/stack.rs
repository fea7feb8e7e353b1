//! The main job: the stack, live and from its cassette, in both languages.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::Output;

use serde_json::Value;
use support::{Workspace, wfc};

const YAML: &[&str] = &["run", "workflows/stack/stack.yaml"];
const LISP: &[&str] = &["run", "lisp-examples/stack/stack.orc"];
const CASSETTE: &[&str] = &["--replay", "workflows/stack/cassette.json"];

fn run(workspace: &Workspace, args: &[&[&str]]) -> Output {
    wfc(workspace)
        .args(args.concat())
        .env("STAND_IN_SECONDS", "0")
        .output()
        .unwrap()
}

fn state(workspace: &Workspace) -> Value {
    let run = workspace.run_dir(&workspace.only_run().unwrap());
    serde_json::from_str(&std::fs::read_to_string(run.join("state.json")).unwrap()).unwrap()
}

/// Runs the stack, which must end well and have taken the expected turns.
fn check(args: &[&[&str]]) -> Workspace {
    let workspace = Workspace::with_stack();
    let output = run(&workspace, args);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let state = state(&workspace);
    assert_eq!(state["status"], "completed");
    assert_eq!(state["workflow_outputs"]["decision"], "APPROVE");
    assert_eq!(
        state["workflow_outputs"]["report"],
        "artifacts/stack/work/report.md"
    );
    assert_eq!(
        workspace
            .read("artifacts/stack/review/plan.md")
            .lines()
            .count(),
        1
    );
    assert!(
        workspace
            .read("artifacts/stack/docs/design.md")
            .contains("## Going back")
    );
    assert!(
        workspace
            .read("artifacts/stack/work/report.md")
            .contains("Fixed:")
    );
    workspace
}

/// The prompts that the agents of a run were given, by log file.
fn prompts(workspace: &Workspace) -> Vec<(String, String)> {
    let logs = workspace
        .run_dir(&workspace.only_run().unwrap())
        .join("logs");
    let mut prompts: Vec<_> = std::fs::read_dir(logs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".prompt.txt"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    prompts.sort();
    prompts
}

#[test]
fn live_in_yaml() {
    // Three drafts, five reviews, two revisions.
    assert_eq!(prompts(&check(&[YAML])).len(), 10);
}

#[test]
fn live_in_lisp() {
    assert_eq!(prompts(&check(&[LISP])).len(), 10);
}

#[test]
fn from_the_cassette_in_yaml() {
    check(&[YAML, CASSETTE]);
}

#[test]
fn from_the_same_cassette_in_lisp() {
    check(&[LISP, CASSETTE]);
}

#[test]
fn both_languages_tell_the_agents_the_same() {
    let texts = |workspace: &Workspace| {
        let mut texts: Vec<String> = prompts(workspace)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        texts.sort();
        texts
    };
    assert_eq!(
        texts(&check(&[YAML, CASSETTE])),
        texts(&check(&[LISP, CASSETTE]))
    );
}

#[test]
fn a_changed_prompt_is_refused_with_the_difference_and_can_be_let_through() {
    let workspace = Workspace::with_stack();
    let prompt = "workflows/stack/prompts/draft_plan.md";
    let text = workspace.read(prompt);
    workspace.write(prompt, &text.replace("small steps in order", "large leaps"));
    let refused = run(&workspace, &[YAML, CASSETTE]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{words}");
    assert!(
        words.contains("large leaps") && words.contains("small steps in order"),
        "{words}"
    );
    let let_through = run(&workspace, &[YAML, CASSETTE, &["--replay-any-prompt"]]);
    assert!(let_through.status.success());
}

#[test]
fn what_is_recorded_can_be_replayed_without_the_agent() {
    let recorded = Workspace::with_stack();
    let output = run(&recorded, &[YAML, &["--record", "tape.json"]]);
    assert!(output.status.success(), "{output:?}");
    let replayed = Workspace::with_stack();
    replayed.write("tape.json", &recorded.read("tape.json"));
    replayed.write("workflows/stack/agent.sh", "exit 9\n");
    let output = run(&replayed, &[YAML, &["--replay", "tape.json"]]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        recorded.read("artifacts/stack/work/greet.sh"),
        replayed.read("artifacts/stack/work/greet.sh")
    );
}

#[test]
fn compiling_twice_gives_the_same_bytes_and_layout_changes_no_hash() {
    let workspace = Workspace::with_stack();
    let compile = |emit: &str| {
        let args = ["compile", "workflows/stack/stack.yaml", "--emit", emit];
        let output = wfc(&workspace).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for emit in ["hir", "core", "plan", "dot", "mermaid", "map", "schema"] {
        assert_eq!(compile(emit), compile(emit), "--emit {emit}");
    }
    let hash = |plan: &str| -> String {
        let plan: wfc_ir::Plan = serde_json::from_str(plan).unwrap();
        assert!(!plan.core_hash.is_empty());
        format!("{} {}", plan.core_hash, plan.hash())
    };
    let before = hash(&compile("plan"));
    for file in ["stack", "design", "plan", "implementation"] {
        let name = format!("workflows/stack/{file}.yaml");
        let text = workspace.read(&name);
        workspace.write(
            &name,
            &format!("# A comment.\n\n{}", text.replace("\n\n", "\n\n\n")),
        );
    }
    assert_eq!(hash(&compile("plan")), before);
}

#[test]
fn an_emitted_plan_can_be_run() {
    let workspace = Workspace::with_stack();
    let args = [
        "compile",
        "workflows/stack/stack.yaml",
        "--emit",
        "plan",
        "-o",
        "plan.json",
    ];
    assert!(wfc(&workspace).args(args).status().unwrap().success());
    let output = run(&workspace, &[&["run", "plan.json"], CASSETTE]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(state(&workspace)["status"], "completed");
}
