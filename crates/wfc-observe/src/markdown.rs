//! The report as Markdown.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::{Counts, ErrorInfo, GroupKind, Liveness, Report, StepInfo};

/// How much of a value is shown, in characters.
const SHOWN: usize = 200;

/// How deep lists are indented at most; deeper steps keep the last indent.
const MAX_INDENT: usize = 40;

/// The report for people.
pub fn markdown(report: &Report) -> String {
    let mut page = String::new();
    let run = &report.run;
    line(
        &mut page,
        format_args!("# Run {}: {}", run.run_id, run.status),
    );
    for note in &report.notes {
        line(&mut page, format_args!("\n> {note}"));
    }
    line(&mut page, "\n## Run\n");
    let facts = [
        ("workflow", run.workflow.clone()),
        ("file", run.workflow_file.clone()),
        ("status", Some(status(run.status.as_str(), run.process))),
        ("started", run.started_at.clone()),
        ("last activity", run.updated_at.clone()),
        ("elapsed", run.elapsed_ms.map(duration)),
        ("directory", Some(run.run_dir.clone())),
        ("plan", run.plan_hash.clone()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            line(&mut page, format_args!("- {name}: {}", code_free(&fact)));
        }
    }
    let origin = run.origin.iter().map(|from| ("comes from", from));
    let forks = run.forks.iter().map(|fork| ("was forked as", fork));
    for (words, other) in origin.chain(forks) {
        let step = other.step.as_ref();
        let step = step.map_or("anew".to_owned(), |step| format!("from {step} on"));
        let fact = format!("{}, {step}", other.run_id);
        line(&mut page, format_args!("- {words}: {}", code_free(&fact)));
    }
    for session in &run.sessions {
        let pid = session
            .pid
            .map_or(String::new(), |pid| format!(", pid {pid}"));
        line(
            &mut page,
            format_args!(
                "- session {}: {}{pid}, {}",
                session.id, session.entrypoint, session.status
            ),
        );
    }
    values(&mut page, "Context", &run.context, false);
    values(&mut page, "Inputs", &report.inputs, true);
    values(&mut page, "Outputs", &report.outputs, true);
    if let Some(error) = &report.error {
        line(&mut page, "\n## Error\n");
        if let Some(step) = &error.step {
            let place = error
                .place
                .as_ref()
                .map_or(String::new(), |p| format!(" ({p})"));
            line(&mut page, format_args!("- step: {step}{place}"));
        }
        if let Some(cause) = &error.cause {
            let first = cause.lines().next().unwrap_or_default();
            line(&mut page, format_args!("- cause: {first}"));
        }
        error_lines(&mut page, "", error);
        if !error.logs.is_empty() {
            line(&mut page, format_args!("- logs: {}", error.logs.join(", ")));
        }
    }
    line(&mut page, "\n## Progress\n");
    counts(
        &mut page,
        "steps of the workflow",
        &report.progress.outermost,
        &run.status,
    );
    counts(
        &mut page,
        "steps run in all",
        &report.progress.leaves,
        &run.status,
    );
    if let Some(current) = &report.progress.current {
        line(&mut page, format_args!("- current: {current}"));
    }
    line(&mut page, "\n## Steps\n");
    steps(&mut page, &report.steps, &run.status);
    page
}

/// The status of a step in a run that stands at `run`, in words.
pub fn step_status<'a>(status: &'a str, run: &str) -> &'a str {
    match (status, run) {
        ("running", "interrupted" | "suspended") => "interrupted",
        ("pending", "completed" | "failed") => "not reached",
        (status, _) => status,
    }
}

fn line(page: &mut String, text: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{text}");
}

fn status(word: &str, process: Option<Liveness>) -> String {
    match process {
        Some(Liveness::Dead) => format!("{word} (no live process)"),
        Some(Liveness::Unknown) => format!("{word} (its process cannot be looked for here)"),
        Some(Liveness::Alive) | None => word.to_owned(),
    }
}

fn values(page: &mut String, title: &str, values: &Map<String, Value>, always: bool) {
    if values.is_empty() && !always {
        return;
    }
    line(page, format_args!("\n## {title}\n"));
    if values.is_empty() {
        line(page, "none");
    }
    for (name, value) in values {
        line(page, format_args!("- {name}: {}", shown(value)));
    }
}

