//! What `diff` says of one change each, and of several.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use wfc_ir::{Program, Verdict, diff, judge, verify};

fn frozen() -> Value {
    serde_json::from_str(include_str!("frozen/ir-1.0.json")).unwrap()
}

/// Changes the frozen program by `change` and compares the list of
/// differences with `expected`, one a line.
#[track_caller]
fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
    let before: Program = serde_json::from_value(frozen()).unwrap();
    let mut after = frozen();
    change(&mut after);
    let after: Program = serde_json::from_value(after).unwrap();
    verify(&after).unwrap();
    let found: Vec<String> = diff(&before, &after)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, expected);
    assert_eq!(diff(&before, &after).len(), diff(&after, &before).len());
}

/// The steps of the body of `main`.
fn steps(program: &mut Value) -> &mut Vec<Value> {
    program["workflows"]["main"]["body"]["steps"]
        .as_array_mut()
        .unwrap()
}

#[test]
fn equal_programs_do_not_differ() {
    check(|_| {}, &[]);
    check(|p| p["notes"] = json!({}), &[]);
}

#[test]
fn the_program_and_the_signature() {
    check(
        |p| p["entry"] = json!("ship"),
        &["program: entry (control): main -> ship"],
    );
    check(
        |p| {
            let main = &mut p["workflows"]["main"];
            main["inputs"][1]["default"] = json!(3);
            main["inputs"].as_array_mut().unwrap().remove(2);
            main["context"]["lang"] = json!("de");
            main["providers"]["checker"]["input"] = json!("argv");
            main["artifacts"]["score"]["type"] = json!("float");
            main["max_transitions"] = json!(41);
        },
        &[
            "main: input depth (contract): depth: Int = 2 -> depth: Int = 3",
            "main: input ratio (contract): was ratio?: Float",
            "main: context lang (data): \"en\" -> \"de\"",
            "main: provider checker (effect): checker stdin: \"codex\" \"exec\" -> checker: \"codex\" \"exec\"",
            "main: artifact score (state): score: Int -> score: Float",
            "main: max_transitions (limit): 40 -> 41",
        ],
    );
}

#[test]
fn workflows_come_and_go() {
    check(
        |p| {
            let ship = p["workflows"]["ship"].clone();
            p["workflows"]["spare"] = ship;
        },
        &["spare: added (control)"],
    );
}

#[test]
fn a_command() {
    check(
        |p| {
            let prepare = &mut steps(p)[0];
            prepare["argv"][0] = json!({"op": "lit", "value": "ninja"});
            prepare["max_visits"] = json!(4);
            prepare["on"]["failure"] = json!({"step": "gate"});
            prepare["contract"]["files"][1]["type"] = json!("float");
            prepare["retries"]["max"] = json!(5);
        },
        &[
            "main/prepare: max_visits (limit): 3 -> 4",
            "main/prepare: on failure (control): end -> gate",
            "main/prepare: argv (effect): \"make\" \"OUT=${context.lang}/$x\" -> \"ninja\" \"OUT=${context.lang}/$x\"",
            "main/prepare: retries (limit): 2 after 500 ms -> 5 after 500 ms",
            "main/prepare: contract score (contract): optional Int in \"state/score\", description \"What was decided\", format hint \"one word\", example \"S... -> optional Float in \"state/score\", description \"What was decided\", format hint \"one word\", example ...",
        ],
    );
}

#[test]
fn a_prompt() {
    check(
        |p| {
            let ask = &mut steps(p)[2]["body"]["steps"][0];
            ask["prompt"]["base"]["path"]["value"] = json!("prompts/other.md");
            ask["prompt"]["assets"] = json!([]);
            ask["prompt"]["inputs"].as_array_mut().unwrap().pop();
            ask["prompt"]["contract"] = json!(true);
            ask["consumes"][0]["fresh"] = json!(false);
            ask["contract"]["variants"]["BLOCKED"] = json!([]);
        },
        &[
            "main/review/ask: consumes (state): plan fresh from prepare -> plan from prepare",
            "main/review/ask: prompt base (effect): file \"prompts/review.md\" -> file \"prompts/other.md\"",
            "main/review/ask: prompt assets (effect): was prompts/rules.md as \"rules\"",
            "main/review/ask: prompt input round (effect): was index[review]",
            "main/review/ask: contract in the prompt (effect): left out -> spelled out",
            "main/review/ask: contract BLOCKED (contract): now alone",
        ],
    );
}

