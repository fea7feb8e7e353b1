//! The run store: one directory for each run, and who owns it.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::disk::Disk;
use crate::owner::{LockError, Owner, RunLock};

/// Where runs are kept, from the workspace.
pub const RUNS_ROOT: &str = ".orchestrate/runs";

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
    id: String,
    disk: Disk,
}

/// Why there is no run directory.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file operation failed.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The text cannot be the name of a run.
    #[error("`{id}` is not a run id: a run id is one name such as `20260131T120000Z-a1b2c3`")]
    InvalidId {
        /// The text.
        id: String,
    },
    /// There is no such run.
    #[error("there is no run `{id}` in {}{}", root.display(), suggestion(latest))]
    Missing {
        /// The id.
        id: String,
        /// Where runs were looked for.
        root: PathBuf,
        /// The newest runs, newest first.
        latest: Vec<String>,
    },
}

fn suggestion(latest: &[String]) -> String {
    match latest {
        [] => ", and no other".to_owned(),
        [one] => format!("; the only one is `{one}`"),
        many => format!("; the latest are `{}`", many.join("`, `")),
    }
}

impl RunDir {
    /// Makes the directory of a new run, and `logs/` in it.
    pub fn create(disk: &Disk, runs_root: &Path) -> Result<Self, StoreError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| StoreError::Io { path, error }
        };
        // Where runs are kept is found after a loss of power, whatever is
        // flushed later. What lies in a run's directory is flushed with its
        // journal.
        disk.make_lasting_dirs(runs_root).map_err(io(runs_root))?;
        let runs_root = disk.canonicalize(runs_root).map_err(io(runs_root))?;
        loop {
            let id = new_run_id();
            let path = runs_root.join(&id);
            match disk.make_dir(&path) {
                Ok(()) => {
                    let logs = path.join("logs");
                    disk.make_dir(&logs).map_err(io(&logs))?;
                    return Ok(Self {
                        path,
                        id,
                        disk: disk.clone(),
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io(&path)(error)),
            }
        }
    }

    /// The directory of an earlier run.
    pub fn open(disk: &Disk, runs_root: &Path, run_id: &str) -> Result<Self, StoreError> {
        let dots = run_id.bytes().all(|byte| byte == b'.');
        if dots || run_id.contains(['/', '\\', '\0']) {
            return Err(StoreError::InvalidId {
                id: run_id.to_owned(),
            });
        }
        let path = runs_root.join(run_id);
        if !path.is_dir() {
            return Err(StoreError::Missing {
                id: run_id.to_owned(),
                root: runs_root.to_owned(),
                latest: Self::list(disk, runs_root)?
                    .into_iter()
                    .rev()
                    .take(3)
                    .collect(),
            });
        }
        let path = disk
            .canonicalize(&path)
            .map_err(|error| StoreError::Io { path, error })?;
        Ok(Self {
            path,
            id: run_id.to_owned(),
            disk: disk.clone(),
        })
    }

    /// The ids of all runs, oldest first. Other directories are passed over;
    /// no directory at all means no runs.
    pub fn list(disk: &Disk, runs_root: &Path) -> Result<Vec<String>, StoreError> {
        let io = |error| StoreError::Io {
            path: runs_root.to_owned(),
            error,
        };
        let entries = match disk.list(runs_root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(io)?,
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io)?;
            let Ok(id) = entry.file_name().into_string() else {
                continue;
            };
            if is_run_id(&id) {
                // Two runs of one second are told apart by their directories.
                let made = entry
                    .metadata()
                    .and_then(|data| data.created().or_else(|_| data.modified()))
                    .unwrap_or(SystemTime::UNIX_EPOCH);
                runs.push((id[..16].to_owned(), made, id));
            }
        }
        runs.sort();
        Ok(runs.into_iter().map(|(_, _, id)| id).collect())
    }

    /// The newest run, if there is one.
    pub fn latest(disk: &Disk, runs_root: &Path) -> Result<Option<Self>, StoreError> {
        match Self::list(disk, runs_root)?.last() {
            Some(id) => Self::open(disk, runs_root, id).map(Some),
            None => Ok(None),
        }
    }

    /// The id of the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The door to its files.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Where the journal is.
    pub fn journal_path(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// The file of `logs/` that belongs to a step: `name` as authored, and
    /// what it holds, such as `stdout`. Never outside `logs/`, and never the
    /// file of another name.
    pub fn log_path(&self, name: &str, suffix: &str) -> PathBuf {
        let mut file = wfc_ir::file_name(name);
        file.push('.');
        file.push_str(suffix);
        self.path.join("logs").join(file)
    }

    /// Takes the run, or says who has it.
    pub fn lock(&self) -> Result<RunLock, LockError> {
        RunLock::take(&self.disk, &self.lock_path())
    }

    /// The process that owns the run, if one does.
    pub fn owner(&self) -> Option<Owner> {
        RunLock::owner(&self.disk, &self.lock_path())
    }

    fn lock_path(&self) -> PathBuf {
        self.path.join("run.lock")
    }
}

