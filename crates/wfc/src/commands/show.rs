//! `wfc show`: a run, or one of its steps.

use std::fmt::{Display, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use wfc_ir::{Exec, Expr, NodeOp, Plan};
use wfc_observe::{ErrorInfo, GroupKind, Liveness, NamedStep, Report, StepInfo};

use crate::cli::{ResultFormat, ShowArgs};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::places::Places;
use crate::progress::shown;
use crate::recorded::{clock, fault, find_run, find_step, plain, tone};

/// How many iterations of a loop are shown unless all are asked for.
const ITERATIONS: usize = 3;

/// How far steps are indented at most.
const INDENT: usize = 20;

/// How much of a value is shown on its line, in characters.
const VALUE: usize = 300;

pub(super) fn run(args: &ShowArgs, console: &Console) -> Outcome {
    let dir = find_run(&args.root.runs_root, &args.run)?;
    let report = wfc_observe::report(&dir).map_err(|error| fault(&error))?;
    let text = match &args.step {
        None => match args.format {
            ResultFormat::Json => document(&report)?,
            ResultFormat::Human => Page::new(&report, console).run(&report, args.all),
        },
        Some(given) => {
            let found = find_step(&report, given)?;
            let plan = wfc_observe::plan(&dir);
            let command = plan.as_ref().and_then(|plan| command(plan, &found.name));
            match args.format {
                ResultFormat::Json => document(&step_json(&report, &dir, &found, command))?,
                ResultFormat::Human => Page::new(&report, console).step(&dir, &found, command),
            }
        }
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

fn document(value: &impl serde::Serialize) -> Result<String, Fault> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Fault::new(format!("cannot write JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

fn step_json(
    report: &Report,
    dir: &Path,
    found: &NamedStep<'_>,
    command: Option<Vec<String>>,
) -> Value {
    let mut step = json!(found.step);
    step["full_name"] = json!(found.name);
    step["command"] = json!(command);
    step["prompt"] = json!(prompt(dir, found.step));
    json!({
        "schema": "wfc.step/1",
        "run_id": report.run.run_id,
        "run_dir": report.run.run_dir,
        "step": step,
    })
}

/// The prompt of a step, as a path.
fn prompt(dir: &Path, step: &StepInfo) -> Option<String> {
    let mut logs = step.logs.iter();
    let log = logs.find(|log| log.ends_with(".prompt.txt"))?;
    Some(dir.join(log).display().to_string())
}

/// What a step starts, as its author wrote it: values are only known when it
/// runs.
fn command(plan: &Plan, name: &str) -> Option<Vec<String>> {
    let NodeOp::Process(process) = &Places::new(plan).find(name)?.op else {
        return None;
    };
    let word = |expr: &Expr| match expr {
        Expr::Lit { value } => wfc_ir::to_text(value),
        expr => format!("${{{expr}}}"),
    };
    match &process.exec {
        Exec::Command { argv, .. } => Some(argv.iter().map(word).collect()),
        Exec::Provider { .. } | Exec::Adjudicated(_) => None,
    }
}

/// A page for people.
struct Page<'a> {
    console: &'a Console,
    /// How the run stands.
    status: &'a str,
    text: String,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report, console: &'a Console) -> Self {
        Page {
            console,
            status: &report.run.status,
            text: String::new(),
        }
    }

    fn run(mut self, report: &Report, all: bool) -> String {
        let run = &report.run;
        let status = self.console.paint_out(tone(&run.status), &run.status);
        self.line(0, format_args!("run {} {status}", plain(&run.run_id)));
        let workflow = match (&run.workflow, &run.workflow_file) {
            (Some(name), Some(file)) => Some(format!("{name} ({file})")),
            (name, file) => name.clone().or(file.clone()),
        };
        self.fact("workflow", workflow);
        let took = run.elapsed_ms.map(wfc_observe::duration);
        self.fact(
            "started",
            run.started_at.as_deref().map(|at| match &took {
                Some(took) => format!("{}, took {took}", clock(at)),
                None => clock(at),
            }),
        );
        if let Some(session) = run.sessions.last()
            && let (Some(pid), Some(process)) = (session.pid, run.process)
        {
            let word = match process {
                Liveness::Alive => "is at it",
                Liveness::Dead => "is gone",
                Liveness::Unknown => "cannot be looked for here",
            };
            self.fact("process", Some(format!("{pid} {word}")));
        }
        self.fact(
            "sessions",
            Some(run.sessions.len())
                .filter(|sessions| *sessions > 1)
                .map(|sessions| sessions.to_string()),
        );
        let argv: Vec<String> = run.argv.iter().map(|word| quoted(word)).collect();
        self.fact(
            "command",
            Some(argv.join(" ")).filter(|words| !words.is_empty()),
        );
        self.fact("directory", Some(shown(Path::new(&run.run_dir))));
        self.values("context", &run.context);
        self.values("inputs", &report.inputs);
        self.values("outputs", &report.outputs);
        if let Some(error) = &report.error {
            self.error(error);
        }
        for note in &report.notes {
            self.fact("note", Some(note.clone()));
        }
        let counts = &report.progress.outermost;
        let done = counts.completed + counts.failed + counts.skipped;
        let inner = match report.progress.leaves.total {
            inner if inner == counts.total => String::new(),
            inner => format!(" ({inner} with those inside)"),
        };
        self.fact("steps", Some(format!("{done} of {}{inner}", counts.total)));
        self.fact("at", report.progress.current.clone());
        self.steps(&report.steps, all);
        self.text
    }

    fn step(mut self, dir: &Path, found: &NamedStep<'_>, command: Option<Vec<String>>) -> String {
        let step = found.step;
        let word = wfc_observe::step_status(&step.status, self.status);
        let status = self.console.paint_out(tone(word), word);
        self.line(0, format_args!("step {} {status}", plain(&found.name)));
        let kind = match &step.detail {
            Some(detail) => format!("{} {detail}", step.kind),
            None => step.kind.to_owned(),
        };
        self.fact("kind", Some(kind));
        self.fact("id", Some(step.step_id.clone()));
        self.fact("written", step.place.clone());
        self.fact("started", step.started_at.as_deref().map(clock));
        self.fact(
            "took",
            (step.duration_ms > 0).then(|| wfc_observe::duration(step.duration_ms)),
        );
        self.fact("exit code", step.exit_code.map(|code| code.to_string()));
        self.fact(
            "attempts",
            step.attempts.map(|attempts| attempts.to_string()),
        );
        self.fact("visits", step.visits.map(|visits| visits.to_string()));
        let command = command.map(|words| {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            words.join(" ")
        });
        self.fact("command", command);
        self.values("outputs", &step.artifacts);
        if let Some(error) = &step.error {
            self.error(error);
        }
        for log in &step.logs {
            let what = match log.rsplit_once('.') {
                Some((_, "txt")) => "prompt",
                Some((_, ending)) => ending,
                None => "log",
            };
            self.fact(what, Some(shown(&dir.join(log))));
        }
        let inner: usize = step.groups.iter().map(|group| group.steps.len()).sum();
        if inner > 0 {
            self.fact("inside", Some(format!("{inner} steps")));
            self.steps(std::slice::from_ref(step), false);
        }
        self.text
    }

    fn line(&mut self, indent: usize, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    fn fact(&mut self, name: &str, fact: Option<String>) {
        let Some(fact) = fact else { return };
        let label = self
            .console
            .paint_out(Tone::Dim, format_args!("{name:<10}"));
        for (at, part) in fact.lines().enumerate() {
            let part = plain(part);
            match at {
                0 => self.line(2, format_args!("{label} {part}")),
                _ => self.line(13, part),
            }
        }
    }

    fn values(&mut self, title: &str, values: &Map<String, Value>) {
        for (at, (name, value)) in values.iter().enumerate() {
            let text = plain(&wfc_ir::to_text(value).replace('\n', " "));
            let text = match text.char_indices().nth(VALUE) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            };
            let title = if at == 0 { title } else { "" };
            self.fact(title, Some(format!("{name}: {text}")));
        }
    }

    fn error(&mut self, error: &ErrorInfo) {
        let kind = self.console.paint_out(Tone::Bad, plain(&error.kind));
        let label = self
            .console
            .paint_out(Tone::Dim, format_args!("{:<10}", "error"));
        let mut lines = error.message.lines();
        let first = plain(lines.next().unwrap_or_default());
        self.line(2, format_args!("{label} {kind}: {first}"));
        for line in lines {
            self.line(13, plain(line));
        }
        let violations = error.context.get("violations").and_then(Value::as_array);
        for violation in violations.into_iter().flatten() {
            if let Some(message) = violation["message"].as_str() {
                self.line(13, plain(message));
            }
        }
        let step = error.step.as_ref().map(|step| match &error.place {
            Some(place) => format!("{step} ({place})"),
            None => step.clone(),
        });
        self.fact("failed in", step);
        self.fact("cause", error.cause.clone());
    }

    /// Steps as a tree. Explicit stack: plans may nest deeply.
    fn steps(&mut self, steps: &[StepInfo], all: bool) {
        enum Item<'a> {
            Step(&'a StepInfo),
            Words(String),
        }
        let mut pending: Vec<(usize, Item<'_>)> = steps
            .iter()
            .rev()
            .map(|step| (4, Item::Step(step)))
            .collect();
        while let Some((indent, item)) = pending.pop() {
            let step = match item {
                Item::Words(words) => {
                    let words = self.console.paint_out(Tone::Dim, words);
                    self.line(indent, words);
                    continue;
                }
                Item::Step(step) => step,
            };
            self.step_line(indent, step);
            let deeper = (indent + 2).min(INDENT);
            let iterations = |kind| matches!(kind, GroupKind::Iteration);
            let looped = step.groups.iter().filter(|group| iterations(group.kind));
            let hidden = match all {
                true => 0,
                false => looped.count().saturating_sub(ITERATIONS),
            };
            let shown = &step.groups[hidden.min(step.groups.len())..];
            for group in shown.iter().rev() {
                let label = plain(&group.label);
                let words = match group.kind {
                    GroupKind::Iteration => Some(format!("iteration {label}")),
                    GroupKind::Branch => Some(label),
                    // There is one unless the call was made several times.
                    GroupKind::Call if step.groups.len() > 1 => Some(label),
                    GroupKind::Call => None,
                };
                let inside = deeper + if words.is_some() { 2 } else { 0 };
                let inner = group.steps.iter().rev();
                pending.extend(inner.map(|step| (inside.min(INDENT), Item::Step(step))));
                pending.extend(words.map(|words| (deeper, Item::Words(words))));
            }
            if hidden > 0 {
                let words = format!("{hidden} iterations before, which --all shows");
                pending.push((deeper, Item::Words(words)));
            }
        }
    }

    fn step_line(&mut self, indent: usize, step: &StepInfo) {
        let word = wfc_observe::step_status(&step.status, self.status);
        let status = format!("{word:<11}");
        let status = self.console.paint_out(tone(word), status);
        let mut text = format!("{status} {}", plain(&step.name));
        let what = match &step.detail {
            Some(detail) => format!("{} {}", step.kind, plain(detail)),
            None => step.kind.to_owned(),
        };
        let _ = write!(text, "  {}", self.console.paint_out(Tone::Dim, what));
        if step.duration_ms > 0 {
            let _ = write!(text, "  {}", wfc_observe::duration(step.duration_ms));
        }
        if let Some(attempts) = step.attempts.filter(|attempts| *attempts > 1) {
            let _ = write!(text, "  {attempts} attempts");
        }
        if let Some(visits) = step.visits.filter(|visits| *visits > 1) {
            let _ = write!(text, "  {visits} visits");
        }
        if let Some(code) = step.exit_code.filter(|code| *code != 0) {
            let _ = write!(text, "  exit code {code}");
        }
        self.line(indent, text);
    }
}

/// A word as a shell would need it.
fn quoted(word: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&byte);
    match !word.is_empty() && word.bytes().all(safe) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
