//! Reading the logs of a run, also while it goes on.
//!
//! The journal says which step began and which ended, so only the files of
//! the steps at work are looked at, whatever the number of steps. A file is
//! passed on in pieces of bounded size as it grows. A step that begins again
//! writes a new file in place of its old one: the old one stays open until
//! its last byte was passed on, and only then the new one follows.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::journal::{Journal, Mark, segment};
use crate::live::{Liveness, liveness};
use crate::logs::Stream;
use crate::reading;

/// How much is passed on at once.
const PIECE: usize = 64 * 1024;

/// Which logs are read.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The full name of a step, for its logs and those of the steps inside
    /// it; all steps without it.
    pub step: Option<String>,
    /// The kinds of logs.
    pub streams: Vec<Stream>,
    /// How many lines of what a file holds already; all of them without it.
    pub tail: Option<usize>,
}

impl Selection {
    fn wants(&self, name: &str) -> bool {
        self.step.as_ref().is_none_or(|step| {
            let inside = name.strip_prefix(step.as_str());
            inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }
}

/// A piece of a log.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The full name of the step.
    pub step: &'a str,
    /// Which of its logs.
    pub stream: Stream,
    /// Whether it is the beginning of a file.
    pub first: bool,
    /// What it holds; lines may be cut anywhere.
    pub bytes: &'a [u8],
}

/// Whether there will be more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The run goes on.
    Live,
    /// Nothing more will be written.
    Over,
}

/// Reads the logs of one run.
#[derive(Debug)]
pub struct LogReader {
    run: PathBuf,
    selection: Selection,
    records: Records,
    journal: Journal,
    at_work: Vec<Step>,
    /// The files whose end was reached, for steps that begin again.
    spent: HashMap<(String, &'static str), Identity>,
    caught_up: bool,
    buffer: Vec<u8>,
}

/// A step whose logs may grow.
#[derive(Debug)]
struct Step {
    name: String,
    logs: Vec<Log>,
    ended: bool,
}

#[derive(Debug)]
struct Log {
    stream: Stream,
    open: Option<(File, Identity)>,
    begun: bool,
}

/// A file, whatever its path leads to later: an inode number alone may be
/// given to the next file.
type Identity = (u64, u64, Option<SystemTime>);

fn identity(data: &Metadata) -> Identity {
    (data.dev(), data.ino(), data.created().ok())
}

impl LogReader {
    /// A reader for the run in `dir`.
    pub fn new(dir: &Path, selection: Selection) -> Self {
        LogReader {
            run: dir.to_owned(),
            selection,
            records: Records::of(dir.join("journal.jsonl")),
            journal: Journal::default(),
            at_work: Vec::new(),
            spent: HashMap::new(),
            caught_up: false,
            buffer: vec![0; PIECE],
        }
    }

