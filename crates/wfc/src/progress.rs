//! What a person sees while a run goes on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use wfc_ir::{NodeOp, Plan};
use wfc_vm::{Event, Progress, Record, Rerun, Status};

use crate::console::{Console, Tone};
use crate::places::{Places, place};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Writes progress to standard error.
pub(crate) struct Reporter<'a> {
    console: &'a Console,
    places: Places<'a>,
    quiet: bool,
    debug: bool,
    spinner: Option<ProgressBar>,
    began: HashMap<String, Instant>,
    run_dir: PathBuf,
    run_id: String,
    culprit: Option<Culprit>,
}

/// The innermost step that failed last.
pub(crate) struct Culprit {
    /// As the run shows it.
    pub(crate) name: String,
    /// Where it is written: `file:line`.
    pub(crate) place: Option<String>,
    /// What went wrong, in one line.
    pub(crate) why: String,
    /// Its log files that hold something.
    pub(crate) logs: Vec<PathBuf>,
}

/// How much is said.
pub(crate) struct Volume {
    /// Errors only.
    pub(crate) quiet: bool,
    /// Also when steps begin.
    pub(crate) debug: bool,
    /// Whether the output of steps is shown, which leaves no place for a
    /// spinner.
    pub(crate) streaming: bool,
}

impl<'a> Reporter<'a> {
    /// A reporter for a run of `plan`.
    pub(crate) fn new(plan: &'a Plan, volume: &Volume, console: &'a Console) -> Self {
        let turning = console.interactive && !volume.quiet && !volume.streaming;
        Reporter {
            console,
            places: Places::new(plan),
            quiet: volume.quiet,
            debug: volume.debug,
            spinner: turning.then(spinner),
            began: HashMap::new(),
            run_dir: PathBuf::new(),
            run_id: String::new(),
            culprit: None,
        }
    }

    /// The step that made the run fail, when it did.
    pub(crate) fn culprit(&self) -> Option<&Culprit> {
        self.culprit.as_ref()
    }

    /// The id and the directory of the run, once it has begun.
    pub(crate) fn run(&self) -> (&str, &PathBuf) {
        (&self.run_id, &self.run_dir)
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    /// Says what has happened.
    pub(crate) fn observe(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Run { run_id, run_dir } => {
                (*run_id).clone_into(&mut self.run_id);
                self.run_dir = run_dir.to_path_buf();
                self.note(format_args!("run {run_id}"));
            }
            Progress::Resumed { replayed, rerun } => {
                let stand = match replayed {
                    1 => "result stands",
                    _ => "results stand",
                };
                self.note(format_args!("{replayed} recorded {stand}"));
                match rerun {
                    Some((step, Rerun::Failed)) => {
                        self.note(format_args!("{step} had failed and runs again"));
                    }
                    Some((step, Rerun::Unknown)) => self.note(format_args!(
                        "{step} was begun, and how it ended is not known; it runs again"
                    )),
                    None => {}
                }
            }
            Progress::Survivors { step, members } => {
                for member in *members {
                    self.note(format_args!(
                        "{step} had left process {} (`{}`) running; it was ended",
                        member.pid, member.command
                    ));
                }
            }
            Progress::Step { event, at } => match event {
                Event::Started { depth, name, .. } => self.started(*depth, name, *at),
                Event::Settled {
                    depth,
                    name,
                    record,
                    ..
                } => self.settled(*depth, name, record, *at),
            },
        }
    }

