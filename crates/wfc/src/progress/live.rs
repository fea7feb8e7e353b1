//! The lines of a terminal that change while a run goes on: the step at work
//! and the last of what it says.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::visible::Lines;
use crate::console::{Console, Tone};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// What changes at the foot of the terminal.
pub(super) struct Live {
    bars: MultiProgress,
    head: ProgressBar,
    /// There is one only while something has been said.
    tail: Option<ProgressBar>,
    said: Lines,
    step: String,
}

impl Live {
    pub(super) fn new() -> Self {
        let bars = MultiProgress::new();
        let head = bars.add(bar("  {spinner} {elapsed:>3} {wide_msg}"));
        head.enable_steady_tick(TICK);
        Live {
            bars,
            head,
            tail: None,
            said: Lines::default(),
            step: String::new(),
        }
    }

    /// The step at work.
    pub(super) fn step(&self) -> &str {
        &self.step
    }

    /// A line that stays, above those that change.
    pub(super) fn print(&self, line: String) {
        // A terminal that has gone away must not stop the run.
        let _ = self.bars.println(line);
    }

    /// Another step is at work.
    pub(super) fn begin(&mut self, step: &str, what: String) {
        step.clone_into(&mut self.step);
        self.head.set_message(what);
        self.head.reset_elapsed();
        self.hush();
    }

    /// It says something.
    pub(super) fn hear(&mut self, bytes: &[u8], console: &Console) {
        let mut last = None;
        self.said
            .push(bytes, &mut |line| last = Some(line.to_owned()));
        let open = self.said.open();
        let Some(text) = Some(open).filter(|open| !open.trim().is_empty()).or(last) else {
            return;
        };
        let tail = self
            .tail
            .get_or_insert_with(|| self.bars.add(bar("      {wide_msg}")));
        tail.set_message(console.paint(Tone::Dim, text.trim()));
    }

    /// What was said is of no interest any more.
    pub(super) fn hush(&mut self) {
        self.said = Lines::default();
        if let Some(tail) = self.tail.take() {
            tail.finish_and_clear();
            self.bars.remove(&tail);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.hush();
        self.head.finish_and_clear();
    }
}

fn bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // A template that does not parse leaves the usual one.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
