//! What is seen of a run while it goes on: by a person at a terminal, by one
//! who reads lines, and by a program.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Workspace, wfc};

/// How long anything here may take before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(60);

const FLOW: &str = r#"
version: "2.14"
name: flow
outputs:
  n: {kind: scalar, type: integer, from: {ref: root.steps.Count.artifacts.n}}
steps:
  - name: Talk
    command: [bash, -c, "echo hello; sleep 0.4; printf '\\033[31mthinking hard\\033[0m'; sleep 0.4"]
  - name: Count
    command: [bash, -c, "echo 4 > n.txt; echo aside >&2"]
    expected_outputs: [{name: n, path: n.txt, type: integer}]
  - name: Rounds
    repeat_until:
      id: round
      max_iterations: 3
      outputs: {ok: {kind: scalar, type: bool, from: {ref: self.steps.Work.artifacts.ok}}}
      condition: {compare: {left: {ref: self.outputs.ok}, op: eq, right: true}}
      steps:
        - name: Work
          command: [bash, -c, "sleep 0.3; echo true > ok.txt"]
          expected_outputs: [{name: ok, path: ok.txt, type: bool}]
"#;

const SLOW: &str = r#"
version: "2.14"
name: slow
steps:
  - name: Sleep
    command: [bash, -c, "echo deep asleep; touch asleep; sleep 300"]
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("flow.yaml", FLOW);
    workspace.write("slow.yaml", SLOW);
    workspace
}

/// The program with a terminal for standard error, and all that came there.
fn on_terminal(command: &mut Command, meanwhile: impl FnOnce(&mut Child)) -> (Output, Vec<u8>) {
    let (theirs, ours) = terminal::open();
    let mut child = command
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(theirs))
        .spawn()
        .unwrap();
    // Its copy of the terminal would keep it open.
    command.stderr(Stdio::null());
    let reader = std::thread::spawn(move || terminal::read_all(ours));
    meanwhile(&mut child);
    let output = child.wait_with_output().unwrap();
    (output, reader.join().unwrap())
}

#[test]
fn a_terminal_shows_the_step_at_work_and_what_it_says() {
    let workspace = workspace();
    let mut command = wfc(&workspace);
    command.args(["run", "flow.yaml"]);
    let (output, bytes) = on_terminal(&mut command, |_| {});
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"n: 4\n");
    let raw = String::from_utf8_lossy(&bytes);
    for shown in [
        "Talk  command bash",
        "thinking hard",
        "Rounds[0].Work  command bash  round 1 of at most 3",
    ] {
        assert!(raw.contains(shown), "{shown:?} is not in {raw}");
    }
    // The colours of others stay out of it, and NO_COLOR ours.
    assert!(
        !raw.contains("\u{1b}[31m") && !raw.contains("\u{1b}[2m"),
        "{raw}"
    );
    let id = workspace.only_run().unwrap();
    let lines = terminal::screen(&bytes);
    let begins = [
        format!("run {id}"),
        "  ok   Talk  command bash  ".to_owned(),
        "  ok   Count  command bash  ".to_owned(),
        "       Rounds  loop".to_owned(),
        "  ok   Rounds[0].Work  command bash  ".to_owned(),
        "  ok   Rounds  loop  ".to_owned(),
        format!("run {id} completed after "),
        "  evidence  ".to_owned(),
        "  report    ".to_owned(),
    ];
    assert_eq!(lines.len(), begins.len(), "{lines:#?}");
    for (line, begin) in lines.iter().zip(&begins) {
        assert!(line.starts_with(begin.as_str()), "{lines:#?}");
    }
}

