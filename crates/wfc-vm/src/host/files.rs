//! The workspace, and the wall around it.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use wfc_ir::{Files, PathKind};

use crate::FilesError;
use crate::beneath::Site;
use crate::disk::{Disk, DiskFile};

/// The largest file that a contract may read, in bytes.
pub(super) const READ_LIMIT: u64 = 64 * 1024 * 1024;

/// The files beneath the workspace, links followed. Nothing outside can be
/// named: not with `..`, not as an absolute path, not through a link.
#[derive(Clone, Debug)]
pub struct WorkspaceFiles {
    root: PathBuf,
    /// One directory outside that may be named by its absolute path: the
    /// results of a run whose directory is kept elsewhere.
    also: Option<PathBuf>,
    disk: Disk,
}

/// Where a path leads.
struct Place {
    site: Site,
    /// As contracts and artifacts name it.
    name: String,
    /// What is there.
    data: Option<Metadata>,
}

impl WorkspaceFiles {
    /// The files beneath `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()),
            also: None,
            disk: Disk::default(),
        }
    }

    /// The same, written through this door.
    pub(super) fn through(mut self, disk: Disk) -> Self {
        self.disk = disk;
        self
    }

    /// The same, and the files beneath one directory outside, which need not
    /// exist yet but has no links in its path.
    pub(super) fn and(mut self, directory: PathBuf) -> Self {
        self.also = Some(directory);
        self
    }

    /// The workspace, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of something in the workspace, links followed, or
    /// why it must not be touched.
    pub fn locate(&self, path: &str) -> Result<PathBuf, String> {
        self.place(path).map(|place| place.site.path)
    }

    /// The same as a place, to do something there.
    pub(super) fn site(&self, path: &str) -> Result<Site, String> {
        self.place(path).map(|place| place.site)
    }

    /// Writes a small file, making the directories above it.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.act(path, |site| self.disk.write_at(site, bytes))
    }

    /// Makes the directories above a file.
    pub(super) fn make_directory(&self, path: &str) -> Result<(), FilesError> {
        self.act(path, |site| self.disk.make_dirs_above(site))
    }

    fn act(
        &self,
        path: &str,
        deed: impl FnOnce(&Site) -> io::Result<()>,
    ) -> Result<(), FilesError> {
        let fail = |message: String, unsafe_path| FilesError {
            path: path.to_owned(),
            message,
            unsafe_path,
        };
        let site = self.site(path).map_err(|why| fail(why, true))?;
        deed(&site).map_err(|error| fail(error.to_string(), false))
    }

    /// The file at a place, to be read.
    pub(super) fn open(&self, site: &Site) -> io::Result<DiskFile> {
        self.disk.open_at(site)
    }

    /// Where a path leads, and what is there.
    pub(super) fn look(&self, path: &str) -> Result<(Site, Option<Metadata>), String> {
        self.place(path).map(|place| (place.site, place.data))
    }

    /// Does each pattern match something? As in a shell: `*` stays within one
    /// directory and passes over names that begin with a dot; `**` is no more
    /// than `*`. What lies outside the workspace does not count.
    pub(super) fn probe(&self, patterns: &[String]) -> Result<Vec<bool>, FilesError> {
        patterns
            .iter()
            .map(|pattern| self.matches(pattern))
            .collect()
    }

    /// Everything that a pattern matches, in order, as paths from the
    /// workspace. Links keep their own names; those that leave it do not count.
    pub(super) fn list(&self, pattern: &str) -> Result<Vec<String>, FilesError> {
        if is_plain(pattern) {
            self.guard(pattern)?;
            let there = self.place(pattern).is_ok_and(|place| place.data.is_some());
            let path: PathBuf = Path::new(pattern).components().collect();
            let name = path.to_string_lossy().into_owned();
            return Ok(there.then_some(name).into_iter().collect());
        }
        let mut names: Vec<String> = self
            .glob(pattern)?
            .filter(|path| {
                std::fs::canonicalize(path).is_ok_and(|real| real.starts_with(&self.root))
            })
            .filter_map(|path| {
                let inside = path.strip_prefix(&self.root).ok()?;
                Some(inside.to_string_lossy().into_owned())
            })
            .collect();
        names.sort();
        Ok(names)
    }

    fn matches(&self, pattern: &str) -> Result<bool, FilesError> {
        if is_plain(pattern) {
            self.guard(pattern)?;
            let place = self.place(pattern);
            return Ok(place.is_ok_and(|place| place.data.is_some()));
        }
        let mut found = self.glob(pattern)?;
        Ok(found.any(|path| {
            std::fs::canonicalize(&path).is_ok_and(|real| real.starts_with(&self.root))
        }))
    }

    /// What a pattern matches, links followed, as sorted paths from the
    /// workspace. Patterns mean what they mean in [`probe`](Self::probe), but
    /// what leads outside is an error.
    pub(super) fn expand(&self, pattern: &str) -> Result<BTreeSet<String>, FilesError> {
        let fail = |message: String| FilesError {
            path: pattern.to_owned(),
            message,
            unsafe_path: true,
        };
        if is_plain(pattern) {
            self.guard(pattern)?;
            let place = self.place(pattern).map_err(fail)?;
            return Ok(place.data.map(|_| place.name).into_iter().collect());
        }
        self.glob(pattern)?
            .filter_map(|path| Some((std::fs::canonicalize(&path).ok()?, path)))
            .map(|(real, path)| match real.strip_prefix(&self.root) {
                Ok(inside) => Ok(inside.to_string_lossy().into_owned()),
                Err(_) => {
                    let shown = path.strip_prefix(&self.root).unwrap_or(&path);
                    let shown = shown.display();
                    Err(fail(format!("`{shown}` lies outside the workspace")))
                }
            })
            .collect()
    }

    fn guard(&self, pattern: &str) -> Result<(), FilesError> {
        if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            return Err(FilesError {
                path: pattern.to_owned(),
                message: format!(
                    "the pattern `{pattern}` must be relative to the workspace and stay in it"
                ),
                unsafe_path: true,
            });
        }
        Ok(())
    }

    /// The paths that a pattern matches by their names.
    fn glob(&self, pattern: &str) -> Result<impl Iterator<Item = PathBuf>, FilesError> {
        self.guard(pattern)?;
        let mut plain = pattern.to_owned();
        while plain.contains("**") {
            plain = plain.replace("**", "*");
        }
        let full = format!("{}/{plain}", Pattern::escape(&self.root.to_string_lossy()));
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            // Asked below: the library also hides what `.*` names.
            require_literal_leading_dot: false,
        };
        let found = glob::glob_with(&full, options).map_err(|error| FilesError {
            path: pattern.to_owned(),
            message: format!("`{pattern}` is not a file pattern: {}", error.msg),
            unsafe_path: false,
        })?;
        // Directories that cannot be read hold nothing that matches.
        Ok(found.flatten().filter(move |path| {
            path.strip_prefix(&self.root)
                .is_ok_and(|inside| dots_are_meant(&plain, inside))
        }))
    }

    fn place(&self, path: &str) -> Result<Place, String> {
        if path.contains('\0') {
            return Err("a path cannot hold a NUL character".to_owned());
        }
        let outside = || format!("`{path}` lies outside the workspace");
        let mut depth = 0_usize;
        for part in Path::new(path).components() {
            match part {
                Component::Normal(_) => depth += 1,
                Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(outside)?,
                _ => {}
            }
        }
        // Joining an absolute path gives that path; the wall is checked below.
        let (real, data) = follow(&self.root.join(path), path)?;
        let also = self.also.as_deref().filter(|also| real.starts_with(also));
        let (root, name) = match (real.strip_prefix(&self.root), also) {
            (Ok(inside), _) => (self.root.as_path(), inside.to_str()),
            // It need not be there yet, but what holds it is.
            (Err(_), Some(also)) => (also.parent().unwrap_or(also), real.to_str()),
            (Err(_), None) => return Err(outside()),
        };
        let name = name
            .ok_or_else(|| format!("`{path}` leads to a name that is not UTF-8"))?
            .to_owned();
        Ok(Place {
            site: Site {
                root: root.to_owned(),
                path: real,
            },
            name,
            data,
        })
    }
}

