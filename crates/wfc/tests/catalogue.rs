//! The workflows of the repository: each is checked, compiled and run, and
//! does what stands beside it.
//!
//! An example is a directory of `workflows` with an `expect.json`. The command
//! that runs it is the line `# $ wfc run ...` on top of its file. `expect.json`
//! holds any of
//!
//! - `exit` (0 unless said) and `status` of the run,
//! - `outputs`, all of them,
//! - `steps`: the status of some steps, `absent` for no record,
//! - `visits`: how often some steps ran,
//! - `files`: a text that each must contain; null when there must be none,
//! - `env`: what is set for the run,
//! - `secrets`: texts that must not be found in the run directory,
//! - `later`: files that a person writes once the run has begun.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use support::{Workspace, repository, wfc};

/// How many examples run at once.
const THREADS: usize = 3;
/// When a person answers. The run has begun by then, or will find the file.
const LATER: Duration = Duration::from_millis(500);

/// What `expect.json` may say.
const KEYS: &[&str] = &[
    "env",
    "exit",
    "files",
    "later",
    "outputs",
    "secrets",
    "select_variant_output",
    "status",
    "steps",
    "visits",
];

/// An example: its file, the arguments that run it, and what is expected.
struct Example {
    name: String,
    file: String,
    arguments: Vec<String>,
    expect: Map<String, Value>,
}

#[test]
fn examples_do_what_stands_beside_them() {
    let examples = examples();
    assert!(examples.len() >= 20, "only {} examples", examples.len());
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(example) = examples.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(report) = check(example) {
                        let report = format!("{}: {report}", example.name);
                        reports.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap();
    reports.sort();
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}

/// Neither errors nor warnings, in examples and in what they import.
#[test]
fn every_file_is_free_of_findings() {
    let workspace = Workspace::with_stack();
    let mut command = wfc(&workspace);
    command.args(["check", "--format", "short", "--deny", "warnings"]);
    let output = command.args(files("yaml")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_page_names_every_example() {
    let page = std::fs::read_to_string(repository().join("workflows/README.md")).unwrap();
    let missing: Vec<String> = examples()
        .into_iter()
        .map(|example| example.name)
        .filter(|name| !page.contains(&format!("({name}/)")))
        .collect();
    assert!(missing.is_empty(), "workflows/README.md lacks {missing:?}");
}

/// What the language has and no example shows.
#[test]
fn every_construct_is_shown() {
    const CONSTRUCTS: &[&str] = &[
        "all_of",
        "allow_parse_error",
        "any_of",
        "artifact_bool",
        "artifacts",
        "asset_depends_on",
        "asset_file",
        "assert",
        "call",
        "command",
        "compare",
        "consume_bundle",
        "consumes",
        "consumes_injection_position",
        "context",
        "default",
        "depends_on",
        "env",
        "equals",
        "exists",
        "expected_outputs",
        "finally",
        "for_each",
        "freshness",
        "id",
        "if",
        "imports",
        "increment_scalar",
        "inbox_dir",
        "inject",
        "inject_output_contract",
        "input_file",
        "items",
        "items_from",
        "input_mode",
        "match",
        "materialize_artifacts",
        "max_iterations",
        "max_transitions",
        "max_visits",
        "not",
        "not_exists",
        "on",
        "on_exhausted",
        "output_bundle",
        "output_capture",
        "output_file",
        "persist_artifacts_in_state",
        "policy",
        "pre_snapshot",
        "producers",
        "prompt_consumes",
        "prompt_inputs",
        "provider",
        "provider_params",
        "publishes",
        "repeat_until",
        "requires_variant",
        "retries",
        "score",
        "secrets",
        "select_variant_output",
        "set_scalar",
        "shared_fields",
        "strict_flow",
        "timeout_sec",
        "variant_output",
        "wait_for",
        "when",
    ];
    let texts: Vec<String> = files("yaml")
        .iter()
        .map(|file| std::fs::read_to_string(repository().join(file)).unwrap())
        .collect();
    let shown: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':'))
        .filter_map(|word| word.strip_suffix(':'))
        .collect();
    let missing: Vec<&&str> = CONSTRUCTS.iter().filter(|c| !shown.contains(**c)).collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
}

/// Checks, compiles and runs one.
fn check(example: &Example) -> Result<(), String> {
    let workspace = Workspace::with_stack();
    for command in [&["check"][..], &["compile", "--emit", "plan"]] {
        let output = wfc(&workspace).args(command).arg(&example.file).output();
        let output = output.unwrap();
        if !output.status.success() {
            return Err(format!("wfc {}\n{}", command.join(" "), said(&output)));
        }
    }
    let mut command = wfc(&workspace);
    command.args(&example.arguments);
    for (name, value) in section(example, "env") {
        command.env(name, value.as_str().unwrap());
    }
    let output = run(command, &workspace, example);
    let mut report = String::new();
    let mut expect = |what: &str, expected: &Value, found: &Value| {
        if expected != found {
            _ = writeln!(report, "{what}: expected {expected}, found {found}");
        }
    };
    let exit = example.expect.get("exit").cloned().unwrap_or(0.into());
    expect("exit code", &exit, &output.status.code().into());
    let state = state(&workspace);
    for key in ["status", "outputs"] {
        if let Some(expected) = example.expect.get(key) {
            let place = if key == "status" {
                key
            } else {
                "workflow_outputs"
            };
            expect(key, expected, &state[place]);
        }
    }
    for (step, expected) in section(example, "steps") {
        let record = state["steps"].get(step);
        let found = record.map_or("absent".into(), |record| match record.as_array() {
            Some(items) => format!("{} items", items.len()).into(),
            None => record["status"].clone(),
        });
        expect(step, expected, &found);
    }
    for (step, expected) in section(example, "visits") {
        expect(step, expected, &state["step_visits"][step]);
    }
    for (file, expected) in section(example, "files") {
        let found = std::fs::read_to_string(workspace.path().join(file)).ok();
        match (expected.as_str(), found) {
            (None, None) => {}
            (Some(part), Some(text)) if text.contains(part) => {}
            (_, found) => expect(file, expected, &found.into()),
        }
    }
    for secret in example
        .expect
        .get("secrets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let secret = secret.as_str().unwrap();
        for file in walk(&workspace.path().join(".orchestrate")) {
            let bytes = std::fs::read(&file).unwrap();
            if bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
            {
                expect(
                    &file.display().to_string(),
                    &"no secret".into(),
                    &secret.into(),
                );
            }
        }
    }
    match report.is_empty() {
        true => Ok(()),
        false => Err(format!("\n{report}{}", said(&output))),
    }
}

/// Runs a command, while somebody writes files.
fn run(mut command: Command, workspace: &Workspace, example: &Example) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let later = section(example, "later");
    if !later.is_empty() {
        std::thread::sleep(LATER);
    }
    for (file, text) in later {
        workspace.write(file, text.as_str().unwrap());
    }
    child.wait_with_output().unwrap()
}

