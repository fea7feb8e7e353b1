//! Runs that were killed in the middle of something.

use crate::support::Workspace;
use crate::{killed, of, plan, says};

/// Kills a run at `at`, looks at the plan, and goes on.
#[track_caller]
fn check(workflow: &str, at: &str, replayed: &[&str], runs: &str, trace: &str) {
    let workspace = Workspace::new();
    workspace.write("part.yaml", PART);
    workspace.write("flow.yaml", workflow);
    let id = killed(&workspace, &["run", "flow.yaml"], at);
    let told = plan(&workspace, &id);
    assert_eq!(of(&told, "replayed"), replayed);
    assert_eq!(of(&told, "runs"), [runs]);
    workspace.write("go", "");
    let (_, words) = says(&workspace, &["resume", &id], 0);
    assert!(words.contains(&format!("{runs} was begun at")), "{words}");
    assert_eq!(workspace.read("trace"), trace);
}

const PART: &str = r#"
version: "2.14"
name: part
steps:
  - name: Begin
    command: [bash, -c, "echo begin >> trace"]
  - name: Slow
    command: [bash, -c, "echo slow >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
"#;

#[test]
fn in_a_call() {
    check(
        "version: \"2.14\"\nname: flow\nimports: {part: part.yaml}\nsteps:\n  - name: A\n    command: [bash, -c, \"echo a >> trace\"]\n  - name: Call\n    id: call\n    call: part\n",
        "slow",
        &["A", "Call.Begin"],
        "Call.Slow",
        "a\nbegin\nslow\nslow\n",
    );
}

#[test]
fn in_the_second_turn_of_a_goto() {
    check(
        r#"
version: "2.14"
name: flow
steps:
  - name: Work
    command: [bash, -c, "echo work >> trace"]
    max_visits: 3
  - name: Check
    command: [bash, -c, "echo check >> trace; if [ -e seen ]; then until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done; else touch seen; exit 1; fi"]
    on: {failure: {goto: Work}}
"#,
        "work\ncheck\nwork\ncheck",
        &["Work", "Check", "Work"],
        "Check",
        "work\ncheck\nwork\ncheck\ncheck\n",
    );
}

#[test]
fn in_a_branch() {
    check(
        r#"
version: "2.14"
name: flow
steps:
  - name: Ask
    command: [bash, -c, "echo ask >> trace; echo true > answer"]
    expected_outputs: [{name: sure, path: answer, type: bool}]
  - name: Choose
    id: choose
    if: {artifact_bool: {ref: root.steps.Ask.artifacts.sure}}
    then:
      id: one
      steps:
        - name: One
          command: [bash, -c, "echo one >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
    else:
      id: two
      steps:
        - name: Two
          command: [bash, -c, "echo two >> trace"]
"#,
        "one",
        &["Ask"],
        "Choose.then.One",
        "ask\none\none\n",
    );
}

#[test]
fn in_a_cleanup() {
    check(
        r#"
version: "2.14"
name: flow
steps:
  - name: Work
    command: [bash, -c, "echo work >> trace"]
finally:
  id: clean
  steps:
    - name: Sweep
      command: [bash, -c, "echo sweep >> trace"]
    - name: Mop
      command: [bash, -c, "echo mop >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
"#,
        "mop",
        &["Work", "finally.Sweep"],
        "finally.Mop",
        "work\nsweep\nmop\nmop\n",
    );
}

#[test]
fn in_a_loop_over_a_list() {
    check(
        r#"
version: "2.14"
name: flow
steps:
  - name: Each
    for_each:
      items: [a, b, c]
      steps:
        - name: Work
          command: [bash, -c, "echo ${item} >> trace; [ ${item} != b ] || until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
"#,
        "b",
        &["Each[0].Work"],
        "Each[1].Work",
        "a\nb\nb\nc\n",
    );
}
