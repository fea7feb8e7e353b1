//! The process that is at a run, and asking it to stop.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use crate::{Disk, ProcessIdentity, RunDir};

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
    let text = Disk::default().read(&run.path().join("run.lock")).ok()?;
    let owner: ProcessIdentity = serde_json::from_slice(&text).ok()?;
    is_there(&owner).then_some(owner)
}

/// Is it there, and has its id not been given to another process?
fn is_there(process: &ProcessIdentity) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", process.pid)) else {
        return false;
    };
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let same_boot = boot.is_ok_and(|boot| boot.trim() == process.boot_id);
    // The name of the program, in parentheses, may hold anything.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest);
    let mut fields = fields.into_iter().flat_map(str::split_ascii_whitespace);
    // A zombie has ended; only its parent has not looked yet.
    let alive = fields
        .next()
        .is_some_and(|state| !matches!(state, "Z" | "X"));
    alive && same_boot && fields.nth(22 - 4) == Some(process.process_start.as_str())
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
        if !is_there(self) {
            return Ok(false);
        }
        pidfd_send_signal(handle, signal)?;
        Ok(true)
    }

    #[cfg(not(target_os = "linux"))]
    fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        if !is_there(self) {
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