fn state(workspace: &Workspace) -> Value {
    let Some(id) = workspace.only_run() else {
        return Value::Null;
    };
    let text = std::fs::read_to_string(workspace.run_dir(&id).join("state.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// One object of what is expected; empty when it is not there.
fn section<'a>(example: &'a Example, key: &str) -> Vec<(&'a String, &'a Value)> {
    let object = example.expect.get(key).and_then(Value::as_object);
    object.into_iter().flatten().collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = files("expect.json").iter().map(|f| example(f)).collect();
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    examples
}

/// The example of one `expect.json`.
fn example(file: &str) -> Example {
    let directory = Path::new(file).parent().unwrap();
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    let expect: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let unknown = expect.keys().find(|key| !KEYS.contains(&key.as_str()));
    assert!(unknown.is_none(), "{file} has an unknown key {unknown:?}");
    let prefix = format!("{}/", directory.display());
    let line = files("yaml")
        .into_iter()
        .filter(|file| file.starts_with(&prefix))
        .find_map(|file| {
            let text = std::fs::read_to_string(repository().join(file)).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("# $ wfc "));
            line.map(str::to_owned)
        });
    let line = line.unwrap_or_else(|| panic!("no file in {prefix} says how it is run"));
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Example {
        name: prefix["workflows/".len()..prefix.len() - 1].to_owned(),
        file: arguments[1].clone(),
        arguments,
        expect,
    }
}

/// The files of `workflows` whose names end so, relative to the repository.
fn files(end: &str) -> Vec<String> {
    let root = repository();
    let mut files: Vec<String> = walk(&root.join("workflows"))
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
        .filter(|path| path.ends_with(end))
        .collect();
    files.sort();
    files
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found
}
