//! A watch on the disk of a run: it counts operations, breaks one of them,
//! and knows what a loss of power would take.

use std::collections::HashMap;
use std::io::{Error, Result, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::ThreadId;

use serde::{Deserialize, Serialize};
use wfc_vm::{Disk, Operation, Watch};

pub const EIO: i32 = 5;
pub const ENOSPC: i32 = 28;
pub const EROFS: i32 = 30;

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies: this operation is not done, nor any later one.
    DiesBefore,
    /// The process dies in the middle: a write leaves half of its bytes. Of
    /// other operations nothing is left.
    DiesWithin,
    /// The process dies: this operation is done, and no later one.
    DiesAfter,
    /// The operation fails with this error, once.
    Fails(i32),
    /// From here on everything fails that changes something; this write
    /// leaves half of its bytes.
    FailsFromHere(i32),
}

/// Which operation it happens at.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// The one with this number, from 0.
    Number(usize),
    /// The one with this number, from 0, among those of this description,
    /// such as `sync journal.jsonl`.
    Kind(&'static str, usize),
}

/// What a loss of power takes besides the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// Every byte and name that was not flushed.
    All,
    /// The bytes; names are kept, as some file systems do.
    Bytes,
    /// The later half of the bytes.
    Half,
    /// Half of the last write to each file.
    Torn,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Faults {
    at: Option<(At, Fault)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    done: Vec<String>,
    broken: bool,
    /// Whose operation is the last.
    dying: Option<ThreadId>,
    /// Files by inode, so that a name may change.
    files: HashMap<u64, Written>,
    /// What undoes the names that are not flushed, oldest first.
    names: Vec<Undo>,
}

/// What was written to a file and not flushed.
#[derive(Debug, Default)]
struct Written {
    path: PathBuf,
    /// How many bytes survive.
    safe: u64,
    /// How long it was when the flush under way began.
    flushing: u64,
    /// Where the last write began and ended.
    last: (u64, u64),
    /// A flush has failed: what was not safe then never will be.
    lost: bool,
}

#[derive(Debug)]
enum Undo {
    /// This was made.
    File(PathBuf),
    Directory(PathBuf),
    /// This was replaced or taken away; what it held.
    Content(PathBuf, Vec<u8>),
}

impl Undo {
    fn path(&self) -> &Path {
        match self {
            Undo::File(path) | Undo::Directory(path) | Undo::Content(path, _) => path,
        }
    }
}

impl Faults {
    /// Only counts.
    pub fn none() -> Arc<Self> {
        Arc::default()
    }

    pub fn new(at: At, fault: Fault) -> Arc<Self> {
        Arc::new(Faults {
            at: Some((at, fault)),
            state: Mutex::default(),
        })
    }

    /// The disk that is watched.
    pub fn disk(self: &Arc<Self>) -> Disk {
        Disk::watched(Arc::clone(self) as Arc<dyn Watch>)
    }

    /// What was asked for, in order: verb and file name.
    pub fn operations(&self) -> Vec<String> {
        self.state().done.clone()
    }

    /// Whether the fault has happened.
    pub fn happened(&self) -> bool {
        self.state().broken
    }

