//! The passes on programs of one purpose, and their law on random ones.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use wfc_compiler::{emit, passes::optimise, plan, plan_optimised};
use wfc_ir::{Plan, Program, Shown, StepId, print_program, verify, verify_plan};

/// A program of one workflow whose steps named `h...` are hidden.
fn program(steps: Value, result: Value) -> Program {
    let mut program: Program = serde_json::from_value(json!({
        "schema": "wfc.ir", "major": 1, "minor": 0, "entry": "main",
        "workflows": {"main": {
            "inputs": [{"name": "n", "type": "int"}, {"name": "w", "type": "string"}],
            "result": {"type": "json"},
            "body": {"steps": steps, "result": result},
        }},
    }))
    .unwrap();
    verify(&program).unwrap();
    let mut notes = wfc_ir::Notes::default();
    for step in program.workflows["main"].steps() {
        let id = step.id.to_string();
        let name = id.rsplit('/').next().unwrap();
        let shown = Shown {
            name: name.to_owned(),
            key: id.clone(),
            step_id: id.clone(),
            hidden: name.starts_with('h'),
        };
        notes.shown.insert(step.id.clone(), shown);
    }
    program.notes.insert("main".to_owned(), notes);
    program
}

/// The body after the passes, as it prints.
#[track_caller]
fn check(steps: Value, result: Value, expected: &str) {
    let program = program(steps, result);
    let after = print_program(&optimise(program, 1, &mut Vec::new()));
    let (_, body) = after.split_once("  body\n").unwrap();
    let body: String = body
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("    ").unwrap()))
        .collect();
    assert_eq!(body, expected);
}

fn lit(value: impl Into<Value>) -> Value {
    json!({"op": "lit", "value": value.into()})
}

fn prim(name: &str, args: &[Value]) -> Value {
    json!({"op": "prim", "prim": name, "args": args})
}

fn input(name: &str) -> Value {
    json!({"op": "input", "name": name})
}

fn part(step: &str, name: &str) -> Value {
    json!({"op": "step", "step": step, "field": "artifact", "name": name})
}

fn compute(id: &str, value: Value, ty: &str) -> Value {
    json!({"id": id, "kind": "compute", "value": value, "result": {"type": ty}})
}

