//! Snapshots, and what the clock says, across a resume.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use serde_json::Value;
use support::{Workspace, wfc};

/// Makes `DONE` when `broken` is there, and fails; `BLOCKED` otherwise.
const WORKFLOW: &str = r#"
version: "2.14"
name: evidence
inputs:
  done: {type: relpath, default: out/done.md}
  blocked: {type: relpath, default: out/blocked.md}
steps:
  - name: Now
    materialize_artifacts:
      values:
        - {name: at, source: {runtime: now_ns}}
        - {name: blocked, source: {input: blocked}, ensure_parent: true}
  - name: Work
    pre_snapshot:
      name: before
      digest: sha256
      candidates:
        DONE: {ref: inputs.done}
        BLOCKED: {ref: root.steps.Now.artifacts.blocked}
    command: [sh, -c, "if test -e broken; then echo > out/done.md; exit 3; fi; echo > out/blocked.md"]
  - name: Choose
    select_variant_output:
      evidence:
        mode: snapshot_diff
        snapshot: {ref: root.steps.Work.snapshots.before}
      path: state/outcome.json
      discriminant: {name: outcome, json_pointer: /outcome, type: enum, allowed: [DONE, BLOCKED]}
      variants:
        DONE: {fields: []}
        BLOCKED: {fields: []}
"#;

fn run(workspace: &Workspace, args: &[&str], code: i32) -> Value {
    let output = wfc(workspace).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    let id = workspace.only_run().unwrap();
    let state = std::fs::read_to_string(workspace.run_dir(&id).join("state.json")).unwrap();
    serde_json::from_str(&state).unwrap()
}

/// What the failed attempt left counts as there before; the time that was told
/// stays.
#[test]
fn a_step_that_runs_again_takes_a_new_snapshot() {
    let workspace = Workspace::new();
    workspace.write("evidence.yaml", WORKFLOW);
    workspace.write("broken", "");
    let failed = run(&workspace, &["run", "evidence.yaml"], 1);
    let work = &failed["steps"]["Work"];
    assert_eq!(work["exit_code"], 3);
    let before = &work["snapshots"]["before"]["candidates"];
    assert_eq!(before["DONE"]["exists"], false);

    std::fs::remove_file(workspace.path().join("broken")).unwrap();
    let id = workspace.only_run().unwrap();
    let resumed = run(&workspace, &["resume", &id], 0);
    let before = &resumed["steps"]["Work"]["snapshots"]["before"]["candidates"];
    assert_eq!(before["DONE"]["exists"], true);
    let chosen = &resumed["steps"]["Choose"]["artifacts"];
    assert_eq!(chosen["outcome"], "BLOCKED");
    let bundle = workspace.read("state/outcome.json");
    assert_eq!(bundle, "{\"outcome\":\"BLOCKED\"}\n");

    let at = |state: &Value| state["steps"]["Now"]["artifacts"]["at"].as_i64();
    assert!(at(&failed) > Some(1_600_000_000_000_000_000));
    assert_eq!(at(&failed), at(&resumed));
}