    /// Does to the files what a loss of power would do now.
    pub fn lose(&self, loss: Loss) {
        let mut state = self.state();
        for file in state.files.values() {
            let Ok(data) = std::fs::metadata(&file.path) else {
                continue;
            };
            let length = match loss {
                Loss::All | Loss::Bytes => file.safe,
                Loss::Half => file.safe + data.len().saturating_sub(file.safe) / 2,
                // A write that was flushed is whole.
                Loss::Torn => file.safe.max((file.last.0 + file.last.1) / 2),
            };
            if length < data.len() {
                let file = std::fs::OpenOptions::new().write(true).open(&file.path);
                file.unwrap().set_len(length).unwrap();
            }
        }
        state.files.clear();
        let names = std::mem::take(&mut state.names);
        for undo in names.into_iter().rev().filter(|_| loss == Loss::All) {
            match undo {
                Undo::File(path) => drop(std::fs::remove_file(path)),
                Undo::Directory(path) => drop(std::fs::remove_dir_all(path)),
                Undo::Content(path, bytes) => drop(std::fs::write(path, bytes)),
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Whether the fault happens at this operation, which is the next.
    fn strikes(&self, state: &State, description: &str) -> Option<Fault> {
        let (at, fault) = self.at?;
        let now = match at {
            At::Number(number) => state.done.len() == number,
            At::Kind(kind, number) => {
                let before = state.done.iter().filter(|done| *done == kind).count();
                kind == description && before == number
            }
        };
        now.then_some(fault)
    }
}

fn dead() -> Error {
    Error::other("the process has died")
}

fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|data| data.ino())
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}

/// Leaves half of a write.
fn tear(operation: Operation<'_>) {
    if let Operation::Write(path, bytes) = operation {
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(&bytes[..bytes.len() / 2]).unwrap();
    }
}

fn describe(operation: Operation<'_>) -> String {
    let verb = match operation {
        Operation::Read(_) => "read",
        Operation::List(_) => "list",
        Operation::Open(_) => "open",
        Operation::Create(_) => "create",
        Operation::MakeDir(_) => "make directory",
        Operation::Lock(_) => "lock",
        Operation::Write(..) => "write",
        Operation::Overwrite(_) => "overwrite",
        Operation::Cut(..) => "cut",
        Operation::Sync(_) => "sync",
        Operation::SyncDir(_) => "sync directory",
        Operation::Rename(..) => "rename to",
        Operation::Remove(_) => "remove",
    };
    let path = match operation {
        Operation::Rename(_, to) => to,
        other => other.path(),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Names that are drawn by lot.
    match name.starts_with(".wfc-") {
        true => format!("{verb} .wfc-*.tmp"),
        false => format!("{verb} {name}"),
    }
}

impl Watch for Faults {
    fn before(&self, operation: Operation<'_>) -> Result<()> {
        let mut state = self.state();
        let description = describe(operation);
        let fault = match (state.broken, self.at) {
            (false, _) => self.strikes(&state, &description),
            (true, Some((_, Fault::FailsFromHere(error)))) if operation.changes() => {
                return Err(Error::from_raw_os_error(error));
            }
            (true, Some((_, Fault::FailsFromHere(_) | Fault::Fails(_)))) => None,
            (true, _) => return Err(dead()),
        };
        match fault {
            Some(Fault::DiesAfter) => state.dying = Some(std::thread::current().id()),
            fault => state.broken |= fault.is_some(),
        }
        state.done.push(description);
        match fault {
            Some(Fault::DiesBefore) => return Err(dead()),
            Some(Fault::DiesWithin) => {
                tear(operation);
                return Err(dead());
            }
            Some(Fault::FailsFromHere(error)) => {
                tear(operation);
                return Err(Error::from_raw_os_error(error));
            }
            Some(Fault::Fails(error)) => {
                if let Operation::Sync(path) = operation
                    && let Some(file) = inode(path).and_then(|inode| state.files.get_mut(&inode))
                {
                    file.lost = true;
                }
                return Err(Error::from_raw_os_error(error));
            }
            Some(Fault::DiesAfter) | None => {}
        }
        match operation {
            Operation::Create(path) if !path.exists() => {
                state.names.push(Undo::File(path.to_owned()));
            }
            Operation::Sync(path) => {
                let (inode, length) = (inode(path).unwrap(), length(path));
                state.files.entry(inode).or_default().flushing = length;
            }
            Operation::Rename(_, path) | Operation::Remove(path) => {
                let undo = match std::fs::read(path) {
                    Ok(bytes) => Undo::Content(path.to_owned(), bytes),
                    Err(_) => Undo::File(path.to_owned()),
                };
                state.names.push(undo);
            }
            _ => {}
        }
        Ok(())
    }

    fn after(&self, operation: Operation<'_>) -> Result<()> {
        let mut state = self.state();
        match operation {
            Operation::Create(path) => {
                let (safe, path) = (length(path), path.to_owned());
                let file = Written {
                    path,
                    safe,
                    ..Written::default()
                };
                state.files.insert(inode(&file.path).unwrap(), file);
            }
            Operation::Open(path) => {
                let inode = inode(path).unwrap();
                state.files.entry(inode).or_insert_with(|| Written {
                    path: path.to_owned(),
                    safe: length(path),
                    ..Written::default()
                });
            }
            Operation::MakeDir(path) => state.names.push(Undo::Directory(path.to_owned())),
            Operation::Write(path, bytes) => {
                let end = length(path);
                let file = inode(path).and_then(|inode| state.files.get_mut(&inode));
                if let Some(file) = file {
                    file.last = (end - bytes.len() as u64, end);
                }
            }
            Operation::Cut(path, length) => {
                let file = inode(path).and_then(|inode| state.files.get_mut(&inode));
                if let Some(file) = file {
                    file.safe = file.safe.min(length);
                    file.last = (length, length);
                }
            }
            Operation::Sync(path) => {
                let file = inode(path).and_then(|inode| state.files.get_mut(&inode));
                if let Some(file) = file.filter(|file| !file.lost) {
                    file.safe = file.flushing;
                }
            }
            Operation::SyncDir(path) => {
                state
                    .names
                    .retain(|undo| undo.path().parent() != Some(path));
            }
            Operation::Rename(_, path) => {
                let file = inode(path).and_then(|inode| state.files.get_mut(&inode));
                if let Some(file) = file {
                    file.path = path.to_owned();
                }
            }
            Operation::Overwrite(path) => {
                let file = inode(path).and_then(|inode| state.files.get_mut(&inode));
                if let Some(file) = file {
                    file.lost = false;
                }
            }
            Operation::Read(_) | Operation::List(_) | Operation::Lock(_) | Operation::Remove(_) => {
            }
        }
        let here = state.dying == Some(std::thread::current().id());
        state.broken |= here;
        match here {
            true => Err(dead()),
            false => Ok(()),
        }
    }
}
