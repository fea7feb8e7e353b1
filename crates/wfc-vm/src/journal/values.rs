//! Values that are too large for a line of the journal: each lies in a file
//! of its own, named by its digest, and the line refers to it.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Record;
use crate::disk::Disk;
use crate::{Coord, Outcome};

/// The largest record that stands in its line, in bytes.
pub(super) const LARGE: usize = 64 * 1024;

/// The kind of an outcome that lies elsewhere.
pub(super) const STORED: &str = "stored";

/// Where they lie, beside the journal.
const DIRECTORY: &str = "values";

/// Refers to an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// `sha256:` of the bytes of its file.
    digest: String,
    /// How many there are.
    bytes: u64,
    /// The exit code, for readers who do not look further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_code: Option<i64>,
    /// How long a process took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
}

/// What stands in the line instead of the outcome.
#[derive(Serialize)]
#[serde(tag = "type", rename = "outcome")]
struct Line<'a> {
    coord: &'a Coord,
    outcome: Reference,
    at: &'a str,
}

#[derive(Serialize)]
struct Reference {
    outcome: &'static str,
    #[serde(flatten)]
    stored: Stored,
}

/// Puts what is large about a record into a file, and gives the record that
/// refers to it; `None` for one that nothing can be taken out of.
pub(super) fn put(disk: &Disk, journal: &Path, record: &Record) -> io::Result<Option<Vec<u8>>> {
    let Record::Outcome { coord, outcome, at } = record else {
        return Ok(None);
    };
    let text = serde_json::to_vec(outcome)?;
    let (exit_code, duration_ms) = match outcome {
        Outcome::Process(process) => (Some(process.exit_code), Some(process.duration_ms)),
        _ => (None, None),
    };
    let stored = Stored {
        digest: wfc_ir::hash_bytes(&text),
        bytes: text.len() as u64,
        exit_code,
        duration_ms,
    };
    let place = place(journal, &stored).ok_or(io::ErrorKind::InvalidInput)?;
    // The line must never be found without the file.
    if !disk.read(&place).is_ok_and(|there| there == text) {
        if let Some(directory) = place.parent() {
            disk.make_lasting_dirs(directory)?;
        }
        disk.write(&place, &text, true)?;
    }
    if let Some(directory) = place.parent() {
        disk.sync_dir(directory)?;
    }
    let outcome = Reference {
        outcome: STORED,
        stored,
    };
    Ok(Some(serde_json::to_vec(&Line { coord, outcome, at })?))
}

/// The outcome as it was written, or why it is not to be had.
pub(super) fn get(disk: &Disk, journal: &Path, stored: &Stored) -> Result<Vec<u8>, String> {
    let place = place(journal, stored).ok_or("it refers to a value in a way of its own")?;
    let shown = place.display();
    let text = disk
        .read(&place)
        .map_err(|error| format!("its value cannot be read from {shown}: {error}"))?;
    match wfc_ir::hash_bytes(&text) == stored.digest {
        true => Ok(text),
        false => Err(format!(
            "its value in {shown} is not what was written there"
        )),
    }
}

/// The file of a value: never outside of its directory.
fn place(journal: &Path, stored: &Stored) -> Option<PathBuf> {
    let hex = stored.digest.strip_prefix("sha256:")?;
    let sound = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| {
        let directory = journal.with_file_name(DIRECTORY);
        directory.join(format!("{hex}.json"))
    })
}
