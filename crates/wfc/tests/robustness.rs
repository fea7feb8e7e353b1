//! Hostile input: whatever a file holds, the program says what is wrong with
//! it and ends with exit code 2. It never panics, overflows or hangs.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Workspace, repository, wfc};
use wfc_compiler::{Loader, Options, compile};

/// How long one file may take, with a slow machine in mind: what is not linear
/// takes minutes.
const LIMIT: Duration = Duration::from_secs(20);

/// Files in memory.
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Loader for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = self.0.get(path).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    fn workspace(&self) -> &Path {
        Path::new("/ws")
    }
}

/// The stack in both languages.
fn stack() -> Memory {
    let mut files = BTreeMap::new();
    for folder in ["workflows/stack", "lisp-examples/stack"] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let name = Path::new(folder).join(entry.file_name());
                files.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    Memory(files)
}

/// Compiles each file of the stack as `damage` leaves it. Nothing is asked of
/// the findings but that they can be shown.
fn damaged(damage: impl Fn(&[u8], usize) -> Option<Vec<u8>>) {
    let mut memory = stack();
    let sources: Vec<PathBuf> = memory.0.keys().cloned().collect();
    let mut count = 0;
    for path in sources {
        let name = path.to_str().unwrap();
        if !name.ends_with(".yaml") && !name.ends_with(".orc") {
            continue;
        }
        let whole = memory.0[&path].clone();
        for round in 0.. {
            let Some(bytes) = damage(&whole, round) else {
                break;
            };
            memory.0.insert(path.clone(), bytes);
            let compiled = compile(name, &Options::default(), &memory);
            let mut shown = Vec::new();
            wfc_diag::render::render(
                wfc_diag::render::Format::Human,
                &compiled.sources,
                &compiled.diagnostics,
                false,
                &mut shown,
            )
            .unwrap();
            count += 1;
        }
        memory.0.insert(path, whole);
    }
    assert!(count > 300, "only {count} damaged files were tried");
}

#[test]
fn files_that_end_too_soon_are_read() {
    damaged(|whole, round| {
        let end = round * 29;
        (end < whole.len()).then(|| whole[..end].to_vec())
    });
}

#[test]
fn files_with_wrong_bytes_are_read() {
    /// Bytes that mean something in either language, and some that mean
    /// nothing in any.
    const BYTES: &[u8] = b"\0\t\n\r !\"#$%&'()*,-./:;=?@[\\]^`{|}~0a\x7f\x80\xc3\xff";
    damaged(|whole, round| {
        let mut bytes = whole.to_vec();
        // A generator of Lehmer's: the same places in every run.
        let mut seed = round as u64 + 1;
        let mut next = || {
            seed = seed * 48_271 % 0x7fff_ffff;
            usize::try_from(seed).unwrap()
        };
        next();
        for _ in 0..=round % 3 {
            let place = next() % bytes.len();
            bytes[place] = BYTES[next() % BYTES.len()];
        }
        (round < 60).then_some(bytes)
    });
}

