//! Sources and prompts that have changed since a run began.

use crate::support::Workspace;
use crate::{of, plan, says, state};

const WORKFLOW: &str = r#"
version: "3.0"
name: review
providers:
  agent: {command: [bash, agent.sh], input_mode: stdin}
steps:
  - name: Plan
    provider: agent
    input_file: prompts/plan.md
    timeout_sec: 60
  - name: Check
    command: [bash, -c, "echo check >> trace; [ -e fine ]"]
  - name: Ship
    command: [bash, -c, "echo ship >> trace"]
"#;

/// A run that failed at `Check`.
fn failed() -> (Workspace, String) {
    let workspace = Workspace::new();
    workspace.write("review.yaml", WORKFLOW);
    workspace.write("agent.sh", "echo agent >> trace; cat > heard.md");
    workspace.write("prompts/plan.md", "Plan.\n");
    says(&workspace, &["run", "review.yaml"], 1);
    let id = workspace.only_run().unwrap();
    workspace.write("fine", "");
    (workspace, id)
}

#[test]
fn a_change_ahead_is_told_refused_and_taken_over_when_it_is_accepted() {
    let (workspace, id) = failed();
    workspace.write(
        "review.yaml",
        &WORKFLOW.replace("echo ship", "echo shipped"),
    );
    let (_, words) = says(&workspace, &["resume", &id], 2);
    for part in [
        "review.yaml has changed",
        "review/ship: argv changed (review.yaml:13)",
        "all that the run has done fits; what has changed counts from `Check` on",
        "--accept-changes",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let told = plan(&workspace, &id);
    assert_eq!(told["changes"]["valid"], true);
    assert_eq!(told["changes"]["from"], "Check");
    says(&workspace, &["resume", &id, "--accept-changes"], 0);
    assert_eq!(workspace.read("trace"), "agent\ncheck\ncheck\nshipped\n");
    // The plan that it followed first is kept, and the present one is shown.
    let plans = std::fs::read_dir(workspace.run_dir(&id).join("plans")).unwrap();
    assert_eq!(plans.count(), 2);
    let shown = std::fs::read_to_string(workspace.run_dir(&id).join("plan.json")).unwrap();
    assert!(shown.contains("shipped"), "{shown}");
    says(&workspace, &["resume", &id], 0);
}

#[test]
fn after_a_crash_an_accepted_change_stays_accepted() {
    let (workspace, id) = failed();
    let old = std::fs::read(workspace.run_dir(&id).join("plan.json")).unwrap();
    workspace.write(
        "review.yaml",
        &WORKFLOW.replace("echo ship >> trace", "echo shipped >> trace; [ -e go ]"),
    );
    says(&workspace, &["resume", &id, "--accept-changes"], 1);
    // As if the process had died before it wrote plan.json.
    std::fs::write(workspace.run_dir(&id).join("plan.json"), old).unwrap();
    workspace.write("go", "");
    says(&workspace, &["resume", &id], 0);
    assert_eq!(
        workspace.read("trace"),
        "agent\ncheck\ncheck\nshipped\nshipped\n"
    );
}

#[test]
fn a_change_of_what_has_run_is_not_accepted() {
    let (workspace, id) = failed();
    let changed = WORKFLOW.replace(
        "timeout_sec: 60",
        "timeout_sec: 60\n    env: {MODE: strict}",
    );
    workspace.write("review.yaml", &changed);
    for args in [&["resume", &id][..], &["resume", &id, "--accept-changes"]] {
        let (_, words) = says(&workspace, args, 2);
        assert!(
            words.contains("part at `Plan`") && words.contains("env"),
            "{words}"
        );
    }
    let told = plan(&workspace, &id);
    assert_eq!(told["changes"]["valid"], false);
    assert_eq!(told["changes"]["parting"]["step"], "Plan");
    says(&workspace, &["resume", &id, "--pinned"], 0);
    assert_eq!(workspace.read("trace"), "agent\ncheck\ncheck\nship\n");
}

#[test]
fn a_limit_may_change_under_what_has_run() {
    let (workspace, id) = failed();
    workspace.write(
        "review.yaml",
        &WORKFLOW.replace("timeout_sec: 60", "timeout_sec: 90"),
    );
    says(&workspace, &["resume", &id, "--accept-changes"], 0);
}

#[test]
fn a_prompt_belongs_to_what_a_run_is_held_to() {
    let (workspace, id) = failed();
    workspace.write("prompts/plan.md", "Plan better.\n");
    let (_, words) = says(&workspace, &["resume", &id], 2);
    assert!(
        words.contains("the text of `prompts/plan.md` changed"),
        "{words}"
    );
    assert!(
        words.contains("part at `Plan` (the text of `prompts/plan.md`)"),
        "{words}"
    );
    says(&workspace, &["resume", &id, "--pinned"], 0);
}

#[test]
fn a_prompt_that_was_not_read_yet_may_change() {
    let workspace = Workspace::new();
    let flow = WORKFLOW.replace("[bash, -c, \"echo ship >> trace\"]", "[bash, -c, \"echo ship >> trace\"]\n  - name: Report\n    provider: agent\n    input_file: prompts/report.md\n    timeout_sec: 60");
    workspace.write("review.yaml", &flow);
    workspace.write("agent.sh", "cat > heard.md");
    workspace.write("prompts/plan.md", "Plan.\n");
    workspace.write("prompts/report.md", "Report.\n");
    says(&workspace, &["run", "review.yaml"], 1);
    let id = workspace.only_run().unwrap();
    workspace.write("fine", "");
    workspace.write("prompts/report.md", "Report all.\n");
    let (_, words) = says(&workspace, &["resume", &id], 2);
    assert!(words.contains("a prompt has changed"), "{words}");
    says(&workspace, &["resume", &id, "--accept-changes"], 0);
    assert_eq!(workspace.read("heard.md"), "Report all.\n");
    says(&workspace, &["resume", &id], 0);
}

#[test]
fn an_imported_workflow_belongs_to_it_too() {
    let workspace = Workspace::new();
    workspace.write("part.yaml", "version: \"2.14\"\nname: part\nsteps:\n  - name: Work\n    command: [bash, -c, \"echo work >> trace; [ -e fine ]\"]\n");
    workspace.write("main.yaml", "version: \"2.14\"\nname: main\nimports: {part: part.yaml}\nsteps:\n  - name: Call\n    id: call\n    call: part\n");
    says(&workspace, &["run", "main.yaml"], 1);
    let id = workspace.only_run().unwrap();
    workspace.write("part.yaml", "version: \"2.14\"\nname: part\nsteps:\n  - name: Work\n    command: [bash, -c, \"echo works >> trace\"]\n");
    let (_, words) = says(&workspace, &["resume", &id], 2);
    assert!(
        words.contains("part/work: argv changed (part.yaml:4)"),
        "{words}"
    );
    says(&workspace, &["resume", &id, "--accept-changes"], 0);
    assert_eq!(workspace.read("trace"), "work\nworks\n");
    assert_eq!(state(&workspace, &id)["status"], "completed");
    assert_eq!(
        of(&plan(&workspace, &id), "replayed"),
        ["Call.Work", "Call"]
    );
}