/// Does the pattern name one path?
fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '['])
}

/// Does every name that begins with a dot stand where the pattern has one?
fn dots_are_meant(pattern: &str, path: &Path) -> bool {
    let parts: Vec<&str> = pattern
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let names: Vec<_> = path.components().collect();
    // `.*` also stands for the directory itself and the one above, which have
    // no name of their own here.
    parts.len() == names.len()
        && parts.iter().zip(names).all(|(part, name)| match name {
            Component::Normal(name) => {
                part.starts_with('.') || !name.as_encoded_bytes().starts_with(b".")
            }
            _ => false,
        })
}

/// Follows all links of a path whose end need not exist. `shown` is how it
/// was written.
fn follow(path: &Path, shown: &str) -> Result<(PathBuf, Option<Metadata>), String> {
    if let Ok(real) = std::fs::canonicalize(path) {
        let data = std::fs::metadata(&real).ok();
        return Ok((real, data));
    }
    // The longest beginning that exists, then the rest as it is written.
    let mut rest = Vec::new();
    let mut start = path;
    loop {
        // A link that leads nowhere now may lead anywhere later.
        if start.is_symlink() {
            return Err(format!(
                "`{shown}` leads through a link to something that is not there"
            ));
        }
        match start.components().next_back() {
            Some(Component::Normal(name)) => rest.push(name),
            _ => {
                return Err(format!(
                    "`{shown}` goes through a directory that is not there"
                ));
            }
        }
        start = start.parent().unwrap_or(Path::new("/"));
        match std::fs::canonicalize(start) {
            Ok(real) => {
                let whole = rest.iter().rev().fold(real, |path, name| path.join(name));
                return Ok((whole, None));
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            Err(error) => return Err(format!("`{shown}` cannot be reached: {error}")),
        }
    }
}

impl Files for WorkspaceFiles {
    fn read(&self, path: &str) -> Option<Result<String, String>> {
        let place = match self.place(path) {
            Ok(place) => place,
            Err(why) => return Some(Err(why)),
        };
        place.data?;
        let read = || {
            let mut file = self.disk.open_at(&place.site)?;
            let data = file.metadata()?;
            if !data.is_file() {
                return Ok(Err("it is not a file".to_owned()));
            }
            // It may grow while it is read.
            let mut bytes = Vec::new();
            (&mut file).take(READ_LIMIT + 1).read_to_end(&mut bytes)?;
            let size = data.len().max(bytes.len() as u64);
            if size > READ_LIMIT {
                let why = format!("it has {size} bytes, and at most {READ_LIMIT} are read");
                return Ok(Err(why));
            }
            Ok(String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                format!("it is not UTF-8 text: byte {at} is wrong")
            }))
        };
        match read() {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err::<_, io::Error>(error) => Some(Err(error.to_string())),
        }
    }

    fn resolve(&self, path: &str) -> Result<(String, PathKind), String> {
        let place = self.place(path)?;
        let kind = match &place.data {
            None => PathKind::Missing,
            Some(data) if data.is_dir() => PathKind::Directory,
            Some(_) => PathKind::File,
        };
        Ok((place.name, kind))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::symlink;

    fn workspace() -> (tempfile::TempDir, WorkspaceFiles) {
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("w[1]");
        std::fs::create_dir_all(root.join("docs/.hidden")).unwrap();
        std::fs::write(root.join("docs/a.md"), "text").unwrap();
        std::fs::write(root.join("docs/.b.md"), "").unwrap();
        std::fs::write(root.join("bad.bin"), b"ab\xff").unwrap();
        std::fs::write(base.path().join("secret"), "s").unwrap();
        symlink("docs", root.join("link")).unwrap();
        symlink(base.path(), root.join("out")).unwrap();
        symlink("/nonexistent/x", root.join("nowhere")).unwrap();
        let files = WorkspaceFiles::new(&root);
        (base, files)
    }

    /// Where a path leads, or why it is refused.
    fn check(path: &str, expected: Result<(&str, PathKind), &str>) {
        let (_base, files) = workspace();
        let found = files.resolve(path);
        let expected = expected
            .map(|(name, kind)| (name.to_owned(), kind))
            .map_err(str::to_owned);
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_stay_in_the_workspace() {
        check("docs/a.md", Ok(("docs/a.md", PathKind::File)));
        check("./docs//a.md", Ok(("docs/a.md", PathKind::File)));
        check("docs", Ok(("docs", PathKind::Directory)));
        check("link/a.md", Ok(("docs/a.md", PathKind::File)));
        check("link/new/x", Ok(("docs/new/x", PathKind::Missing)));
        check("docs/../docs/a.md", Ok(("docs/a.md", PathKind::File)));
        check("docs/a.md/x", Ok(("docs/a.md/x", PathKind::Missing)));
        check(".", Ok(("", PathKind::Directory)));
        for path in [
            "..",
            "docs/../../secret",
            "/etc/passwd",
            "out/secret",
            "out/new",
        ] {
            check(path, Err(&format!("`{path}` lies outside the workspace")));
        }
        let dangling = "leads through a link to something that is not there";
        check("nowhere", Err(&format!("`nowhere` {dangling}")));
        check("nowhere/x", Err(&format!("`nowhere/x` {dangling}")));
        let missing = "goes through a directory that is not there";
        check("new/../x", Err(&format!("`new/../x` {missing}")));
    }

    #[test]
    fn reads_text_and_nothing_else() {
        let (_base, files) = workspace();
        assert_eq!(files.read("docs/a.md"), Some(Ok("text".to_owned())));
        assert_eq!(files.read("docs/none"), None);
        for (path, why) in [
            ("docs", "it is not a file"),
            ("bad.bin", "it is not UTF-8 text: byte 2 is wrong"),
            ("out/secret", "`out/secret` lies outside the workspace"),
        ] {
            assert_eq!(files.read(path), Some(Err(why.to_owned())));
        }
    }

    #[test]
    fn patterns() {
        let (_base, files) = workspace();
        let found = |pattern: &str| files.probe(&[pattern.to_owned()]).map(|found| found[0]);
        for (pattern, expected) in [
            ("docs/a.md", true),
            ("docs/*.md", true),
            ("docs/?.md", true),
            ("docs/[ab].md", true),
            ("*.md", false),
            ("**/a.md", true),
            ("docs/*b.md", false),
            ("docs/.*.md", true),
            ("do**", true),
            ("docs/.h*", true),
            ("docs/.hidden/.*", false),
            ("./*/a.md", true),
            ("docs//*.md", true),
            ("out/s*", false),
            ("out/secret", false),
            ("none", false),
        ] {
            assert_eq!(found(pattern), Ok(expected), "{pattern}");
        }
        for (pattern, why) in [
            (
                "../*",
                "the pattern `../*` must be relative to the workspace and stay in it",
            ),
            (
                "/etc/*",
                "the pattern `/etc/*` must be relative to the workspace and stay in it",
            ),
            ("a[", "`a[` is not a file pattern: invalid range pattern"),
        ] {
            assert_eq!(found(pattern).unwrap_err().message, why);
        }
    }

    #[test]
    fn writes_beneath_the_workspace() {
        let (base, files) = workspace();
        files.write("link/deep/x.txt", b"v\n").unwrap();
        let written = base.path().join("w[1]/docs/deep/x.txt");
        assert_eq!(std::fs::read(written).unwrap(), b"v\n");
        let error = files.write("out/x", b"").unwrap_err();
        assert_eq!(error.message, "`out/x` lies outside the workspace");
    }
}
