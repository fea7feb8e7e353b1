//! The evaluator: each operation with values, and with what it refuses.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use wfc_ir::{Closed, Expr, eval};

/// `prim` of constants gives a value, or fails in these words.
#[track_caller]
fn check(prim: &str, args: Value, expected: Result<Value, &str>) {
    let args: Vec<Value> = args.as_array().unwrap().iter().map(lit).collect();
    run(
        json!({ "op": "prim", "prim": prim, "args": args }),
        expected,
    );
}

fn lit(value: &Value) -> Value {
    json!({ "op": "lit", "value": value })
}

fn local(name: &str) -> Value {
    json!({ "op": "local", "name": name })
}

#[track_caller]
fn run(expr: Value, expected: Result<Value, &str>) {
    let shown = expr.to_string();
    let expr: Expr = serde_json::from_value(expr).unwrap();
    let found = eval(&expr, &Closed).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned), "{shown}");
}

#[test]
fn numbers() {
    check("add", json!([1, 2.5]), Ok(json!(3.5)));
    check("div", json!([7, -2]), Ok(json!(-3)));
    check("div", json!([7.0, 2]), Ok(json!(3.5)));
    check("div", json!([7, 0]), Err("division by zero"));
    check("mod", json!([-7, 2]), Ok(json!(-1)));
    check("mod", json!([7.5, 2.0]), Ok(json!(1.5)));
    check("mul", json!([i64::MAX, 2]), Err("integer overflow in *"));
    check("to_float", json!([3]), Ok(json!(3.0)));
    check("truncate", json!([-3.7]), Ok(json!(-3)));
    check("floor", json!([-3.2]), Ok(json!(-4)));
    check("ceiling", json!([3.2]), Ok(json!(4)));
    check("round", json!([2.5]), Ok(json!(3)));
    check("round", json!([-2.5]), Ok(json!(-3)));
    check(
        "floor",
        json!([1e300]),
        Err("integer overflow in int/floor"),
    );
    check("parse_int", json!([" -12 "]), Ok(json!(-12)));
    check("parse_int", json!(["12.5"]), Ok(json!(null)));
    check("parse_float", json!(["1e3"]), Ok(json!(1000.0)));
    check("parse_float", json!(["inf"]), Ok(json!(null)));
    check("to_text", json!([1.5]), Ok(json!("1.5")));
}

#[test]
fn texts() {
    check("join", json!([["a", "b"], ", "]), Ok(json!("a, b")));
    check("join", json!([[], ", "]), Ok(json!("")));
    check(
        "join",
        json!([["a", 1], ""]),
        Err("expected a string, found 1"),
    );
    check("split", json!(["a,,b", ","]), Ok(json!(["a", "", "b"])));
    check("split", json!(["äb", ""]), Ok(json!(["ä", "b"])));
    check("split", json!(["", ","]), Ok(json!([""])));
    check("length", json!(["äö"]), Ok(json!(2)));
    check("length", json!([[1, 2, 3]]), Ok(json!(3)));
    check("length", json!([{ "a": 1 }]), Ok(json!(1)));
    check(
        "length",
        json!([1]),
        Err("expected a text, a list or a map, found 1"),
    );
    check("is_empty", json!([""]), Ok(json!(true)));
    check("is_empty", json!([[1]]), Ok(json!(false)));
    check("contains", json!(["abc", "bc"]), Ok(json!(true)));
    check("starts_with", json!(["abc", "b"]), Ok(json!(false)));
    check("ends_with", json!(["abc", "c"]), Ok(json!(true)));
    check("trim", json!([" a\n"]), Ok(json!("a")));
    check("lower", json!(["AÖ"]), Ok(json!("aö")));
    check("upper", json!(["aö"]), Ok(json!("AÖ")));
    check("replace", json!(["aXbX", "X", "-"]), Ok(json!("a-b-")));
    check("replace", json!(["ab", "", "-"]), Ok(json!("ab")));
}

