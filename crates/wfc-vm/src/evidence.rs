//! What is noted of files before a step, and the choice made by what changed.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wfc_ir::{Contract, Extract, canonical_json};

use crate::Coord;

/// A snapshot of more bytes than this is shown in `state.json` by the file
/// that holds it.
const INLINE_BYTES: usize = 4096;

/// A question about some files, before a process is started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRequest {
    /// Who asks.
    pub coord: Coord,
    /// The absolute directory of the run, or of the call.
    pub root: String,
    /// The name of the snapshot.
    pub name: String,
    /// Paths from the workspace, by the word that each stands for.
    pub candidates: IndexMap<String, String>,
    /// The largest file that is read, in bytes.
    pub max_bytes: u64,
}

/// What was noted of some files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The largest file that is read, in bytes.
    #[serde(rename = "max_bytes_per_candidate")]
    pub max_bytes: u64,
    /// The files, sorted by word.
    pub candidates: IndexMap<String, Candidate>,
}

/// What was noted of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// From the workspace.
    pub path: String,
    /// Whether it was there; only then is the rest known.
    pub exists: bool,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its hash, in hexadecimal digits.
    pub sha256: Option<String>,
    /// When it was last written, in nanoseconds since 1970. Never compared.
    pub mtime_ns: Option<i64>,
}

impl Candidate {
    /// Has the file been made, or has its content changed, since it was
    /// `before`?
    pub fn is_changed_since(&self, before: &Candidate) -> bool {
        self.exists && (!before.exists || self.sha256 != before.sha256)
    }
}

impl Taken {
    /// As a reader of evidence knows it.
    pub fn to_json(&self) -> Value {
        let keys: Vec<&String> = self.candidates.keys().collect();
        json!({
            "schema": "snapshot_diff/v1",
            "digest": "sha256",
            "captured_at": "pre_step",
            "max_bytes_per_candidate": self.max_bytes,
            "candidate_keys": keys,
            "candidates": self.candidates,
        })
    }

    /// The text of the file that holds a large snapshot; nothing for one that
    /// is small enough for `state.json`.
    pub fn sidecar_text(&self) -> Option<String> {
        let text = canonical_json(&self.to_json()) + "\n";
        (text.len() > INLINE_BYTES).then_some(text)
    }

    /// As `state.json` shows it. `step_id` and `name` name the file that holds
    /// a large one.
    pub fn shown(&self, step_id: &str, name: &str) -> Value {
        let Some(text) = self.sidecar_text() else {
            return self.to_json();
        };
        let mut shown = self.to_json();
        if let Some(shown) = shown.as_object_mut() {
            shown.shift_remove("max_bytes_per_candidate");
            shown.shift_remove("candidates");
            shown.insert("sidecar".to_owned(), json!(sidecar_path(step_id, name)));
            let hash = wfc_ir::hash_bytes(text.as_bytes());
            let hash = hash.trim_start_matches("sha256:");
            shown.insert("sha256".to_owned(), json!(hash));
        }
        shown
    }
}

/// The file that holds a large snapshot, from the directory of the run.
pub(crate) fn sidecar_path(step_id: &str, name: &str) -> String {
    let (step, name) = (wfc_ir::file_name(step_id), wfc_ir::file_name(name));
    format!("snapshots/{step}/{name}.json")
}

/// An order to choose a variant and to write its bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectRequest {
    /// Who asks.
    pub coord: Coord,
    /// What was there before.
    pub before: Taken,
    /// The bundle, from the workspace.
    pub path: String,
    /// What the bundle must hold: a variant contract.
    pub contract: Contract,
    /// How fields that are no paths are found.
    pub extract: Option<Extract>,
}

/// The variant that was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// The values of the bundle.
    pub artifacts: serde_json::Map<String, Value>,
    /// The variant.
    pub variant: String,
}
