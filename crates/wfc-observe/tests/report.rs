//! Reports on recorded run directories.

#![allow(clippy::unwrap_used, missing_docs, clippy::disallowed_methods)]
#![allow(clippy::disallowed_types)]

use std::path::{Path, PathBuf};

use wfc_observe::{find_run, latest_run, markdown, report, runs, summary};

/// The recorded runs, from the directory that tests run in.
fn root() -> &'static Path {
    Path::new("tests/runs")
}

fn page(run: &str) -> String {
    markdown(&report(&find_run(root(), run).unwrap()).unwrap())
}

#[test]
fn a_failed_run() {
    insta::assert_snapshot!(page("20260131T120000Z-failed"));
}

#[test]
fn a_failed_run_as_json() {
    let report = report(&root().join("20260131T120000Z-failed")).unwrap();
    let mut report = serde_json::to_value(report).unwrap();
    // The rest of the tree has the same shape, and the page shows it.
    report["steps"].as_array_mut().unwrap().truncate(1);
    insta::assert_json_snapshot!(report);
}

/// Only there can the death of a process be seen.
#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_process_is_gone() {
    insta::assert_snapshot!(page("20260131T130000Z-killed"));
}

#[test]
fn the_newest_run_is_the_default() {
    let newest: PathBuf = latest_run(root()).unwrap();
    assert!(newest.ends_with("20260131T130000Z-killed"));
}

#[track_caller]
fn check_missing(root: &str, id: &str, message: &str, help: Option<&str>) {
    let error = find_run(Path::new(root), id).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.help().as_deref(), help);
}

#[test]
fn missing_runs() {
    let newest = "the newest runs are 20260131T130000Z-killed, 20260131T120000Z-failed";
    for id in [
        "19991231",
        "../runs",
        "",
        ".",
        "20260131T120000Z-failed/logs",
    ] {
        check_missing(
            "tests/runs",
            id,
            &format!("there is no run `{id}` in tests/runs"),
            Some(newest),
        );
    }
    check_missing("no/where", "x", "there is no run `x` in no/where", None);
    let error = latest_run(Path::new("no/where")).unwrap_err();
    assert_eq!(error.to_string(), "there are no runs in no/where");
    let error = report(Path::new("tests")).unwrap_err().to_string();
    assert!(
        error.starts_with("tests is not a readable run: "),
        "{error}"
    );
}

#[test]
fn a_run_is_found_by_what_tells_it_apart() {
    let found = |given: &str| {
        let dir = find_run(root(), given).unwrap();
        dir.file_name().unwrap().to_owned()
    };
    assert_eq!(found("20260131T12"), "20260131T120000Z-failed");
    assert_eq!(found("kil"), "20260131T130000Z-killed");
    assert_eq!(found("latest"), "20260131T130000Z-killed");
    check_missing(
        "tests/runs",
        "20260131T1",
        "`20260131T1` may be any of 2 runs; give more of the id",
        Some("they are 20260131T130000Z-killed, 20260131T120000Z-failed"),
    );
    for slip in ["failde", "2026013T120000Z-failed"] {
        check_missing(
            "tests/runs",
            slip,
            &format!("there is no run `{slip}` in tests/runs"),
            Some("did you mean 20260131T120000Z-failed?"),
        );
    }
}

#[test]
fn a_step_is_found_by_each_of_its_names() {
    let report = report(&root().join("20260131T120000Z-failed")).unwrap();
    let check = |given: &str, expected: &str| match report.find_step(given) {
        Ok(found) => assert_eq!(found.name, expected, "{given}"),
        Err(error) => {
            let help = error.help().unwrap_or_default();
            assert_eq!(format!("{error}; {help}"), expected, "{given}");
        }
    };
    check("Hello", "Hello");
    check("root.hello", "Hello");
    check("Rounds[1].Work", "Rounds[1].Work");
    check("root.rounds#1.round.work", "Rounds[1].Work");
    check("Rounds[0].Pass.Tell", "Rounds[0].Pass.Tell");
    check(
        "Work",
        "`Work` may be any of 2 steps; they are `Rounds[0].Work`, `Rounds[1].Work`",
    );
    check("helo", "the run has no step `helo`; did you mean `Hello`?");
    check("nothing like it", "the run has no step `nothing like it`; ");
}

/// Only there can the death of a process be seen.
#[cfg(target_os = "linux")]
#[test]
fn runs_in_a_line_each() {
    let lines: Vec<String> = runs(root())
        .unwrap()
        .iter()
        .map(|dir| {
            let run = summary(dir);
            format!(
                "{} {} {}/{:?} {:?} {:?}",
                run.run_id, run.status, run.steps_done, run.steps_total, run.current, run.error
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// A directory of runs with one that holds these files.
fn hostile(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("20260131T120000Z-abcdef");
    std::fs::create_dir(&run).unwrap();
    for (name, bytes) in files {
        std::fs::write(run.join(name), bytes).unwrap();
    }
    root
}

#[test]
fn what_cannot_be_read_is_told_and_does_no_harm() {
    let whole = std::fs::read(root().join("20260131T120000Z-failed/state.json")).unwrap();
    let journal = std::fs::read(root().join("20260131T120000Z-failed/journal.jsonl")).unwrap();
    let deep = "[".repeat(100_000);
    type Files<'a> = &'a [(&'a str, &'a [u8])];
    let cases: [(&str, Files<'_>); 8] = [
        ("unreadable", &[("state.json", &whole[..whole.len() / 2])]),
        ("unreadable", &[("state.json", b"")]),
        ("unreadable", &[("state.json", b"[1, 2]")]),
        ("unreadable", &[("state.json", deep.as_bytes())]),
        ("failed", &[("state.json", &whole), ("plan.json", b"{")]),
        (
            "failed",
            &[
                ("state.json", b"{\"status\": 7"),
                ("journal.jsonl", &journal),
            ],
        ),
        // Neither a status that there is not nor wild types are believed.
        (
            "failed",
            &[
                ("state.json", b"{\"status\": \"perfect\", \"steps\": 5}"),
                ("journal.jsonl", &journal),
            ],
        ),
        (
            "failed",
            &[(
                "journal.jsonl",
                &[b"\xff\x00{\n".as_slice(), &journal].concat(),
            )],
        ),
    ];
    for (at, (status, files)) in cases.into_iter().enumerate() {
        let root = hostile(files);
        let dirs = runs(root.path()).unwrap();
        assert_eq!(dirs.len(), 1, "case {at}");
        assert_eq!(summary(&dirs[0]).status, status, "case {at}");
    }
    // What is no run is not listed.
    let root = hostile(&[]);
    std::fs::write(root.path().join("20260131T120000Z-afile1"), "").unwrap();
    std::fs::create_dir(root.path().join(".removed-x")).unwrap();
    std::fs::write(root.path().join(".removed-x/state.json"), &whole).unwrap();
    assert!(runs(root.path()).unwrap().is_empty());
}

/// A pipe in place of a file would be waited for for ever.
#[test]
fn only_files_are_opened() {
    let root = hostile(&[("state.json", b"{}")]);
    let run = root.path().join("20260131T120000Z-abcdef");
    for name in ["journal.jsonl", "plan.json", "run.lock"] {
        let made = std::process::Command::new("mkfifo")
            .arg(run.join(name))
            .status();
        assert!(made.unwrap().success());
    }
    assert_eq!(summary(&run).status, "running");
    report(&run).unwrap();
}
