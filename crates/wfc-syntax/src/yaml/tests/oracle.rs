//! Our tree and that of another reader agree.

// The test reads the repository's own files; the crate never does.
#![allow(clippy::disallowed_methods)]

use std::path::Path;

use serde_yaml::Value as Other;

use super::*;

/// Are the two the same value? Scalars that YAML 1.1 and 1.2 read differently
/// on purpose are compared by their text: see [`DIFFERENT`].
fn same(ours: &Node, other: &Other) -> bool {
    match (&ours.value, other) {
        (Value::Sequence(a), Other::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Mapping(a), Other::Mapping(b)) => {
            a.len() == b.len()
                && a.into_iter().zip(b).all(|(a, (key, value))| {
                    let key = match key {
                        Other::String(key) => key.clone(),
                        Other::Number(key) => key.to_string(),
                        Other::Bool(key) => key.to_string(),
                        _ => return false,
                    };
                    a.key.text == key && same(&a.value, value)
                })
        }
        (Value::Scalar(a), b) => match (a.kind, b) {
            (Kind::Null, Other::Null) => true,
            (Kind::Bool(a), Other::Bool(b)) => a == *b,
            (Kind::Int(a), Other::Number(b)) => b.as_i64() == Some(a),
            (Kind::BigInt, Other::Number(b)) => b.as_u64().is_some(),
            (Kind::Float(a), Other::Number(b)) => b
                .as_f64()
                .is_some_and(|b| a == b || a.is_nan() && b.is_nan()),
            (Kind::String, Other::String(b)) => a.text == *b,
            _ => false,
        },
        _ => false,
    }
}

#[track_caller]
fn check(name: &str, text: &str) {
    let other = serde_yaml::from_str(text);
    let other: Other = other.unwrap_or_else(|e| panic!("{name}: {e}"));
    let (document, found) = read(text);
    assert_eq!(found, Vec::new(), "{name}");
    assert!(
        same(&document.root, &other),
        "{name}:\n{}\n{other:?}",
        dump(&document.root)
    );
}

#[test]
fn the_files_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders: Vec<_> = ["workflows", "tests", "specs", "lisp-examples"]
        .map(|name| root.join(name))
        .into();
    // Its values are those that YAML 1.1 and 1.2 read differently.
    let versions = root.join("tests/conformance/context-kinds");
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path == versions {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
                let text = std::fs::read_to_string(&path).unwrap();
                // Files that are wrong on purpose are other tests' matter, and
                // the other reader leaves merge keys as they stand.
                if !text.contains("<<:") && serde_yaml::from_str::<Other>(&text).is_ok() {
                    check(&path.display().to_string(), &text);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 0, "no file was found to compare");
}

#[test]
fn samples() {
    for text in [
        "a: 1\nb: [x, 'y', \"z\\n\", -2, 1.5, true, null, ~]\n",
        "a: |\n  x\n   y\n\n  z\n\nb: >\n  x\n  y\n\n  z\n   k\nc: |-\n  x\n\nd: |+\n  x\n\n",
        "a: |\n  no line feed at the end",
        "a: >+\n\n  x\n\n\n\nb: \"x\n  y\n\n  z\"\nc: one\n  two\n\n  three\n",
        "- - a\n  - b\n-\n  - c\n- \n- x: 1\n  y:\n  - z\n",
        "? a\n: b\n? c\n",
        "{a: [b, {c: d}], e, f: }",
        "'a b': \"\\x41\\u00e9\\U0001F600\\\"\\\\\\/\\a\\0\"\n",
        "a: x#y # z\nb: http://x:80/\nc: -x\nd: a - b\ne: ':'\nf: ?x\n",
        "--- # c\na: &x {b: 1}\nc: *x\nd: &y s\ne: [*y, *y]\n",
        "a: \"line \\\n  joined\"\nb: 'x\n\n  y'\n",
        "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'x\r\n  y'\r\n",
        "a: .inf\nb: -.inf\nc: .nan\nd: 18446744073709551615\ne: 0x1F\nf: +1\n",
    ] {
        check(text, text);
    }
}

/// Plain scalars that keep the meaning they have had in the DSL, where YAML
/// 1.2 (and so the other reader) differs.
const DIFFERENT: &[&str] = &[
    "yes",
    "No",
    "010",
    "0o7",
    "0_7",
    "1_000",
    "1:30",
    "1:30.5",
    "1e3",
    "1.5e3",
    "2024-01-01",
    "-0xF_F",
    "+.5",
];

#[test]
fn differences_are_meant() {
    for text in DIFFERENT {
        let other: Other = serde_yaml::from_str(text).unwrap();
        let (document, _) = read(text);
        assert!(
            !same(&document.root, &other),
            "{text} is read alike: remove it from the list"
        );
    }
}