/// The present time as in the evidence files:
/// `2026-01-31T12:00:00.123456+00:00`. In one process it never goes back, even
/// when the clock does.
pub fn now_iso() -> String {
    static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);
    let now = latest(&LATEST, Timestamp::now().as_microsecond());
    Timestamp::from_microsecond(now)
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
        .to_string()
}

/// The time, or the latest that was seen.
fn latest(seen: &AtomicI64, now: i64) -> i64 {
    seen.fetch_max(now, Ordering::Relaxed).max(now)
}

fn new_run_id() -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // The standard library draws the keys of its hash maps from the system's
    // random numbers; the hash of nothing is one of them.
    let mut random = RandomState::new().hash_one(());
    let mut id = Timestamp::now().strftime("%Y%m%dT%H%M%SZ-").to_string();
    for _ in 0..6 {
        id.push(char::from(LETTERS[(random % 36) as usize]));
        random /= 36;
    }
    id
}

fn is_run_id(name: &str) -> bool {
    name.len() == 23
        && name.bytes().zip(0..).all(|(byte, at)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            16 => byte == b'-',
            17.. => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            _ => byte.is_ascii_digit(),
        })
}

/// Replaces a file in one go: a reader sees the old bytes or the new ones.
/// With `durable`, the new bytes are on the disk before they can be seen.
pub fn write_atomic(path: &Path, bytes: &[u8], durable: bool) -> std::io::Result<()> {
    Disk::default().write(path, bytes, durable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn run() -> (tempfile::TempDir, RunDir) {
        let root = tempfile::tempdir().unwrap();
        let run = RunDir::create(&Disk::default(), &root.path().join(RUNS_ROOT)).unwrap();
        (root, run)
    }

    /// What file name an authored name gets.
    fn check(name: &str, expected: &str) {
        let (_root, run) = run();
        let path = run.log_path(name, "stdout");
        assert_eq!(path.parent().unwrap(), run.path().join("logs"));
        assert_eq!(
            path.file_name().unwrap(),
            format!("{expected}.stdout").as_str()
        );
    }

    #[test]
    fn names_of_logs() {
        check(
            "Review[0].Route.REVISE.Fix it",
            "Review[0].Route.REVISE.Fix it",
        );
        check("../../esc", "___.._esc__9fddcecdcf94f850");
        check("", "__e3b0c44298fc1c14");
        check(".", "___cdb4ee2aea69cc6a");
        check("a/b", "a_b__c14cddc033f64b9d");
        check("größe", "gr__e__d353a2671b67afff");
        let long = "x".repeat(300);
        check(&long, &format!("{}__{}", &long[..200], "0d4e2ca9e9cbced7"));
        // The name that another name was given is taken out of its way.
        check(
            "a_b__c14cddc033f64b9d",
            "a_b__c14cddc033f64b9d__79a5d4243280d850",
        );
    }

    #[test]
    fn ids_and_lists() {
        let (root, first) = run();
        let runs = root.path().join(RUNS_ROOT);
        let disk = Disk::default();
        let open = |id| RunDir::open(&disk, &runs, id);
        assert!(is_run_id(first.id()), "{}", first.id());
        // The clock of the file system is coarse.
        std::thread::sleep(std::time::Duration::from_millis(30));
        let second = RunDir::create(&disk, &runs).unwrap();
        std::fs::create_dir(runs.join("notes")).unwrap();
        assert_eq!(
            RunDir::list(&disk, &runs).unwrap(),
            [first.id(), second.id()]
        );
        let latest = RunDir::latest(&disk, &runs).unwrap().unwrap();
        assert_eq!(latest.path(), second.path());
        assert_eq!(open(first.id()).unwrap().path(), first.path());
        let error = open("nope").unwrap_err().to_string();
        assert!(
            error.ends_with(&format!(
                "the latest are `{}`, `{}`",
                second.id(),
                first.id()
            )),
            "{error}"
        );
        for bad in ["", ".", "..", "a/b", "../x", "a\\b"] {
            let error = open(bad).unwrap_err();
            assert!(matches!(error, StoreError::InvalidId { .. }), "{error}");
        }
        let none = RunDir::latest(&disk, &root.path().join("none")).unwrap();
        assert!(none.is_none());
    }

    #[test]
    fn replaces_files_whole() {
        let (_root, run) = run();
        let path = run.path().join("state.json");
        write_atomic(&path, b"one", true).unwrap();
        write_atomic(&path, b"two", false).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_ne!(mode & 0o044, 0, "others may read it: {mode:o}");
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 2);
        assert!(write_atomic(&run.path().join("no/where"), b"", false).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_takes_no_time_back() {
        let seen = AtomicI64::new(i64::MIN);
        let read = [5, 9, 3, 8, 10].map(|now| latest(&seen, now));
        assert_eq!(read, [5, 9, 9, 9, 10]);
    }

    #[test]
    fn the_time_as_python_writes_it() {
        let now = now_iso();
        let shape: String = now
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000+00:00");
    }
}
