//! Steps that must not happen twice.

use serde_json::Value;

use crate::support::Workspace;
use crate::{killed, of, plan, says, state, tree};

/// `Deploy` is at work until the file `go` is there; it writes its result at
/// once.
fn workflow(replay: &str) -> String {
    format!(
        r#"
version: "3.0"
name: ship
steps:
  - name: Build
    command: [bash, -c, "echo build >> trace"]
  - name: Deploy
    command: [bash, -c, "printf 7 > release.txt; echo deploy >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
    expected_outputs:
      - {{name: release, path: release.txt, type: integer}}
    {replay}
  - name: Tell
    command: [bash, -c, "echo release ${{steps.Deploy.artifacts.release}} >> trace"]
"#
    )
}

fn stopped(replay: &str) -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.write("ship.yaml", &workflow(replay));
    let id = killed(&workspace, &["run", "ship.yaml"], "deploy");
    workspace.write("go", "");
    (workspace, id)
}

#[test]
fn a_step_that_may_run_again_does_and_the_plan_says_so() {
    let (workspace, id) = stopped("");
    let told = plan(&workspace, &id);
    assert_eq!(told["schema"], "wfc.resume/1");
    assert_eq!(told["state"], "goes_on");
    assert_eq!(of(&told, "replayed"), ["Build"]);
    assert_eq!(of(&told, "runs"), ["Deploy"]);
    assert_eq!(of(&told, "ahead"), ["Tell"]);
    let deploy = &told["steps"][1];
    assert_eq!(deploy["replay"], "rerun");
    assert_eq!(deploy["attempts"], 1);
    assert_eq!(deploy["place"]["line"], 7);
    let (_, words) = says(&workspace, &["resume", &id], 0);
    assert!(
        words.contains("how it ended is not known; it runs again"),
        "{words}"
    );
    assert_eq!(
        workspace.read("trace"),
        "build\ndeploy\ndeploy\nrelease 7\n"
    );
}

#[test]
fn a_step_that_must_not_happen_twice_waits_for_a_decision() {
    let (workspace, id) = stopped("replay: once");
    let told = plan(&workspace, &id);
    assert_eq!(
        (&told["state"], of(&told, "halted")),
        (&Value::from("halted"), vec!["Deploy".to_owned()])
    );
    let before = tree(&workspace.run_dir(&id));
    let (_, words) = says(&workspace, &["resume", &id], 3);
    assert!(
        words.contains("Deploy") && words.contains("--decide 'Deploy=rerun'"),
        "{words}"
    );
    for (decision, said) in [
        ("Build=rerun", "the run waits for a decision about `Deploy`"),
        ("Deploy", "STEP=rerun or STEP=skip"),
    ] {
        let (_, words) = says(&workspace, &["resume", &id, "--decide", decision], 2);
        assert!(words.contains(said), "{words}");
    }
    let mut after = tree(&workspace.run_dir(&id));
    after.insert("run.lock".to_owned(), before["run.lock"].clone());
    assert_eq!(after, before, "nothing but the lock is touched");
    says(&workspace, &["resume", &id, "--decide", "Deploy=rerun"], 0);
    assert_eq!(
        workspace.read("trace"),
        "build\ndeploy\ndeploy\nrelease 7\n"
    );
}

#[test]
fn a_step_that_is_said_to_have_done_its_work_is_not_run_again() {
    let (workspace, id) = stopped("replay: once");
    says(&workspace, &["resume", &id, "--decide", "Deploy=skip"], 0);
    assert_eq!(workspace.read("trace"), "build\ndeploy\nrelease 7\n");
    let state = state(&workspace, &id);
    assert_eq!(state["steps"]["Deploy"]["artifacts"]["release"], 7);
}

