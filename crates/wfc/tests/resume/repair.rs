//! What can be made from the journal is made again.

use crate::support::Workspace;
use crate::{killed, says, state, tree};

const WORKFLOW: &str = r#"
version: "3.0"
name: two
steps:
  - name: One
    command: [bash, -c, "echo one >> trace"]
  - name: Two
    command: [bash, -c, "echo two >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
"#;

#[test]
fn derived_files_are_made_again_as_they_were() {
    let workspace = Workspace::new();
    workspace.write("two.yaml", WORKFLOW);
    workspace.write("go", "");
    says(&workspace, &["run", "two.yaml"], 0);
    let id = workspace.only_run().unwrap();
    let run = workspace.run_dir(&id);
    let before = tree(&run);
    std::fs::write(run.join("state.json"), "{").unwrap();
    std::fs::write(run.join("plan.json"), "").unwrap();
    says(&workspace, &["resume", &id, "--repair"], 0);
    let after = tree(&run);
    assert_eq!(after["plan.json"], before["plan.json"]);
    assert_eq!(after["journal.jsonl"], before["journal.jsonl"]);
    let state = state(&workspace, &id);
    assert_eq!(state["status"], "completed");
    let old: serde_json::Value = serde_json::from_slice(&before["state.json"]).unwrap();
    assert_eq!(state["steps"], old["steps"]);
    assert_eq!(workspace.read("trace"), "one\ntwo\n", "nothing is run");
}

#[test]
fn a_torn_record_is_cut_off_and_kept_beside() {
    let workspace = Workspace::new();
    workspace.write("two.yaml", WORKFLOW);
    let id = killed(&workspace, &["run", "two.yaml"], "two");
    let run = workspace.run_dir(&id);
    let sound = std::fs::read(run.join("journal.jsonl")).unwrap();
    let torn = b"{\"seq\":9,\"crc\":\"0000";
    std::fs::write(run.join("journal.jsonl"), [&sound[..], torn].concat()).unwrap();
    std::fs::remove_file(run.join("state.json")).unwrap();
    let (text, _) = says(
        &workspace,
        &["resume", &id, "--repair", "--format", "json"],
        0,
    );
    assert!(text.contains("\"suspended\""), "{text}");
    let after = tree(&run);
    assert_eq!(after["journal.jsonl"], sound);
    assert_eq!(
        after[&format!(
            "journal.torn-{}",
            sound.split(|byte| *byte == b'\n').count()
        )],
        torn
    );
    assert_eq!(state(&workspace, &id)["status"], "suspended");
    workspace.write("go", "");
    says(&workspace, &["resume", &id], 0);
}

#[test]
fn a_damaged_journal_is_never_taken_for_less_than_it_was() {
    let workspace = Workspace::new();
    workspace.write("two.yaml", WORKFLOW);
    let id = killed(&workspace, &["run", "two.yaml"], "two");
    let path = workspace.run_dir(&id).join("journal.jsonl");
    let mut text = std::fs::read(&path).unwrap();
    let middle = text.len() / 3;
    text[middle] ^= 1;
    std::fs::write(&path, text).unwrap();
    for option in ["--repair", "--plan", "--pinned"] {
        let (_, words) = says(&workspace, &["resume", &id, option], 2);
        assert!(words.contains("cannot be read at line"), "{words}");
    }
}