#[test]
fn lists_and_maps() {
    check("head", json!([[3, 5]]), Ok(json!(3)));
    check("head", json!([[]]), Ok(json!(null)));
    check("last", json!([[3, 5]]), Ok(json!(5)));
    check("rest", json!([[]]), Ok(json!([])));
    check("rest", json!([[1, 2, 3]]), Ok(json!([2, 3])));
    check("append", json!([[1], 2]), Ok(json!([1, 2])));
    check("flatten", json!([[[1], [], [2, 3]]]), Ok(json!([1, 2, 3])));
    check("reverse", json!([[1, 2]]), Ok(json!([2, 1])));
    check("at", json!([["a"], 0]), Ok(json!("a")));
    check("at", json!([["a"], -1]), Ok(json!(null)));
    check("member", json!([[1, 2], 2]), Ok(json!(true)));
    check("head", json!(["a"]), Err("expected a list, found \"a\""));
    check(
        "map_of",
        json!(["a", 1, "b", 2]),
        Ok(json!({ "a": 1, "b": 2 })),
    );
    check("map_get", json!([{ "a": 1 }, "a"]), Ok(json!(1)));
    check("map_get", json!([{ "a": 1 }, "b"]), Ok(json!(null)));
    check(
        "map_put",
        json!([{ "a": 1 }, "b", 2]),
        Ok(json!({ "a": 1, "b": 2 })),
    );
    check(
        "map_remove",
        json!([{ "a": 1, "b": 2 }, "a"]),
        Ok(json!({ "b": 2 })),
    );
    check("map_has", json!([{ "a": null }, "a"]), Ok(json!(true)));
    check(
        "map_keys",
        json!([{ "b": 1, "a": 2 }]),
        Ok(json!(["b", "a"])),
    );
    check("map_values", json!([{ "b": 1, "a": 2 }]), Ok(json!([1, 2])));
    check(
        "map_get",
        json!([[1], "a"]),
        Err("expected a map, found [1]"),
    );
}

#[test]
fn paths() {
    check(
        "join_path",
        json!(["docs", "a/./b.md"]),
        Ok(json!("docs/a/b.md")),
    );
    check("join_path", json!([".", "a.md"]), Ok(json!("a.md")));
    check("join_path", json!(["docs/", "."]), Ok(json!("docs")));
    for (child, why) in [
        ("", "is no path"),
        ("/etc", "is absolute, and must begin below a directory"),
        ("a/../..", "would leave the directory"),
        ("a\\b", "has a character that no path may have"),
    ] {
        let why = format!("{} {why}", json!(child));
        check("join_path", json!(["docs", child]), Err(&why));
    }
}

#[test]
fn names() {
    let sum = |a: Value, b: Value| json!({ "op": "prim", "prim": "add", "args": [a, b] });
    let list = lit(&json!([1, 2]));
    // Each value sees those before it; an inner name hides an outer one.
    run(
        json!({
            "op": "let",
            "bound": { "x": lit(&json!(10)), "y": sum(local("x"), local("x")) },
            "body": {
                "op": "map", "list": list, "item": "x",
                "body": sum(local("x"), local("y")),
            },
        }),
        Ok(json!([21, 22])),
    );
    run(local("x"), Err("undefined: x"));
    run(
        json!({ "op": "map", "list": lit(&json!(3)), "item": "x", "body": local("x") }),
        Err("expected a list, found 3"),
    );
    let free = |expr: Value| {
        let expr: Expr = serde_json::from_value(expr).unwrap();
        expr.free_local().map(str::to_owned)
    };
    let own = json!({ "op": "let", "bound": { "x": local("x") }, "body": local("x") });
    assert_eq!(free(own), Some("x".to_owned()));
    let fine =
        json!({ "op": "map", "list": list, "item": "x", "body": sum(local("x"), list.clone()) });
    assert_eq!(free(fine), None);
}
