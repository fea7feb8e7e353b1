//! Which files of the workspace a call created, changed or removed.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// Directories that hold what tools make for themselves, at any depth.
const SKIPPED: [&str; 4] = [".git", ".orchestrate", "node_modules", "target"];

/// A file whose times are this close to the moment of the snapshot may change
/// again without its times showing it, as far as the clock of a file system
/// can be trusted; its content is looked at instead.
const COARSE_CLOCK: Duration = Duration::from_millis(100);

/// The state of the files of a workspace at one moment.
pub(super) struct Snapshot {
    files: BTreeMap<String, Stamp>,
}

struct Stamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// The hash of the content, where the times do not settle it.
    content: Option<[u8; 32]>,
}

/// What happened between two snapshots, as paths from the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) written: Vec<String>,
    pub(super) removed: Vec<String>,
}

/// Which directories are looked at.
pub(super) struct Scope<'a> {
    /// The workspace.
    pub(super) root: &'a Path,
    /// Where runs are kept: passed over.
    pub(super) runs: &'a Path,
    /// The results of this run, which lie in there: looked at after all; and
    /// their name as contracts spell it.
    pub(super) results: (&'a Path, &'a str),
}

impl Snapshot {
    /// Looks at all files. Links, and names that are not UTF-8, are passed
    /// over, and so are directories that cannot be read.
    pub(super) fn take(scope: &Scope<'_>) -> Self {
        let now = SystemTime::now();
        let mut files = BTreeMap::new();
        let (results, results_name) = scope.results;
        let mut open = vec![
            (scope.root.to_owned(), String::new()),
            (results.to_owned(), format!("{results_name}/")),
        ];
        while let Some((directory, prefix)) = open.pop() {
            let Ok(entries) = std::fs::read_dir(&directory) else {
                continue;
            };
            for entry in entries.flatten() {
                let (Ok(name), Ok(data)) = (entry.file_name().into_string(), entry.metadata())
                else {
                    continue;
                };
                let (path, name) = (entry.path(), format!("{prefix}{name}"));
                if data.is_dir() {
                    let skipped = SKIPPED.iter().any(|skipped| path.ends_with(skipped));
                    if !skipped && path != scope.runs {
                        open.push((path, format!("{name}/")));
                    }
                } else if data.is_file() {
                    files.insert(name, Stamp::of(&path, &data, now));
                }
            }
        }
        Self { files }
    }

    /// What has happened since `before`, the files of which are found by
    /// `locate`.
    pub(super) fn since(&self, before: &Self, locate: impl Fn(&str) -> PathBuf) -> Changes {
        let written = self
            .files
            .iter()
            .filter(|(name, now)| match before.files.get(*name) {
                None => true,
                Some(then) => {
                    !then.looks_like(now)
                        || then
                            .content
                            .is_some_and(|content| hash(&locate(name)) != Some(content))
                }
            })
            .map(|(name, _)| name.clone())
            .collect();
        let removed = before
            .files
            .keys()
            .filter(|name| !self.files.contains_key(*name))
            .cloned()
            .collect();
        Changes { written, removed }
    }
}

impl Stamp {
    fn of(path: &Path, data: &std::fs::Metadata, now: SystemTime) -> Self {
        let young = data.modified().is_ok_and(|at| at + COARSE_CLOCK >= now);
        Self {
            size: data.size(),
            inode: data.ino(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
            content: young.then(|| hash(path)).flatten(),
        }
    }

    fn looks_like(&self, other: &Self) -> bool {
        let times = |stamp: &Self| (stamp.size, stamp.inode, stamp.modified, stamp.changed);
        times(self) == times(other)
    }
}

fn hash(path: &Path) -> Option<[u8; 32]> {
    std::fs::read(path)
        .ok()
        .map(|bytes| Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is found to have changed after some deeds.
    fn check(deeds: impl FnOnce(&Path), written: &[&str], removed: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let results = root.join("runs/r1/results");
        for (path, text) in [
            ("keep.txt", "same"),
            ("edit.txt", "1"),
            ("gone.txt", ""),
            ("runs/r1/results/a.json", "{}"),
        ] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        let runs = root.join("runs");
        let scope = Scope {
            root,
            runs: &runs,
            results: (&results, "runs/r1/results"),
        };
        let before = Snapshot::take(&scope);
        deeds(root);
        let changes = Snapshot::take(&scope).since(&before, |name| root.join(name));
        assert_eq!(changes.written, written);
        assert_eq!(changes.removed, removed);
    }

    #[test]
    fn sees_what_a_call_did() {
        check(|_| {}, &[], &[]);
        check(
            |root| {
                let write = |path: &str, text: &str| {
                    std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
                    std::fs::write(root.join(path), text).unwrap();
                };
                // As long as before, and within the same tick of the clock.
                write("edit.txt", "2");
                write("new/deep.txt", "");
                write("runs/r1/results/b.json", "{}");
                write("runs/r1/journal.jsonl", "");
                write("sub/target/x", "");
                write(".git/HEAD", "");
                std::fs::remove_file(root.join("gone.txt")).unwrap();
            },
            &["edit.txt", "new/deep.txt", "runs/r1/results/b.json"],
            &["gone.txt"],
        );
    }
}
