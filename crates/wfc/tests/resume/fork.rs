//! New runs out of old ones.

use crate::support::Workspace;
use crate::{of, plan, says, state, tree};

const WORKFLOW: &str = r#"
version: "3.0"
name: rounds
steps:
  - name: First
    command: [bash, -c, "echo first >> trace"]
  - name: Loop
    id: loop
    repeat_until:
      max_iterations: 3
      outputs: {n: {kind: scalar, type: integer, from: {ref: self.steps.Turn.artifacts.n}}}
      condition: {compare: {left: {ref: self.outputs.n}, op: eq, right: 2}}
      steps:
        - name: Turn
          command: [bash, -c, "echo turn ${loop.index} >> trace; echo ${loop.index} > n"]
          expected_outputs: [{name: n, path: n, type: integer}]
  - name: Last
    command: [bash, -c, "echo last >> trace"]
"#;

fn completed() -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.write("rounds.yaml", WORKFLOW);
    says(&workspace, &["run", "rounds.yaml"], 0);
    let id = workspace.only_run().unwrap();
    std::fs::remove_file(workspace.path().join("trace")).unwrap();
    (workspace, id)
}

fn other_run(workspace: &Workspace, id: &str) -> String {
    let runs = std::fs::read_dir(workspace.path().join(".orchestrate/runs")).unwrap();
    let mut names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    names.find(|name| name != id).unwrap()
}

#[track_caller]
fn check(from: &str, trace: &str) {
    let (workspace, id) = completed();
    let before = tree(&workspace.run_dir(&id));
    says(&workspace, &["resume", &id, "--from", from], 0);
    assert_eq!(workspace.read("trace"), trace);
    assert_eq!(
        tree(&workspace.run_dir(&id)),
        before,
        "the old run is untouched"
    );
    let new = other_run(&workspace, &id);
    assert_eq!(state(&workspace, &new)["status"], "completed");
    let told = plan(&workspace, &new);
    assert_eq!(
        of(&told, "replayed"),
        [
            "First",
            "Loop[0].Turn",
            "Loop[1].Turn",
            "Loop[2].Turn",
            "Loop",
            "Last"
        ]
    );
}

#[test]
fn a_fork_shares_what_comes_before_a_step() {
    check("Last", "last\n");
}

#[test]
fn a_fork_begins_in_the_middle_of_a_loop() {
    check("Loop[1].Turn", "turn 1\nturn 2\nlast\n");
}

#[test]
fn a_fork_begins_with_a_whole_loop() {
    check("Loop", "turn 0\nturn 1\nturn 2\nlast\n");
}

#[test]
fn a_step_that_the_run_never_came_to_is_no_place_to_begin() {
    let (workspace, id) = completed();
    let (_, words) = says(&workspace, &["resume", &id, "--from", "Loop[7].Turn"], 2);
    assert!(
        words.contains("has not come to a step `Loop[7].Turn`"),
        "{words}"
    );
    assert!(words.contains("`Loop[2].Turn`"), "{words}");
    assert_eq!(workspace.only_run().unwrap(), id);
}

#[test]
fn a_fork_may_follow_the_changed_source_from_there_on() {
    let (workspace, id) = completed();
    workspace.write(
        "rounds.yaml",
        &WORKFLOW.replace("echo last", "echo very last"),
    );
    says(&workspace, &["resume", &id, "--from", "Last"], 2);
    says(
        &workspace,
        &["resume", &id, "--from", "Last", "--accept-changes"],
        0,
    );
    assert_eq!(workspace.read("trace"), "very last\n");
    workspace.write("rounds.yaml", &WORKFLOW.replace("echo first", "echo one"));
    let (_, words) = says(
        &workspace,
        &["resume", &id, "--from", "Last", "--accept-changes"],
        2,
    );
    assert!(words.contains("part at `First`"), "{words}");
}

#[test]
fn what_must_not_happen_twice_halts_in_a_fork_that_comes_to_it() {
    let workspace = Workspace::new();
    let flow = WORKFLOW.replace(
        "echo last >> trace\"]",
        "echo last >> trace\"]\n    replay: once",
    );
    workspace.write("rounds.yaml", &flow);
    says(&workspace, &["run", "rounds.yaml"], 0);
    let id = workspace.only_run().unwrap();
    let (_, words) = says(&workspace, &["resume", &id, "--from", "Loop[2].Turn"], 3);
    let new = other_run(&workspace, &id);
    assert!(
        words.contains(&format!("wfc resume {new} --decide 'Last=rerun'")),
        "{words}"
    );
    says(&workspace, &["resume", &new, "--decide", "Last=rerun"], 0);
    assert!(workspace.read("trace").ends_with("last\nturn 2\nlast\n"));
    let (text, _) = says(&workspace, &["report", "--run-id", &new], 0);
    assert!(
        text.contains(&format!("comes from: {id}, from Loop[2].Turn on")),
        "{text}"
    );
    let (text, _) = says(&workspace, &["report", "--run-id", &id], 0);
    assert!(
        text.contains(&format!("was forked as: {new}, from Loop[2].Turn on")),
        "{text}"
    );
}

#[test]
fn a_run_begins_anew_with_the_inputs_that_it_had() {
    let workspace = Workspace::new();
    workspace.write(
        "greet.yaml",
        "version: \"2.14\"\nname: greet\ninputs: {who: {kind: scalar, type: string}}\nsteps:\n  - name: Greet\n    command: [bash, -c, \"echo hello $0 >> trace\", \"${inputs.who}\"]\n",
    );
    says(&workspace, &["run", "greet.yaml", "--input", "who=Ada"], 0);
    let id = workspace.only_run().unwrap();
    let before = tree(&workspace.run_dir(&id));
    says(&workspace, &["resume", &id, "--force-restart"], 0);
    assert_eq!(workspace.read("trace"), "hello Ada\nhello Ada\n");
    assert_eq!(tree(&workspace.run_dir(&id)), before);
    let new = other_run(&workspace, &id);
    let journal = std::fs::read_to_string(workspace.run_dir(&new).join("journal.jsonl")).unwrap();
    assert!(
        journal.contains(&format!("\"origin\":{{\"run_id\":\"{id}\"")),
        "{journal}"
    );
}
