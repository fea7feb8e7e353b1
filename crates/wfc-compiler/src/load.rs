//! Where source text comes from: the file system, or an editor's buffers.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Reads files for the compiler. Paths are relative to the workspace, or
/// absolute.
pub trait Loader {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Is there a file at this path?
    fn is_file(&self, path: &Path) -> bool;
    /// Is there anything at this path? A directory counts.
    fn exists(&self, path: &Path) -> bool {
        self.is_file(path)
    }
    /// The absolute directory that workspace-relative paths start from.
    fn workspace(&self) -> &Path;
}

/// The file system.
#[derive(Clone, Debug)]
pub struct OsLoader {
    workspace: PathBuf,
}

impl OsLoader {
    /// Reads below `workspace`, an absolute directory.
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        OsLoader {
            workspace: workspace.into(),
        }
    }
}

impl Loader for OsLoader {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(self.workspace.join(path))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.workspace.join(path).is_file()
    }

    fn exists(&self, path: &Path) -> bool {
        self.workspace.join(path).exists()
    }

    fn workspace(&self) -> &Path {
        &self.workspace
    }
}

/// Joins `relative` to the directory of `file` and resolves `.` and `..` by
/// name. Returns `None` when that climbs above the start.
pub fn join_relative(file: &Path, relative: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    let base = file.parent().unwrap_or(Path::new(""));
    for part in base.components().chain(Path::new(relative).components()) {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                let popped = matches!(path.components().next_back(), Some(Component::Normal(_)));
                if !popped {
                    return None;
                }
                path.pop();
            }
            other => path.push(other),
        }
    }
    Some(path)
}

/// A path as diagnostics and evidence show it: from the workspace when it
/// lies inside, otherwise as it is.
pub fn display_path(path: &Path, workspace: &Path) -> String {
    path.strip_prefix(workspace)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

/// Why a file cannot be read, as a clause.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