    fn started(&mut self, depth: usize, name: &str, at: Instant) {
        self.began.insert(name.to_owned(), at);
        let node = self.places.find(name);
        let what = node.map_or(String::new(), |node| self.places.what(node));
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!("{name}  {what}"));
            spinner.reset_elapsed();
        }
        if node.is_some_and(|node| opens(&node.op)) || self.debug {
            let dim = self
                .console
                .paint(Tone::Dim, format_args!("{name}  {what}"));
            self.line(depth, "     ", &dim);
        }
    }

    fn settled(&mut self, depth: usize, name: &str, record: &Record, at: Instant) {
        let began = self.began.remove(name);
        let node = self.places.find(name);
        let (word, tone) = match record.status {
            Status::Completed => ("ok   ", Tone::Good),
            Status::Failed => ("FAIL ", Tone::Bad),
            Status::Skipped => ("skip ", Tone::Dim),
        };
        let word = self.console.paint(tone, word);
        let mut text = name.to_owned();
        if let Some(node) = node {
            let what = self.console.paint(Tone::Dim, self.places.what(node));
            text = format!("{text}  {what}");
        }
        // The record knows how long a process took; for what holds other
        // steps it is the time since it was entered.
        let holds = node.is_some_and(|node| opens(&node.op));
        let taken = match record.duration_ms {
            0 => began.filter(|_| holds).map(|began| at - began),
            ms => Some(Duration::from_millis(ms)),
        };
        if let Some(taken) = taken {
            text = format!("{text}  {:.2}s", taken.as_secs_f64());
        }
        if record.status != Status::Failed {
            if record.status == Status::Completed && !holds {
                // The failure before it was recovered from.
                self.culprit = None;
            }
            self.line(depth, &word, &text);
            return;
        }
        if record.exit_code != 0 {
            text = format!("{text}  exit code {}", record.exit_code);
        }
        let place = node.and_then(place);
        if let Some(at) = &place {
            text = format!("{text}  {at}");
        }
        self.line(depth, &word, &text);
        self.failure(depth, name, place, record);
    }

    /// Why a step failed, and where to read more.
    fn failure(&mut self, depth: usize, name: &str, place: Option<String>, record: &Record) {
        let mut why = format!("exit code {}", record.exit_code);
        if let Some(error) = &record.error {
            let label = self.console.paint(Tone::Bad, &error.kind);
            for (at, part) in error.message.lines().enumerate() {
                match at {
                    0 => {
                        why = format!("{}: {}", error.kind, part.trim_end_matches(':'));
                        self.line(depth, "     ", &format!("{label}: {part}"));
                    }
                    _ => self.line(depth, "     ", part),
                }
            }
            let violations = error.context.get("violations").and_then(|v| v.as_array());
            for violation in violations.into_iter().flatten() {
                if let Some(message) = violation["message"].as_str() {
                    self.line(depth, "       ", message);
                }
            }
        }
        let stem = wfc_ir::file_name(name);
        let logs = ["stderr", "stdout"]
            .map(|ending| self.run_dir.join("logs").join(format!("{stem}.{ending}")));
        let logs: Vec<PathBuf> = logs
            .into_iter()
            .filter(|log| log.metadata().is_ok_and(|data| data.len() > 0))
            .collect();
        for log in &logs {
            let text = format!("log: {}", shown(log));
            self.line(depth, "     ", &text);
        }
        // Failures come inside out: the first one is the cause of the rest.
        if self.culprit.is_none() {
            self.culprit = Some(Culprit {
                name: name.to_owned(),
                place,
                why,
                logs,
            });
        }
    }

    fn line(&self, depth: usize, word: &str, text: &str) {
        if self.quiet {
            return;
        }
        let line = format!("  {word}{:width$}{text}", "", width = depth * 2);
        match &self.spinner {
            Some(spinner) => spinner.println(line),
            None => self.console.say(line),
        }
    }

    fn note(&self, text: impl std::fmt::Display) {
        if self.quiet {
            return;
        }
        match &self.spinner {
            Some(spinner) => spinner.println(text.to_string()),
            None => self.console.say(text),
        }
    }
}

/// Does the step hold others that are shown one by one?
fn opens(op: &NodeOp) -> bool {
    matches!(op, NodeOp::Call { .. }) || op.repeats()
}

/// A path from the current directory, when it lies inside.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let here = here.and_then(|here| std::fs::canonicalize(here).ok());
    let short = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.as_deref().unwrap_or(path).display().to_string()
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    // A template that does not parse leaves the usual one.
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}  {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(TICK);
    spinner
}