fn pair(id: &str, a: Value, b: Value) -> Value {
    json!({"id": id, "kind": "compute", "value": {"op": "record", "fields": {"a": a, "b": b}},
        "result": {"type": "record", "fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]}})
}

fn command(id: &str, args: &[Value]) -> Value {
    json!({"id": id, "kind": "process", "exec": "command", "argv": args,
        "contract": {"kind": "files", "files": [{"name": "out", "path": lit("out"), "type": "string"}]},
        "result": {"type": "record", "fields": [{"name": "out", "type": "string"}]}})
}

fn decision(id: &str, cond: Value, then: Value, otherwise: Value) -> Value {
    json!({"id": id, "kind": "if", "cond": {"test": cond}, "then": then, "otherwise": otherwise, "result": {"type": "json"}})
}

const WRITES: &str = "  writes files\n    out: String in \"out\"\n";

#[test]
fn constants_fold_and_errors_stay() {
    check(
        json!([
            compute(
                "a",
                prim("add", &[lit(1), prim("mul", &[lit(2), lit(3)])]),
                "int"
            ),
            compute(
                "b",
                prim("div", &[lit(1), prim("sub", &[lit(2), lit(2)])]),
                "int"
            ),
        ]),
        prim(
            "and",
            &[
                lit(true),
                prim("is_empty", &[input("w")]),
                lit(false),
                lit(true),
            ],
        ),
        "compute a: Int\n  value 7\ncompute b: Int\n  value 1 / 0\nresult is_empty(inputs.w) and false\n",
    );
}

#[test]
fn copies_are_read_through_and_go() {
    check(
        json!([
            command("ask", &[lit("ask")]),
            pair("h1", lit("docs"), part("ask", "out")),
            command("b", &[lit("ls"), part("h1", "b")]),
            pair("h2", lit("docs"), input("w")),
        ]),
        part("h2", "a"),
        &format!(
            "command ask: {{out: String}}\n  run \"ask\"\n{WRITES}\
             command b: {{out: String}}\n  run \"ls\" steps[ask].out\n{WRITES}\
             result \"docs\"\n"
        ),
    );
}

/// When a run goes on after a failed `ask`, `h1` has no value at all.
#[test]
fn a_part_beside_one_that_may_be_missing_is_no_copy() {
    check(
        json!([
            command("ask", &[lit("ask")]),
            pair("h1", lit("docs"), part("ask", "out")),
        ]),
        part("h1", "a"),
        &format!(
            "command ask: {{out: String}}\n  run \"ask\"\n{WRITES}\
             compute h1: {{a: String, b: String}}\n  value {{a: \"docs\", b: steps[ask].out}}\n\
             result steps[h1].a\n"
        ),
    );
}

#[test]
fn authored_copies_stay() {
    check(
        json!([
            compute("a", lit("docs"), "string"),
            command("b", &[part("a", "result")])
        ]),
        lit(1),
        &format!(
            "compute a: String\n  value \"docs\"\ncommand b: {{out: String}}\n  run steps[a].result\n{WRITES}result 1\n"
        ),
    );
}

#[test]
fn a_copy_ends_when_its_source_runs_again() {
    let body = json!({"steps": [
        compute("l/h1", part("l/ask", "out"), "string"),
        command("l/ask", &[part("l/h1", "result")]),
        command("l/b", &[part("l/h1", "result")]),
    ], "result": lit(1)});
    check(
        json!([{"id": "l", "kind": "loop", "max": lit(2), "body": body, "until": {"test": lit(false)},
            "value": {"op": "out"}, "result": {"type": "json"}}]),
        lit(1),
        "loop l: Json\n  at most 2\n  each time\n\
        \x20   compute l/h1: String\n      value steps[l/ask].out\n\
        \x20   command l/ask: {out: String}\n      run steps[l/h1].result\n      writes files\n        out: String in \"out\"\n\
        \x20   command l/b: {out: String}\n      run steps[l/h1].result\n      writes files\n        out: String in \"out\"\n\
        \x20   result 1\n  until false\n  value out\nresult 1\n",
    );
}

#[test]
fn work_that_may_fail_stays() {
    check(
        json!([
            compute("h1", prim("div", &[lit(1), input("n")]), "int"),
            compute("h2", prim("lt", &[input("n"), lit(3)]), "bool"),
        ]),
        lit(1),
        "compute h1: Int\n  value 1 / inputs.n\nresult 1\n",
    );
}

#[test]
fn neighbours_fuse_where_the_first_cannot_fail() {
    let choice = |cond: Value| json!({"op": "if", "cond": cond, "then": lit("few"), "otherwise": lit("many")});
    check(
        json!([
            compute("h1", prim("lt", &[input("n"), lit(3)]), "bool"),
            compute("h2", choice(part("h1", "result")), "string"),
            command("b", &[part("h2", "result")]),
        ]),
        lit(1),
        &format!(
            "compute h2: String\n  value if inputs.n < 3 then \"few\" else \"many\"\n\
             command b: {{out: String}}\n  run steps[h2].result\n{WRITES}result 1\n"
        ),
    );
    check(
        json!([
            compute("h1", prim("add", &[input("n"), lit(3)]), "int"),
            compute("h2", prim("add", &[part("h1", "result"), lit(1)]), "int"),
            command("b", &[part("h2", "result")]),
        ]),
        lit(1),
        &format!(
            "compute h1: Int\n  value inputs.n + 3\ncompute h2: Int\n  value steps[h1].result + 1\n\
             command b: {{out: String}}\n  run steps[h2].result\n{WRITES}result 1\n"
        ),
    );
}

#[test]
fn hidden_decisions_that_decide_nothing_merge() {
    let inner = |id: &str, flag: bool| {
        let then =
            json!({"steps": [compute(&format!("{id}.then/h9"), lit(4), "int")], "result": lit(1)});
        decision(id, lit(flag), then, json!({"result": part("h0", "result")}))
    };
    check(
        json!([
            compute("h0", prim("div", &[lit(8), input("n")]), "int"),
            inner("h1", false),
        ]),
        json!({"op": "step", "step": "h1", "field": "artifacts"}),
        "compute h0: Int\n  value 8 / inputs.n\ncompute h1: Json\n  value steps[h0].result\nresult steps[h1]\n",
    );
}

#[test]
fn authored_decisions_and_branches_stay() {
    let then = |id: &str| json!({"steps": [command(&format!("{id}.then/b"), &[lit("b")])]});
    let text = |id: &str| {
        format!(
            "if {id}: Json\n  then if false\n    command {id}.then/b: {{out: String}}\n      run \"b\"\n      \
             writes files\n        out: String in \"out\"\n  else\n"
        )
    };
    for id in ["a", "h1"] {
        check(
            json!([decision(id, lit(false), then(id), json!({}))]),
            lit(1),
            &format!("{}result 1\n", text(id)),
        );
    }
}

#[test]
fn nothing_happens_at_level_0() {
    let before = program(
        json!([compute("h1", prim("add", &[lit(1), lit(2)]), "int")]),
        lit(1),
    );
    let mut report = Vec::new();
    assert_eq!(optimise(before.clone(), 0, &mut report), before);
    assert!(report.is_empty());
    optimise(before, 1, &mut report);
    assert_eq!(
        report,
        [
            "fold: main/h1: `1 + 2` is `3`",
            "dead: main/h1: nothing reads it"
        ]
    );
}

/// The authored steps in order: what the passes must leave as it is.
fn authored(program: &Program) -> Vec<(String, StepId, &'static str)> {
    let mut found = Vec::new();
    for (name, workflow) in &program.workflows {
        for step in workflow.steps() {
            let shown = program.notes.get(name).and_then(|n| n.shown.get(&step.id));
            if shown.is_none_or(|shown| !shown.hidden) {
                found.push((name.clone(), step.id.clone(), step.op.keyword()));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn passes_keep_the_law_on_random_programs(before in support::programs()) {
        prop_assert_eq!(verify(&before), Ok(()));
        let mut report = Vec::new();
        let after = optimise(before.clone(), 1, &mut report);
        prop_assert_eq!(verify(&after), Ok(()));
        prop_assert_eq!(authored(&after), authored(&before));
        prop_assert_eq!(report.is_empty(), after.workflows == before.workflows);
        // Nothing is left to do.
        let mut again = Vec::new();
        prop_assert_eq!(&optimise(after.clone(), 1, &mut again), &after);
        prop_assert_eq!(again, Vec::<String>::new());
        // Equal programs give equal results.
        let mut second = Vec::new();
        prop_assert_eq!(&optimise(before.clone(), 1, &mut second), &after);
        prop_assert_eq!(second, report);
    }

    #[test]
    fn plans_of_random_programs_are_sound(program in support::programs()) {
        let plain = plan(&program);
        prop_assert_eq!(verify_plan(&plain), Ok(()));
        let short = plan_optimised(program.clone(), 1, &mut Vec::new());
        prop_assert_eq!(verify_plan(&short), Ok(()));
        prop_assert_eq!(&short.core_hash, &plain.core_hash);
        let read: Plan = serde_json::from_str(&emit::plan(&plain)).unwrap();
        prop_assert_eq!(read.hash(), plain.hash());
        prop_assert_eq!(&read, &plain);
        prop_assert_eq!(&plan(&program), &plain);
        let keys: std::collections::HashSet<&str> = plain.workflows[0]
            .nodes
            .iter()
            .map(|node| node.key.as_str())
            .collect();
        prop_assert_eq!(keys.len(), plain.workflows[0].nodes.len());
    }
}
