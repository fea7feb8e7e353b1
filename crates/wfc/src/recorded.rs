//! Recorded runs: finding them, and writing about them for people.

use std::path::{Path, PathBuf};

use wfc_observe::{NamedStep, Report, ReportError};

use crate::console::Tone;
use crate::exit::Fault;

/// The directory of the run that is called `given`.
pub(crate) fn find_run(root: &Path, given: &str) -> Result<PathBuf, Fault> {
    wfc_observe::find_run(root, given).map_err(|error| fault(&error))
}

/// The id of the run in `dir`: the name of the directory.
pub(crate) fn id_of(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The step that is called `given`.
pub(crate) fn find_step<'a>(report: &'a Report, given: &str) -> Result<NamedStep<'a>, Fault> {
    report.find_step(given).map_err(|error| Fault {
        help: error.help().or_else(|| {
            let run = &report.run.run_id;
            Some(format!("`wfc show {run} --all` lists the steps"))
        }),
        ..Fault::new(&error)
    })
}

/// Why nothing can be told of a run.
pub(crate) fn fault(error: &ReportError) -> Fault {
    Fault {
        help: error.help(),
        ..Fault::new(error)
    }
}

/// How a status looks.
pub(crate) fn tone(status: &str) -> Tone {
    match status {
        "completed" => Tone::Good,
        "failed" | "unreadable" => Tone::Bad,
        "interrupted" | "suspended" => Tone::Warn,
        "running" => Tone::Accent,
        _ => Tone::Dim,
    }
}

/// Text that can do nothing to a terminal: control characters, which names
/// and messages of others may hold, are shown instead of obeyed.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\t' => out.push(' '),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// A time as evidence has it, to the second: `2026-01-31 12:00:00Z`.
pub(crate) fn clock(time: &str) -> String {
    let second = time.get(..19).map(|time| time.replacen('T', " ", 1));
    match second {
        Some(second) if time.ends_with("+00:00") || time.ends_with('Z') => format!("{second}Z"),
        _ => plain(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(plain("a\u{1b}[2Jb\rc\td"), "a\\u{1b}[2Jb\\rc d");
        assert_eq!(plain("größe"), "größe");
    }

    #[test]
    fn times_to_the_second() {
        let check = |time, expected: &str| assert_eq!(clock(time), expected);
        check("2026-01-31T12:00:00.123456+00:00", "2026-01-31 12:00:00Z");
        check("2026-01-31T12:00:00Z", "2026-01-31 12:00:00Z");
        check("yesterday", "yesterday");
        check("", "");
    }
}
