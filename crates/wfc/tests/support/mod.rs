//! What the end-to-end tests share: a throw-away workspace and the program.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod faults;
pub mod processes;

use std::path::{Path, PathBuf};
use std::process::Command;

use wfc_vm::{Disk, RunConfig};

/// A workspace that is deleted with the value.
pub struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    /// An empty one.
    pub fn new() -> Self {
        Workspace {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// An empty one that takes no disk, where the system has such a place.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        Workspace {
            dir: match memory.is_dir() {
                true => tempfile::tempdir_in(memory).unwrap(),
                false => tempfile::tempdir().unwrap(),
            },
        }
    }

    /// One with the workflows of the repository, in both languages.
    pub fn with_stack() -> Self {
        let workspace = Workspace::new();
        for part in ["workflows", "lisp-examples"] {
            copy(&repository().join(part), &workspace.path().join(part));
        }
        workspace
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, making its directory.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub fn run_dir(&self, id: &str) -> PathBuf {
        self.path().join(".orchestrate/runs").join(id)
    }

    /// The id of the only run there is, if there is one.
    pub fn only_run(&self) -> Option<String> {
        let mut runs = std::fs::read_dir(self.path().join(".orchestrate/runs")).ok()?;
        let entry = runs.next()?.ok()?;
        entry.file_name().into_string().ok()
    }
}

/// The program under test, at work in `workspace`, without the settings of
/// whoever runs the tests.
pub fn wfc(workspace: &Workspace) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wfc"));
    command
        .current_dir(workspace.path())
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE");
    command
}

/// How runs of tests go that start no process of the program: nothing is tried
/// again.
pub fn run_config(workspace: &Path, disk: Disk) -> RunConfig {
    RunConfig {
        provider_retries: 0,
        retry_delay_ms: 0,
        disk,
        ..RunConfig::new(workspace)
    }
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Copies a directory and all in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
