//! What a person sees while a run goes on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use wfc_ir::{NodeOp, Plan};
use wfc_vm::{Event, Progress, Record, Rerun, Status};

use crate::console::{Console, Tone};
use crate::places::{Places, kind, place};

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
        }
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
                self.note(format_args!("{replayed} recorded results stand"));
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
            Progress::Step(Event::Started { depth, name, .. }) => self.started(*depth, name),
            Progress::Step(Event::Settled {
                depth,
                name,
                record,
                ..
            }) => self.settled(*depth, name, record),
        }
    }

    fn started(&mut self, depth: usize, name: &str) {
        self.began.insert(name.to_owned(), Instant::now());
        let node = self.places.find(name);
        let what = node.map_or(String::new(), |node| self.what(node));
        if let Some(spinner) = &self.spinner {
            spinner.set_message(format!("{name}  {what}"));
            spinner.reset_elapsed();
        }
        let opens =
            node.is_some_and(|node| matches!(node.op, NodeOp::Call { .. } | NodeOp::Loop(_)));
        if opens || self.debug {
            let dim = self
                .console
                .paint(Tone::Dim, format_args!("{name}  {what}"));
            self.line(depth, "     ", &dim);
        }
    }

    fn settled(&mut self, depth: usize, name: &str, record: &Record) {
        let taken = self.began.remove(name).map(|began| began.elapsed());
        let node = self.places.find(name);
        let (word, tone) = match record.status {
            Status::Completed => ("ok   ", Tone::Good),
            Status::Failed => ("FAIL ", Tone::Bad),
            Status::Skipped => ("skip ", Tone::Dim),
        };
        let word = self.console.paint(tone, word);
        let mut text = name.to_owned();
        if let Some(node) = node {
            let what = self.console.paint(Tone::Dim, self.what(node));
            text = format!("{text}  {what}");
        }
        if let Some(taken) = taken.filter(|_| record.duration_ms > 0) {
            text = format!("{text}  {:.2}s", taken.as_secs_f64());
        }
        if record.status != Status::Failed {
            self.line(depth, &word, &text);
            return;
        }
        if record.exit_code != 0 {
            text = format!("{text}  exit code {}", record.exit_code);
        }
        if let Some(at) = node.and_then(place) {
            text = format!("{text}  {at}");
        }
        self.line(depth, &word, &text);
        self.failure(depth, name, record);
    }

    /// Why a step failed, and where to read more.
    fn failure(&self, depth: usize, name: &str, record: &Record) {
        if let Some(error) = &record.error {
            let label = self.console.paint(Tone::Bad, &error.kind);
            for (at, part) in error.message.lines().enumerate() {
                let text = match at {
                    0 => format!("{label}: {part}"),
                    _ => part.to_owned(),
                };
                self.line(depth, "     ", &text);
            }
            let violations = error.context.get("violations").and_then(|v| v.as_array());
            for violation in violations.into_iter().flatten() {
                if let Some(message) = violation["message"].as_str() {
                    self.line(depth, "       ", message);
                }
            }
        }
        let stem = wfc_observe::log_stem(name);
        for ending in ["stderr", "stdout"] {
            let log = self.run_dir.join("logs").join(format!("{stem}.{ending}"));
            if log.metadata().is_ok_and(|data| data.len() > 0) {
                let text = format!("{ending}: {}", log.display());
                self.line(depth, "     ", &text);
            }
        }
    }

    /// The kind of a node and what it runs.
    fn what(&self, node: &wfc_ir::Node) -> String {
        match self.places.detail(node) {
            Some(detail) => format!("{} {detail}", kind(&node.op)),
            None => kind(&node.op).to_owned(),
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

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    // A template that does not parse leaves the usual one.
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}  {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(TICK);
    spinner
}
