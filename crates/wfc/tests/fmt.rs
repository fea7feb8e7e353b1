//! `wfc fmt`: what it writes, what it says, how it ends.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use wfc_syntax::Format;

use support::{Workspace, repository, wfc};

const ODD: &str = "version:   '3.0'\nsteps:\n- name: A\n  command: [a]\n";
const EVEN: &str = "version: \"3.0\"\nsteps:\n  - name: A\n    command: [a]\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("odd.yaml", ODD);
    workspace.write("in/even.yml", EVEN);
    workspace.write("in/other.yaml", "a:   1\n");
    workspace.write("in/flow.orc", "(defmodule   flow)");
    workspace.write(".hidden/odd.yaml", ODD);
    workspace.write("in/node_modules/odd.yaml", ODD);
    workspace
}

/// Runs `wfc fmt` and compares exit code, standard output and standard error.
#[track_caller]
fn check(workspace: &Workspace, arguments: &[&str], stdin: &str, expected: (i32, &str, &str)) {
    let mut child = wfc(workspace)
        .arg("fmt")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read it may be gone.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let found = (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    );
    assert_eq!((found.0, found.1.as_str(), found.2.as_str()), expected);
}

#[test]
fn a_directory() {
    let workspace = workspace();
    let skipped = "1 skipped: no workflow (`version` and `steps`)\n";
    check(
        &workspace,
        &["--check"],
        "",
        (
            1,
            "in/flow.orc\nodd.yaml\n",
            &format!("2 files to format, 1 unchanged, {skipped}"),
        ),
    );
    assert_eq!(workspace.read("odd.yaml"), ODD);
    check(
        &workspace,
        &[],
        "",
        (0, "", &format!("2 files formatted, 1 unchanged, {skipped}")),
    );
    assert_eq!(workspace.read("odd.yaml"), EVEN);
    assert_eq!(workspace.read("in/flow.orc"), "(defmodule flow)\n");
    assert_eq!(workspace.read("in/other.yaml"), "a:   1\n");
    assert_eq!(workspace.read(".hidden/odd.yaml"), ODD);
    check(
        &workspace,
        &["--check", "in", "odd.yaml", "in/even.yml"],
        "",
        (0, "", &format!("nothing to format, 3 unchanged, {skipped}")),
    );
}

#[test]
fn files_that_are_named_are_formatted_whatever_they_are() {
    let workspace = workspace();
    let odd = workspace.path().join("odd.yaml");
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(&odd, mode(0o750)).unwrap();
    std::os::unix::fs::symlink("odd.yaml", workspace.path().join("link.yaml")).unwrap();
    check(
        &workspace,
        &["link.yaml", "in/other.yaml", "--quiet"],
        "",
        (0, "", ""),
    );
    assert_eq!(workspace.read("odd.yaml"), EVEN);
    assert_eq!(workspace.read("in/other.yaml"), "a: 1\n");
    let link = workspace.path().join("link.yaml");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(odd.metadata().unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn a_diff() {
    let diff = "\
--- odd.yaml
+++ odd.yaml (formatted)
@@ -1,4 +1,4 @@
-version:   '3.0'
+version: \"3.0\"
 steps:
-- name: A
-  command: [a]
+  - name: A
+    command: [a]
";
    let workspace = workspace();
    check(
        &workspace,
        &["--diff", "odd.yaml"],
        "",
        (1, diff, "1 file to format\n"),
    );
    assert_eq!(workspace.read("odd.yaml"), ODD);
}

#[test]
fn standard_input() {
    let workspace = workspace();
    check(&workspace, &["-"], ODD, (0, EVEN, ""));
    check(&workspace, &["-", "--check"], EVEN, (0, "", ""));
    check(&workspace, &["-", "--check"], ODD, (1, "stdin.yaml\n", ""));
    let lisp = ["-", "--stdin-filename", "x.orc"];
    check(&workspace, &lisp, "( a\n\n b )", (0, "(a b)\n", ""));
}

#[test]
fn what_cannot_be_formatted_is_left_alone() {
    let workspace = workspace();
    let broken = "version: '3.0'\nsteps: [\n";
    workspace.write("in/broken.yaml", broken);
    let output = wfc(&workspace).args(["fmt"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in/broken.yaml:2:8"), "{said}");
    assert!(said.contains("1 not formatted because of errors"), "{said}");
    assert_eq!(workspace.read("in/broken.yaml"), broken);
    // The others are formatted all the same.
    assert_eq!(workspace.read("odd.yaml"), EVEN);

    let torn = "(defmodule flow)\n(f\n";
    workspace.write("in/torn.orc", torn);
    let output = wfc(&workspace)
        .args(["fmt", "in/torn.orc"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in/torn.orc:2:"), "{said}");
    assert_eq!(workspace.read("in/torn.orc"), torn);
    check(
        &workspace,
        &["missing.yaml"],
        "",
        (
            2,
            "",
            "error: cannot read missing.yaml: No such file or directory (os error 2)\n",
        ),
    );
}

/// Our own files are as the formatter wants them.
#[test]
fn the_workflows_of_the_repository_are_formatted() {
    let folders = ["workflows", "lisp-examples", "crates/wfc-compiler/std"];
    let mut folders: Vec<PathBuf> = folders.map(|each| repository().join(each)).into();
    let (mut files, mut modules) = (0, 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
        {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
                files += 1;
                is_formatted(&path, wfc_syntax::yaml::format);
            } else if path.extension().is_some_and(|e| e == "orc") {
                modules += 1;
                is_formatted(&path, wfc_syntax::lisp::format);
            }
        }
    }
    assert!(files > 4 && modules > 6, "{files}, {modules}");
}

#[track_caller]
fn is_formatted(path: &Path, format: impl Fn(wfc_diag::FileId, &str) -> Format) {
    let text = std::fs::read_to_string(path).unwrap();
    let shown = path.display();
    match format(wfc_diag::FileId(0), &text) {
        Format::Done(formatted) => {
            assert_eq!(formatted, text, "`wfc fmt {shown}` formats it");
        }
        other => panic!("{shown}: {other:?}"),
    }
}
