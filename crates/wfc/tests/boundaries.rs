//! Who may depend on whom. The tables below are section 2 of the architecture;
//! an edge they do not have fails this test, with the reason.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The crates of this workspace, and those of them that each may name, in any
/// kind of dependency.
const ALLOWED: &[(&str, &[&str])] = &[
    ("wfc-diag", &[]),
    ("wfc-ir", &[]),
    ("wfc-syntax", &["wfc-diag"]),
    ("wfc-compiler", &["wfc-diag", "wfc-ir", "wfc-syntax"]),
    ("wfc-vm", &["wfc-ir"]),
    ("wfc-observe", &["wfc-ir"]),
    (
        "wfc-lsp",
        &["wfc-compiler", "wfc-diag", "wfc-ir", "wfc-syntax"],
    ),
    (
        "wfc",
        &[
            "wfc-compiler",
            "wfc-diag",
            "wfc-ir",
            "wfc-lsp",
            "wfc-observe",
            "wfc-syntax",
            "wfc-vm",
        ],
    ),
];

/// Libraries that belong to one question, and the crates that own it. Tests
/// may use them anywhere.
const OWNED: &[(&str, &[&str])] = &[
    ("ariadne", &["wfc-diag"]),
    ("chumsky", &["wfc-syntax"]),
    ("clap", &["wfc"]),
    ("granit-parser", &["wfc-syntax"]),
    ("logos", &["wfc-syntax"]),
    ("tokio", &["wfc", "wfc-lsp", "wfc-vm"]),
    ("tower-lsp", &["wfc-lsp"]),
];

/// Libraries that a crate may not reach, not even through others.
const UNREACHABLE: &[(&str, &[&str])] = &[
    (
        "wfc-ir",
        &[
            "ariadne",
            "async-std",
            "clap",
            "console",
            "crossterm",
            "granit-parser",
            "saphyr-parser",
            "serde_yaml",
            "smol",
            "tokio",
        ],
    ),
    ("wfc-diag", &["tokio"]),
    ("wfc-syntax", &["serde_yaml", "tokio"]),
    ("wfc-compiler", &["tokio"]),
    ("wfc-observe", &["tokio"]),
];

/// Libraries that one source file of their crate hides from the rest.
const IN_ONE_FILE: &[&str] = &["granit_parser", "tower_lsp"];

/// `from` names `to` in its manifest; `test` if only for its tests.
#[derive(Clone, Debug)]
struct Edge {
    from: String,
    to: String,
    test: bool,
}

fn allowed(crate_name: &str) -> Option<&'static [&'static str]> {
    ALLOWED
        .iter()
        .find(|(name, _)| *name == crate_name)
        .map(|(_, allowed)| *allowed)
}

/// What is wrong with the edges between crates and to libraries.
fn forbidden_edges(edges: &[Edge]) -> Vec<String> {
    let mut findings = Vec::new();
    for Edge { from, to, test } in edges {
        let ours = to == "wfc" || to.starts_with("wfc-");
        match allowed(from) {
            None => findings.push(format!("{from} is not in the table of crates")),
            Some(allowed) if ours && !allowed.contains(&to.as_str()) => {
                findings.push(format!("{from} must not depend on {to}"));
            }
            Some(_) => {}
        }
        let owners = OWNED.iter().find(|(library, _)| library == to);
        if let Some((_, owners)) = owners
            && !test
            && !owners.contains(&from.as_str())
        {
            findings.push(format!(
                "{from} must not depend on {to}: it belongs to {owners:?}"
            ));
        }
    }
    findings
}

