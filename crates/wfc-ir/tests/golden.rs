//! The frozen program of each released version: it must be read for ever, it
//! uses everything there is, and this is how it prints.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;

use serde_json::Value;
use wfc_ir::{Program, canonical_json, print_program, verify};

const FROZEN: &str = include_str!("frozen/ir-1.0.json");

/// One program for each minor version, with what that version added.
const ALL: [&str; 5] = [
    FROZEN,
    include_str!("frozen/ir-1.1-variants.json"),
    include_str!("frozen/ir-1.1-agents.json"),
    include_str!("frozen/ir-1.1-loops.json"),
    include_str!("frozen/ir-1.1-expressions.json"),
];

fn frozen() -> Program {
    serde_json::from_str(FROZEN).unwrap()
}

#[test]
fn the_frozen_programs_are_read_and_are_well_formed() {
    for text in ALL {
        let program: Program = serde_json::from_str(text).unwrap();
        program.schema.admits("wfc.ir").unwrap();
        verify(&program).unwrap();
    }
}

#[test]
fn the_frozen_programs_are_written_back_without_loss() {
    for text in ALL {
        let program: Program = serde_json::from_str(text).unwrap();
        let again = serde_json::to_string(&program).unwrap();
        let again: Program = serde_json::from_str(&again).unwrap();
        assert_eq!(program, again);
        assert_eq!(program.core_hash(), again.core_hash());
        // Every key of the file survives, the empty ones that stand for
        // defaults aside.
        let before: Value = serde_json::from_str(text).unwrap();
        let after = serde_json::to_value(&program).unwrap();
        missing(&before, &after, "");
    }
}

fn missing(before: &Value, after: &Value, at: &str) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                let at = format!("{at}/{key}");
                match b.get(key) {
                    Some(other) => missing(value, other, &at),
                    None => assert!(
                        value.as_array().is_some_and(Vec::is_empty),
                        "{at} is lost: {value}"
                    ),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{at}");
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                missing(a, b, &format!("{at}/{index}"));
            }
        }
        (a, b) => assert_eq!(a, b, "{at}"),
    }
}

#[test]
fn the_core_hash_is_the_frozen_one() {
    insta::assert_snapshot!(frozen().core_hash());
}

#[test]
fn notes_stay_outside_the_hash() {
    let mut program = frozen();
    let hash = program.core_hash();
    program.notes.clear();
    assert_eq!(program.core_hash(), hash);
    program.entry = "ship".to_owned();
    assert_ne!(program.core_hash(), hash);
}

/// How a hole was spelt does not matter, but in the frozen 1.0, whose hash is
/// what it was.
#[test]
fn names_of_holes_stay_outside_the_hash() {
    let old = serde_json::to_string(&frozen()).unwrap();
    let spelt = old.replace(r#""name":"context.lang""#, r#""name":"other""#);
    assert_ne!(old, spelt);
    for (minor, same) in [(0, false), (1, true)] {
        let hash = |text: &str| {
            let mut program: Program = serde_json::from_str(text).unwrap();
            program.schema.minor = minor;
            program.core_hash()
        };
        assert_eq!(hash(&old) == hash(&spelt), same);
    }
}

/// Every word that the schema allows for a tag stands in a frozen program.
#[test]
fn the_frozen_programs_use_every_form() {
    let mut allowed = BTreeSet::new();
    constants(&wfc_ir::ir_json_schema(), &mut allowed);
    let text = ALL.map(|text| canonical_json(&serde_json::from_str::<Value>(text).unwrap()));
    let text = text.concat();
    let unused: Vec<&(String, String)> = allowed
        .iter()
        .filter(|(key, word)| !text.contains(&format!("\"{key}\":\"{word}\"")))
        .collect();
    // What is written by leaving the key out.
    let defaults = [("mode", "text"), ("position", "prepend")];
    let origin = [("kind", "pass")];
    let expected: Vec<(String, String)> = defaults
        .into_iter()
        .chain(origin)
        .map(|(key, word)| (key.to_owned(), word.to_owned()))
        .collect();
    assert!(
        unused.iter().all(|pair| expected.contains(pair)),
        "{unused:?}"
    );
    assert!(allowed.len() > 40, "the schema is not what this test reads");
}

/// Pairs of a key and a constant that the schema allows for it.
fn constants(schema: &Value, found: &mut BTreeSet<(String, String)>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                for (key, property) in properties {
                    if let Some(word) = property.get("const").and_then(Value::as_str) {
                        found.insert((key.clone(), word.to_owned()));
                    }
                }
            }
            map.values().for_each(|value| constants(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| constants(value, found)),
        _ => {}
    }
}

#[test]
fn the_frozen_program_prints_like_this() {
    insta::assert_snapshot!(print_program(&frozen()));
}

#[test]
fn loops_over_lists_and_waits_print_like_this() {
    let program: Program = serde_json::from_str(include_str!("frozen/ir-1.1-loops.json")).unwrap();
    insta::assert_snapshot!(print_program(&program));
}

#[test]
fn expressions_with_names_print_like_this() {
    let program = include_str!("frozen/ir-1.1-expressions.json");
    let program: Program = serde_json::from_str(program).unwrap();
    insta::assert_snapshot!(print_program(&program));
}