#[test]
fn an_interrupt_leaves_lines_that_say_how_to_go_on() {
    let workspace = workspace();
    let mut command = wfc(&workspace);
    command.args(["run", "slow.yaml"]);
    let (output, bytes) = on_terminal(&mut command, |child| {
        let began = Instant::now();
        while !workspace.path().join("asleep").exists() {
            assert!(began.elapsed() < LIMIT);
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(300));
        let pid = child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
    });
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&bytes).contains("deep asleep"));
    let id = workspace.only_run().unwrap();
    let lines = terminal::screen(&bytes);
    let last = lines.last().unwrap();
    assert_eq!(last, &format!("  go on     wfc resume {id}"), "{lines:#?}");
    let interrupted = format!("run {id} interrupted after ");
    assert!(
        lines.iter().any(|line| line.starts_with(&interrupted)),
        "{lines:#?}"
    );
    let live = ["deep asleep", "Sleep  command bash"];
    assert!(
        !lines.iter().any(|line| live.contains(&line.trim())),
        "{lines:#?}"
    );
}

#[test]
fn a_terminal_that_does_not_want_lines_that_change_gets_none() {
    let workspace = workspace();
    for args in [&["--quiet"][..], &["--stream-output"], &["--json"]] {
        let mut command = wfc(&workspace);
        command.args(["run", "flow.yaml"]).args(args);
        let (output, bytes) = on_terminal(&mut command, |_| {});
        assert_eq!(output.status.code(), Some(0));
        let raw = String::from_utf8_lossy(&bytes);
        assert!(!raw.contains("\u{1b}["), "{args:?}: {raw}");
    }
}

