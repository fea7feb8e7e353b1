//! Paths of the workspace: what is asked of them, and the rules they obey.

/// What a contract asks of the workspace.
pub trait Files {
    /// The text of a file, or `None` when there is no such file. Text that is
    /// not UTF-8 is an error, in words.
    fn read(&self, path: &str) -> Option<Result<String, String>>;
    /// What a path names once links are followed, and the path from the
    /// workspace to it. `Err` when it lies outside the workspace.
    fn resolve(&self, path: &str) -> Result<(String, PathKind), String>;
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// Nothing.
    Missing,
    /// A file.
    File,
    /// A directory.
    Directory,
}

/// A path value in full: a bare name stands for a file of the required root.
pub fn placed_under(path: &str, root: Option<&str>) -> String {
    match root {
        Some(root) if !path.contains('/') && path != root => format!("{root}/{path}"),
        _ => path.to_owned(),
    }
}

/// Checks one path value. Returns the path from the workspace, or the rule
/// that it breaks and why.
pub(crate) fn check_path(
    path: &str,
    under: Option<&str>,
    must_exist: bool,
    files: &dyn Files,
) -> Result<String, (&'static str, String)> {
    if path.is_empty() {
        return Err(("empty_relpath", "expected a path, found nothing".to_owned()));
    }
    if path.contains('\0') {
        return Err(("invalid_relpath", "a path has no NUL byte in it".to_owned()));
    }
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err((
            "path_escape",
            format!("`{path}` must be relative to the workspace and stay in it"),
        ));
    }
    let path = placed_under(path, under);
    let (resolved, kind) = files.resolve(&path).map_err(|why| ("path_escape", why))?;
    if let Some(root) = under {
        let (root, _) = files.resolve(root).map_err(|why| ("path_escape", why))?;
        let inside = resolved == root
            || root.is_empty()
            || resolved
                .strip_prefix(root.as_str())
                .is_some_and(|rest| rest.starts_with('/'));
        if !inside {
            return Err((
                "outside_under_root",
                format!("`{path}` does not lie in `{root}`"),
            ));
        }
    }
    match must_exist.then(|| missing_target(&path, kind)).flatten() {
        Some(message) => Err(("missing_target", message)),
        None => Ok(resolved),
    }
}

fn missing_target(path: &str, kind: PathKind) -> Option<String> {
    matches!(kind, PathKind::Missing).then(|| format!("nothing exists at `{path}`"))
}
