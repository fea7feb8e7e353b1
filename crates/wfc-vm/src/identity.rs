//! Which process is which: a process id is used again, so the time when it
//! started and the boot of the system belong to it.

use std::path::Path;
use std::sync::OnceLock;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

/// Which process this is, beyond a process id that may be used again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: u32,
    /// When it started, in clock ticks since the boot; empty where the system
    /// does not say.
    pub process_start: String,
    /// Which boot; empty where the system does not say.
    pub boot_id: String,
}

impl ProcessIdentity {
    /// The process that asks.
    pub fn current() -> Self {
        Self::of(std::process::id())
    }

    /// The process that has this id now.
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            pid,
            process_start: Stat::of(pid).map_or_else(String::new, |stat| stat.start),
            boot_id: boot_id().to_owned(),
        }
    }

    /// Is this process there? `None` where the system does not say.
    pub fn lives(&self) -> Option<bool> {
        if self.process_start.is_empty() || !shows_processes() {
            return None;
        }
        Some(self.stat().is_some_and(|stat| !stat.dead))
    }

    /// Is this a living process other than the one that asks?
    pub fn is_another(&self) -> bool {
        self.lives() == Some(true) && *self != ProcessIdentity::current()
    }

    /// What the system tells of this process, and of no other that has its id
    /// by now.
    pub(crate) fn stat(&self) -> Option<Stat> {
        let stat = Stat::of(self.pid).filter(|_| self.boot_id == boot_id());
        stat.filter(|stat| stat.start == self.process_start)
    }

    /// Signals this process, and no other that has its id by now. False when
    /// it is gone.
    ///
    /// The handle is taken first and the identity compared then, so that
    /// whatever has the id later is not what is signalled.
    #[cfg(target_os = "linux")]
    pub(crate) fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
        let handle = pidfd_open(self.raw().ok_or(Errno::SRCH)?, PidfdFlags::empty())?;
        if self.lives() == Some(false) {
            return Ok(false);
        }
        pidfd_send_signal(handle, signal)?;
        Ok(true)
    }

    /// Signals this process. False when it is gone.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn signal(&self, signal: Signal) -> Result<bool, Errno> {
        if self.lives() == Some(false) {
            return Ok(false);
        }
        rustix::process::kill_process(self.raw().ok_or(Errno::SRCH)?, signal)?;
        Ok(true)
    }

    /// Its id, as the system takes it.
    pub(crate) fn raw(&self) -> Option<Pid> {
        i32::try_from(self.pid).ok().and_then(Pid::from_raw)
    }
}

/// What the system tells of a process.
pub(crate) struct Stat {
    /// None of a process that is being taken away.
    pub(crate) group: Option<Pid>,
    pub(crate) start: String,
    /// It has ended; only its parent has not looked yet.
    pub(crate) dead: bool,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // The second field is the name of the program in parentheses, which
        // may hold blanks and parentheses itself. What follows the last of
        // them is field 3.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // A process that is being taken away has the group -1.
        let group = fields.get(5 - 3).and_then(|group| group.parse().ok());
        Some(Stat {
            group: group.filter(|group| *group > 0).and_then(Pid::from_raw),
            start: (*fields.get(22 - 3)?).to_owned(),
            dead: matches!(fields.first(), Some(&"Z" | &"X")),
        })
    }
}

/// Whether the system shows its processes.
pub(crate) fn shows_processes() -> bool {
    Path::new("/proc/self/stat").exists()
}

/// Which boot this is; empty where the system does not say.
pub(crate) fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        id.unwrap_or_default().trim().to_owned()
    })
}
