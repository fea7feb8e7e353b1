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
    let resolve = |path: &str| files.resolve(path).map_err(|why| ("path_escape", why));
    let path = placed_under(path, under);
    let (mut resolved, mut kind) = resolve(&path)?;
    if let Some(root) = under {
        let (real, _) = resolve(root)?;
        if !lies_in(&resolved, &real) {
            let outside = format!("`{path}` does not lie in `{root}`");
            // A path from the root is told from one elsewhere by what exists.
            if !must_exist || path.split('/').any(|part| part == ".") {
                return Err(("outside_under_root", outside));
            }
            (resolved, kind) = resolve(&format!("{root}/{path}"))?;
            if kind == PathKind::Missing || !lies_in(&resolved, &real) {
                let why = format!("{outside}, and neither does anything at `{root}/{path}`");
                return Err(("outside_under_root", why));
            }
        }
    }
    match must_exist && kind == PathKind::Missing {
        true => Err(("missing_target", format!("nothing exists at `{path}`"))),
        false => Ok(resolved),
    }
}

fn lies_in(path: &str, root: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    root.is_empty() || path.strip_prefix(root).is_some_and(below)
}