    /// Passes on what has been written since the last time, in the order in
    /// which the steps were begun.
    ///
    /// # Errors
    /// Those of `sink`, which end the reading.
    pub fn poll(&mut self, sink: &mut dyn FnMut(Piece<'_>) -> io::Result<()>) -> io::Result<Pace> {
        // Before the journal is read: what an owner wrote before it died is
        // seen in any case.
        let dead = self.owner() != Liveness::Alive;
        let mut marks = Vec::new();
        let journal = &mut self.journal;
        self.records
            .read(&mut |line| marks.extend(journal.take(line)));
        // What was at work may have ended since, and may begin again.
        self.drain(sink)?;
        for mark in marks {
            match mark {
                Mark::Began(name) => self.begin(name),
                Mark::Ended(name) => {
                    let step = self.at_work.iter_mut().find(|step| step.name == name);
                    if let Some(step) = step {
                        step.ended = true;
                    }
                }
            }
        }
        self.drain(sink)?;
        let over = self.journal.done.is_some() || self.journal.interrupted || dead;
        if over {
            self.at_work.clear();
        }
        self.at_work.retain(|step| !step.ended);
        self.caught_up = true;
        Ok(match over {
            true => Pace::Over,
            false => Pace::Live,
        })
    }

    /// How the run stands, as far as the journal was read.
    pub fn status(&self) -> &str {
        match (&self.journal.done, self.journal.interrupted) {
            (Some(done), _) => &done.status,
            (None, true) => "suspended",
            (None, false) => match self.owner() {
                Liveness::Alive => "running",
                Liveness::Dead | Liveness::Unknown => "interrupted",
            },
        }
    }

    fn owner(&self) -> Liveness {
        match self.journal.sessions.last() {
            Some(session) => liveness(session.pid, &session.process_start, &session.boot_id),
            // Nothing was read yet, or there is nothing to read.
            None if self.caught_up => Liveness::Dead,
            None => Liveness::Alive,
        }
    }

    fn begin(&mut self, name: String) {
        if !self.selection.wants(&name) {
            return;
        }
        self.at_work.retain(|step| step.name != name);
        let logs = self.selection.streams.iter().map(|stream| Log {
            stream: *stream,
            open: None,
            begun: false,
        });
        self.at_work.push(Step {
            name,
            logs: logs.collect(),
            ended: false,
        });
    }

    /// Passes on all that the files of the steps at work hold.
    fn drain(&mut self, sink: &mut dyn FnMut(Piece<'_>) -> io::Result<()>) -> io::Result<()> {
        let tail = self.selection.tail.filter(|_| !self.caught_up);
        for step in &mut self.at_work {
            for log in &mut step.logs {
                let path = log.stream.path(&self.run, &step.name);
                let key = (step.name.clone(), log.stream.word());
                loop {
                    log.pass_on(&step.name, &mut self.buffer, sink)?;
                    // Is there another file in its place by now?
                    let now = std::fs::metadata(&path).ok();
                    let now = now.filter(Metadata::is_file).map(|data| identity(&data));
                    let known = log.open.as_ref().map(|(_, file)| *file);
                    let spent = self.spent.get(&key).copied();
                    if now.is_none() || now == known || now == spent {
                        break;
                    }
                    if !log.reopen(&path, tail) {
                        break;
                    }
                    if let Some((_, file)) = &log.open {
                        self.spent.insert(key.clone(), *file);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Log {
    /// Opens the file that lies there now.
    fn reopen(&mut self, path: &Path, tail: Option<usize>) -> bool {
        let Ok(mut file) = reading::open(path) else {
            return false;
        };
        let Ok(data) = file.metadata() else {
            return false;
        };
        if let Some(lines) = tail {
            let start = start_of_tail(&mut file, data.len(), lines).unwrap_or(0);
            if file.seek(SeekFrom::Start(start)).is_err() {
                return false;
            }
        }
        self.open = Some((file, identity(&data)));
        self.begun = false;
        true
    }

    fn pass_on(
        &mut self,
        step: &str,
        buffer: &mut [u8],
        sink: &mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some((file, _)) = &mut self.open else {
            return Ok(());
        };
        loop {
            // A file that cannot be read has nothing to show.
            let read = file.read(buffer).unwrap_or(0);
            if read == 0 {
                return Ok(());
            }
            sink(Piece {
                step,
                stream: self.stream,
                first: !self.begun,
                bytes: &buffer[..read],
            })?;
            self.begun = true;
        }
    }
}

/// Where the last `lines` lines of a file begin. It is read backwards, piece
/// by piece, as far as they reach.
fn start_of_tail(file: &mut File, length: u64, lines: usize) -> io::Result<u64> {
    if lines == 0 {
        return Ok(length);
    }
    let mut piece = [0; 16 * 1024];
    let mut end = length;
    let mut seen = 0;
    while end > 0 {
        let start = end.saturating_sub(piece.len() as u64);
        let part = &mut piece[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        for at in (0..part.len()).rev() {
            let position = start + at as u64;
            // The end of the last line begins no other.
            if part[at] == b'\n' && position + 1 < length {
                seen += 1;
                if seen == lines {
                    return Ok(position + 1);
                }
            }
        }
        end = start;
    }
    Ok(0)
}

/// The lines of a journal that may still grow.
#[derive(Debug)]
struct Records {
    path: PathBuf,
    /// Which of its files is read, from 1; 0 before the first.
    segment: u32,
    file: Option<BufReader<File>>,
    line: Vec<u8>,
}

impl Records {
    fn of(path: PathBuf) -> Self {
        Records {
            path,
            segment: 0,
            file: None,
            line: Vec::new(),
        }
    }

    /// Takes the lines that are complete by now.
    fn read(&mut self, take: &mut dyn FnMut(&[u8])) {
        loop {
            // Before the rest of this one is read: where there is a next file,
            // nothing is added to the one before it.
            let next = reading::open(&segment(&self.path, self.segment + 1));
            self.read_segment(take);
            let Ok(next) = next else { return };
            self.file = Some(BufReader::new(next));
            self.segment += 1;
            self.line.clear();
        }
    }

    fn read_segment(&mut self, take: &mut dyn FnMut(&[u8])) {
        let Some(file) = &mut self.file else { return };
        loop {
            match file.read_until(b'\n', &mut self.line) {
                Ok(read) if read > 0 && self.line.ends_with(b"\n") => {
                    take(&self.line[..self.line.len() - 1]);
                    self.line.clear();
                }
                // The rest of the line is still to come.
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;

    /// The last lines of a file with this text.
    #[track_caller]
    fn check(text: &str, lines: usize, expected: &str) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, text).unwrap();
        let mut file = File::open(&path).unwrap();
        let start = start_of_tail(&mut file, text.len() as u64, lines).unwrap();
        assert_eq!(&text[start as usize..], expected, "{lines} of {text:?}");
    }

    #[test]
    fn the_last_lines() {
        check("", 3, "");
        check("a\nb\nc\n", 0, "");
        check("a\nb\nc\n", 1, "c\n");
        check("a\nb\nc\n", 2, "b\nc\n");
        check("a\nb\nc\n", 9, "a\nb\nc\n");
        check("a\nb\nc", 1, "c");
        check("\n\n", 1, "\n");
        let long = "x".repeat(40_000);
        check(&format!("a\n{long}\nb\n"), 2, &format!("{long}\nb\n"));
    }

    #[test]
    fn steps_inside_belong_to_a_step() {
        let selection = Selection {
            step: Some("Review[1]".to_owned()),
            streams: Vec::new(),
            tail: None,
        };
        for (name, wanted) in [
            ("Review[1]", true),
            ("Review[1].Fix", true),
            ("Review[1].Fix[0].Again", true),
            ("Review[10].Fix", false),
            ("Review", false),
            ("Review[1]x", false),
        ] {
            assert_eq!(selection.wants(name), wanted, "{name}");
        }
    }
}
