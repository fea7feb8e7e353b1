//! The process that is at a run, and asking it to stop.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use crate::{ProcessIdentity, RunDir};

/// How a process is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It stops what runs, records that, and ends.
    Cleanly,
    /// It is ended on the spot.
    Kill,
}

/// The living process that has written down that it owns a run. Takes
/// nothing, and so stands in nobody's way.
pub fn process_at(run: &RunDir) -> Option<ProcessIdentity> {
    Some(run.owner()?.process)
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

    /// The handle is taken first and the identity compared then, so that
    /// whatever has the id later is not what is signalled.
    #[cfg(target_os = "linux")]
    fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
        let handle = pidfd_open(self.raw()?, PidfdFlags::empty())?;
        if self.lives() == Some(false) {
            return Ok(false);
        }
        pidfd_send_signal(handle, signal)?;
        Ok(true)
    }

    #[cfg(not(target_os = "linux"))]
    fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        if self.lives() == Some(false) {
            return Ok(false);
        }
        rustix::process::kill_process(self.raw()?, signal)?;
        Ok(true)
    }

    fn raw(&self) -> Result<Pid, Errno> {
        let raw = i32::try_from(self.pid).ok();
        raw.and_then(Pid::from_raw).ok_or(Errno::SRCH)
    }
}
