//! Everything that an attempt has started.
//!
//! The process of an attempt leads a group of its own, which reaches what it
//! starts in the usual way. What begins a session of its own, as agents do
//! with the commands that they run, leaves the group; so the environment of
//! an attempt also carries its [mark](mark), which is inherited. Where the
//! system shows no processes (there is no `/proc`), the group is all there is.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Child;

use crate::identity::{ProcessIdentity, Stat, boot_id, shows_processes};
use crate::{Coord, RunDir};

/// The variable that carries the mark.
pub(super) const MARK: &str = "WFC_ATTEMPT";

/// How long a family may take to end after SIGTERM.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How long it may take after SIGKILL, which only the system delays.
const DYING: Duration = Duration::from_secs(2);

/// How often a family that was told to end is looked at.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// How much of a command line is read, in bytes.
const READ: usize = 16 * 1024;

/// What tells the processes of an attempt: run, step and visit. Attempts that
/// follow one another within a visit share it, since none begins before the
/// one before is over.
pub(crate) fn mark(run: &RunDir, coord: &Coord) -> String {
    let step = wfc_ir::file_name(&coord.path);
    format!("{}/{step}@{}", run.id(), coord.visit)
}

/// A process that belongs to an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Which one.
    pub process: ProcessIdentity,
    /// Its command line.
    pub command: String,
}

/// The processes of one attempt.
pub(crate) struct Family {
    /// The group that the attempt's own process leads.
    groups: Vec<Pid>,
    /// Without a mark, only the group is known.
    mark: Option<String>,
}

impl Family {
    /// The group that a child leads.
    pub(super) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Family {
            groups: id.and_then(Pid::from_raw).into_iter().collect(),
            mark: None,
        }
    }

    /// The same, and whatever carries the mark.
    pub(super) fn marked(mut self, mark: &str) -> Self {
        self.mark = Some(mark.to_owned());
        self
    }

    /// What may be left of an attempt that another process looked after. A
    /// group counts as long as the process that was recorded leads it: the
    /// number of a process is used again, its start time is not.
    pub(crate) fn left(recorded: &[ProcessIdentity], mark: &str) -> Self {
        let leads = |known: &&ProcessIdentity| {
            let stat = known.stat();
            !boot_id().is_empty() && stat.is_some_and(|stat| stat.group.is_some())
        };
        Family {
            groups: recorded
                .iter()
                .filter(leads)
                .filter_map(ProcessIdentity::raw)
                .collect(),
            mark: Some(mark.to_owned()),
        }
    }

    /// The processes that live.
    pub(crate) fn members(&self) -> Vec<Member> {
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        let own = std::process::id();
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != own)
            .filter_map(|pid: u32| {
                let stat = Stat::of(pid)?;
                let group = stat.group.filter(|_| !stat.dead)?;
                (self.groups.contains(&group) || self.marks(pid)).then(|| Member {
                    command: command(pid),
                    process: ProcessIdentity {
                        pid,
                        process_start: stat.start,
                        boot_id: boot_id().to_owned(),
                    },
                })
            })
            .collect()
    }

    fn marks(&self, pid: u32) -> bool {
        let Some(mark) = &self.mark else { return false };
        // That of another user cannot be read, and is none of ours.
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let wanted = format!("{MARK}={mark}");
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes())
    }

    pub(super) fn signal(&self, signal: Signal) {
        for group in &self.groups {
            let _ = kill_process_group(*group, signal);
        }
        for member in self.members() {
            // What is gone by now needs none.
            let _ = member.process.signal(signal);
        }
    }

    /// Whether nothing of it lives.
    pub(super) fn is_gone(&self) -> bool {
        match shows_processes() {
            true => self.members().is_empty(),
            false => {
                let gone = |group: &Pid| test_kill_process_group(*group).is_err();
                self.groups.iter().all(gone)
            }
        }
    }

    /// Ends it: politely, then at once. What is left even then is returned.
    pub(crate) fn end(&self, grace: Duration) -> Vec<Member> {
        for (signal, time) in [(Signal::TERM, grace), (Signal::KILL, DYING)] {
            self.signal(signal);
            let until = Instant::now() + time;
            while !self.members().is_empty() && Instant::now() < until {
                std::thread::sleep(POLL);
                // What was started meanwhile has not heard of it.
                if signal == Signal::KILL {
                    self.signal(signal);
                }
            }
        }
        self.members()
    }

    /// Lets it live on.
    pub(crate) fn release(&mut self) {
        self.groups.clear();
        self.mark = None;
    }
}

/// A family that was not let go is killed.
impl Drop for Family {
    fn drop(&mut self) {
        if self.groups.is_empty() && self.mark.is_none() {
            return;
        }
        self.signal(Signal::KILL);
    }
}

fn command(pid: u32) -> String {
    let mut line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.truncate(READ);
    let words: Vec<_> = line
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(String::from_utf8_lossy)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    /// A process that leads a group and carries a mark.
    fn start(script: &str, mark: &str) -> Child {
        Command::new("sh")
            .args(["-c", script])
            .env(MARK, mark)
            .process_group(0)
            .spawn()
            .unwrap()
    }

    /// Is the child told of, with what was recorded of it and a mark?
    #[track_caller]
    fn check(recorded: &[ProcessIdentity], mark: &str, child: &Child, expected: bool) {
        let mut family = Family::left(recorded, mark);
        let found = family.members();
        family.release();
        assert_eq!(found.iter().any(|m| m.process.pid == child.id()), expected);
        assert_eq!(found.len(), usize::from(expected), "{found:?}");
    }

    #[test]
    fn a_number_alone_is_no_process() {
        let mut child = start("exec sleep 60", "run/a@1");
        let known = ProcessIdentity::of(child.id());
        check(std::slice::from_ref(&known), "run/b@1", &child, true);
        check(&[], "run/a@1", &child, true);
        check(&[], "run/a@2", &child, false);
        check(&[], "run/a", &child, false);
        let other_start = ProcessIdentity {
            process_start: "1".to_owned(),
            ..known.clone()
        };
        check(&[other_start], "run/b@1", &child, false);
        let other_boot = ProcessIdentity {
            boot_id: "another".to_owned(),
            ..known
        };
        check(&[other_boot], "run/b@1", &child, false);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_family_ends_with_those_who_left_it() {
        let mut child = start(
            "trap '' TERM; setsid sh -c 'sleep 61 & sleep 62' & while :; do sleep 1; done",
            "run/c@1",
        );
        let family = Family::left(&[ProcessIdentity::of(child.id())], "run/c@1");
        let until = Instant::now() + Duration::from_secs(20);
        while !family.members().iter().any(|m| m.command == "sleep 62") {
            assert!(Instant::now() < until, "{:?}", family.members());
            std::thread::sleep(POLL);
        }
        assert_eq!(family.end(Duration::from_millis(200)), []);
        child.wait().unwrap();
        assert!(family.is_gone());
    }
}
