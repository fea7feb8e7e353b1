//! The pairs of `lisp-examples/pairs/`: one workflow in two languages is one program,
//! and does the same.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::process::Command;

use support::{Workspace, copy, repository, wfc};

/// The names of the pairs that stand beside each other.
fn pairs() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository().join("lisp-examples/pairs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".orc")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// A workspace with the pairs in it.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    copy(
        &repository().join("lisp-examples/pairs"),
        &workspace.path().join("lisp-examples/pairs"),
    );
    workspace
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let shown = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (shown(&output.stdout), shown(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out
}

#[test]
fn a_pair_is_one_program_and_does_the_same() {
    let pairs = pairs();
    // With the stack, which has tests of its own, a dozen.
    assert!(pairs.len() >= 11, "{pairs:?}");
    for name in pairs {
        let workspace = workspace();
        let [yaml, lisp] = ["yaml", "orc"].map(|end| format!("lisp-examples/pairs/{name}.{end}"));
        let verdict = run(wfc(&workspace).args(["diff", &yaml, &lisp]));
        assert!(verdict.starts_with("same IR "), "{name}: {verdict}");
        let [one, other] =
            [yaml, lisp].map(|file| run(wfc(&workspace).args(["run", &file, "--quiet"])));
        assert!(!one.is_empty(), "{name} has no outputs");
        assert_eq!(one, other, "{name}");
    }
}

/// `wfc convert` compares hashes itself; this asks once more.
#[test]
fn each_of_a_pair_becomes_the_other() {
    let workspace = workspace();
    for name in pairs() {
        for (from, to) in [("yaml", "orc"), ("orc", "yaml")] {
            let file = format!("lisp-examples/pairs/{name}.{from}");
            let folder = format!("made/{name}-{to}");
            run(wfc(&workspace).args(["convert", &file, "-o", &folder]));
            let made = format!("{folder}/{name}.{to}");
            let verdict = run(wfc(&workspace).args(["diff", &file, &made]));
            assert!(verdict.starts_with("same IR "), "{made}: {verdict}");
        }
    }
}

#[test]
fn the_stack_becomes_the_other() {
    let workspace = Workspace::with_stack();
    for (file, made) in [
        ("workflows/stack/stack.yaml", "lisp/stack.orc"),
        ("lisp-examples/stack/stack.orc", "yaml/stack.yaml"),
    ] {
        let folder = made.split('/').next().unwrap();
        run(wfc(&workspace).args(["convert", file, "-o", folder]));
        let verdict = run(wfc(&workspace).args(["diff", file, made]));
        assert!(verdict.starts_with("same IR "), "{made}: {verdict}");
    }
}
