//! Where the output of a process goes: a log file, a bounded beginning in
//! memory, and perhaps the terminal.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Which of our own streams repeats the output.
#[derive(Clone, Copy, Debug)]
pub(super) enum Echo {
    Stdout,
    Stderr,
}

/// One output stream of one attempt.
pub(super) struct Sink {
    path: PathBuf,
    file: Option<File>,
    kept: Vec<u8>,
    limit: usize,
    total: u64,
    echo: Option<Echo>,
}

/// The beginning of an output stream.
#[derive(Debug)]
pub(super) struct Kept {
    /// As many bytes as were asked for.
    pub(super) bytes: Vec<u8>,
    /// How many there were.
    pub(super) total: u64,
}

impl Sink {
    /// A stream that keeps `limit` bytes in memory. The log of an earlier
    /// attempt is removed; a new one is made with the first byte, so that a
    /// silent command costs no file.
    pub(super) fn new(path: PathBuf, limit: usize, echo: Option<Echo>) -> io::Result<Self> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self {
            path,
            file: None,
            kept: Vec::new(),
            limit,
            total: 0,
            echo,
        })
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::create(&self.path)?),
        };
        file.write_all(bytes)?;
        let room = self.limit - self.kept.len();
        self.kept.extend_from_slice(&bytes[..room.min(bytes.len())]);
        self.total += bytes.len() as u64;
        // A closed terminal must not stop the run.
        let _ = match self.echo {
            Some(Echo::Stdout) => repeat(io::stdout().lock(), bytes),
            Some(Echo::Stderr) => repeat(io::stderr().lock(), bytes),
            None => Ok(()),
        };
        Ok(())
    }

    /// The log file.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// What was kept.
    pub(super) fn finish(self) -> Kept {
        Kept {
            bytes: self.kept,
            total: self.total,
        }
    }
}

fn repeat(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}
