//! The examples of `specs/` hold: the real program reads each of them.
//!
//! What an example shows is said after its fence:
//!
//! - `yaml check`, `lisp check`: there is no error in it;
//! - `yaml E0401 E0301`: it has these findings, in this order, and no others;
//! - `yaml run --input n=3`: it runs with these arguments. A `json outputs`
//!   block behind it holds all outputs, a `json state` block a part of
//!   `state.json`;
//! - `yaml file lib.yaml`: a file that the examples after it need.
//!
//! The pages of codes have `fail`, `fix` and `file` blocks instead.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write;

use blocks::{Block, blocks};
use serde_json::Value;
use support::{Workspace, repository, wfc};
use wfc_diag::{ALL_CODES, Code, Example, ExampleKind};

#[test]
fn the_examples_of_the_pages_hold() {
    let mut report = Report::default();
    for page in pages() {
        let text = std::fs::read_to_string(repository().join("specs").join(&page)).unwrap();
        check_page(&page, &text, &mut report);
    }
    report.finish();
}

#[test]
fn the_examples_of_the_codes_hold() {
    let mut report = Report::default();
    for &code in ALL_CODES {
        let examples = wfc_diag::examples(code);
        for example in examples.iter().filter(|e| e.kind != ExampleKind::File) {
            report.examples += 1;
            if let Err(why) = check_example(code, example, &examples) {
                report.fail(&format!("specs/codes/{}.md", code.id()), &why);
            }
        }
    }
    report.finish();
}

#[test]
fn the_index_names_every_page() {
    let index = std::fs::read_to_string(repository().join("specs/index.md")).unwrap();
    for page in pages() {
        assert!(
            page == "index.md" || index.contains(&format!("]({page})")),
            "specs/index.md has no link to {page}"
        );
    }
}

#[test]
fn the_harness_sees_what_is_wrong() {
    let broken = "version: \"2.14\"\nname: x\nsteps:\n  - name: A\n    comand: [\"true\"]\n";
    let quick = "version: \"2.14\"\nname: x\nsteps:\n  - name: A\n    command: [\"true\"]\n";
    for (page, fails) in [
        (format!("```yaml check\n{quick}```\n"), 0),
        (format!("```yaml check\n{broken}```\n"), 1),
        (format!("```yaml E9999\n{quick}```\n"), 1),
        (
            format!("```yaml run\n{quick}```\n```json outputs\n{{}}\n```\n"),
            0,
        ),
        (
            format!("```yaml run\n{quick}```\n```json outputs\n{{\"a\": 1}}\n```\n"),
            1,
        ),
        (
            format!("```yaml run\n{quick}```\n```json state\n{{\"status\": \"failed\"}}\n```\n"),
            1,
        ),
        ("```yaml\na: 1\n```\n".to_owned(), 1),
        ("```json outputs\n{}\n```\n".to_owned(), 1),
    ] {
        let mut report = Report::default();
        check_page("page.md", &page, &mut report);
        assert_eq!(report.failures.len(), fails, "{page}{:?}", report.failures);
    }
}

/// What did not hold.
#[derive(Default)]
struct Report {
    examples: usize,
    failures: Vec<String>,
}

impl Report {
    fn fail(&mut self, place: &str, why: &str) {
        self.failures.push(format!("{place}: {}", why.trim_end()));
    }

    fn finish(self) {
        assert!(self.examples > 0, "there are no examples");
        assert!(
            self.failures.is_empty(),
            "{} of {} examples do not hold\n\n{}\n",
            self.failures.len(),
            self.examples,
            self.failures.join("\n\n")
        );
    }
}

/// The pages of `specs/` and its folders, without those of the codes, which
/// are tested by what they are about.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(repository().join("specs").join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}{}", entry.file_name().into_string().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true if name == "codes" => {}
                true => folders.push(name + "/"),
                false if name.ends_with(".md") => pages.push(name),
                false => {}
            }
        }
    }
    pages.sort();
    pages
}

fn check_page(page: &str, text: &str, report: &mut Report) {
    let all = blocks(text);
    let mut files: Vec<&Block> = Vec::new();
    for (at, block) in all.iter().enumerate() {
        let place = format!("specs/{page}:{}", block.line);
        let kind = block.word(1);
        match block.word(0) {
            "json" if matches!(kind, "outputs" | "state") => {
                let before = at.checked_sub(1).map(|before| &all[before]);
                if !before.is_some_and(|b| matches!(b.word(1), "run" | "outputs" | "state")) {
                    report.fail(&place, "there is no `run` example in front of it");
                }
                continue;
            }
            _ if kind == "file" => {
                files.push(block);
                continue;
            }
            "yaml" | "lisp" => {}
            _ => continue,
        }
        report.examples += 1;
        let workspace = Workspace::new();
        for file in &files {
            workspace.write(file.word(2), &file.text);
        }
        let main = main_of(block.word(0));
        workspace.write(main, &block.text);
        let expected = all[at + 1..].iter().take_while(|next| {
            next.word(0) == "json" && matches!(next.word(1), "outputs" | "state")
        });
        let found = match kind {
            "check" => findings(&workspace, main, &[]).and_then(|found| found.no_errors()),
            "run" => run(&workspace, main, &block.info[2..], expected),
            code if code.starts_with(['E', 'W', 'L']) => {
                findings(&workspace, main, &[]).and_then(|found| found.are(&block.info[1..]))
            }
            _ => Err("the block does not say what it shows".to_owned()),
        };
        if let Err(why) = found {
            report.fail(&place, &why);
        }
    }
}

