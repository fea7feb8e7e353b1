//! `wfc diff`: are two workflows the same in the intermediate representation?

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use wfc_ir::{Change, ChangeKind, Program};

use crate::cli::{DiffArgs, ResultFormat, SourceArgs};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session};

/// The order in which kinds of change are shown.
const KINDS: [ChangeKind; 5] = [
    ChangeKind::Effect,
    ChangeKind::Contract,
    ChangeKind::Control,
    ChangeKind::State,
    ChangeKind::Data,
];

/// One of the two.
struct Side {
    file: String,
    program: Box<Program>,
    hash: String,
}

pub(super) fn run(args: &DiffArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    let side = |named: &str, entry: &Option<String>| {
        side(&session, named, entry.as_deref(), &args.source, console)
    };
    let (a, b) = (
        side(&args.a, &args.entry_workflow_a)?,
        side(&args.b, &args.entry_workflow_b)?,
    );
    let (Some(a), Some(b)) = (a, b) else {
        return Ok(Exit::Usage);
    };
    let same = a.hash == b.hash;
    let changes = wfc_ir::diff(&a.program, &b.program);
    let text = match args.format {
        ResultFormat::Human if same => format!("same IR {}\n", a.hash),
        ResultFormat::Human => listing(&a, &b, &changes),
        ResultFormat::Json => document(&a, &b, &changes),
    };
    console.print(&text)?;
    Ok(if same { Exit::Ok } else { Exit::Failed })
}

/// Compiles one side; `None` when it has errors, which have been shown.
fn side(
    session: &Session,
    named: &str,
    entry: Option<&str>,
    source: &SourceArgs,
    console: &Console,
) -> Result<Option<Side>, Fault> {
    let (file, inline) = match named.rsplit_once("::") {
        Some((file, name)) if !Path::new(named).exists() => (file, Some(name)),
        _ => (named, None),
    };
    if let (Some(inline), Some(entry)) = (inline, entry)
        && inline != entry
    {
        return Err(Fault::new(format!(
            "`{named}` names the workflow `{inline}`, and the option names `{entry}`"
        )));
    }
    let mut source = source.clone();
    if let Some(entry) = inline.or(entry) {
        source.entry_workflow = Some(entry.to_owned());
    }
    let compiled = session.compile(Path::new(file), &source)?;
    Ok(match Checked::of(compiled, console)? {
        Checked::Refused => None,
        Checked::Program(program) => Some(Side {
            file: named.to_owned(),
            hash: program.core_hash(),
            program,
        }),
    })
}

fn listing(a: &Side, b: &Side, changes: &[Change]) -> String {
    let mut text = String::new();
    let width = a.file.chars().count().max(b.file.chars().count());
    for side in [a, b] {
        let _ = writeln!(text, "{:width$}  {}", side.file, side.hash);
    }
    let mut totals = Vec::new();
    for kind in KINDS {
        let of_kind: Vec<&Change> = changes.iter().filter(|each| each.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        totals.push(format!("{} {kind}", of_kind.len()));
        let _ = writeln!(text, "\n{kind}");
        for change in of_kind {
            let _ = writeln!(text, "  {}", one_line(change));
        }
    }
    let noun = match changes.len() {
        1 => "difference",
        _ => "differences",
    };
    let _ = writeln!(text, "\n{} {noun}: {}", changes.len(), totals.join(", "));
    text
}

/// `main/review: argv: "a" -> "b"`; the kind stands above.
fn one_line(change: &Change) -> String {
    let place = match (change.workflow.as_str(), &change.step) {
        ("", _) => "program".to_owned(),
        (workflow, None) => workflow.to_owned(),
        (workflow, Some(step)) => format!("{workflow}/{step}"),
    };
    let values = match (&change.left, &change.right) {
        (None, None) => String::new(),
        (Some(left), None) => format!(": was {left}"),
        (None, Some(right)) => format!(": now {right}"),
        (Some(left), Some(right)) => format!(": {left} -> {right}"),
    };
    format!("{place}: {}{values}", change.aspect)
}

fn document(a: &Side, b: &Side, changes: &[Change]) -> String {
    let side = |side: &Side| json!({ "file": side.file, "entry": side.program.entry, "core_hash": side.hash });
    let changes: Vec<_> = changes
        .iter()
        .map(|change| {
            json!({
                "workflow": change.workflow,
                "step": change.step,
                "kind": change.kind.to_string(),
                "aspect": change.aspect,
                "left": change.left,
                "right": change.right,
            })
        })
        .collect();
    let document = json!({
        "schema": "wfc.diff/1",
        "same": a.hash == b.hash,
        "a": side(a),
        "b": side(b),
        "changes": changes,
    });
    format!("{document:#}\n")
}
