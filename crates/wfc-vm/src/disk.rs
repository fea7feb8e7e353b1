//! The one door to the file system for all that a run keeps: its directory,
//! its journal, its evidence, and the small files that it writes for steps.
//!
//! Behind the door is the file system itself. In front of it a test may post
//! a [`Watch`], which sees each operation before and after it is done and may
//! forbid it: so it can be counted, fail for want of space, or be the last
//! thing that a run ever did. Without one the door costs a comparison.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

/// The file system, as a run sees it.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    watch: Option<Arc<dyn Watch>>,
}

/// Sees what is done to files, and may forbid it.
pub trait Watch: fmt::Debug + Send + Sync {
    /// Is asked before an operation, which is not done after an error.
    ///
    /// # Errors
    /// What the operation is to fail with.
    fn before(&self, operation: Operation<'_>) -> io::Result<()>;

    /// Is told of an operation that was done. After an error it stays done,
    /// but whoever wanted it is told that it failed.
    ///
    /// # Errors
    /// What the operation is to fail with.
    fn after(&self, operation: Operation<'_>) -> io::Result<()>;
}

/// Something that is done to a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Bytes are read, or links followed.
    Read(&'a Path),
    /// The names in a directory are read.
    List(&'a Path),
    /// A file that is there is opened.
    Open(&'a Path),
    /// A file is made, or emptied.
    Create(&'a Path),
    /// A directory is made.
    MakeDir(&'a Path),
    /// A lock is asked for.
    Lock(&'a Path),
    /// Bytes are put at the end of what was written before.
    Write(&'a Path, &'a [u8]),
    /// The bytes of a file are written again, as they are.
    Overwrite(&'a Path),
    /// A file is cut to a length.
    Cut(&'a Path, u64),
    /// The bytes of a file are flushed.
    Sync(&'a Path),
    /// The names in a directory are flushed.
    SyncDir(&'a Path),
    /// A file takes another name, in place of what had it.
    Rename(&'a Path, &'a Path),
    /// A file is taken away.
    Remove(&'a Path),
}

impl<'a> Operation<'a> {
    /// What it is done to.
    pub fn path(&self) -> &'a Path {
        match self {
            Operation::Read(path)
            | Operation::List(path)
            | Operation::Open(path)
            | Operation::Create(path)
            | Operation::MakeDir(path)
            | Operation::Lock(path)
            | Operation::Write(path, _)
            | Operation::Overwrite(path)
            | Operation::Cut(path, _)
            | Operation::Sync(path)
            | Operation::SyncDir(path)
            | Operation::Rename(path, _)
            | Operation::Remove(path) => path,
        }
    }

    /// Whether it leaves a trace.
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Operation::Read(_) | Operation::List(_) | Operation::Open(_) | Operation::Lock(_)
        )
    }
}

impl Disk {
    /// The file system with a watch in front of it.
    pub fn watched(watch: Arc<dyn Watch>) -> Self {
        Self { watch: Some(watch) }
    }

    pub(crate) fn perform<T>(
        &self,
        operation: Operation<'_>,
        deed: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let Some(watch) = &self.watch else {
            return deed();
        };
        watch.before(operation)?;
        let done = deed()?;
        watch.after(operation)?;
        Ok(done)
    }

    /// All bytes of a file.
    pub(crate) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.perform(Operation::Read(path), || std::fs::read(path))
    }

    /// How long a file is.
    pub(crate) fn length(&self, path: &Path) -> io::Result<u64> {
        self.perform(Operation::Read(path), || Ok(std::fs::metadata(path)?.len()))
    }

    /// The absolute path without links.
    pub(crate) fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.perform(Operation::Read(path), || std::fs::canonicalize(path))
    }

    /// The names in a directory.
    pub(crate) fn list(&self, path: &Path) -> io::Result<std::fs::ReadDir> {
        self.perform(Operation::List(path), || std::fs::read_dir(path))
    }

    /// A file that is there, to be read.
    pub(crate) fn open(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(Operation::Open(path), OpenOptions::new().read(true))
    }

    /// A file that is there, to be added to; what is written goes to its end.
    pub(crate) fn append(&self, path: &Path) -> io::Result<DiskFile> {
        self.opened(Operation::Open(path), OpenOptions::new().append(true))
    }

    /// A file that is there or is made, to be read and written.
    pub(crate) fn open_or_create(&self, path: &Path) -> io::Result<DiskFile> {
        let mut how = OpenOptions::new();
        how.read(true).write(true).create(true).truncate(false);
        self.opened(Operation::Create(path), &how)
    }

    /// An empty file, whatever was there.
    pub(crate) fn create(&self, path: &Path) -> io::Result<DiskFile> {
        let mut how = OpenOptions::new();
        how.write(true).create(true).truncate(true);
        self.opened(Operation::Create(path), &how)
    }

    /// A file that was not there, to be added to.
    pub(crate) fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        let mut how = OpenOptions::new();
        how.append(true).create_new(true);
        self.opened(Operation::Create(path), &how)
    }

    /// A file that was opened in another way.
    pub(crate) fn file(&self, file: File, path: &Path) -> DiskFile {
        DiskFile {
            file,
            path: path.to_owned(),
            disk: self.clone(),
        }
    }

    fn opened(&self, operation: Operation<'_>, how: &OpenOptions) -> io::Result<DiskFile> {
        let path = operation.path();
        let file = self.perform(operation, || how.open(path))?;
        Ok(self.file(file, path))
    }

    /// Writes the bytes of a file again: the system takes them for changed,
    /// and a flush puts them on the disk.
    pub(crate) fn overwrite(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.perform(Operation::Overwrite(path), || {
            let file = OpenOptions::new().write(true).open(path)?;
            file.write_all_at(bytes, 0)
        })
    }

    /// A directory that was not there.
    pub(crate) fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(Operation::MakeDir(path), || std::fs::create_dir(path))
    }

    /// A directory, and all above it, as far as they are not there.
    pub(crate) fn make_dirs(&self, path: &Path) -> io::Result<()> {
        self.make_missing(path).map(drop)
    }

    /// The same; they are found after a loss of power.
    pub(crate) fn make_lasting_dirs(&self, path: &Path) -> io::Result<()> {
        let made = self.make_missing(path)?;
        let mut above = made.into_iter().filter_map(Path::parent);
        above.try_for_each(|directory| self.sync_dir(directory))
    }

    /// Makes the directories that are not there, and says which, the given one
    /// first.
    fn make_missing<'p>(&self, path: &'p Path) -> io::Result<Vec<&'p Path>> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.is_dir())
            .collect();
        for directory in missing.iter().rev() {
            match self.make_dir(directory) {
                // Someone else was faster.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
                made => made?,
            }
        }
        Ok(missing)
    }

    /// Takes a file away; one that is not there is away.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        match self.perform(Operation::Remove(path), || std::fs::remove_file(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Gives a file or directory another name, in place of what had it.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.perform(Operation::Rename(from, to), || std::fs::rename(from, to))
    }

    /// Takes a directory away with all that is in it. Links in it are taken
    /// away, and not what they lead to.
    pub(crate) fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.perform(Operation::Remove(path), || std::fs::remove_dir_all(path))
    }

    /// Waits until the names in a directory are on the disk.
    pub(crate) fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(Operation::SyncDir(path), || File::open(path)?.sync_all())
    }

