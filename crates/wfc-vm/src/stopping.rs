//! Asking the process that is at a run to stop.

use std::io;

use rustix::io::Errno;
use rustix::process::Signal;

use crate::ProcessIdentity;

/// How a process is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It stops what runs, records that, and ends.
    Cleanly,
    /// It is ended on the spot.
    Kill,
}

impl ProcessIdentity {
    /// Asks this process, and no other that has its id by now, to stop. False
    /// when it is gone.
    ///
    /// # Errors
    /// When this process may not do that.
    pub fn stop(&self, how: Stop) -> io::Result<bool> {
        let signal = match how {
            Stop::Cleanly => Signal::TERM,
            Stop::Kill => Signal::KILL,
        };
        match self.signal(signal) {
            Err(Errno::SRCH) => Ok(false),
            done => done.map_err(io::Error::from),
        }
    }
}