fn counts(page: &mut String, title: &str, counts: &Counts, run: &str) {
    let running = step_status("running", run);
    let parts = [
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
        (counts.running, running),
        (counts.pending, "not reached"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    line(
        page,
        format_args!("- {title}: {} ({})", counts.total, parts.join(", ")),
    );
}

/// What is still to be written: a heading at a depth, or a step at a depth.
enum Item<'a> {
    Heading(usize, String),
    Step(usize, &'a StepInfo),
}

fn steps(page: &mut String, steps: &[StepInfo], run: &str) {
    let mut pending: Vec<Item<'_>> = steps.iter().rev().map(|step| Item::Step(0, step)).collect();
    while let Some(item) = pending.pop() {
        match item {
            Item::Heading(depth, heading) => {
                line(page, format_args!("{}- {heading}", indent(depth)));
            }
            Item::Step(depth, step) => {
                step_lines(page, &indent(depth), step, run);
                for group in step.groups.iter().rev() {
                    let inner = group.steps.iter().rev();
                    pending.extend(inner.map(|step| Item::Step(depth + 2, step)));
                    let heading = match group.kind {
                        GroupKind::Iteration => format!("iteration {}", group.label),
                        GroupKind::Branch => format!("branch {}", group.label),
                        GroupKind::Call => format!("frame {}", group.label),
                    };
                    pending.push(Item::Heading(depth + 1, heading));
                }
            }
        }
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth.min(MAX_INDENT))
}

fn step_lines(page: &mut String, indent: &str, step: &StepInfo, run: &str) {
    let status = step_status(&step.status, run);
    let mut head = format!("{indent}- **{}** {status}: {}", step.name, step.kind);
    if let Some(detail) = &step.detail {
        let _ = write!(head, " {detail}");
    }
    if step.duration_ms > 0 {
        let _ = write!(head, ", {}", duration(step.duration_ms));
    }
    if let Some(code) = step.exit_code.filter(|code| *code != 0) {
        let _ = write!(head, ", exit code {code}");
    }
    if let Some(attempts) = step.attempts.filter(|attempts| *attempts > 1) {
        let _ = write!(head, ", begun {attempts} times");
    }
    if let Some(visits) = step.visits.filter(|visits| *visits > 1) {
        let _ = write!(head, ", visit {visits}");
    }
    if let Some(place) = &step.place {
        let _ = write!(head, " ({place})");
    }
    line(page, head);
    let inner = format!("{indent}  ");
    if let Some(error) = &step.error {
        error_lines(page, &inner, error);
    }
    for warning in &step.warnings {
        line(page, format_args!("{inner}- warning: {warning}"));
    }
    for (number, attempt) in (1..).zip(&step.earlier_attempts) {
        line(page, format_args!("{inner}- {}", earlier(number, attempt)));
    }
    for (path, change) in &step.outputs {
        if let Some(change) = change.as_str() {
            line(page, format_args!("{inner}- {change}: {}", code_free(path)));
        }
    }
    for (name, value) in &step.artifacts {
        line(page, format_args!("{inner}- {name}: {}", shown(value)));
    }
    if !step.logs.is_empty() {
        line(
            page,
            format_args!("{inner}- logs: {}", step.logs.join(", ")),
        );
    }
}

/// An attempt that was followed by another.
fn earlier(number: usize, attempt: &Value) -> String {
    let mut text = format!("attempt {number} failed");
    if let Some(code) = attempt["exit_code"].as_i64() {
        let _ = write!(text, " with exit code {code}");
    }
    if let Some(ms) = attempt["duration_ms"].as_u64() {
        let _ = write!(text, " after {}", duration(ms));
    }
    if let Some(class) = attempt["class"].as_str() {
        let _ = write!(text, " ({class})");
    }
    if let Some(message) = attempt["error"]["message"].as_str() {
        let _ = write!(text, ": {}", code_free(message));
    }
    text
}

fn error_lines(page: &mut String, indent: &str, error: &ErrorInfo) {
    let message = error.message.replace('\n', " ");
    line(page, format_args!("{indent}- {}: {message}", error.kind));
    let violations = error.context.get("violations").and_then(Value::as_array);
    for violation in violations.into_iter().flatten() {
        if let Some(message) = violation["message"].as_str() {
            line(page, format_args!("{indent}  - {message}"));
        }
    }
}

/// A value on one line, cut where it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if !text.contains('\n') => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > SHOWN {
        let cut: String = text.chars().take(SHOWN).collect();
        format!("{cut}...")
    } else {
        text
    }
}

fn code_free(text: &str) -> String {
    text.replace('\n', " ")
}

/// A time in milliseconds for people: `850 ms`, `2.31 s`, `4 min 5 s`, `2 h 3
/// min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{}.{:02} s", seconds, ms % 1000 / 10),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
