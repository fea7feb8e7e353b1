//! Where the output of a process goes: a log file, a bounded beginning in
//! memory, and whoever listens.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::disk::{Disk, DiskFile};
use crate::listener::{Heard, Listener, OutputStream};
use crate::secrets::{Mask, Stream};

/// Who hears of the output of one stream.
pub(super) struct Ear {
    pub(super) listener: Listener,
    pub(super) step: String,
    pub(super) stream: OutputStream,
}

/// One output stream of one attempt, its secrets hidden.
pub(super) struct Sink {
    path: PathBuf,
    disk: Disk,
    file: Option<DiskFile>,
    hidden: Stream,
    kept: Kept,
    /// The same before secrets were hidden, if anyone needs it.
    whole: Option<Kept>,
    limit: usize,
    ear: Option<Ear>,
}

/// The beginning of an output stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// As many bytes as were asked for.
    pub(super) bytes: Vec<u8>,
    /// How many there were.
    pub(super) total: u64,
}

impl Kept {
    fn take(&mut self, bytes: &[u8], limit: usize) {
        let room = limit.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..room.min(bytes.len())]);
        self.total += bytes.len() as u64;
    }
}

/// What a sink has kept.
#[derive(Debug)]
pub(super) struct Output {
    /// With secrets hidden.
    pub(super) shown: Kept,
    /// As it was, to be read as data and hidden afterwards; `None` where that
    /// is the same or was not asked for.
    pub(super) whole: Option<Kept>,
}

impl Sink {
    /// A stream that keeps `limit` bytes in memory. The log of an earlier
    /// attempt is removed; a new one is made with the first byte, so that a
    /// silent command costs no file.
    pub(super) fn new(
        disk: &Disk,
        path: PathBuf,
        limit: usize,
        ear: Option<Ear>,
        mask: &Mask,
    ) -> io::Result<Self> {
        disk.remove(&path)?;
        Ok(Self {
            path,
            disk: disk.clone(),
            file: None,
            hidden: mask.stream(),
            kept: Kept::default(),
            whole: None,
            limit,
            ear,
        })
    }

    /// Keeps the bytes as they are, too.
    pub(super) fn keep_whole(mut self) -> Self {
        self.whole = Some(Kept::default());
        self
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(whole) = &mut self.whole {
            whole.take(bytes, self.limit);
        }
        match self.hidden.push(bytes) {
            Some(shown) => self.show(&shown),
            None => self.show(bytes),
        }
    }

    /// Shows what was held back; there are no more bytes.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let rest = self.hidden.finish();
        self.show(&rest)
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.disk.create(&self.path)?),
        };
        file.write_all(bytes)?;
        self.kept.take(bytes, self.limit);
        if let Some(ear) = &self.ear {
            ear.listener.tell(Heard {
                step: &ear.step,
                stream: ear.stream,
                bytes,
            });
        }
        Ok(())
    }

    /// The log file.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// What was kept.
    pub(super) fn finish(self) -> Output {
        Output {
            shown: self.kept,
            whole: self.whole,
        }
    }
}
