//! How a run would go on, in words and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};
use wfc_ir::Plan;
use wfc_vm::{Because, Fate, Outlook, Planned};

use crate::places::{Places, place};

/// A few lines, for a resume that goes on at once.
pub(crate) fn brief(outlook: &Outlook) -> Vec<String> {
    let stand = match outlook.answers {
        1 => "result stands",
        _ => "results stand",
    };
    let mut lines = vec![format!("{} recorded {stand}", outlook.answers)];
    let void: Vec<&str> = outlook
        .of(Fate::Void)
        .map(|each| each.step.as_str())
        .collect();
    if !void.is_empty() {
        lines.push(format!(
            "what came after the failure counts no longer: {}",
            void.join(", ")
        ));
    }
    for each in &outlook.steps {
        let why = each.why.as_deref().unwrap_or_default();
        match (each.fate, each.because) {
            (Fate::Runs, Some(Because::Next)) => {}
            (Fate::Runs, Some(Because::Outputs)) => lines.push(format!("the {} {why}", each.step)),
            (Fate::Runs, Some(Because::Failed)) => {
                lines.push(format!("{} {why} and runs again", each.step));
            }
            (Fate::Runs, _) => lines.push(format!("{} {why}; it runs again", each.step)),
            (Fate::Fails | Fate::Halted, _) => lines.push(format!("{} {why}", each.step)),
            (Fate::Replayed | Fate::Void | Fate::Ahead, _) => {}
        }
    }
    lines
}

/// All of it, for people.
pub(crate) fn listing(outlook: &Outlook, plan: &Plan, changes: &[String]) -> String {
    let places = Places::new(plan);
    let mut text = format!("run {} follows {}\n", outlook.run_id, outlook.plan_hash);
    if outlook.completed {
        text.push_str("it has completed; nothing is left to do\n");
    }
    for change in changes {
        let _ = writeln!(text, "  changed   {change}");
    }
    let width = outlook.steps.iter().map(|each| each.step.chars().count());
    let width = width.max().unwrap_or(0).min(40);
    let mut last = None;
    for each in &outlook.steps {
        let word = match each.fate {
            Fate::Replayed => "replayed",
            Fate::Void => "void",
            Fate::Runs => "runs",
            Fate::Halted => "halted",
            Fate::Fails => "fails",
            Fate::Ahead => "ahead",
        };
        let shown = if last == Some(each.fate) { "" } else { word };
        last = Some(each.fate);
        let _ = writeln!(
            text,
            "  {shown:<8}  {:width$}  {}",
            each.step,
            remark(each, &places)
        );
    }
    if let Some(advice) = outlook.advice() {
        let _ = writeln!(text, "{advice}");
    }
    text
}

fn remark(each: &Planned, places: &Places<'_>) -> String {
    let node = places.find(&each.step);
    let mut words = vec![match node {
        Some(node) => places.what(node),
        None => each.kind.clone(),
    }];
    words.extend(node.and_then(place).map(|place| format!("({place})")));
    match each.fate {
        Fate::Replayed => words.extend(each.status.clone().filter(|status| status != "completed")),
        Fate::Void => words.push("came after the failure; it counts no longer".to_owned()),
        Fate::Ahead => {}
        Fate::Runs | Fate::Halted | Fate::Fails => words.extend(each.why.clone()),
    }
    if let (Some(class), Fate::Runs | Fate::Halted) = (&each.class, each.fate) {
        let begun = match each.attempts {
            None => String::new(),
            Some(1) => ", begun once so far".to_owned(),
            Some(times) => format!(", begun {times} times so far"),
        };
        words.push(format!("[{class}{begun}]"));
    }
    words.join(" ")
}

/// All of it, as one object.
pub(crate) fn document(outlook: &Outlook, plan: &Plan, changes: Value) -> String {
    let places = Places::new(plan);
    let steps: Vec<Value> = outlook
        .steps
        .iter()
        .map(|each| {
            let mut step = json!(each);
            let node = places.find(&each.step);
            if let Some(place) = node.and_then(|node| node.place.as_ref()) {
                step["place"] = json!(place);
            }
            step
        })
        .collect();
    let state = match () {
        () if outlook.completed => "completed",
        () if outlook.of(Fate::Halted).next().is_some() => "halted",
        () if outlook.of(Fate::Fails).next().is_some() => "fails",
        () => "goes_on",
    };
    let document = json!({
        "schema": "wfc.resume/1",
        "run_id": outlook.run_id,
        "plan_hash": outlook.plan_hash,
        "state": state,
        "answers": outlook.answers,
        "changes": changes,
        "steps": steps,
    });
    format!("{document:#}\n")
}
