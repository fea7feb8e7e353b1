//! The directory of finished tasks: emptied before a run, archived after it.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use wfc_ir::PlanWorkflow;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::exit::Fault;

/// Where finished tasks lie when the workflow does not say.
const DEFAULT: &str = "processed";

/// The name of an archive whose place was not given.
const ARCHIVE: &str = "processed.zip";

/// From how many bytes on a file needs the long form of an entry.
const LARGE: u64 = u32::MAX as u64;

/// The directory of finished tasks of a workflow.
pub(crate) struct Processed {
    /// Absolute, links followed.
    dir: PathBuf,
    /// As the workflow names it.
    name: String,
}

impl Processed {
    /// The directory in `workspace` that `workflow` says, which must lie in
    /// it and must not hold `runs`.
    pub(crate) fn of(
        workflow: &PlanWorkflow,
        workspace: &Path,
        runs: &Path,
    ) -> Result<Self, Fault> {
        let name = workflow.processed_dir.as_deref().unwrap_or(DEFAULT);
        let workspace = real(workspace)?;
        let dir = real(&workspace.join(name))?;
        let refuse = |why: &str| {
            Err(Fault::new(format_args!(
                "the directory of finished tasks, `{name}`, {why}"
            ))
            .help("set `processed_dir` to a directory of its own in the workspace"))
        };
        if dir == workspace || !dir.starts_with(&workspace) {
            return refuse("does not lie inside the workspace");
        }
        if real(runs)?.starts_with(&dir) {
            return refuse("holds the runs");
        }
        Ok(Processed {
            dir,
            name: name.to_owned(),
        })
    }

    /// Removes everything in the directory, links as links. One that is not
    /// there is empty.
    pub(crate) fn clean(&self) -> Result<(), Fault> {
        let fail = |error: &io::Error| Fault::io("empty", &self.name, error);
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(fail(&error)),
        };
        for entry in entries {
            let removed = entry.and_then(|entry| match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            });
            removed.map_err(|error| fail(&error))?;
        }
        Ok(())
    }

    /// Where the archive goes that `given` names. Refuses a place in the
    /// directory itself.
    pub(crate) fn destination(&self, given: &Path, workspace: &Path) -> Result<PathBuf, Fault> {
        let place = real(&workspace.join(given))?;
        if place.starts_with(&self.dir) {
            return Err(Fault::new(format_args!(
                "the archive {} would lie in `{}`, which it is made of",
                given.display(),
                self.name
            ))
            .help("give it a place outside of that directory"));
        }
        if place.is_dir() {
            return Err(Fault::new(format_args!(
                "{} is a directory, and the archive is a file",
                given.display()
            )));
        }
        Ok(place)
    }

    /// Writes the files of the directory to a zip file, which appears whole or
    /// not at all. Returns where it is. Links are left out.
    pub(crate) fn archive(&self, place: Option<PathBuf>, run_dir: &Path) -> Result<PathBuf, Fault> {
        let place = place.unwrap_or_else(|| run_dir.join(ARCHIVE));
        match self.write(&place) {
            Ok(()) => Ok(place),
            Err(error) => Err(Fault::io("write", place.display(), &error)),
        }
    }

    fn write(&self, place: &Path) -> io::Result<()> {
        let parent = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        let mut zip = ZipWriter::new(tempfile::NamedTempFile::new_in(parent)?);
        let root = self.dir.file_name().unwrap_or_default();
        let mut pending = vec![(self.dir.clone(), PathBuf::from(root))];
        while let Some((dir, name)) = pending.pop() {
            for (path, name) in entries(&dir, &name)? {
                let data = fs::symlink_metadata(&path)?;
                if data.is_dir() {
                    pending.push((path, name));
                } else if data.is_file() {
                    let options = SimpleFileOptions::default()
                        .compression_method(CompressionMethod::Stored)
                        .large_file(data.len() >= LARGE);
                    zip.start_file(name.to_string_lossy(), options)?;
                    io::copy(&mut File::open(&path)?, &mut zip)?;
                }
            }
        }
        let file = zip.finish()?;
        file.as_file().sync_all()?;
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The entries of a directory by name, each with its name in the archive. A
/// directory that is not there has none.
fn entries(dir: &Path, name: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = entries
        .map(|entry| entry.map(|entry| (entry.path(), name.join(entry.file_name()))))
        .collect::<io::Result<Vec<_>>>()?;
    all.sort();
    Ok(all)
}

/// The path without links and `..`, of which the end need not exist yet.
fn real(path: &Path) -> Result<PathBuf, Fault> {
    let mut missing = Vec::new();
    let mut there = path;
    loop {
        match fs::canonicalize(there) {
            Ok(mut real) => {
                for part in missing.into_iter().rev() {
                    real.push(part);
                }
                return Ok(real);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::io("find", path.display(), &error)),
        }
        let last = there.components().next_back();
        match (last, there.parent()) {
            // A link that leads nowhere could lead anywhere by then.
            (Some(Component::Normal(part)), Some(parent))
                if fs::symlink_metadata(there).is_err() =>
            {
                missing.push(part);
                there = parent;
            }
            _ => {
                return Err(Fault::new(format_args!(
                    "{} leads through something that is not there",
                    path.display()
                )));
            }
        }
    }
}
