//! Small workflows, one behaviour each, and what becomes of them.
//!
//! A case is a directory of `tests/conformance`: `workflow.yaml`, the files
//! beside it, perhaps `run.toml` with more arguments and `bin/` with programs
//! that come first on PATH, and `expected.json`: the exit code, the names of the logs, and `state.json` without what differs
//! from run to run. `WFC_UPDATE=1` writes `expected.json` anew.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};
use support::{Workspace, copy, repository, wfc};

/// How many cases run at once. Some of them wait.
const THREADS: usize = 4;

/// Keys whose values differ from run to run, and words for people.
const VOLATILE: &[&str] = &[
    "duration_ms",
    "ended_at",
    "message",
    "mtime_ns",
    "run_id",
    "runtime_observability",
    "started_at",
    "updated_at",
    "wait_duration_ms",
    "waited_ms",
    "workflow_checksum",
];

#[test]
fn workflows_do_what_is_expected() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(repository().join("tests/conformance"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("workflow.yaml").is_file())
        .collect();
    cases.sort();
    assert!(
        cases.len() > 130,
        "the suite has only {} cases",
        cases.len()
    );
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(report) = check(case) {
                        reports.lock().unwrap().push((case, report));
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap();
    reports.sort();
    let all: String = reports
        .iter()
        .map(|(case, report)| format!("{}\n{report}\n", case.file_name().unwrap().display()))
        .collect();
    assert!(
        reports.is_empty(),
        "{} of {} cases differ (-expected +found):\n\n{all}",
        reports.len(),
        cases.len()
    );
}

/// Runs a case and holds what became of it against what is expected.
fn check(case: &Path) -> Result<(), String> {
    let found = run(case);
    let path = case.join("expected.json");
    if std::env::var_os("WFC_UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; WFC_UPDATE=1 writes it", path.display()))?;
    let expected: Value = serde_json::from_str(&expected).unwrap();
    match differences(&expected, &found) {
        report if report.is_empty() => Ok(()),
        report => Err(report),
    }
}

/// Runs the workflow of a case in a workspace of its own.
fn run(case: &Path) -> Value {
    let workspace = Workspace::new();
    copy(case, workspace.path());
    let mut program = wfc(&workspace);
    let bin = workspace.path().join("bin");
    if bin.is_dir() {
        let path = std::env::var("PATH").unwrap_or_default();
        program.env("PATH", format!("{}:{path}", bin.display()));
    }
    let output = program
        .args(["run", "workflow.yaml"])
        .args(arguments(case))
        .output()
        .unwrap();
    let mut found = json!({ "exit": output.status.code() });
    let Some(id) = workspace.only_run() else {
        found["state"] = Value::Null;
        return found;
    };
    let directory = workspace.run_dir(&id);
    found["logs"] = json!(names(&directory.join("logs")));
    let state = std::fs::read_to_string(directory.join("state.json")).unwrap();
    let root = workspace.path().canonicalize().unwrap();
    let state = state
        .replace(&*root.to_string_lossy(), "<workspace>")
        .replace(&id, "<run>");
    found["state"] = settled(serde_json::from_str(&state).unwrap());
    found
}

fn arguments(case: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(case.join("run.toml")) else {
        return Vec::new();
    };
    let settings: toml::Table = text.parse().unwrap();
    let args = settings["args"].as_array().unwrap();
    args.iter()
        .map(|arg| arg.as_str().unwrap().to_owned())
        .collect()
}

/// A state without what differs from run to run.
fn settled(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| !VOLATILE.contains(&key.as_str()))
            .map(|(key, value)| match key.as_str() {
                "debug" => (key, told_outputs(settled(value))),
                _ => (key, settled(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(settled).collect(),
        // Long texts differ by their length, if at all.
        Value::String(text) if text.len() > 2000 => {
            let start: String = text.chars().take(20).collect();
            json!(format!("{start}... {} bytes", text.len()))
        }
        other => other,
    }
}

/// Steps that follow each other at once may fall within one tick of the clock
/// of the file system, which then does not tell what the second one has done.
fn told_outputs(mut debug: Value) -> Value {
    let outputs = debug.get_mut("outputs").and_then(Value::as_object_mut);
    for (_, change) in outputs.into_iter().flatten() {
        if change != "missing" {
            *change = json!("there");
        }
    }
    debug
}

fn names(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Every place in which two documents differ, the order of keys included.
fn differences(expected: &Value, found: &Value) -> String {
    let mut report = String::new();
    compare("", Some(expected), Some(found), &mut report);
    report
}

fn compare(at: &str, expected: Option<&Value>, found: Option<&Value>, report: &mut String) {
    match (expected, found) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for (key, value) in old {
                compare(&format!("{at}/{key}"), Some(value), new.get(key), report);
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                compare(&format!("{at}/{key}"), None, Some(value), report);
            }
            let (before, after) = (common(old, new), common(new, old));
            if before != after {
                let (before, after) = (before.join(", "), after.join(", "));
                _ = writeln!(report, "{at}: order of keys\n  - {before}\n  + {after}");
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            let shown =
                |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            _ = writeln!(report, "{at}\n  - {}\n  + {}", shown(old), shown(new));
        }
    }
}

/// The keys of one object that another has too, in order.
fn common<'a>(of: &'a Map<String, Value>, with: &Map<String, Value>) -> Vec<&'a str> {
    let keys = of.keys().filter(|key| with.contains_key(*key));
    keys.map(String::as_str).collect()
}

#[test]
fn differences_are_shown() {
    let old = json!({ "a": { "x": 1, "y": [1] }, "b": 1 });
    let new = json!({ "a": { "y": [2], "x": 1 }, "c": null });
    let expected = "\
/a/y
  - [1]
  + [2]
/a: order of keys
  - x, y
  + y, x
/b
  - 1
  + nothing
/c
  - nothing
  + null
";
    assert_eq!(differences(&old, &new), expected);
    assert_eq!(differences(&old, &old), "");
}
