//! A user's own files, changed: shown as a diff, or replaced.

use std::io;
use std::path::Path;
use std::time::Duration;

use similar::TextDiff;

/// After this long a diff becomes coarser.
const DIFF_PATIENCE: Duration = Duration::from_secs(2);

/// The change from one text to another as a unified diff; `names` are those
/// of the two.
pub(crate) fn unified(before: &str, after: &str, names: (&str, &str)) -> String {
    let mut config = TextDiff::configure();
    let diff = config.timeout(DIFF_PATIENCE).diff_lines(before, after);
    let mut unified = diff.unified_diff();
    unified.header(names.0, names.1).to_string()
}

/// Replaces a file in one piece. A link stays one, and the file keeps its
/// permissions.
///
/// # Errors
/// When it cannot be written, or is not meant to be.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = path.canonicalize()?;
    let permissions = std::fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    wfc_vm::write_atomic(&target, bytes, true)?;
    std::fs::set_permissions(&target, permissions)
}
