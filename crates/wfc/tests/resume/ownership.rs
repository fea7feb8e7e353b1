//! One process owns a run.

use crate::support::Workspace;
use crate::support::processes::wait_until;
use crate::{LIMIT, says, spawn, tree};

/// A command that is at work until the file `go` is there.
const WORKFLOW: &str = r#"
version: "3.0"
name: slow
steps:
  - name: First
    command: [bash, -c, "echo first >> trace"]
  - name: Slow
    command: [bash, -c, "echo slow >> trace; until [ -e go ] || [ ! -e trace ]; do sleep 0.01; done"]
"#;

fn started() -> (Workspace, std::process::Child, String) {
    let workspace = Workspace::new();
    workspace.write("slow.yaml", WORKFLOW);
    let child = spawn(&workspace, &["run", "slow.yaml"]);
    let trace = workspace.path().join("trace");
    wait_until(LIMIT, "the second step is at work", || {
        std::fs::read_to_string(&trace).is_ok_and(|text| text.contains("slow"))
    });
    let id = workspace.only_run().unwrap();
    (workspace, child, id)
}

/// `disturb` is done to the live run before another process tries to take it.
#[track_caller]
fn check_refused(disturb: impl FnOnce(&Workspace, &str)) {
    let (workspace, mut child, id) = started();
    disturb(&workspace, &id);
    // The state is brought up to date every now and then while a step is long.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let before = tree(&workspace.run_dir(&id));
    let (_, words) = says(&workspace, &["resume", &id], 2);
    assert!(words.contains(&format!("pid {}", child.id())), "{words}");
    assert!(words.contains("since 20"), "{words}");
    assert_eq!(tree(&workspace.run_dir(&id)), before);
    workspace.write("go", "");
    assert!(child.wait().unwrap().success());
    assert_eq!(workspace.read("trace"), "first\nslow\n");
}

#[test]
fn a_live_run_cannot_be_resumed_and_is_left_alone() {
    check_refused(|_, _| {});
}

#[test]
fn a_lock_on_a_copy_of_the_lock_file_is_no_way_around_the_owner() {
    check_refused(|workspace, id| {
        // As a backup program may: the name now leads to another file.
        let lock = workspace.run_dir(id).join("run.lock");
        let text = std::fs::read(&lock).unwrap();
        std::fs::remove_file(&lock).unwrap();
        std::fs::write(&lock, text).unwrap();
    });
}

#[test]
fn a_deleted_lock_file_is_no_way_around_the_owner() {
    check_refused(|workspace, id| {
        std::fs::remove_file(workspace.run_dir(id).join("run.lock")).unwrap();
    });
}

#[test]
fn a_dead_owner_is_known_to_be_dead_at_once() {
    let (workspace, mut child, id) = started();
    child.kill().unwrap();
    // Nobody waits for it: it stays in the table of processes as a zombie.
    workspace.write("go", "");
    let begun = std::time::Instant::now();
    says(&workspace, &["resume", &id], 0);
    assert!(begun.elapsed() < LIMIT / 3);
    child.wait().unwrap();
    assert_eq!(workspace.read("trace"), "first\nslow\nslow\n");
}
