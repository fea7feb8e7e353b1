//! `wfc ls`: the runs there are.

use std::fmt::Write;

use serde_json::json;
use wfc_observe::{ReportError, RunSummary};

use crate::cli::{LsArgs, ResultFormat};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::recorded::{clock, fault, plain, tone};

/// How much of a workflow's name, and of what a run is at, is shown.
const NAME: usize = 28;
const DETAIL: usize = 60;

pub(super) fn run(args: &LsArgs, console: &Console) -> Outcome {
    let root = &args.root.runs_root;
    let all = match wfc_observe::runs(root) {
        Ok(all) => all,
        Err(ReportError::NoRuns { .. }) => Vec::new(),
        Err(error) => return Err(fault(&error)),
    };
    let limit = match args.limit {
        0 => usize::MAX,
        limit => limit,
    };
    // Runs are looked into one by one, until there are enough of them.
    let mut wanted = all
        .iter()
        .map(|dir| wfc_observe::summary(dir))
        .filter(|run| wants(args, run));
    let runs: Vec<RunSummary> = wanted.by_ref().take(limit).collect();
    let more = runs.len() == limit && wanted.next().is_some();
    if args.quiet {
        let ids = runs.iter().map(|run| format!("{}\n", run.run_id));
        console.print(&ids.collect::<String>())?;
        return Ok(Exit::Ok);
    }
    match args.format {
        ResultFormat::Json => {
            let runs: Result<Vec<_>, _> = runs.iter().map(as_json).collect();
            let runs = runs.map_err(|error| Fault::new(format!("cannot write JSON: {error}")))?;
            let list = json!({ "schema": "wfc.runs/1", "runs": runs, "more": more });
            console.print(&format!("{list:#}\n"))?;
        }
        ResultFormat::Human if runs.is_empty() => {
            let what = match all.is_empty() {
                true => "there are no runs",
                false => "no run is like that",
            };
            console.say(format_args!("{what} in {}", root.display()));
        }
        ResultFormat::Human => {
            console.print(&table(&runs, console))?;
            if more {
                console.say(format_args!(
                    "these are the newest {limit}; --limit 0 shows all"
                ));
            }
        }
    }
    Ok(Exit::Ok)
}

fn wants(args: &LsArgs, run: &RunSummary) -> bool {
    let status = || args.status.iter().any(|each| each.word() == run.status);
    let named = |part: &String| {
        let name = run.workflow.as_ref();
        name.is_some_and(|name| name.contains(part.as_str()))
    };
    (args.status.is_empty() || status()) && args.workflow.as_ref().is_none_or(named)
}

fn as_json(run: &RunSummary) -> Result<serde_json::Value, serde_json::Error> {
    let mut value = serde_json::to_value(run)?;
    value["resumable"] = json!(run.resumable());
    Ok(value)
}

fn table(runs: &[RunSummary], console: &Console) -> String {
    let header = [
        "RUN", "WORKFLOW", "STATUS", "STARTED", "TOOK", "STEPS", "AT",
    ];
    let rows: Vec<[String; 7]> = runs.iter().map(row).collect();
    let mut widths = header.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: &[String; 7], paint: &dyn Fn(usize, &str) -> String| {
        let mut out = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            // The last column ends the line.
            let width = if at + 1 == cells.len() { 0 } else { width };
            let gap = width.saturating_sub(cell.chars().count());
            let _ = write!(out, "{}{:gap$}  ", paint(at, cell), "");
        }
        let _ = writeln!(text, "{}", out.trim_end());
    };
    line(&header.map(str::to_owned), &|_, cell| {
        console.paint_out(Tone::Dim, cell)
    });
    for (row, run) in rows.iter().zip(runs) {
        line(row, &|at, cell| match at {
            2 => console.paint_out(tone(&run.status), cell),
            _ => cell.to_owned(),
        });
    }
    text
}

fn row(run: &RunSummary) -> [String; 7] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let at = run.current.as_ref().or(run.error.as_ref());
    [
        plain(&run.run_id),
        or_dash(run.workflow.as_deref().map(|name| short(name, NAME))),
        run.status.clone(),
        or_dash(run.started_at.as_deref().map(clock)),
        or_dash(run.elapsed_ms.map(wfc_observe::duration)),
        match run.steps_total {
            Some(total) => format!("{}/{total}", run.steps_done),
            None => "-".to_owned(),
        },
        at.map_or_else(String::new, |at| short(at, DETAIL)),
    ]
}

/// The beginning of a text, safe to be shown.
fn short(text: &str, limit: usize) -> String {
    let text = plain(text);
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
