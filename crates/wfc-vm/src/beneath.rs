//! Files beneath a directory, reached without following a link.
//!
//! Where a path leads is found out first, links followed, so that it can be
//! said in words why it is refused. What is then done must be done there and
//! nowhere else, even if someone has put a link in the way meanwhile. So the
//! way is gone once more, from one open directory to the next, and a link on
//! it is an error.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;

use crate::disk::{Disk, DiskFile, Operation};

/// A way that ends at once at a link.
const STRAIGHT: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW);

/// What a new file or directory may be used for; the umask takes its share.
const ANYONE: u32 = 0o777;

/// What makes a directory.
type Deed<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// A place beneath a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// The directory, absolute and without links.
    pub(crate) root: PathBuf,
    /// The place, absolute and without links.
    pub(crate) path: PathBuf,
}

/// The open directory that holds a file, and the name of the file in it.
struct Spot<'a> {
    parent: OwnedFd,
    name: &'a OsStr,
}

impl Site {
    /// Goes to the directory of the file. `missing` is called for a directory
    /// that is not there, with what would make it.
    fn reach(
        &self,
        missing: &mut dyn FnMut(&Path, Deed<'_>) -> io::Result<()>,
    ) -> io::Result<Spot<'_>> {
        let inside = self
            .path
            .strip_prefix(&self.root)
            .map_err(io::Error::other)?;
        let name = inside.file_name();
        let name = name.ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
        let mut at = self.root.clone();
        let mut parent: OwnedFd = File::open(&self.root)?.into();
        for part in inside.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = part else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            at.push(part);
            let directory = OFlags::RDONLY | OFlags::DIRECTORY | STRAIGHT;
            let open = || openat(&parent, part, directory, Mode::empty());
            let next = match open() {
                Err(Errno::NOENT) => {
                    missing(&at, &mut || {
                        match mkdirat(&parent, part, Mode::from_raw_mode(ANYONE)) {
                            // Someone else was faster.
                            Err(Errno::EXIST) => Ok(()),
                            made => Ok(made?),
                        }
                    })?;
                    open()?
                }
                opened => opened?,
            };
            parent = next;
        }
        Ok(Spot { parent, name })
    }

    fn there(&self) -> io::Result<Spot<'_>> {
        self.reach(&mut |_, _| Err(io::ErrorKind::NotFound.into()))
    }
}

impl Spot<'_> {
    fn open(&self, name: &OsStr, how: OFlags) -> io::Result<File> {
        let mode = Mode::from_raw_mode(ANYONE & 0o666);
        Ok(openat(&self.parent, name, how | STRAIGHT, mode)?.into())
    }
}

impl Disk {
    /// The file at a place, to be read. One that is no ordinary file is not
    /// waited for.
    pub(crate) fn open_at(&self, site: &Site) -> io::Result<DiskFile> {
        let file = self.perform(Operation::Open(&site.path), || {
            let spot = site.there()?;
            spot.open(spot.name, OFlags::RDONLY | OFlags::NONBLOCK)
        })?;
        Ok(self.file(file, &site.path))
    }

    /// Makes the directories above a place, as far as they are not there.
    pub(crate) fn make_dirs_above(&self, site: &Site) -> io::Result<()> {
        self.spot(site).map(drop)
    }