#[test]
fn a_loop() {
    check(
        |p| {
            let review = &mut steps(p)[2];
            review["max"] = json!({"op": "lit", "value": 4});
            review["exhausted"] = json!(null);
            review.as_object_mut().unwrap().remove("exhausted");
            review["until"]["test"] = json!({"op": "lit", "value": true});
        },
        &[
            "main/review: bound (limit): inputs.depth -> 4",
            "main/review: until (control): out.ok -> true",
            "main/review: exhausted (control): was {ok: false, rounds: inputs.depth}",
        ],
    );
}

#[test]
fn steps_come_and_go_and_move() {
    check(
        |p| {
            let steps = steps(p);
            steps.insert(
                1,
                json!({"id": "note", "kind": "compute", "value": {"op": "lit", "value": 1}, "result": {"type": "int"}}),
            );
        },
        &["main/note: added (data): now compute"],
    );
    check(
        |p| {
            steps(p).swap(1, 2);
        },
        &[
            "main/shape: order (control): after prepare -> after review",
            "main/review: order (control): after shape -> after prepare",
            "main/gate: order (control): after review -> after shape",
        ],
    );
    // Out of the branch and to the outermost level, under another id.
    check(
        |p| {
            let mut log = steps(p)[3]["otherwise"]["steps"].take();
            steps(p)[3]["otherwise"]["steps"] = json!([]);
            log[0]["id"] = json!("log");
            steps(p).push(log[0].take());
        },
        &["main/gate.else/log: moved (control): now log"],
    );
}

#[test]
fn a_renamed_step_takes_its_readers_along() {
    check(
        |p| {
            let text = p.to_string().replace("review/route", "review/once/route");
            *p = serde_json::from_str(&text).unwrap();
        },
        &["main/review/route: renamed (control): now review/once/route"],
    );
}

/// Changes the frozen program by `change`, and compares what that means: the
/// verdict, what callers stumble over, and where runs part.
#[track_caller]
fn check_verdict(change: impl FnOnce(&mut Value), expected: (Verdict, &[&str], &[&str])) {
    let before: Program = serde_json::from_value(frozen()).unwrap();
    let mut after = frozen();
    change(&mut after);
    let after: Program = serde_json::from_value(after).unwrap();
    let judgement = judge(&before, &after, &diff(&before, &after));
    let parting: Vec<String> = judgement
        .parting
        .iter()
        .map(|(workflow, step)| match step {
            Some(step) => format!("{workflow}/{step}"),
            None => workflow.clone(),
        })
        .collect();
    let (verdict, interface, parts) = expected;
    assert_eq!(judgement.interface, interface);
    assert_eq!(parting, parts);
    assert_eq!(judgement.verdict, verdict);
}

#[test]
fn what_it_means() {
    use Verdict::{Compatible, Incompatible, Resumable, Same};
    check_verdict(|_| {}, (Same, &[], &[]));
    check_verdict(
        |p| steps(p)[0]["timeout_sec"] = json!(7.0),
        (Compatible, &[], &[]),
    );
    check_verdict(
        |p| steps(p)[0]["argv"] = json!([]),
        (Resumable, &[], &["main/prepare"]),
    );
    // A step at the end is no harm; one in front of another is.
    let new = json!({
        "id": "new", "kind": "compute", "value": { "op": "lit", "value": 1 }, "result": { "type": "int" }
    });
    let at_the_end = new.clone();
    check_verdict(move |p| steps(p).push(at_the_end), (Compatible, &[], &[]));
    check_verdict(
        move |p| steps(p).insert(3, new),
        (Resumable, &[], &["main/gate"]),
    );
    check_verdict(
        |p| p["workflows"]["main"]["context"]["lang"] = json!("de"),
        (Resumable, &[], &["main"]),
    );
    check_verdict(
        |p| {
            let inputs = &mut p["workflows"]["main"]["inputs"];
            inputs[0]["type"] = json!("int");
            inputs[1].as_object_mut().unwrap().remove("default");
            inputs[2]["name"] = json!("part");
            let new = json!({ "name": "more", "type": "bool" });
            inputs.as_array_mut().unwrap().push(new);
        },
        (
            Incompatible,
            &[
                "input `topic` was String, and is Int",
                "input `depth` must be given now",
                "input `ratio` is gone",
                "input `more` is new, and must be given",
            ],
            &[],
        ),
    );
}
