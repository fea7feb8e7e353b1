//! The table of shapes and the reader know the same keys.

// The tests read the repository's own files; the crate never does.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wfc_diag::FileId;

use super::*;

thread_local! {
    /// The mappings that the reader has read, by what it calls them, and the
    /// keys that it allows in each.
    static SEEN: RefCell<BTreeMap<&'static str, BTreeSet<String>>> = RefCell::default();
}

/// The reader tells what it allows.
pub(in crate::yaml) fn record(what: &'static str, allowed: &[&str]) {
    SEEN.with_borrow_mut(|seen| {
        let keys = seen.entry(what).or_default();
        keys.extend(allowed.iter().map(|key| (*key).to_owned()));
    });
}

/// The YAML files of the repository, and the examples of its pages.
fn texts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["workflows", "tests", "specs", "crates/wfc-compiler/tests"];
    let mut folders: Vec<PathBuf> = folders.iter().map(|name| root.join(name)).collect();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
        {
            let extension = path.extension().and_then(|e| e.to_str());
            match extension {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "yml") => texts.push(std::fs::read_to_string(path).unwrap()),
                Some("md") => {
                    let page = std::fs::read_to_string(path).unwrap();
                    let blocks = page.split("\n```yaml").skip(1);
                    let blocks = blocks.filter_map(|block| block.split_once('\n'));
                    texts.extend(
                        blocks.filter_map(|(_, rest)| Some(rest.split_once("\n```")?.0.to_owned())),
                    );
                }
                _ => {}
            }
        }
    }
    texts
}

#[test]
fn every_key_of_the_reader_is_described() {
    for text in texts() {
        let file = FileId(0);
        if let (Some(document), _) = wfc_syntax::yaml::parse(file, &text) {
            let path = PathBuf::from("t.yaml");
            crate::yaml::reader::read(file, path, &text, &document, false);
        }
    }
    // What the fields of a step may be is not one list in the reader.
    for (form, keys) in forms() {
        record("a step", &[form]);
        record("a step", &keys);
    }
    let mut seen = SEEN.with_borrow_mut(std::mem::take);
    let mut wrong = Vec::new();
    for shape in SHAPES {
        let Some(read) = seen.remove(shape.what) else {
            wrong.push(format!("no example has {}", shape.what));
            continue;
        };
        let own: BTreeSet<String> = shape.keys.iter().map(|key| key.name.to_owned()).collect();
        for key in read.difference(&own) {
            wrong.push(format!("`{key}` of {} is not described", shape.what));
        }
        for key in own.difference(&read) {
            wrong.push(format!(
                "`{key}` of {} is described but not read",
                shape.what
            ));
        }
    }
    let unknown = seen.keys().map(|what| format!("{what} is not described"));
    wrong.extend(unknown);
    assert!(
        wrong.is_empty(),
        "yaml/schema/shapes.rs describes every mapping that the reader reads:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_description_is_a_sentence() {
    for shape in SHAPES {
        for key in shape.keys {
            let fine =
                key.about.ends_with('.') && key.about.starts_with(|c: char| c.is_uppercase());
            assert!(fine, "{} of {}: {}", key.name, shape.what, key.about);
        }
    }
}
