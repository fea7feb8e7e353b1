//! Keeping `state.json` current while a run goes on.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::machine::Machine;
use crate::projection::{Moment, Projection, RunStatus};
use crate::secrets::Mask;
use crate::store::{RunDir, StoreError};

/// How stale the file may be while steps begin and end.
const INTERVAL: Duration = Duration::from_millis(100);

/// How many times as long as writing it took the file is left alone, so that
/// a run of very many steps does not spend its time on it.
const SHARE: u32 = 10;

/// How many bytes are written at a time.
const CHUNK: usize = 1 << 18;

/// The file, and what was put into it last.
pub(super) struct StateFile {
    dir: RunDir,
    path: PathBuf,
    mask: Mask,
    projection: Projection,
    /// When it is to be written again.
    due: Instant,
}

impl StateFile {
    pub(super) fn new(dir: &RunDir, mask: &Mask) -> Self {
        StateFile {
            path: dir.path().join("state.json"),
            dir: dir.clone(),
            mask: mask.clone(),
            projection: Projection::default(),
            due: Instant::now() + INTERVAL,
        }
    }

    /// How long it may still be left as it is.
    pub(super) fn rest(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// Replaces the file. What a stop leaves is there after a loss of power.
    pub(super) fn write(&mut self, machine: &Machine, moment: &Moment) -> Result<(), StoreError> {
        let began = Instant::now();
        let last = moment.status != RunStatus::Running;
        let disk = self.dir.disk();
        let (projection, mask) = (&mut self.projection, &self.mask);
        let mut written = disk.replace(&self.path, last, |file| {
            let mut out = BufWriter::with_capacity(CHUNK, file);
            projection.write(machine, moment, mask, &mut out)?;
            out.flush()
        });
        if last {
            written = written.and_then(|()| disk.sync_dir(self.dir.path()));
        }
        written.map_err(|error| StoreError::Io {
            path: self.path.clone(),
            error,
        })?;
        self.due = Instant::now() + INTERVAL.max(began.elapsed() * SHARE);
        Ok(())
    }
}
