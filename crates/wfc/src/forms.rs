//! What becomes of a form of the source: its steps in the IR, and where a run
//! keeps their results.

use std::fmt::Write;

use wfc_compiler::lisp::ItemDoc;
use wfc_diag::nearest;
use wfc_ir::{Notes, Op, Origin, Program, Step, Workflow};

use crate::console;
use crate::exit::Fault;

/// How many steps are listed.
const SHOWN: usize = 14;

/// Tells about the workflow, procedure or step of this name.
pub(crate) fn explain(
    program: &Program,
    definitions: &[ItemDoc],
    form: &str,
) -> Result<String, Fault> {
    let defined = definitions.iter().find(|item| item.name == form);
    if let Some((name, workflow)) = program.workflows.get_key_value(form) {
        return Ok(of_workflow(program, name, workflow, defined));
    }
    if let Some(item) = defined {
        return Ok(of_definition(program, item));
    }
    for (name, workflow) in &program.workflows {
        if let Some(notes) = program.notes.get(name)
            && let Some((step, depth)) = steps(workflow)
                .into_iter()
                .find(|(s, _)| is(notes, s, form))
        {
            return Ok(of_step(name, notes, step, depth));
        }
    }
    let fault = Fault::new(format!("there is no workflow, procedure or step `{form}`"));
    let mut names: Vec<String> = program.workflows.keys().cloned().collect();
    names.extend(definitions.iter().map(|item| item.name.clone()));
    for notes in program.notes.values() {
        names.extend(notes.shown.values().map(|shown| shown.name.clone()));
    }
    Err(match nearest(form, names.iter().map(String::as_str)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`wfc compile FILE --emit core` shows all of them"),
    })
}

fn is(notes: &Notes, step: &Step, form: &str) -> bool {
    let shown = notes.shown.get(&step.id);
    step.id.to_string() == form || shown.is_some_and(|s| s.name == form || s.key == form)
}

/// The steps of a workflow with how deep they are, in order, those of
/// `finally` last.
fn steps(workflow: &Workflow) -> Vec<(&Step, usize)> {
    let mut found = Vec::new();
    let last = workflow.finally.iter().flat_map(|each| &each.block.steps);
    let outer: Vec<&Step> = workflow.body.steps.iter().chain(last).collect();
    let mut pending: Vec<(&Step, usize)> = outer.into_iter().rev().map(|step| (step, 0)).collect();
    while let Some((step, depth)) = pending.pop() {
        found.push((step, depth));
        let inner = step.op.blocks().into_iter().flat_map(|block| &block.steps);
        let inner: Vec<&Step> = inner.collect();
        pending.extend(inner.into_iter().rev().map(|step| (step, depth + 1)));
    }
    found
}

fn of_workflow(
    program: &Program,
    name: &str,
    workflow: &Workflow,
    defined: Option<&ItemDoc>,
) -> String {
    let Some(notes) = program.notes.get(name) else {
        return String::new();
    };
    let place = defined.map_or(notes.file.clone(), |item| {
        format!("{}:{}", item.file, item.line)
    });
    let mut text = format!("workflow {name}, {place}\n");
    signature(&mut text, defined);
    let all = steps(workflow);
    let inputs = workflow.inputs.len();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "becomes a workflow of the IR with {} and {}; its result is {}\n",
        counted(inputs, "input"),
        counted(all.len(), "step"),
        workflow.result
    );
    list(&mut text, notes, &all);
    if program.entry == name {
        text.push_str("\na run starts with it; its inputs are given by --input\n");
    } else {
        text.push_str("\na run reaches it by a `call`, in a frame of its own\n");
    }
    text
}

