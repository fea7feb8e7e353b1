//! `wfc diff`: are two workflows the same in the intermediate representation?

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use wfc_diag::Sources;
use wfc_ir::{Change, ChangeKind, Judgement, Place, Program, Verdict};

use crate::cli::{DiffArgs, ResultFormat, SourceArgs};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session};
use crate::rewriting::unified;

/// The order in which kinds of change are shown.
const KINDS: [ChangeKind; 6] = [
    ChangeKind::Effect,
    ChangeKind::Contract,
    ChangeKind::Control,
    ChangeKind::Limit,
    ChangeKind::State,
    ChangeKind::Data,
];

/// How many lines of a step are shown.
const EXCERPT: usize = 16;

/// One of the two.
struct Side {
    file: String,
    program: Box<Program>,
    hash: String,
    sources: Sources,
}

impl Side {
    /// Where a step is written.
    fn place(&self, workflow: &str, step: &str) -> Option<&Place> {
        let notes = self.program.notes.get(workflow)?;
        let mut origins = notes.origins.iter();
        origins.find_map(|(id, origin)| (id.as_str() == step).then_some(&origin.place))
    }

    /// The lines of a step, without the indentation that they share: the one in
    /// which it begins and those that are indented deeper.
    fn excerpt(&self, place: &Place) -> Option<String> {
        let (_, source) = self
            .sources
            .iter()
            .find(|(_, source)| source.name == place.file)?;
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let mut lines = source.text.lines().skip(place.line as usize - 1);
        let first = lines.next()?;
        let margin = indent(first);
        // What stands behind the dash of an item belongs to it.
        let inside = match first.trim_start().starts_with("- ") {
            true => margin + 1,
            false if first.trim_start().starts_with('(') => margin + 1,
            false => margin,
        };
        let mut shown = vec![first];
        shown.extend(lines.take_while(|line| line.trim().is_empty() || indent(line) >= inside));
        while shown.last().is_some_and(|line| line.trim().is_empty()) {
            shown.pop();
        }
        let mut text = String::new();
        for line in shown.iter().take(EXCERPT) {
            let _ = writeln!(text, "{}", line.get(margin..).unwrap_or_default());
        }
        if shown.len() > EXCERPT {
            text.push_str("...\n");
        }
        Some(text)
    }
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
    let judgement = wfc_ir::judge(&a.program, &b.program, &changes);
    let text = match args.format {
        ResultFormat::Human if same => format!("same IR {}\n", a.hash),
        ResultFormat::Human => listing(&a, &b, &changes, &judgement),
        ResultFormat::Json => document(&a, &b, &changes, &judgement),
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
    let sources = compiled.sources.clone();
    Ok(match Checked::of(compiled, console)? {
        Checked::Refused => None,
        Checked::Program(program) => Some(Side {
            file: named.to_owned(),
            hash: program.core_hash(),
            program,
            sources,
        }),
    })
}

fn listing(a: &Side, b: &Side, changes: &[Change], judgement: &Judgement) -> String {
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
    excerpts(a, b, changes, &mut text);
    let _ = writeln!(text, "\n{} {noun}: {}", changes.len(), totals.join(", "));
    text.push_str(&verdict(judgement));
    text
}

/// Where the step of a change is written, on either side.
fn places<'a>(a: &'a Side, b: &'a Side, change: &Change) -> [Option<(&'a Side, &'a Place)>; 2] {
    let Some(step) = &change.step else {
        return [None, None];
    };
    let there = match (change.aspect.as_str(), &change.right) {
        ("moved" | "renamed", Some(to)) => to,
        _ => step,
    };
    let workflow = match change.workflow == a.program.entry {
        true => &b.program.entry,
        false => &change.workflow,
    };
    [
        a.place(&change.workflow, step).map(|place| (a, place)),
        b.place(workflow, there).map(|place| (b, place)),
    ]
}

/// The text of each step that differs: as a diff where both are of one
/// language, else one behind the other.
fn excerpts(a: &Side, b: &Side, changes: &[Change], text: &mut String) {
    let language = |side: &Side| Path::new(&side.file).extension().map(ToOwned::to_owned);
    let alike = language(a) == language(b);
    let mut shown: Vec<(&str, &str)> = Vec::new();
    for change in changes {
        let Some(step) = &change.step else { continue };
        let key = (change.workflow.as_str(), step.as_str());
        if shown.contains(&key) {
            continue;
        }
        shown.push(key);
        let parts: Vec<(String, String)> = places(a, b, change)
            .into_iter()
            .flatten()
            .filter_map(|(side, place)| {
                let named = format!("{}:{}", place.file, place.line);
                Some((named, side.excerpt(place)?))
            })
            .collect();
        if let (true, [(left, before), (right, after)]) = (alike, parts.as_slice()) {
            if before != after {
                let _ = write!(text, "\n{}", unified(before, after, (left, right)));
            }
            continue;
        }
        for (named, part) in parts {
            let _ = writeln!(text, "\n{named}");
            for line in part.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
}

/// What the differences mean, in a sentence and its reasons.
fn verdict(judgement: &Judgement) -> String {
    let word = judgement.verdict.as_str();
    match judgement.verdict {
        Verdict::Same => String::new(),
        Verdict::Compatible => {
            format!("{word}: callers, and runs that stopped, can go on with the second\n")
        }
        Verdict::Resumable => {
            let mut text = format!(
                "{word}: callers can go on with the second, and so can runs that stopped before\n"
            );
            for (workflow, step) in &judgement.parting {
                let _ = match step {
                    Some(step) => writeln!(text, "  {workflow}/{step}"),
                    None => writeln!(text, "  {workflow} began"),
                };
            }
            text
        }
        Verdict::Incompatible => {
            let mut text = format!("{word}: callers of the first cannot call the second\n");
            for reason in &judgement.interface {
                let _ = writeln!(text, "  {reason}");
            }
            text
        }
    }
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

fn document(a: &Side, b: &Side, changes: &[Change], judgement: &Judgement) -> String {
    let side = |side: &Side| json!({ "file": side.file, "entry": side.program.entry, "core_hash": side.hash });
    let changes: Vec<_> = changes
        .iter()
        .map(|change| {
            json!({
                "workflow": change.workflow,
                "step": change.step,
                "places": places(a, b, change).map(|found| found.map(|(_, place)| place)),
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
        "verdict": judgement.verdict.as_str(),
        "interface": judgement.interface,
        "parting": judgement.parting.iter().map(|(workflow, step)| json!({
            "workflow": workflow,
            "step": step,
        })).collect::<Vec<_>>(),
        "a": side(a),
        "b": side(b),
        "changes": changes,
    });
    format!("{document:#}\n")
}
