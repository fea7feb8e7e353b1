//! Snapshots of files, and the choice of a variant by what changed since.

use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use wfc_ir::{Contract, ContractField, Files, PathKind, Type, canonical_json, parse_text};

use super::{Host, HostError, WorkspaceFiles};
use crate::beneath::Site;
use crate::evidence::sidecar_path;
use crate::{Candidate, ErrorObject, Outcome, SelectRequest, Selected, SnapshotRequest, Taken};

/// How much of a file is hashed at a time, in bytes.
const CHUNK: usize = 64 * 1024;

fn error(kind: &str, message: impl Into<String>, context: Value) -> ErrorObject {
    ErrorObject {
        kind: kind.to_owned(),
        message: message.into(),
        context,
    }
}

impl Host {
    /// Notes what is there, and keeps a large note in a file of its own.
    pub(super) fn note_candidates(&self, request: &SnapshotRequest) -> Result<Outcome, HostError> {
        let mut words: Vec<_> = request.candidates.iter().collect();
        words.sort();
        let mut candidates = IndexMap::new();
        for (word, path) in words {
            match note(&self.files, path, request.max_bytes) {
                Ok(candidate) => candidates.insert(word.clone(), candidate),
                Err(error) => return Ok(Outcome::Error { error }),
            };
        }
        let taken = Taken {
            max_bytes: request.max_bytes,
            candidates,
        };
        if let Some(text) = taken.sidecar_text() {
            let place = sidecar_path(&request.coord.step_id, &request.name);
            let path = Path::new(&request.root).join(place);
            let made = path.parent().map(|above| self.disk().make_dirs(above));
            let written = made
                .transpose()
                .and_then(|_| self.disk().write(&path, text.as_bytes(), false));
            written.map_err(|error| HostError::Evidence { path, error })?;
        }
        Ok(Outcome::Snapshot { taken })
    }

    /// Chooses the only variant whose candidate changed, and writes its bundle.
    pub(super) fn select(&self, request: &SelectRequest) -> Outcome {
        match select(&self.files, request) {
            Ok(selected) => Outcome::Selected(selected),
            Err(error) => Outcome::Error { error },
        }
    }
}

/// What there is to know of one file.
fn note(files: &WorkspaceFiles, path: &str, max_bytes: u64) -> Result<Candidate, ErrorObject> {
    let (site, data) = files.look(path).map_err(|why| {
        error(
            "snapshot_candidate_unsafe_path",
            why,
            json!({ "path": path }),
        )
    })?;
    let Some(data) = data else {
        return Ok(Candidate {
            path: path.to_owned(),
            exists: false,
            size: None,
            sha256: None,
            mtime_ns: None,
        });
    };
    if data.is_dir() {
        return Err(error(
            "snapshot_candidate_is_directory",
            format!("`{path}` is a directory, and a candidate is a file"),
            json!({ "path": path }),
        ));
    }
    let invalid = |why: String| {
        error(
            "snapshot_candidate_invalid",
            format!("`{path}` cannot be read: {why}"),
            json!({ "path": path }),
        )
    };
    // Opening a pipe would wait for a writer.
    if !data.is_file() {
        return Err(invalid("it is not a file".to_owned()));
    }
    let oversize = |size: u64| {
        error(
            "snapshot_candidate_oversize",
            format!("`{path}` has {size} bytes, and at most {max_bytes} are read"),
            json!({ "path": path, "size": size, "max_bytes_per_candidate": max_bytes }),
        )
    };
    if data.len() > max_bytes {
        return Err(oversize(data.len()));
    }
    let (size, sha256) =
        hash(files, &site, max_bytes).map_err(|error| invalid(error.to_string()))?;
    // It has grown since it was looked at.
    if size > max_bytes {
        return Err(oversize(size));
    }
    let modified = data.modified().ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Ok(Candidate {
        path: path.to_owned(),
        exists: true,
        size: Some(size),
        sha256: Some(sha256),
        mtime_ns: since.and_then(|since| i64::try_from(since.as_nanos()).ok()),
    })
}

/// The size and the hash of a file, of which little more than `max_bytes` are
/// read.
pub(super) fn hash(
    files: &WorkspaceFiles,
    site: &Site,
    max_bytes: u64,
) -> std::io::Result<(u64, String)> {
    let mut file = files.open(site)?.take(max_bytes.saturating_add(1));
    let mut digest = Sha256::new();
    let mut size = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        digest.update(chunk.get(..read).unwrap_or_default());
    }
    let hex = digest
        .finalize()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            use std::fmt::Write;
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
    Ok((size, hex))
}

