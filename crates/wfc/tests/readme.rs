//! What the READMEs show is what happens: every `console` block is executed,
//! in order, in a workspace that has the stack. A line that begins with `$ `
//! is a command; the lines after it are all that it writes, to either stream,
//! and `...` stands for lines that are left out. Run ids and times differ from
//! run to run, hashes from change to change; they are not compared. A block
//! ```` ```yaml file NAME ```` is a file of the workspace.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use blocks::blocks;
use support::{Workspace, repository};

#[test]
fn the_main_page() {
    check("README.md");
}

#[test]
fn the_page_of_the_workflows() {
    check("workflows/README.md");
}

#[test]
fn the_page_of_the_pairs() {
    check("lisp-examples/README.md");
}

#[test]
fn the_stack_is_one_program_in_both_languages() {
    let workspace = Workspace::with_stack();
    let changes = changes(
        &workspace,
        "workflows/stack/stack.yaml",
        "lisp-examples/stack/stack.orc",
    );
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn every_difference_on_the_page_of_the_pairs_has_its_reason() {
    let page = std::fs::read_to_string(repository().join("lisp-examples/README.md")).unwrap();
    let workspace = Workspace::with_stack();
    let all = blocks(&page);
    for file in all.iter().filter(|block| block.word(1) == "file") {
        workspace.write(file.word(2), &file.text);
    }
    // `| kind: aspect, aspect | reason |`
    let mut unused: Vec<(&str, &str)> = page
        .lines()
        .skip_while(|line| *line != "| difference | reason |")
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .split_once(" | ")?
                .0
                .split_once(": ")
        })
        .flat_map(|(kind, aspects)| aspects.split(", ").map(move |aspect| (kind, aspect)))
        .collect();
    let explained = unused.clone();
    let shown = all
        .iter()
        .filter(|block| block.word(0) == "console")
        .flat_map(|block| sessions(&block.text));
    for (command, _) in shown {
        let Some((a, b)) = command
            .strip_prefix("wfc diff ")
            .and_then(|files| files.split_once(' '))
        else {
            continue;
        };
        for (kind, aspect) in changes(&workspace, a, b) {
            let is_meant = |known: &&(&str, &str)| {
                known.0 == kind
                    && (aspect == known.1 || aspect.starts_with(&format!("{} ", known.1)))
            };
            let reason = explained.iter().find(is_meant);
            assert!(
                reason.is_some(),
                "no reason is given for `{kind}: {aspect}`"
            );
            unused.retain(|known| Some(known) != reason);
        }
    }
    assert!(
        unused.is_empty(),
        "these differences are not there: {unused:?}"
    );
}

/// Kind and aspect of each difference between two workflows.
fn changes(workspace: &Workspace, a: &str, b: &str) -> Vec<(String, String)> {
    let output = support::wfc(workspace)
        .args(["diff", a, b, "--format", "json"])
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let changes = document["changes"].as_array().unwrap();
    assert_eq!(document["same"], changes.is_empty(), "{document}");
    changes
        .iter()
        .map(|change| (text(&change["kind"]), text(&change["aspect"])))
        .collect()
}

#[test]
fn the_tests_are_the_gate() {
    let page = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let gate = std::fs::read_to_string(repository().join(".ci/run")).unwrap();
    let tests: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .filter(|command| is_the_test_run(command))
        .collect();
    assert_eq!(tests.len(), 1, "one command runs the tests");
    assert!(
        gate.lines().any(|line| line == tests[0]),
        ".ci/run does not contain `{}`",
        tests[0]
    );
}

#[test]
fn what_differs_is_told_from_what_must_not() {
    let shown = "run 20260131T120000Z-a1b2c3 completed after 1.25s\n";
    let same = "run 20270131T120000Z-zzzzzz completed after 0.01s\n";
    assert_eq!(normal(shown), normal(same));
    assert!(matches("a\n...\nz\n", "a\nb\nc\nz\n"));
    assert!(matches("...\nz\n", "z\n"));
    assert!(!matches("a\nz\n", "a\nb\nz\n"));
    assert!(!matches("a\n", "a\nb\n"));
    assert!(!matches("version 1.2.3\n", "version 1.2.4\n"));
    let hash = |digit: &str| format!("same IR sha256:{}\n", digit.repeat(64));
    assert!(matches(&hash("0"), &hash("a")));
    assert!(!matches(&hash("0"), "same IR sha256:00\n"));
}

