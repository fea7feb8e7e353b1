//! The committed JSON Schemas are those of the types, and the frozen programs
//! are instances of them.
//!
//! `WFC_UPDATE=1 cargo test -p wfc-ir --test schema` writes the schemas anew.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use wfc_ir::{ir_json_schema, plan_json_schema};

fn check(file: &str, schema: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../grammar")
        .join(file);
    let mut text = serde_json::to_string_pretty(schema).unwrap();
    text.push('\n');
    if std::env::var_os("WFC_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "grammar/{file} is stale; WFC_UPDATE=1 cargo test -p wfc-ir --test schema writes it anew"
    );
}

#[test]
fn the_schema_of_the_ir_is_committed() {
    check("wfc.ir.schema.json", &ir_json_schema());
}

#[test]
fn the_schema_of_the_plan_is_committed() {
    check("wfc.plan.schema.json", &plan_json_schema());
}

fn problems(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_frozen_program_fits_the_schema() {
    let frozen: Value = serde_json::from_str(include_str!("frozen/ir-1.0.json")).unwrap();
    assert_eq!(problems(&ir_json_schema(), &frozen), Vec::<String>::new());
    let written: wfc_ir::Program = serde_json::from_value(frozen).unwrap();
    let written = serde_json::to_value(&written).unwrap();
    assert_eq!(problems(&ir_json_schema(), &written), Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_is_no_program() {
    let mut broken: Value = serde_json::from_str(include_str!("frozen/ir-1.0.json")).unwrap();
    broken["workflows"]["main"]["body"]["steps"][1]["value"]["op"] = "guess".into();
    assert!(!problems(&ir_json_schema(), &broken).is_empty());
}
