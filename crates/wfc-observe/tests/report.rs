//! Reports on recorded run directories.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use wfc_observe::{find_run, latest_run, markdown, report};

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
    check_missing(
        "tests/runs",
        "20260131",
        "there is no run `20260131` in tests/runs",
        Some(newest),
    );
    check_missing(
        "tests/runs",
        "../runs",
        "there is no run `../runs` in tests/runs",
        Some(newest),
    );
    check_missing("no/where", "x", "there is no run `x` in no/where", None);
    let error = latest_run(Path::new("no/where")).unwrap_err();
    assert_eq!(error.to_string(), "there are no runs in no/where");
    let error = report(Path::new("tests")).unwrap_err().to_string();
    assert!(
        error.starts_with("tests is not a readable run: "),
        "{error}"
    );
}