/// Running the tests from a test would not end.
fn is_the_test_run(command: &str) -> bool {
    command.starts_with("cargo test")
}

#[track_caller]
fn check(page: &str) {
    let text = std::fs::read_to_string(repository().join(page)).unwrap();
    let workspace = Workspace::with_stack();
    let bin = workspace.path().join(".bin");
    shim(&bin, "wfc", "exec WFC \"$@\"");
    // `cargo run OPTIONS -- ARGUMENTS` starts the program that is tested.
    let cargo = "while [ \"$1\" != -- ]; do shift; done\nshift\nexec WFC \"$@\"";
    shim(&bin, "cargo", cargo);
    let (mut commands, mut failures) = (0, Vec::new());
    for block in blocks(&text) {
        match (block.word(0), block.word(1)) {
            ("console", _) => {}
            (_, "file") => {
                workspace.write(block.word(2), &block.text);
                continue;
            }
            _ => continue,
        }
        for (command, expected) in sessions(&block.text) {
            commands += 1;
            if is_the_test_run(&command) {
                continue;
            }
            let found = run(&workspace, &command);
            if !matches(&expected, &found) {
                failures.push(format!(
                    "{page}:{}: $ {command}\nexpected\n{expected}found\n{found}",
                    block.line
                ));
            }
        }
    }
    assert!(commands > 0, "{page} shows no command");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The commands of a block, each with what it writes.
fn sessions(block: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            sessions.push((command.to_owned(), String::new()));
        } else if let Some((command, output)) = sessions.last_mut() {
            let target = if goes_on { command } else { output };
            if goes_on {
                target.push('\n');
            }
            target.push_str(line);
            if !goes_on {
                target.push('\n');
            }
        }
        let in_command = goes_on || line.starts_with("$ ");
        goes_on = in_command && line.ends_with('\\');
    }
    sessions
}

fn run(workspace: &Workspace, command: &str) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = workspace.path().join(".bin");
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(workspace.path())
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn shim(bin: &std::path::Path, name: &str, script: &str) {
    std::fs::create_dir_all(bin).unwrap();
    let script = script.replace("WFC", env!("CARGO_BIN_EXE_wfc"));
    let path = bin.join(name);
    std::fs::write(&path, format!("#!/usr/bin/env bash\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Is `found` what the page shows?
fn matches(expected: &str, found: &str) -> bool {
    let (expected, found) = (normal(expected), normal(found));
    let expected: Vec<&str> = expected.lines().collect();
    let found: Vec<&str> = found.lines().collect();
    matches_lines(&expected, &found)
}

fn matches_lines(expected: &[&str], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skip| matches_lines(rest, &found[skip..])),
        Some((line, rest)) => {
            found
                .first()
                .is_some_and(|first| first.trim_end() == line.trim_end())
                && matches_lines(rest, &found[1..])
        }
    }
}

/// The text with a word for each run id, each time and each hash.
fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let fresh = !out.ends_with(|c: char| c.is_alphanumeric() || c == '.');
        if let Some(length) = run_id(rest).filter(|_| fresh) {
            out.push_str("RUN");
            rest = &rest[length..];
        } else if let Some(length) = seconds(rest).filter(|_| fresh) {
            out.push_str("TIME");
            rest = &rest[length..];
        } else if let Some(length) = hash(rest).filter(|_| fresh) {
            out.push_str("HASH");
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The length of the run id that a text begins with.
fn run_id(text: &str) -> Option<usize> {
    let shape = "00000000T000000Z-aaaaaa";
    let id = text.get(..shape.len())?;
    id.bytes()
        .zip(shape.bytes())
        .all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            other => byte == other,
        })
        .then_some(shape.len())
}

/// The length of the hash that a text begins with.
fn hash(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("sha256:")?.get(..64)?;
    digits
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        .then_some("sha256:".len() + 64)
}

/// The length of the time, such as `1.25s`, that a text begins with.
fn seconds(text: &str) -> Option<usize> {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map(digits)?;
    let end = whole + 1 + fraction;
    (whole > 0 && fraction > 0 && text[end..].starts_with('s')).then_some(end + 1)
}
