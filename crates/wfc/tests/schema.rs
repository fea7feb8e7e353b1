//! The JSON Schema of YAML workflows: committed, and of one mind with the
//! checker.
//!
//! `WFC_UPDATE=1 cargo test -p wfc --test schema` writes it anew.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use std::path::{Path, PathBuf};

use blocks::blocks;
use jsonschema::Validator;
use serde_json::{Map, Number, Value, json};
use support::repository;
use wfc_compiler::{Options, OsLoader};
use wfc_diag::{FileId, has_errors};
use wfc_syntax::yaml::{self, Kind, Node};

#[test]
fn the_schema_is_committed() {
    let path = repository().join("grammar/workflow.schema.json");
    let text = format!("{:#}\n", yaml_schema());
    if std::env::var_os("WFC_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == text,
        "grammar/workflow.schema.json is stale; \
         WFC_UPDATE=1 cargo test -p wfc --test schema writes it anew"
    );
}

fn yaml_schema() -> Value {
    wfc_compiler::yaml::json_schema()
}

/// The value of a YAML text, as an editor sees it.
fn value(text: &str) -> Value {
    let (document, _) = yaml::parse(FileId(0), text);
    json_of(&document.unwrap().root)
}

fn json_of(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Scalar(scalar) => match scalar.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => value.into(),
            Kind::Int(value) => value.into(),
            Kind::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
            Kind::BigInt | Kind::String | Kind::Date => scalar.text.clone().into(),
        },
        yaml::Value::Sequence(items) => items.iter().map(json_of).collect(),
        yaml::Value::Mapping(mapping) => {
            let entries = mapping.into_iter();
            let entries = entries.map(|entry| (entry.key.text.clone(), json_of(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        yaml::Value::Error => Value::Null,
    }
}

fn problems(validator: &Validator, text: &str) -> Vec<String> {
    let value = value(text);
    let errors = validator.iter_errors(&value).map(|error| {
        let shown = error.to_string();
        format!(
            "{}: {}",
            error.instance_path(),
            shown.chars().take(300).collect::<String>()
        )
    });
    errors.collect()
}

#[test]
fn what_the_checker_accepts_is_valid() {
    let validator = jsonschema::validator_for(&yaml_schema()).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut look = |name: &str, text: &str| {
        count += 1;
        let problems = problems(&validator, text);
        wrong.extend(problems.iter().map(|problem| format!("{name}: {problem}")));
    };
    let mut folders: Vec<PathBuf> = ["workflows", "specs", "tests/conformance"]
        .map(|name| repository().join(name))
        .into();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path())
        {
            let name = path.display().to_string();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "yml") if accepted(&folder, &path) => {
                    look(&name, &std::fs::read_to_string(&path).unwrap());
                }
                // Other tests hold that these examples are accepted.
                Some("md") => {
                    for block in blocks(&std::fs::read_to_string(&path).unwrap()) {
                        if let ("yaml", "check" | "run" | "fix") = (block.word(0), block.word(1)) {
                            look(&format!("{name}:{}", block.line), &block.text);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    assert!(count > 100, "only {count} workflows were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Does the checker accept a file? Its names start from the repository or from
/// the directory that it lies in.
fn accepted(folder: &Path, path: &Path) -> bool {
    [repository(), folder.to_owned()]
        .into_iter()
        .any(|workspace| {
            let name = path.strip_prefix(&workspace).unwrap().to_str().unwrap();
            let compiled =
                wfc_compiler::compile(name, &Options::default(), &OsLoader::new(workspace.clone()));
            !has_errors(&compiled.diagnostics)
        })
}

/// A workflow with something in its head and something in its step.
fn workflow(head: &str, step: &str) -> String {
    format!("version: \"3.0\"\nname: t\n{head}\nsteps:\n  - name: A\n    {step}\n")
}

/// Both the schema and the checker say so.
#[track_caller]
fn both(text: &str, accept: bool) {
    let validator = jsonschema::validator_for(&yaml_schema()).unwrap();
    let problems = problems(&validator, text);
    assert_eq!(
        problems.is_empty(),
        accept,
        "schema, of {text}: {problems:#?}"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.yaml"), text).unwrap();
    let loader = OsLoader::new(folder.path().to_owned());
    let compiled = wfc_compiler::compile("t.yaml", &Options::default(), &loader);
    let found = &compiled.diagnostics;
    assert_eq!(!has_errors(found), accept, "checker, of {text}: {found:#?}");
}

#[test]
fn what_the_schema_refuses_the_checker_refuses() {
    both(&workflow("", "command: [a]"), true);
    both(&workflow("strict_flow: false", "command: a b"), true);
    for head in [
        "stpes: []",
        "strict_flow: \"yes\"",
        "max_transitions: 0",
        "inputs: { a: { type: text } }",
        "inputs: { a: { kind: scalar } }",
        "inputs: { a: { type: string, typ: x } }",
        "inputs: [a]",
        "outputs: { a: { type: string } }",
        "outputs: { a: { type: string, from: root.steps.A.exit_code } }",
        "providers: { p: { command: claude } }",
        "providers: { p: { command: [claude], input_mode: file } }",
        "artifacts: { a: { type: enum, allowed: yes } }",
        "context: { a: [1] }",
        "imports: { a: 1 }",
        "finally: []",
    ] {
        both(&workflow(head, "command: [a]"), false);
    }
    for step in [
        "comand: [a]",
        "command: []",
        "command: [1]",
        "command: [a]\n    provider: p",
        "command: [a]\n    asset_file: a.md",
        "command: [a]\n    then: []",
        "command: [a]\n    timeout_sec: 0",
        "command: [a]\n    timeout_sec: \"60\"",
        "command: [a]\n    retries: -1",
        "command: [a]\n    retries: { max: 1, delay: 1 }",
        "command: [a]\n    env: { A: 1 }",
        "command: [a]\n    on: { succes: { goto: A } }",
        "command: [a]\n    on: { success: A }",
        "command: [a]\n    id: 1a",
        "command: [a]\n    output_capture: xml",
        "command: [a]\n    when: { equals: { left: a } }",
        "command: [a]\n    when: { exists: a, not_exists: b }",
        "command: [a]\n    when: {}",
        "command: [a]\n    output_bundle: { path: a.json, fields: [] }",
        "command: [a]\n    output_bundle: { path: a.json, fields: [{ name: a, json_pointer: a, type: string }] }",
        "command: [a]\n    expected_outputs: [{ name: a, path: a.txt }]",
        "assert: { compare: { left: 1, op: is, right: 1 } }",
        "assert: { score: { ref: root.steps.A.exit_code } }",
        "set_scalar: { artifact: a }",
        "increment_scalar: { artifact: a, by: many }",
        "call: a\n    with: [1]",
        "match: { ref: root.steps.A.artifacts.a, cases: [] }",
    ] {
        both(&workflow("", step), false);
    }
    both("steps:\n  - { name: A, command: [a] }\n", false);
    both(
        "version: 3.0\nsteps:\n  - { name: A, command: [a] }\n",
        false,
    );
    both(
        "version: \"9.9\"\nsteps:\n  - { name: A, command: [a] }\n",
        false,
    );
}

#[test]
fn every_key_is_explained() {
    let schema = yaml_schema();
    let step = &schema["$defs"]["step"]["properties"];
    assert_eq!(
        step["repeat_until"]["description"],
        "Runs its steps until a condition holds. Since 2.7."
    );
    assert_eq!(step["command"].get("type"), None);
    for (name, shape) in schema["$defs"].as_object().unwrap() {
        for (key, property) in shape["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}.{key}");
        }
        assert_eq!(shape["additionalProperties"], json!(false), "{name}");
    }
}