    fn spot<'a>(&self, site: &'a Site) -> io::Result<Spot<'a>> {
        site.reach(&mut |path, make| self.perform(Operation::MakeDir(path), make))
    }

    /// Replaces the file at a place in one go by what `fill` writes, making
    /// the directories above it.
    pub(crate) fn replace_at(
        &self,
        site: &Site,
        fill: impl FnOnce(&mut DiskFile) -> io::Result<()>,
    ) -> io::Result<()> {
        let spot = self.spot(site)?;
        let (name, temporary, file) = loop {
            let name = format!(".wfc-{:016x}.tmp", crate::host::random());
            let path = site.path.with_file_name(&name);
            let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            let create = || spot.open(OsStr::new(&name), how);
            match self.perform(Operation::Create(&path), create) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => break (name, path, made?),
            }
        };
        let mut file = self.file(file, &temporary);
        let done = fill(&mut file).and_then(|()| {
            self.perform(Operation::Rename(&temporary, &site.path), || {
                Ok(renameat(&spot.parent, &*name, &spot.parent, spot.name)?)
            })
        });
        if done.is_err() {
            let _ = unlinkat(&spot.parent, &*name, AtFlags::empty());
        }
        done
    }

    /// [`replace_at`](Self::replace_at) by these bytes.
    pub(crate) fn write_at(&self, site: &Site, bytes: &[u8]) -> io::Result<()> {
        self.replace_at(site, |file| file.write_all(bytes))
    }

    /// Takes the file at a place away; one that is not there is away. Of a
    /// link, only the link.
    pub(crate) fn remove_at(&self, site: &Site) -> io::Result<()> {
        let gone = self.perform(Operation::Remove(&site.path), || {
            let spot = site.there()?;
            Ok(unlinkat(&spot.parent, spot.name, AtFlags::empty())?)
        });
        match gone {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::symlink;

    /// A workspace and a directory beside it.
    fn scene() -> (tempfile::TempDir, PathBuf) {
        let base = tempfile::tempdir().unwrap();
        let root = base.path().canonicalize().unwrap().join("w");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir(root.join("../away")).unwrap();
        (base, root)
    }

    fn site(root: &Path, path: &str) -> Site {
        Site {
            root: root.to_owned(),
            path: root.join(path),
        }
    }

    #[test]
    fn files_are_written_read_and_removed() {
        let (_base, root) = scene();
        let disk = Disk::default();
        for path in ["top", "a/b/deep", "new/made/here"] {
            let site = site(&root, path);
            disk.write_at(&site, b"one").unwrap();
            disk.write_at(&site, b"two").unwrap();
            let mut text = String::new();
            let mut file = disk.open_at(&site).unwrap();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "two");
            disk.remove_at(&site).unwrap();
            disk.remove_at(&site).unwrap();
            let error = disk.open_at(&site).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
        assert_eq!(std::fs::read_dir(root.join("a/b")).unwrap().count(), 0);
    }

    /// What was found to be a directory or a file is a link by now.
    #[test]
    fn a_link_that_was_put_in_the_way_is_not_followed() {
        let (base, root) = scene();
        let disk = Disk::default();
        let away = base.path().canonicalize().unwrap().join("away");
        std::fs::write(away.join("f"), "theirs").unwrap();
        let inner = site(&root, "a/b/f");
        let file = site(&root, "a/f");
        std::fs::remove_dir(root.join("a/b")).unwrap();
        symlink(&away, root.join("a/b")).unwrap();
        symlink(away.join("f"), root.join("a/f")).unwrap();
        assert!(disk.open_at(&inner).is_err());
        assert!(disk.write_at(&inner, b"ours").is_err());
        assert!(disk.remove_at(&inner).is_err());
        assert!(disk.make_dirs_above(&inner).is_err());
        assert!(disk.open_at(&file).is_err());
        // The link itself is ours to replace.
        disk.write_at(&file, b"ours").unwrap();
        assert_eq!(std::fs::read(root.join("a/f")).unwrap(), b"ours");
        assert_eq!(std::fs::read(away.join("f")).unwrap(), b"theirs");
        assert_eq!(std::fs::read_dir(&away).unwrap().count(), 1);
    }

    /// A link comes and goes while files are written and read.
    #[test]
    fn a_race_is_not_lost() {
        let (base, root) = scene();
        let away = base.path().canonicalize().unwrap().join("away");
        std::fs::write(away.join("f"), "theirs").unwrap();
        let (directory, kept) = (root.join("a/b"), root.join("a/kept"));
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::fs::rename(&directory, &kept).unwrap();
                    symlink(&away, &directory).unwrap();
                    std::fs::remove_file(&directory).unwrap();
                    std::fs::rename(&kept, &directory).unwrap();
                }
            });
            let disk = Disk::default();
            let site = site(&root, "a/b/f");
            for _ in 0..2000 {
                // Without the directories: they would come into its way.
                let spot = site.there();
                let _ = spot.map(|spot| spot.open(spot.name, OFlags::WRONLY | OFlags::CREATE));
                let mut text = String::new();
                if let Ok(mut file) = disk.open_at(&site) {
                    file.read_to_string(&mut text).unwrap();
                }
                assert_eq!(text, "");
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(std::fs::read(away.join("f")).unwrap(), b"theirs");
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let (_base, root) = scene();
        let pipe = root.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let file = Disk::default().open_at(&site(&root, "pipe")).unwrap();
        assert!(!file.metadata().unwrap().is_file());
        assert!(Disk::default().open_at(&site(&root, "")).is_err());
    }
}
