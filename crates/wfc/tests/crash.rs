//! Promises about crashes, kept by the real program: `kill -9` at many
//! moments of the stack's run, then `wfc resume`.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Workspace, copy, repository, wfc};

/// How long one attempt may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn killed_at_many_moments_and_resumed_the_stack_completes() {
    let workspace = Workspace::with_stack();
    let log = workspace.path().join("agent.log");
    let mut child = spawn(&workspace, &log, &["run", "workflows/stack/stack.yaml"]);
    let run_id = wait_for_run(&workspace);
    let state = workspace.run_dir(&run_id).join("state.json");
    let mut kills = 0;
    // Moments spread over a run of about a second, in no particular rhythm.
    for pause in [40u64, 170, 90, 310, 130, 230, 20, 280, 110, 190] {
        if !lives_for(&mut child, Duration::from_millis(pause), &state) {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        child = spawn(&workspace, &log, &["resume", &run_id]);
    }
    let ended = lives_for(&mut child, LIMIT, &state);
    assert!(!ended, "the last resume did not end in time");
    assert!(
        kills >= 3,
        "only {kills} kills: the run was over too soon to show anything"
    );

    let state: Value = read_json(&state);
    assert_eq!(state["status"], "completed", "{state:#}");
    assert_eq!(state["workflow_outputs"]["decision"], "APPROVE");

    let committed = committed(&workspace.run_dir(&run_id).join("journal.jsonl"));
    for (step, count) in &committed {
        assert_eq!(*count, 1, "`{step}` was committed {count} times");
    }
    // Each kill interrupts at most one agent, and only that one starts again.
    let started = std::fs::read_to_string(&log).unwrap().lines().count();
    let agents = committed
        .keys()
        .filter(|path| !path.contains("inputs") && !path.contains("checks"))
        .count();
    assert!(
        started >= agents && started <= agents + kills,
        "{agents} agent steps were started {started} times with {kills} kills"
    );
}

/// The effects of a run of `tests/crash/call-in-loop.yaml` with more rounds,
/// each with the step that leaves it.
fn effects_of_the_loop() -> Vec<(String, String)> {
    let rounds = (0..ROUNDS).flat_map(|n| {
        [
            (format!("pick {n}"), format!("loop#{n}/pick")),
            (format!("listen w{n}"), format!("loop#{n}/help/listen")),
            (format!("say w{n}"), format!("loop#{n}/help/say")),
        ]
    });
    rounds
        .chain([("after tired".to_owned(), "after".to_owned())])
        .collect()
}

const ROUNDS: usize = 12;

/// How often `kill -9` comes.
const KILLS: usize = 200;

#[test]
fn killed_two_hundred_times_no_effect_is_lost_or_made_without_being_recorded_first() {
    let (mut kills, mut runs) = (0, 0);
    while kills < KILLS {
        let workspace = Workspace::new();
        copy(&repository().join("tests/crash"), workspace.path());
        let text = workspace.read("call-in-loop.yaml");
        let rounds = format!("max_iterations: {ROUNDS}");
        workspace.write("flow.yaml", &text.replace("max_iterations: 3", &rounds));
        let log = workspace.path().join("agent.log");
        let mut child = spawn(&workspace, &log, &["run", "flow.yaml"]);
        let run_id = wait_for_run(&workspace);
        let state = workspace.run_dir(&run_id).join("state.json");
        // Moments in no particular rhythm; the last process is left alone.
        while kills < KILLS
            && lives_for(
                &mut child,
                Duration::from_millis(30 + (kills as u64 * 37) % 80),
                &state,
            )
        {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            child = spawn(&workspace, &log, &["resume", &run_id]);
        }
        assert!(!lives_for(&mut child, LIMIT, &state), "it does not end");
        runs += 1;
        assert_eq!(read_json(&state)["status"], "completed", "run {runs}");

        let journal = workspace.run_dir(&run_id).join("journal.jsonl");
        for (step, count) in committed(&journal) {
            assert_eq!(count, 1, "`{step}` was committed {count} times");
        }
        let text = std::fs::read_to_string(&journal).unwrap();
        let done = workspace.read("effects.log");
        for (effect, step) in effects_of_the_loop() {
            let left = done.lines().filter(|line| *line == effect).count();
            let intents = text.lines().filter(|line| {
                let line: Value = serde_json::from_str(line).unwrap_or_default();
                let record = &line["record"];
                record["type"] == "intent" && record["coord"]["path"] == step.as_str()
            });
            let begun = intents.count();
            assert!(
                (1..=begun).contains(&left),
                "`{effect}` was left {left} times, and begun {begun} times"
            );
        }
    }
}

#[test]
fn a_live_run_cannot_be_resumed_and_is_left_alone() {
    let workspace = Workspace::with_stack();
    let log = workspace.path().join("agent.log");
    let mut child = spawn(&workspace, &log, &["run", "workflows/stack/stack.yaml"]);
    let run_id = wait_for_run(&workspace);
    let second = wfc(&workspace).args(["resume", &run_id]).output().unwrap();
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(words.contains(&child.id().to_string()), "{words}");
    assert!(child.wait().unwrap().success());
}

fn spawn(workspace: &Workspace, log: &Path, args: &[&str]) -> Child {
    let mut command: Command = wfc(workspace);
    command
        .args(args)
        .env("STAND_IN_SECONDS", "0.06")
        .env("STAND_IN_LOG", log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_for_run(workspace: &Workspace) -> String {
    let begun = Instant::now();
    loop {
        if let Some(id) = workspace.only_run()
            && workspace.run_dir(&id).join("state.json").exists()
        {
            return id;
        }
        assert!(begun.elapsed() < LIMIT, "no run appeared");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Watches a process for a while, reading `state.json` all the time: whatever
/// moment it is read at, it must be whole. False when the process has ended.
fn lives_for(child: &mut Child, time: Duration, state: &Path) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        read_json(state);
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("torn state.json: {error}\n{text}"))
}

/// How often each process step was committed, by path and visit.
fn committed(journal: &Path) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in std::fs::read_to_string(journal).unwrap().lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let record = &line["record"];
        if record["type"] == "outcome" && record["outcome"]["outcome"] == "process" {
            let step = format!("{} {}", record["coord"]["path"], record["coord"]["visit"]);
            *counts.entry(step).or_insert(0) += 1;
        }
    }
    counts
}