/// An example of a code: the failing file has that code and no other error;
/// the mended one has no error and not that code.
fn check_example(code: Code, example: &Example, all: &[Example]) -> Result<(), String> {
    let workspace = Workspace::new();
    for file in all.iter().filter(|e| e.kind == ExampleKind::File) {
        workspace.write(file.file, file.text);
    }
    workspace.write(example.file, example.text);
    // One that is silent by default must be asked for.
    let options: &[&str] = match code.info().pedantic {
        true => &["--warn", code.id()],
        false => &[],
    };
    let found = findings(&workspace, example.file, options)?;
    let has = found.codes.iter().any(|(id, _)| id == code.id());
    let others: BTreeSet<&str> = found
        .codes
        .iter()
        .filter(|(id, severity)| severity == "error" && id != code.id())
        .map(|(id, _)| id.as_str())
        .collect();
    let others: Vec<&str> = others.into_iter().collect();
    match example.kind {
        ExampleKind::Fail if !has => Err(format!(
            "the failing {} example has no {}\n{}",
            example.language,
            code.id(),
            found.shown
        )),
        ExampleKind::Fail if !others.is_empty() => Err(format!(
            "the failing {} example has {} beside {}\n{}",
            example.language,
            others.join(", "),
            code.id(),
            found.shown
        )),
        ExampleKind::Fix if has || !others.is_empty() => Err(format!(
            "the mended {} example has findings\n{}",
            example.language, found.shown
        )),
        _ => Ok(()),
    }
}

fn main_of(language: &str) -> &'static str {
    match language {
        "lisp" => "main.orc",
        _ => "main.yaml",
    }
}

/// What `wfc check` says of a file.
struct Findings {
    /// Code and severity, in order.
    codes: Vec<(String, String)>,
    /// The same for people.
    shown: String,
}

impl Findings {
    fn no_errors(self) -> Result<(), String> {
        match self.codes.iter().any(|(_, severity)| severity == "error") {
            true => Err(format!("expected no error, found\n{}", self.shown)),
            false => Ok(()),
        }
    }

    fn are(self, expected: &[String]) -> Result<(), String> {
        let found: Vec<&str> = self.codes.iter().map(|(code, _)| code.as_str()).collect();
        match found == expected {
            true => Ok(()),
            false => Err(format!(
                "expected {}, found {}\n{}",
                expected.join(" "),
                match found.as_slice() {
                    [] => "nothing".to_owned(),
                    found => found.join(" "),
                },
                self.shown
            )),
        }
    }
}

fn findings(workspace: &Workspace, file: &str, options: &[&str]) -> Result<Findings, String> {
    let output = wfc(workspace)
        .args(["check", file, "--format", "json", "--quiet"])
        .args(options)
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        format!(
            "`wfc check` ended with {} and wrote no JSON\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let mut found = Findings {
        codes: Vec::new(),
        shown: String::new(),
    };
    for each in document["diagnostics"].as_array().unwrap() {
        let text = |key: &str| each[key].as_str().unwrap_or_default().to_owned();
        let _ = writeln!(
            found.shown,
            "  {}:{}:{}: {} {}",
            text("file"),
            each["start"]["line"],
            each["start"]["column"],
            text("code"),
            text("message")
        );
        found.codes.push((text("code"), text("severity")));
    }
    Ok(found)
}

fn run<'a>(
    workspace: &Workspace,
    file: &str,
    args: &[String],
    expected: impl Iterator<Item = &'a Block>,
) -> Result<(), String> {
    let output = wfc(workspace)
        .args(["run", file, "--quiet"])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let Some(id) = workspace.only_run() else {
        return Err(format!("it did not run\n{said}"));
    };
    let state = std::fs::read(workspace.run_dir(&id).join("state.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let mut any = false;
    for block in expected {
        any = true;
        let wanted: Value = serde_json::from_str(&block.text)
            .map_err(|error| format!("the JSON behind it cannot be read: {error}"))?;
        if block.word(1) == "outputs" {
            if state["status"] != "completed" || state["workflow_outputs"] != wanted {
                return Err(format!(
                    "expected the outputs {wanted}, found {} ({})\n{said}",
                    state["workflow_outputs"], state["status"]
                ));
            }
        } else if let Err(why) = holds(&wanted, &state, "state") {
            return Err(format!("{why}\n{said}"));
        }
    }
    match any || output.status.success() {
        true => Ok(()),
        false => Err(format!("it ended with {}\n{said}", output.status)),
    }
}

/// Is `wanted` a part of `found`?
fn holds(wanted: &Value, found: &Value, at: &str) -> Result<(), String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted
                .iter()
                .try_for_each(|(key, value)| match found.get(key) {
                    Some(inner) => holds(value, inner, &format!("{at}.{key}")),
                    None => Err(format!("there is no {at}.{key}")),
                })
        }
        _ if wanted == found => Ok(()),
        _ => Err(format!("expected {at} to be {wanted}, found {found}")),
    }
}