fn select(files: &WorkspaceFiles, request: &SelectRequest) -> Result<Selected, ErrorObject> {
    let Contract::Variant {
        discriminant,
        shared,
        variants,
        ..
    } = &request.contract
    else {
        return Err(error(
            "invalid_variant_bundle",
            "Only a variant contract can be selected",
            Value::Null,
        ));
    };
    let (word, now) = changed(files, request, variants)?;
    let fields = variants.get(word).into_iter().flatten();
    let mut bundle = Value::Object(Map::new());
    put(&mut bundle, &discriminant.pointer, json!(word));
    let mut text = None;
    for field in shared.iter().chain(fields) {
        if let Some(value) = value_of(field, &now.path, files, request, &mut text)? {
            put(&mut bundle, &field.pointer, value);
        }
    }
    if let Err(why) = files.locate(&request.path) {
        return Err(error("unsafe_path", why, json!({ "path": request.path })));
    }
    let text = canonical_json(&bundle) + "\n";
    let candidate = Uncommitted {
        files,
        path: &request.path,
        text: &text,
    };
    let paths = std::slice::from_ref(&request.path);
    let artifacts = request
        .contract
        .enforce(paths, &candidate)
        .map_err(|violations| {
            error(
                "bundle_commit_aborted_invalid_candidate",
                format!("The bundle of {word} breaks its contract"),
                json!({ "violations": violations, "selected_variant": word }),
            )
        })?;
    files
        .write(&request.path, text.as_bytes())
        .map_err(|problem| {
            error(
                "atomic_commit_failed",
                format!("`{}` cannot be written", request.path),
                json!({ "path": request.path, "error": problem.message }),
            )
        })?;
    Ok(Selected {
        artifacts,
        variant: word.to_owned(),
    })
}

/// The only candidate that has been made or changed since the snapshot.
fn changed<'a>(
    files: &WorkspaceFiles,
    request: &'a SelectRequest,
    variants: &IndexMap<String, Vec<ContractField>>,
) -> Result<(&'a str, Candidate), ErrorObject> {
    let keys: Vec<&str> = request
        .before
        .candidates
        .keys()
        .map(String::as_str)
        .collect();
    let mut words: Vec<&str> = variants.keys().map(String::as_str).collect();
    words.sort_unstable();
    if keys != words {
        return Err(error(
            "snapshot_ref_candidate_mismatch",
            "The snapshot has other candidates than there are variants",
            json!({ "candidate_keys": keys, "variant_keys": words }),
        ));
    }
    let mut changed = Vec::new();
    for (word, before) in &request.before.candidates {
        let now = note(files, &before.path, request.before.max_bytes)?;
        if now.is_changed_since(before) {
            changed.push((word.as_str(), now));
        }
    }
    let found: Vec<&str> = changed.iter().map(|(word, _)| *word).collect();
    match (changed.pop(), found.len()) {
        (Some(only), 1) => Ok(only),
        (None, _) => Err(error(
            "snapshot_candidate_unchanged",
            "None of the candidates has changed since the snapshot",
            json!({ "candidate_keys": keys }),
        )),
        (Some(_), _) => Err(error(
            "snapshot_candidate_ambiguous",
            format!(
                "More than one candidate has changed since the snapshot: {}",
                found.join(", ")
            ),
            json!({ "candidate_keys": keys, "changed_candidate_keys": found }),
        )),
    }
}

/// The value of one field: the candidate itself, or what is found in it. The
/// candidate is read once, into `text`.
fn value_of(
    field: &ContractField,
    path: &str,
    files: &WorkspaceFiles,
    request: &SelectRequest,
    text: &mut Option<String>,
) -> Result<Option<Value>, ErrorObject> {
    if let Type::Path { .. } = field.ty {
        return Ok(Some(json!(path)));
    }
    let Some(extract) = &request.extract else {
        return Ok(None);
    };
    let failed = |why: String| {
        error(
            "variant_extractor_failed",
            why,
            json!({ "path": path, "line_prefix": extract.line_prefix, "field": field.name }),
        )
    };
    if text.is_none() {
        *text = match files.read(path) {
            Some(Ok(read)) => Some(read),
            Some(Err(why)) => return Err(failed(format!("`{path}` cannot be read: {why}"))),
            None => return Err(failed(format!("`{path}` is not there any more"))),
        };
    }
    let found = extract.find(text.as_deref().unwrap_or_default());
    let Some(found) = found else {
        return Err(failed(format!(
            "no line of `{path}` begins with `{}`",
            extract.line_prefix
        )));
    };
    // What is no value of the type is shown as it is found: the contract
    // refuses it, and says why.
    Ok(Some(parse_text(&field.ty, &found).unwrap_or(json!(found))))
}

/// Puts a value where a pointer points, making the objects on the way.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let mut place = document;
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key];
    }
    *place = value;
}

/// The workspace as it will be when a file is written.
struct Uncommitted<'a> {
    files: &'a WorkspaceFiles,
    path: &'a str,
    text: &'a str,
}

impl Files for Uncommitted<'_> {
    fn read(&self, path: &str) -> Option<Result<String, String>> {
        match path == self.path {
            true => Some(Ok(self.text.to_owned())),
            false => self.files.read(path),
        }
    }

    fn resolve(&self, path: &str) -> Result<(String, PathKind), String> {
        self.files.resolve(path)
    }
}