#[test]
fn what_a_skipped_step_was_to_write_must_be_there() {
    let (workspace, id) = stopped("replay: once");
    workspace.write("release.txt", "seven");
    let (_, words) = says(&workspace, &["resume", &id, "--decide", "Deploy=skip"], 2);
    assert!(
        words.contains("cannot be skipped") && words.contains("release"),
        "{words}"
    );
    workspace.write("release.txt", "8");
    says(&workspace, &["resume", &id, "--decide", "Deploy=skip"], 0);
    assert_eq!(workspace.read("trace"), "build\ndeploy\nrelease 8\n");
}

#[test]
fn a_step_whose_output_is_read_cannot_be_skipped() {
    let workspace = Workspace::new();
    workspace.write(
        "ship.yaml",
        r#"
version: "3.0"
name: ship
steps:
  - name: Deploy
    command: [bash, -c, "echo deploy >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
    replay: once
  - name: Tell
    command: [echo, "${steps.Deploy.output}"]
"#,
    );
    let id = killed(&workspace, &["run", "ship.yaml"], "deploy");
    let (_, words) = says(&workspace, &["resume", &id, "--decide", "Deploy=skip"], 2);
    assert!(words.contains("`Tell` reads what it prints"), "{words}");
}

#[test]
fn the_project_file_says_which_commands_must_not_happen_twice() {
    let workspace = Workspace::new();
    workspace.write("wfc.toml", "[replay]\nonce-commands = [\"bash\"]\n");
    workspace.write("ship.yaml", &workflow(""));
    let id = killed(&workspace, &["run", "ship.yaml"], "deploy");
    assert_eq!(of(&plan(&workspace, &id), "halted"), ["Deploy"]);
    // What the step says itself counts more.
    let (workspace, id) = stopped("replay: rerun");
    assert_eq!(of(&plan(&workspace, &id), "runs"), ["Deploy"]);
}

#[test]
fn lisp_says_so_with_a_keyword() {
    let workspace = Workspace::new();
    workspace.write("wfc.toml", "[commands.deploy]\ncommand = [\"bash\"]\n");
    workspace.write(
        "ship.orc",
        r#"
(workflow-lisp
  (:language "1.0")
  (defmodule ship)
  (export go)
  (defworkflow go () -> Bool
    (command-result deploy
      :argv ("bash" "-c" "echo deploy >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done")
      :replay once
      :returns Bool)))
"#,
    );
    let id = killed(&workspace, &["run", "ship.orc"], "deploy");
    assert_eq!(plan(&workspace, &id)["state"], "halted");
}

#[test]
fn a_cleanup_that_must_not_happen_twice_waits_when_the_body_is_mended() {
    let workspace = Workspace::new();
    workspace.write(
        "ship.yaml",
        r#"
version: "3.0"
name: ship
steps:
  - name: Build
    command: [bash, -c, "echo build >> trace; [ -e mended ]"]
  - name: After
    command: [bash, -c, "echo after >> trace"]
finally:
  id: cleanup
  steps:
    - name: Mail
      command: [bash, -c, "echo mail >> trace"]
      replay: once
"#,
    );
    says(&workspace, &["run", "ship.yaml"], 1);
    let id = workspace.only_run().unwrap();
    assert_eq!(workspace.read("trace"), "build\nmail\n");
    workspace.write("mended", "");
    let told = plan(&workspace, &id);
    assert_eq!(of(&told, "runs"), ["Build"]);
    assert_eq!(of(&told, "void"), ["finally.Mail"]);
    // It gets as far as it may, and halts before the mail is sent again.
    let (_, words) = says(&workspace, &["resume", &id], 3);
    assert!(words.contains("finally.Mail"), "{words}");
    assert_eq!(workspace.read("trace"), "build\nmail\nbuild\nafter\n");
    assert_eq!(state(&workspace, &id)["status"], "suspended");
    says(
        &workspace,
        &["resume", &id, "--decide", "finally.Mail=skip"],
        0,
    );
    assert_eq!(workspace.read("trace"), "build\nmail\nbuild\nafter\n");
}
