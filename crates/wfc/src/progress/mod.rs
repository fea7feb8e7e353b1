//! What a person sees while a run goes on.

mod live;
mod visible;

use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wfc_ir::{Expr, NodeOp, Plan};
use wfc_vm::{Event, Heard, OutputStream, Progress, Record, Status};

use self::live::Live;
use self::visible::Lines;
use crate::cli::RunSettings;
use crate::console::{Console, Tone};
use crate::outlook;
use crate::places::{Places, place};
use crate::volume::Volume;

/// How much of a value is shown, in characters.
const VALUE: usize = 200;

/// Does anyone hear what processes write?
pub(crate) fn listens(settings: &RunSettings) -> bool {
    settings.stream_output || (std::io::stderr().is_terminal() && turns(settings))
}

/// Whether a terminal gets lines that change.
fn turns(settings: &RunSettings) -> bool {
    // The output of steps leaves no place for them, nor do events, which may
    // go to the same terminal.
    !settings.stream_output && !settings.json && Volume::of(settings) >= Volume::Normal
}

/// Writes progress to standard error.
pub(crate) struct Reporter<'a> {
    console: &'a Console,
    places: Places<'a>,
    volume: Volume,
    live: Option<Live>,
    /// Whether the output of steps is shown.
    streaming: bool,
    /// The lines of output that have not ended.
    open: HashMap<(String, OutputStream), Lines>,
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

impl<'a> Reporter<'a> {
    /// A reporter for a run of `plan`.
    pub(crate) fn new(plan: &'a Plan, settings: &RunSettings, console: &'a Console) -> Self {
        let turning = console.interactive && turns(settings);
        Reporter {
            console,
            places: Places::new(plan),
            volume: Volume::of(settings),
            live: turning.then(Live::new),
            streaming: settings.stream_output && !settings.json,
            open: HashMap::new(),
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

    /// Leaves the terminal as lines that no longer change.
    pub(crate) fn finish(&mut self) {
        let open: Vec<_> = self.open.drain().collect();
        for ((step, stream), mut lines) in open {
            lines.end(&mut |line| self.output_line(&step, stream, line));
        }
        self.live = None;
    }

    /// Says what has happened.
    pub(crate) fn observe(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Run { run_id, run_dir } => {
                (*run_id).clone_into(&mut self.run_id);
                self.run_dir = run_dir.to_path_buf();
                self.note(format_args!("run {run_id}"));
            }
            Progress::Resumed { outlook } => {
                for line in outlook::brief(outlook) {
                    self.note(format_args!("{line}"));
                }
            }
            Progress::Survivors { step, members } => {
                for member in *members {
                    self.note(format_args!(
                        "{step} had left process {} (`{}`) running; it was ended",
                        member.process.pid, member.command
                    ));
                }
            }
            Progress::Output(heard) => self.hear(*heard),
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
        self.at_work(name);
        let opens = node.is_some_and(|node| opens(&node.op));
        if self.volume >= Volume::Verbose || (opens && self.volume >= Volume::Normal) {
            let dim = self
                .console
                .paint(Tone::Dim, format_args!("{name}  {what}"));
            self.line(depth, "     ", &dim);
        }
    }

    /// Shows a step as the one at work, unless that is known.
    fn at_work(&mut self, name: &str) {
        if self.live.as_ref().is_none_or(|live| live.step() == name) {
            return;
        }
        let node = self.places.find(name);
        let what = node.map_or(String::new(), |node| self.places.what(node));
        let round = self.round(name);
        let round = round.map_or_else(String::new, |round| format!("  {round}"));
        if let Some(live) = &mut self.live {
            live.begin(name, format!("{name}  {what}{round}"));
        }
    }

    /// Which time the innermost loop around a step goes round.
    fn round(&self, name: &str) -> Option<String> {
        let (loop_name, rest) = name.rsplit_once('[')?;
        let round = rest.split_once(']')?.0.parse::<u64>().ok()? + 1;
        match &self.places.find(loop_name)?.op {
            NodeOp::Loop(each) => Some(match &each.max {
                Expr::Lit { value } => {
                    format!("round {round} of at most {}", wfc_ir::to_text(value))
                }
                _ => format!("round {round}"),
            }),
            NodeOp::Each(_) => Some(format!("item {round}")),
            _ => None,
        }
    }

    fn hear(&mut self, heard: Heard<'_>) {
        // That it has begun may be told later.
        self.at_work(heard.step);
        if let Some(live) = &mut self.live {
            live.hear(heard.bytes, self.console);
        }
        if !self.streaming {
            return;
        }
        let key = (heard.step.to_owned(), heard.stream);
        let mut lines = self.open.remove(&key).unwrap_or_default();
        lines.push(heard.bytes, &mut |line| {
            self.output_line(heard.step, heard.stream, line);
        });
        self.open.insert(key, lines);
    }

    fn output_line(&self, step: &str, stream: OutputStream, line: &str) {
        let tone = match stream {
            OutputStream::Stdout => Tone::Accent,
            OutputStream::Stderr => Tone::Warn,
        };
        let label = self.console.paint(tone, format_args!("{step} |"));
        self.console.say(format_args!("{label} {line}"));
    }

    fn settled(&mut self, depth: usize, name: &str, record: &Record, at: Instant) {
        let began = self.began.remove(name);
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            if let Some(mut lines) = self.open.remove(&(name.to_owned(), stream)) {
                lines.end(&mut |line| self.output_line(name, stream, line));
            }
        }
        if let Some(live) = &mut self.live {
            live.hush();
        }
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
            if self.volume >= Volume::Normal {
                self.line(depth, &word, &text);
            }
            let warn = self.console.paint(Tone::Warn, "warn ");
            for warning in record.warnings() {
                self.line(depth, &warn, warning);
            }
            if self.volume >= Volume::Verbose {
                self.values(depth, record);
            }
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
        for warning in record.warnings() {
            let warn = self.console.paint(Tone::Warn, "warn ");
            self.line(depth, &warn, warning);
        }
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

    /// What a step has left.
    fn values(&self, depth: usize, record: &Record) {
        for (name, value) in record.artifacts.iter().flatten() {
            let text = wfc_ir::to_text(value).replace('\n', " ");
            let text = match text.char_indices().nth(VALUE) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            };
            let text = self
                .console
                .paint(Tone::Dim, format_args!("{name}: {text}"));
            self.line(depth, "       ", &text);
        }
    }

    fn line(&self, depth: usize, word: &str, text: &str) {
        let width = depth * 2;
        self.print(format!("  {word}{:width$}{text}", ""));
    }

    fn note(&self, text: impl std::fmt::Display) {
        if self.volume >= Volume::Normal {
            self.print(text.to_string());
        }
    }

    fn print(&self, line: String) {
        if self.volume == Volume::Quiet {
            return;
        }
        match &self.live {
            Some(live) => live.print(line),
            None => self.console.say(line),
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