    /// Replaces a file in one go by what `fill` writes: a reader sees the old
    /// bytes or the new ones. With `durable`, the new bytes are on the disk
    /// before they can be seen; that they are found there after a loss of
    /// power takes [`sync_dir`](Self::sync_dir).
    pub(crate) fn replace(
        &self,
        path: &Path,
        durable: bool,
        fill: impl FnOnce(&mut DiskFile) -> io::Result<()>,
    ) -> io::Result<()> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut made = tempfile::Builder::new()
            .prefix(".wfc-")
            .suffix(".tmp")
            .make_in(directory, |path| self.create_new(path))?;
        fill(made.as_file_mut())?;
        if durable {
            made.as_file().sync()?;
        }
        let temporary = made.path().to_owned();
        self.perform(Operation::Rename(&temporary, path), || {
            made.persist(path).map_err(|error| error.error)
        })?;
        Ok(())
    }

    /// [`replace`](Self::replace) by these bytes.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
        self.replace(path, durable, |file| file.write_all(bytes))
    }
}

/// An open file.
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    path: PathBuf,
    disk: Disk,
}

impl DiskFile {
    /// Waits until the bytes are on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let sync = || self.file.sync_data();
        self.disk.perform(Operation::Sync(&self.path), sync)
    }

    /// Cuts the file to a length.
    pub(crate) fn cut(&self, length: u64) -> io::Result<()> {
        let cut = || self.file.set_len(length);
        self.disk.perform(Operation::Cut(&self.path, length), cut)
    }

    /// What the system knows of the file.
    pub(crate) fn metadata(&self) -> io::Result<std::fs::Metadata> {
        self.file.metadata()
    }

    /// Lets whoever may read the file run it.
    pub(crate) fn make_executable(&self) -> io::Result<()> {
        let mut permissions = self.file.metadata()?.permissions();
        let mode = permissions.mode();
        permissions.set_mode(mode | ((mode & 0o444) >> 2));
        self.file.set_permissions(permissions)
    }

    /// How long the file is.
    pub(crate) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// What the file holds, as text.
    pub(crate) fn text(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.file.rewind()?;
        self.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Puts other bytes in place of what the file holds.
    pub(crate) fn overwrite(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.cut(0)?;
        self.file.rewind()?;
        self.write_all(bytes)
    }

    /// Is this file still the one that its path leads to?
    pub(crate) fn is_in_place(&self) -> bool {
        let there = std::fs::metadata(&self.path);
        let (Ok(ours), Ok(there)) = (self.file.metadata(), there) else {
            return false;
        };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }

    /// Does a process have the file for itself?
    pub(crate) fn is_locked(&self) -> bool {
        flock(&self.file, FlockOperation::NonBlockingLockShared).is_err()
    }

    /// Takes the file for this process alone, until it is closed. False when
    /// another has it.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        let lock = || match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        };
        self.disk.perform(Operation::Lock(&self.path), lock)
    }
}

impl Write for &DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || (&self.file).write(bytes);
        self.disk
            .perform(Operation::Write(&self.path, bytes), write)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for DiskFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = || self.file.read(bytes);
        self.disk.perform(Operation::Read(&self.path), read)
    }
}
