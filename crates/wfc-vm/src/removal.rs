//! Taking runs away.
//!
//! A run is first taken out of sight, in one step, and then deleted piece by
//! piece: what a killed removal leaves is never mistaken for a run.

use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::{LockError, RunDir, StoreError};

/// What a directory is called while it is being deleted. Names that begin
/// with a dot are no runs.
const PREFIX: &str = ".removed-";

/// Why a run is still there.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// A process owns it.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// It cannot be found or deleted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RunDir {
    /// Takes the run away, unless a process owns it.
    ///
    /// # Errors
    /// When it is owned, or cannot be deleted. It may be out of sight then;
    /// [`sweep`] tries again.
    pub fn remove(self) -> Result<(), RemoveError> {
        let lock = self.lock()?;
        let hidden = self.path().with_file_name(format!("{PREFIX}{}", self.id()));
        let disk = self.disk().clone();
        disk.rename(self.path(), &hidden)
            .map_err(|error| io(self.path(), error))?;
        // Whoever opens the run now finds none.
        drop(lock);
        delete(&disk, &hidden)
    }
}

/// Deletes what removals that did not come to their end have left.
///
/// # Errors
/// When it cannot be deleted either.
pub fn sweep(runs_root: &Path) -> Result<(), RemoveError> {
    let disk = Disk::default();
    let Ok(entries) = disk.list(runs_root) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        let left = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if left && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            delete(&disk, &entry.path())?;
        }
    }
    Ok(())
}

fn delete(disk: &Disk, path: &Path) -> Result<(), RemoveError> {
    disk.remove_tree(path).map_err(|error| io(path, error))
}

fn io(path: &Path, error: std::io::Error) -> RemoveError {
    let path: PathBuf = path.to_owned();
    RemoveError::Store(StoreError::Io { path, error })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_owned_run_stays_and_a_free_one_goes() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("outside");
        std::fs::write(&outside, "kept").unwrap();
        let runs = root.path().join("runs");
        let run = RunDir::create(&Disk::default(), &runs).unwrap();
        let link = run.path().join("logs/link");
        std::os::unix::fs::symlink(&outside, link).unwrap();
        let lock = run.lock().unwrap();
        assert!(matches!(
            run.clone().remove(),
            Err(RemoveError::Locked(LockError::Held { .. }))
        ));
        assert!(run.path().join("logs").is_dir());
        drop(lock);
        run.clone().remove().unwrap();
        assert_eq!(std::fs::read_dir(&runs).unwrap().count(), 0);
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "kept");
        // What was left half deleted.
        std::fs::create_dir(runs.join(".removed-x")).unwrap();
        std::fs::create_dir(runs.join("other")).unwrap();
        sweep(&runs).unwrap();
        assert!(!runs.join(".removed-x").exists());
        assert!(runs.join("other").exists());
    }
}
