//! Who owns a run: one process at a time.
//!
//! The owner holds an advisory lock on `run.lock`, which the system takes back
//! when it dies, and has written down who it is. The lock alone would not do:
//! it hangs on the file, and a file can be deleted, replaced, or lie where
//! locks are not kept. So who was written down is asked for as well: a process
//! with that id, that start time and that boot is the owner, lock or not. There
//! is no time-out in this: a dead owner is known to be dead at once.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk::{Disk, DiskFile};
use crate::identity::ProcessIdentity;
use crate::store::now_iso;

/// The process that owns a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process.
    #[serde(flatten)]
    pub process: ProcessIdentity,
    /// When it took the run, as [`now_iso`].
    #[serde(default)]
    pub since: String,
}

/// Why a run cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process owns the run.
    #[error("the run is owned by another process{}; it is left alone", holder(owner.as_ref()))]
    Held {
        /// Who, when it has written that down already.
        owner: Option<Owner>,
    },
    /// The lock file cannot be used.
    #[error("{}: {error}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

fn holder(owner: Option<&Owner>) -> String {
    match owner {
        None => String::new(),
        Some(owner) if owner.since.is_empty() => format!(" (pid {})", owner.process.pid),
        Some(owner) => format!(" (pid {}, since {})", owner.process.pid, owner.since),
    }
}

/// Ownership of a run; ends when it is dropped, or when the process dies.
#[derive(Debug)]
pub struct RunLock {
    // The lock belongs to the open file; closing it gives the run back.
    file: DiskFile,
}

impl RunLock {
    /// Takes the run whose lock file is at `path`, or says who has it.
    pub(crate) fn take(disk: &Disk, path: &Path) -> Result<Self, LockError> {
        let io = |error: std::io::Error| LockError::Io {
            path: path.to_owned(),
            error,
        };
        loop {
            let mut file = disk.open_or_create(path).map_err(io)?;
            if !file.try_lock().map_err(io)? {
                return Err(LockError::Held {
                    owner: written(&mut file),
                });
            }
            if !file.is_in_place() {
                // It was deleted or replaced meanwhile: this is no lock on
                // what others will open.
                continue;
            }
            if let Some(owner) = written(&mut file)
                && owner.process.is_another()
            {
                return Err(LockError::Held { owner: Some(owner) });
            }
            let owner = Owner {
                process: ProcessIdentity::current(),
                since: now_iso(),
            };
            let mut text = serde_json::to_string(&owner).map_err(|error| io(error.into()))?;
            text.push('\n');
            file.overwrite(text.as_bytes()).map_err(io)?;
            return Ok(RunLock { file });
        }
    }

    /// The process that owns the run whose lock file is at `path`; `None` when
    /// nobody does. Takes nothing, and so stands in nobody's way.
    pub(crate) fn owner(disk: &Disk, path: &Path) -> Option<Owner> {
        let mut file = disk.open(path).ok()?;
        let owner = written(&mut file)?;
        let lives = owner.process.lives();
        lives.unwrap_or_else(|| file.is_locked()).then_some(owner)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // This process may live on without the run.
        let _ = self.file.cut(0);
    }
}

fn written(file: &mut DiskFile) -> Option<Owner> {
    serde_json::from_str(&file.text().ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn lock_file() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.lock");
        (dir, path)
    }

    fn take(path: &Path) -> Result<RunLock, LockError> {
        RunLock::take(&Disk::default(), path)
    }

    fn owner(path: &Path) -> Option<Owner> {
        RunLock::owner(&Disk::default(), path)
    }

    fn owner_of(process: ProcessIdentity) -> String {
        let since = "2026-01-31T12:00:00.000000+00:00".to_owned();
        serde_json::to_string(&Owner { process, since }).unwrap()
    }

    /// What taking a run leads to after `written` was left in its lock file,
    /// without a lock.
    #[track_caller]
    fn check(written: &str, free: bool) {
        let (_dir, path) = lock_file();
        std::fs::write(&path, written).unwrap();
        assert_eq!(owner(&path).is_none(), free, "{written}");
        assert_eq!(take(&path).is_ok(), free, "{written}");
    }

    #[test]
    fn one_owner_at_a_time() {
        let (_dir, path) = lock_file();
        assert_eq!(owner(&path), None);
        let lock = take(&path).unwrap();
        // Locks belong to open files, so a second opening stands for a second
        // process.
        match take(&path) {
            Err(LockError::Held { owner: Some(owner) }) => {
                assert_eq!(owner.process, ProcessIdentity::current());
                assert!(owner.process.process_start.parse::<u64>().is_ok());
            }
            other => panic!("{other:?}"),
        }
        assert!(owner(&path).is_some());
        // A child that outlives the lock does not keep it.
        let mut child = std::process::Command::new("sleep")
            .arg("9")
            .spawn()
            .unwrap();
        drop(lock);
        assert_eq!(owner(&path), None);
        // The parent goes on a moment before the child has closed its files.
        let again = (0..100).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            take(&path).ok()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(again.is_some());
    }

    #[test]
    fn the_living_own_a_run_and_the_dead_do_not() {
        let mut child = std::process::Command::new("sleep")
            .arg("9")
            .spawn()
            .unwrap();
        let alive = ProcessIdentity::of(child.id());
        // A living owner whose lock was lost, such as with a deleted file.
        check(&owner_of(alive.clone()), false);
        // The id was given to another process meanwhile.
        let earlier = ProcessIdentity {
            process_start: "1".to_owned(),
            ..alive.clone()
        };
        check(&owner_of(earlier), true);
        let other_boot = ProcessIdentity {
            boot_id: "another boot".to_owned(),
            ..alive.clone()
        };
        check(&owner_of(other_boot), true);
        child.kill().unwrap();
        // A zombie: nobody has waited for it yet.
        for _ in 0..200 {
            if alive.lives() == Some(false) {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        check(&owner_of(alive.clone()), true);
        child.wait().unwrap();
        check(&owner_of(alive), true);
        // What a crash may leave of it.
        check("", true);
        check("{\"pid\":1", true);
    }

    #[test]
    fn a_lock_on_a_file_that_was_deleted_still_keeps_others_out() {
        let (_dir, path) = lock_file();
        let lock = take(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        // A second file, and so a second lock; this process owns both.
        let second = take(&path).unwrap();
        assert!(matches!(take(&path), Err(LockError::Held { .. })));
        drop((lock, second));
    }
}