/// A procedure, or a type.
fn of_definition(program: &Program, item: &ItemDoc) -> String {
    let mut text = format!("{} {}, {}:{}\n", item.kind, item.name, item.file, item.line);
    signature(&mut text, Some(item));
    let called = match item.kind {
        "procedure" | "function" => "becomes no workflow: its body is written out at each call",
        "workflow" => "is not reached from the workflow that a run starts with",
        "macro" => "becomes nothing: what it stands for is written out at each use",
        _ => "becomes no step: it says what values look like, and contracts are made of it",
    };
    let _ = writeln!(text, "{called}\n");
    let within = |origin: &Origin| {
        origin.place.file == item.file
            && item.bytes.0 <= origin.bytes.0
            && origin.bytes.1 <= item.bytes.1
    };
    let mut found = false;
    for (name, workflow) in &program.workflows {
        let Some(notes) = program.notes.get(name) else {
            continue;
        };
        let inside: Vec<(&Step, usize)> = steps(workflow)
            .into_iter()
            .filter(|(step, _)| notes.origins.get(&step.id).is_some_and(within))
            .collect();
        if !inside.is_empty() && item.kind != "workflow" {
            found = true;
            let _ = writeln!(
                text,
                "in the workflow {name} it makes {}:",
                counted(inside.len(), "step")
            );
            list(&mut text, notes, &inside);
        }
    }
    if !found && matches!(item.kind, "procedure" | "function" | "macro") {
        text.push_str(
            "it makes no step: it computes values inside of other steps, or nothing calls it\n",
        );
    }
    text
}

fn of_step(workflow: &str, notes: &Notes, step: &Step, depth: usize) -> String {
    let shown = notes.shown.get(&step.id);
    let name = shown.map_or_else(|| step.id.to_string(), |shown| shown.name.clone());
    let mut text = format!("step {name} of the workflow {workflow}\n");
    let mut row = |what: &str, value: &str| {
        let _ = writeln!(text, "  {what:<12} {value}");
    };
    if let Some(origin) = notes.origins.get(&step.id) {
        row("source", &place(origin));
        for via in &origin.via {
            row(
                "used at",
                &format!("{}:{}:{}", via.file, via.line, via.column),
            );
        }
    }
    row(
        "in the IR",
        &format!("{}, a `{}`", step.id, step.op.keyword()),
    );
    row("gives", &step.result.to_string());
    if let Op::Call { workflow, .. } = &step.op {
        row("calls", workflow);
    }
    match shown {
        Some(shown) if shown.hidden => row("in a run", "no record: the compiler made it"),
        Some(shown) => {
            row("in a run", &format!("`{}` in state.json", shown.key));
            row("durable id", &shown.step_id);
        }
        None => {}
    }
    let blocks = step.op.blocks();
    if !blocks.is_empty() {
        let inner: Vec<(&Step, usize)> = blocks
            .into_iter()
            .flat_map(|block| &block.steps)
            .map(|step| (step, depth + 1))
            .collect();
        let _ = writeln!(text, "\nit holds {}:", counted(inner.len(), "step"));
        list(&mut text, notes, &inner);
    }
    text
}

fn signature(text: &mut String, item: Option<&ItemDoc>) {
    let Some(item) = item else {
        return;
    };
    for line in item.signature.lines() {
        let _ = writeln!(text, "  {line}");
    }
    if !item.effects.is_empty() {
        let _ = writeln!(text, "  effects: {}", item.effects.join(" "));
    }
}

/// One line for each step: its id, what it is, where it comes from, and where a
/// run keeps its result.
fn list(text: &mut String, notes: &Notes, steps: &[(&Step, usize)]) {
    let least = steps.iter().map(|(_, depth)| *depth).min().unwrap_or(0);
    let ids: Vec<String> = steps
        .iter()
        .map(|(step, depth)| {
            let id = step.id.to_string();
            let last = id.rsplit('/').next().unwrap_or(&id);
            format!("{:indent$}{last}", "", indent = 2 * (depth - least))
        })
        .collect();
    let width = ids
        .iter()
        .take(SHOWN)
        .map(|id| id.chars().count())
        .max()
        .unwrap_or(0);
    for ((step, _), id) in steps.iter().zip(&ids).take(SHOWN) {
        let from = notes.origins.get(&step.id).map(place).unwrap_or_default();
        let kept = match notes.shown.get(&step.id) {
            Some(shown) if shown.hidden => "made by the compiler, no record".to_owned(),
            Some(shown) => format!("kept as `{}`", shown.key),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "  {id:<width$}  {:<11}  {from:<20}  {kept}",
            step.op.keyword()
        );
    }
    if let Some(more) = steps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more; `--emit core` shows all of them");
    }
}

fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.place.file, origin.place.line)
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        n => console::counted(n, noun),
    }
}