/// What is reached that must not be, with the way to it.
fn forbidden_reach(normal: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut findings = Vec::new();
    for (start, forbidden) in UNREACHABLE {
        let mut from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut pending = vec![*start];
        while let Some(name) = pending.pop() {
            for next in normal.get(name).into_iter().flatten() {
                if next != start && !from.contains_key(next.as_str()) {
                    from.insert(next, name);
                    pending.push(next);
                }
            }
        }
        for library in *forbidden {
            let mut way = vec![*library];
            while let Some(&before) = from.get(way[way.len() - 1]) {
                way.push(before);
            }
            if way.len() > 1 {
                way.reverse();
                findings.push(way.join(" -> "));
            }
        }
    }
    findings
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Only what this machine builds: the sources of other platforms' libraries
/// need not be here, so asking for them would need a network.
fn metadata() -> Metadata {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec![
            "--filter-platform".to_owned(),
            host.unwrap().to_owned(),
        ])
        .exec()
        .unwrap()
}

#[test]
fn crates_keep_to_the_table() {
    let metadata = metadata();
    let edges: Vec<Edge> = metadata
        .workspace_packages()
        .into_iter()
        .flat_map(|package| {
            package.dependencies.iter().map(|dependency| Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                test: dependency.kind == DependencyKind::Development,
            })
        })
        .collect();
    assert!(edges.len() > 20, "the walk found only {edges:?}");
    assert_eq!(forbidden_edges(&edges), [] as [String; 0]);

    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.to_string()))
        .collect();
    let mut normal: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &metadata.resolve.as_ref().unwrap().nodes {
        let reached = node.deps.iter().filter(|dependency| {
            let mut kinds = dependency.dep_kinds.iter();
            kinds.any(|kind| kind.kind == DependencyKind::Normal)
        });
        normal
            .entry(names[&node.id].clone())
            .or_default()
            .extend(reached.map(|dependency| names[&dependency.pkg].clone()));
    }
    assert!(
        normal["wfc-ir"].contains("serde"),
        "the resolved graph is empty"
    );
    assert_eq!(forbidden_reach(&normal), [] as [String; 0]);
}

#[test]
fn hidden_libraries_are_named_in_one_file() {
    let mut named: BTreeMap<&str, BTreeSet<PathBuf>> = BTreeMap::new();
    let mut pending: Vec<PathBuf> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .filter(|path| path.is_dir())
        .collect();
    while let Some(directory) = pending.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for library in IN_ONE_FILE {
                    if text.contains(library) {
                        named.entry(library).or_default().insert(path.clone());
                    }
                }
            }
        }
    }
    named.retain(|_, files| files.len() > 1);
    assert!(named.is_empty(), "named in more than one file: {named:#?}");
}

#[track_caller]
fn check(edges: &[(&str, &str, bool)], expected: &[&str]) {
    let edges: Vec<Edge> = edges
        .iter()
        .map(|&(from, to, test)| Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            test,
        })
        .collect();
    let mut normal: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| !edge.test) {
        let entry = normal.entry(edge.from.clone()).or_default();
        entry.insert(edge.to.clone());
    }
    // Edges from other people's crates are not ours to judge.
    let ours: Vec<Edge> = edges
        .into_iter()
        .filter(|edge| edge.from.starts_with("wfc"))
        .collect();
    let mut found = forbidden_edges(&ours);
    found.extend(forbidden_reach(&normal));
    assert_eq!(found, expected);
}

#[test]
fn forbidden_edges_are_found() {
    check(&[("wfc-vm", "wfc-ir", false), ("wfc", "clap", false)], &[]);
    check(
        &[("wfc-vm", "wfc-compiler", true)],
        &["wfc-vm must not depend on wfc-compiler"],
    );
    check(
        &[
            ("wfc-compiler", "clap", false),
            ("wfc-compiler", "tokio", true),
        ],
        &[r#"wfc-compiler must not depend on clap: it belongs to ["wfc"]"#],
    );
    check(
        &[("wfc-extra", "serde", false)],
        &["wfc-extra is not in the table of crates"],
    );
    check(
        &[
            ("wfc-ir", "a", false),
            ("a", "b", false),
            ("b", "tokio", false),
        ],
        &["wfc-ir -> a -> b -> tokio"],
    );
}