fn run(workspace: &Workspace, args: &[&str]) -> Output {
    wfc(workspace)
        .args(["run", "flow.yaml"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn output_is_shown_with_its_step() {
    let workspace = workspace();
    let output = run(&workspace, &["--stream-output"]);
    let words = String::from_utf8_lossy(&output.stderr);
    for line in [
        "Talk | hello\n",
        "Talk | thinking hard\n",
        "Count | aside\n",
    ] {
        assert!(words.contains(line), "{line:?} is not in {words}");
    }
    // Results stay apart.
    assert_eq!(output.stdout, b"n: 4\n");
}

/// Wherever output is shown, also when it comes in pieces.
#[test]
fn secrets_are_hidden_in_output() {
    let workspace = workspace();
    workspace.write(
        "secret.yaml",
        r#"
version: "2.14"
name: secret
steps:
  - name: Tell
    command: [bash, -c, "printf 'it is ses'; sleep 0.1; echo ame-0815"]
    secrets: [TOKEN]
"#,
    );
    for args in [&["--stream-output"][..], &["--stream-output", "--json"]] {
        let mut command = wfc(&workspace);
        command.args(["run", "secret.yaml"]).args(args);
        let output = command.env("TOKEN", "sesame-0815").output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert!(words.contains("it is "), "{words}");
        assert!(!words.contains("ses") && !words.contains("0815"), "{words}");
    }
}

/// How much is said, by level.
#[test]
fn levels() {
    let workspace = workspace();
    let said = |args: &[&str], level: Option<&str>| {
        let mut command = wfc(&workspace);
        command.args(["run", "flow.yaml"]).args(args);
        if let Some(level) = level {
            command.env("ORCHESTRATE_LOG_LEVEL", level);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        let seen = ["plan sha256:", "n: 4", "  ok   Count"];
        seen.map(|part| words.contains(part))
    };
    assert_eq!(said(&[], None), [false, false, true]);
    assert_eq!(said(&["--verbose"], None), [false, true, true]);
    assert_eq!(said(&["--debug"], None), [true, true, true]);
    assert_eq!(said(&["--log-level", "debug"], None), [true, true, true]);
    assert_eq!(said(&[], Some("DEBUG")), [true, true, true]);
    assert_eq!(said(&["--quiet"], Some("debug")), [false, false, false]);
    assert_eq!(
        said(&["--log-level", "info"], Some("error")),
        [false, false, true]
    );
    assert_eq!(said(&[], Some("warn")), [false, false, false]);
    let debug = wfc(&workspace)
        .args(["run", "flow.yaml", "--dry-run"])
        .env("ORCHESTRATE_DEBUG", "1")
        .env("ORCHESTRATE_STATE_DIR", "elsewhere")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&debug.stderr).contains("plan sha256:"));
    let elsewhere = wfc(&workspace)
        .args(["run", "flow.yaml", "-q"])
        .env("ORCHESTRATE_DEBUG", "0")
        .env("ORCHESTRATE_STATE_DIR", "elsewhere")
        .output()
        .unwrap();
    assert_eq!(elsewhere.status.code(), Some(0));
    let runs = std::fs::read_dir(workspace.path().join("elsewhere"));
    assert_eq!(runs.unwrap().count(), 1);
}

#[test]
fn options_without_effect_are_taken_and_said() {
    let workspace = workspace();
    let args = [
        "--backup-state",
        "--step-summaries",
        "--summary-mode",
        "sync",
        "--summary-profile",
        "phase-performance",
        "--live-agent-notes",
        "--live-agent-note-interval-sec",
        "2.5",
    ];
    let output = run(&workspace, &args);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert_eq!(words.matches("note: ").count(), 3, "{words}");
}

fn events(output: &Output) -> Vec<Value> {
    let lines = output.stdout.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn a_program_reads_events() {
    let workspace = workspace();
    let output = run(&workspace, &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let events = events(&output);
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            assert!(event["at"].is_string(), "{event}");
            let step = event["step"].as_str().unwrap_or_default();
            format!("{} {step}", event["event"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            "run_started ",
            "step_started Talk",
            "step_ended Talk",
            "step_started Count",
            "step_ended Count",
            "step_started Rounds",
            "step_started Rounds[0].Work",
            "step_ended Rounds[0].Work",
            "step_ended Rounds",
            "run_ended ",
        ]
    );
    assert_eq!(events[0]["schema"], "wfc.events/1");
    assert_eq!(events[4]["artifacts"], json!({"n": 4}));
    let last = events.last().unwrap();
    assert_eq!(last["status"], "completed");
    assert_eq!(last["outputs"], json!({"n": 4}));
    assert_eq!(last["exit_code"], 0);

    let output = run(&workspace, &["--json", "--stream-output"]);
    let heard = self::events(&output).into_iter();
    let heard: String = heard
        .filter(|event| event["event"] == "output" && event["step"] == "Talk")
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect();
    assert!(heard.starts_with("hello\n"), "{heard}");
}

#[test]
fn a_program_reads_why_nothing_was_run() {
    let workspace = workspace();
    workspace.write("broken.yaml", "version: \"2.14\"\nname: x\nsteps: 5\n");
    for (args, message) in [
        (&["run", "none.json"][..], "none.json"),
        (&["run", "none.yaml"], "findings at error level"),
        (&["run", "broken.yaml"], "findings at error level"),
        (&["run", "flow.yaml", "--input", "x=1"], "do not fit"),
        (&["resume", "nope"], "nope"),
    ] {
        let output = wfc(&workspace).args(args).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let events = events(&output);
        assert_eq!(events.len(), 1, "{args:?}: {events:?}");
        assert_eq!(events[0]["event"], "error");
        assert_eq!(events[0]["exit_code"], 2);
        let said = events[0]["message"].as_str().unwrap();
        assert!(said.contains(message), "{args:?}: {said}");
    }
    let dry = run(&workspace, &["--json", "--dry-run"]);
    assert_eq!(events(&dry)[0]["event"], "dry_run");
}

/// Nobody who stops to listen stops the run.
#[test]
fn a_run_outlives_its_readers() {
    let workspace = workspace();
    let mut child = wfc(&workspace)
        .args(["run", "flow.yaml", "--json", "--stream-output"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("run_started"));
    drop((lines, child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let id = workspace.only_run().unwrap();
    let state = workspace.run_dir(&id).join("state.json");
    let state: Value = serde_json::from_slice(&std::fs::read(state).unwrap()).unwrap();
    assert_eq!(state["status"], "completed");
}