/// Runs the program, and holds it to the limit.
#[track_caller]
fn run(workspace: &Workspace, args: &[&str]) -> Output {
    let begun = Instant::now();
    let output = wfc(workspace).args(args).output().unwrap();
    let took = begun.elapsed();
    assert!(took < LIMIT, "{args:?} took {took:?}");
    output
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `wfc check` of a file with these bytes: exit code 2, and these words.
#[track_caller]
fn refused(name: &str, bytes: impl AsRef<[u8]>, words: &str) {
    let workspace = Workspace::new();
    std::fs::write(workspace.path().join(name), bytes).unwrap();
    let output = run(&workspace, &["check", "--format", "short", name]);
    let shown: String = out(&output).chars().take(2000).collect();
    let why = err(&output);
    assert_eq!(output.status.code(), Some(2), "{name}: {shown}{why}");
    assert!(shown.contains(words), "no {words:?} in {shown}{why}");
}

#[test]
fn files_that_are_no_workflows() {
    refused("a.yaml", "", "a.yaml:1:1: error[E0303]");
    refused("a.orc", "", "a.orc:1:1: error[E0601]");
    let noise: Vec<u8> = (0..20_000u32).map(|i| (i * i % 251) as u8 | 0x80).collect();
    refused("a.yaml", &noise, "error[E0106]: the file is not UTF-8");
    refused("a.orc", &noise, "E0106");
    refused("a.yaml", "version: \"3.0\"\nname: \u{fffd}\0", "error[");
    let two = "version: \"3.0\"\nname: a\nsteps: [{name: A, command: [echo]}]\n---\nb: 1\n";
    refused("a.yaml", two, "a.yaml:4:1: error[E0105]");

    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path().join("a.yaml")).unwrap();
    std::fs::create_dir(workspace.path().join("a.orc")).unwrap();
    for (name, why) in [
        ("a.yaml", "it is a directory"),
        ("a.orc", "it is a directory"),
        ("b.yaml", "there is no such file"),
        ("b.orc", "there is no such file"),
    ] {
        let output = run(&workspace, &["check", "--format", "short", name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(out(&output).contains(why), "{}", out(&output));
    }
}

#[test]
fn a_byte_order_mark_and_windows_lines_are_no_mistake() {
    let workspace = Workspace::new();
    let text =
        "\u{feff}version: \"3.0\"\r\nname: a\r\nsteps:\r\n  - name: A\r\n    command: [echo]\r\n";
    workspace.write("a.yaml", text);
    let output = run(&workspace, &["check", "a.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

#[test]
fn nesting_is_bounded_and_its_cost_linear() {
    const LEVELS: usize = 100_000;
    for opening in ["[", "{", "{a: ", "- ", "? "] {
        refused("a.yaml", opening.repeat(LEVELS), "E0108");
    }
    let block: String = (0..1000)
        .map(|i| format!("{}a:\n", " ".repeat(i)))
        .collect();
    refused("a.yaml", block, "E0108");
    for opening in ["(", "(+ 1 "] {
        refused("a.orc", opening.repeat(LEVELS), "E0206");
    }
    for noise in ["[", "'", ")", "#|", "\"", "!", "&a ", "*a ", "a: |\n"] {
        refused("a.orc", noise.repeat(LEVELS), "error[");
        refused("a.yaml", noise.repeat(LEVELS), "error[");
    }
}

/// A name with dots is found by its longest beginning, of which there may be
/// many.
#[test]
fn a_hole_of_many_dots_costs_linear_time() {
    for start in ["steps", "inputs"] {
        let hole = format!("{start}.A{}", ".x".repeat(100_000));
        let text = format!(
            "version: \"2.14\"\nname: dots\nsteps:\n  - name: A\n    command: [echo, \"${{{hole}}}\"]\n"
        );
        refused("dots.yaml", text, "error");
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text =
        "version: \"3.0\"\nname: a\nsteps:\n  - &a0 {name: A, command: [echo]}\n".to_owned();
    for level in 0..12 {
        let uses = format!("*a{level}, ").repeat(9);
        text.push_str(&format!("  - &a{} [{uses}]\n", level + 1));
    }
    refused("a.yaml", text, "E0107");
}

/// A workflow that is nested as deep as `body` makes it compiles, and its plan
/// can be read back.
#[track_caller]
fn comes_back(name: &str, text: &str, args: &[&str]) {
    let workspace = Workspace::new();
    workspace.write(name, text);
    let compiled = run(
        &workspace,
        &["compile", name, "--emit", "plan", "-o", "p.json"],
    );
    assert_eq!(compiled.status.code(), Some(0), "{}", err(&compiled));
    let output = run(
        &workspace,
        &[&["run", "--dry-run", "p.json"], args].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

fn module(definitions: &str, result: &str, body: &str) -> String {
    format!(
        "(workflow-lisp (:language \"1.0\") (defmodule a) (export go)
  (defenum Mode ON OFF)
  {definitions}
  (defworkflow go ((n Int) (mode Mode)) -> {result}
    {body}))
"
    )
}

#[test]
fn what_compiles_can_be_read_back_however_deep() {
    let inputs = ["--input", "n=3", "--input", "mode=ON"];
    let mut mixed = "n".to_owned();
    for level in 0..60 {
        mixed = match level % 4 {
            0 => format!("(if (> n {level}) {mixed} {level})"),
            1 => format!("(let* ((v{level} (+ n 1))) (+ v{level} {mixed}))"),
            2 => format!("(match mode (ON {mixed}) (OFF {level}))"),
            _ => {
                format!("(loop/recur :max 2 :state 1 (fn (s{level}) (done (+ s{level} {mixed}))))")
            }
        };
    }
    comes_back("a.orc", &module("", "Int", &mixed), &inputs);

    // The deepest type that is allowed, and values of it.
    let mut definitions = String::new();
    let (mut ty, mut value) = ("Int".to_owned(), "n".to_owned());
    for level in 0..26 {
        definitions.push_str(&format!("(defrecord R{level} (f List[{ty}]))\n"));
        ty = format!("R{level}");
        value = format!("(record R{level} :f (list {value}))");
    }
    comes_back("a.orc", &module(&definitions, &ty, &value), &inputs);
    let lists = format!("{}{ty}{}", "List[".repeat(31), "]".repeat(31));
    let value = format!("{}{value}{}", "(list ".repeat(31), ")".repeat(31));
    comes_back("a.orc", &module(&definitions, &lists, &value), &inputs);
    definitions.push_str(&format!("(defrecord Last (f List[{ty}]))\n"));
    refused("a.orc", module(&definitions, "Int", "n"), "E0611");

    let condition = format!("{}{{exists: a}}{}", "{not: ".repeat(44), "}".repeat(44));
    let workflow = |when: &str| {
        format!(
            "version: \"3.0\"\nname: a\nsteps:\n  - name: A\n    command: [echo]\n    when: {when}\n"
        )
    };
    comes_back("a.yaml", &workflow(&condition), &[]);
    refused(
        "a.yaml",
        workflow(&format!("{{not: {condition}}}")),
        "E0108",
    );
}

/// A workflow whose first run stops at `Second`.
const STOPS: &str = r#"
version: "3.0"
name: stops
inputs:
  who: {kind: scalar, type: string, default: you}
  count: {kind: scalar, type: integer, default: 1}
steps:
  - name: First
    command: [echo, "${inputs.who}"]
  - name: Second
    command: [bash, -c, "test -e mended"]
"#;

fn stops() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("stops.yaml", STOPS);
    workspace
}

#[test]
fn plans_that_are_none_are_refused() {
    let workspace = stops();
    run(
        &workspace,
        &[
            "compile",
            "stops.yaml",
            "--emit",
            "plan",
            "-o",
            "whole.json",
        ],
    );
    let whole = workspace.read("whole.json");
    let plan: Value = serde_json::from_str(&whole).unwrap();
    let changed = |pointer: &str, value: Value| {
        let mut plan = plan.clone();
        *plan.pointer_mut(pointer).unwrap() = value;
        plan.to_string()
    };
    let cyclic = {
        let mut plan = plan.clone();
        let regions = plan["workflows"][0]["regions"].as_array_mut().unwrap();
        let nodes = regions[0]["nodes"].as_array_mut().unwrap();
        let first = nodes[0].clone();
        nodes.push(first);
        plan.to_string()
    };
    for (text, words) in [
        (String::new(), "is not JSON"),
        ("[]".into(), "is not a plan"),
        ("{}".into(), "it has no schema"),
        (whole[..whole.len() / 2].to_owned(), "is not JSON"),
        ("[".repeat(100_000), "is not JSON"),
        (changed("/schema", json!("wfc.ir")), "not a `wfc.plan`"),
        (changed("/major", json!(99)), "version 99"),
        (changed("/workflows", json!([])), "not a sound plan"),
        (changed("/workflows/0/body", json!(7)), "not a sound plan"),
        (changed("/workflows/0/body", json!(-1)), "is not a plan"),
        (
            changed("/workflows/0/regions/0/nodes/0", json!(99)),
            "not a sound plan",
        ),
        (cyclic, "not a sound plan"),
    ] {
        workspace.write("p.json", &text);
        let output = run(&workspace, &["run", "p.json"]);
        assert_eq!(output.status.code(), Some(2), "{words}: {}", err(&output));
        assert!(
            err(&output).contains(words),
            "no {words:?} in {}",
            err(&output)
        );
    }
    assert_eq!(workspace.only_run(), None, "a run was begun");
}

/// All files of a run but its lock, with their contents.
fn evidence(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![run.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("run.lock") {
                files.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Does `harm` to the directory of a run that has stopped. `wfc resume` says
/// `words` and changes nothing; `wfc report` does not fail in a worse way.
#[track_caller]
fn harmed(words: &str, harm: impl Fn(&Path)) {
    let workspace = stops();
    let failed = run(&workspace, &["run", "stops.yaml"]);
    assert_eq!(failed.status.code(), Some(1), "{}", err(&failed));
    let id = workspace.only_run().unwrap();
    let directory = workspace.run_dir(&id);
    workspace.write("mended", "");
    harm(&directory);
    let before = evidence(&directory);
    let resumed = run(&workspace, &["resume", &id]);
    let said = err(&resumed);
    assert_eq!(resumed.status.code(), Some(2), "{words}: {said}");
    assert!(said.contains(words), "no {words:?} in {said}");
    let report = run(&workspace, &["report", "--run-id", &id]);
    assert!(
        matches!(report.status.code(), Some(0 | 2)),
        "{}",
        err(&report)
    );
    assert!(before == evidence(&directory), "the evidence was changed");
}

fn edit(path: PathBuf, change: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "{} was not harmed", path.display());
    std::fs::write(path, changed).unwrap();
}

#[test]
fn run_directories_that_were_harmed_are_left_alone() {
    let journal = |run: &Path| run.join("journal.jsonl");
    let plan = |run: &Path| run.join("plan.json");
    harmed("journal.jsonl", |run| {
        std::fs::remove_file(journal(run)).unwrap();
    });
    harmed("no complete record", |run| {
        edit(journal(run), |_| String::new())
    });
    harmed("no complete record", |run| {
        edit(journal(run), |text| text[..9].to_owned());
    });
    harmed("line 2", |run| {
        edit(journal(run), |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines[1] = "{\"torn\": ";
            lines.join("\n") + "\n"
        });
    });
    harmed("expected record", |run| {
        edit(journal(run), |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.remove(2);
            lines.join("\n") + "\n"
        });
    });
    harmed("plan", |run| std::fs::remove_file(plan(run)).unwrap());
    harmed("plan", |run| edit(plan(run), |text| text[..200].to_owned()));
    harmed("plan", |run| {
        edit(plan(run), |text| {
            text.replace("test -e mended", "echo pwned")
        });
    });
}

#[test]
fn a_lost_or_broken_state_is_made_anew() {
    for harm in ["", "{\"status\": ", "lost"] {
        let workspace = stops();
        run(&workspace, &["run", "stops.yaml"]);
        let id = workspace.only_run().unwrap();
        workspace.write("mended", "");
        let state = workspace.run_dir(&id).join("state.json");
        if harm == "lost" {
            std::fs::remove_file(&state).unwrap();
        } else {
            std::fs::write(&state, harm).unwrap();
        }
        let resumed = run(&workspace, &["resume", &id]);
        assert_eq!(resumed.status.code(), Some(0), "{}", err(&resumed));
        let text = std::fs::read_to_string(&state).unwrap();
        let state: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(state["status"], "completed");
    }
}

#[test]
fn a_run_id_cannot_leave_the_directory_of_runs() {
    let workspace = stops();
    for id in ["../x", "..", ".", "/etc", "a/b", ""] {
        let resumed = run(&workspace, &["resume", id]);
        assert_eq!(resumed.status.code(), Some(2), "{id}: {}", err(&resumed));
        let report = run(&workspace, &["report", "--run-id", id]);
        assert_eq!(report.status.code(), Some(2), "{id}: {}", out(&report));
    }
}

/// `wfc run` with these arguments is refused with these words, before anything
/// is begun.
#[track_caller]
fn no_input(args: &[&str], words: &[&str]) {
    let workspace = stops();
    workspace.write("broken.json", "{who: you}");
    workspace.write("list.json", "[1]");
    workspace.write("wrong.json", r#"{"who": 3, "count": "x", "whoo": 1}"#);
    let output = run(&workspace, &[&["run", "stops.yaml"], args].concat());
    let said = err(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in words {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert_eq!(workspace.only_run(), None, "a run was begun");
}

#[test]
fn inputs_that_do_not_fit() {
    no_input(&["--input", "whoo=x"], &["did you mean `who`?"]);
    no_input(&["--input", "who"], &["has no `=`", "NAME=VALUE"]);
    no_input(&["--input", "=x"], &["`--input =x` names no input"]);
    no_input(&["--input", "count=1.5"], &["`count`: expected an integer"]);
    no_input(&["--context", "b"], &["`--context b` has no `=`"]);
    no_input(&["--input-file", "none.json"], &["cannot read none.json"]);
    no_input(
        &["--input-file", "broken.json"],
        &["broken.json is not JSON"],
    );
    no_input(&["--input-file", "list.json"], &["must hold a JSON object"]);
    no_input(
        &["--input-file", "wrong.json"],
        &[
            "`who`: expected a string",
            "`count`: expected an integer",
            "`whoo`",
        ],
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let workspace = Workspace::new();
    let mut text = "version: \"3.0\"\nname: a\n".to_owned();
    for key in 0..3000 {
        text.push_str(&format!("k{key}: 1\n"));
    }
    workspace.write("a.yaml", &text);
    let mut child = wfc(&workspace)
        .args(["check", "a.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("error["), "{first}");
    assert!(!err(&output).contains("panicked"), "{}", err(&output));
    assert_ne!(output.status.code(), Some(101));
}
