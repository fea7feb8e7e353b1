//! The files that a process works from: are they there, and what is an agent
//! told of them?

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wfc_ir::{Files, Inject, InjectMode, PromptPosition};

use super::Host;
use super::files::WorkspaceFiles;
use crate::{DependsRequest, ErrorObject, FilesError};

/// How much of files a prompt may hold, in bytes.
const LIMIT: usize = 256 * 1024;

/// Room for the sizes in the head of a file, in bytes.
const SIZES: usize = 20;

/// A file of which less than this fits is left out, in bytes.
const SCRAP: usize = 100;

/// A block of a prompt.
pub(super) struct Injected {
    pub(super) text: String,
    pub(super) position: PromptPosition,
    /// What had to be left out, as `debug.injection` shows it.
    pub(super) left_out: Option<Value>,
}

impl Host {
    /// Finds the files. The block is for agents, and there is one only when
    /// there are files to show.
    pub(super) fn resolve(
        &self,
        depends: &DependsRequest,
    ) -> Result<Option<Injected>, ErrorObject> {
        let mut found = BTreeSet::new();
        let mut missing = Vec::new();
        for pattern in &depends.required {
            let files = self.files.expand(pattern).map_err(unsafe_pattern)?;
            if files.is_empty() {
                missing.push(pattern.as_str());
            }
            found.extend(files);
        }
        for pattern in &depends.optional {
            found.extend(self.files.expand(pattern).map_err(unsafe_pattern)?);
        }
        if !missing.is_empty() {
            return Err(ErrorObject {
                kind: "dependency_validation".to_owned(),
                message: format!(
                    "Missing required dependencies: nothing matches {}",
                    missing.join(", ")
                ),
                context: json!({ "missing_dependencies": missing }),
            });
        }
        let inject = depends.inject.as_ref().filter(|_| !found.is_empty());
        Ok(inject.map(|inject| {
            let head = head(inject, !depends.required.is_empty());
            let (text, left_out) = match inject.mode {
                InjectMode::List => list(head, &found),
                InjectMode::Content => content(head, &found, &self.files),
            };
            Injected {
                text,
                position: inject.position,
                left_out,
            }
        }))
    }
}

fn unsafe_pattern(error: FilesError) -> ErrorObject {
    ErrorObject {
        kind: "path_safety_error".to_owned(),
        message: format!("A dependency cannot be resolved: {}", error.message),
        context: json!({ "pattern": error.path }),
    }
}

/// The words above the files.
fn head(inject: &Inject, required: bool) -> &str {
    match (&inject.instruction, inject.mode, required) {
        (Some(words), _, _) => words,
        (None, InjectMode::List, true) => "This step depends on the following files; read them:",
        (None, InjectMode::List, false) => "The following files may help with this step:",
        (None, InjectMode::Content, true) => "The files that this step depends on:",
        (None, InjectMode::Content, false) => "Files that may help with this step:",
    }
}

fn list(head: &str, files: &BTreeSet<String>) -> (String, Option<Value>) {
    let lines = || files.iter().map(|path| format!("\n  - {path}"));
    let size = |lines: &mut dyn Iterator<Item = String>| -> usize {
        head.len() + lines.map(|line| line.len()).sum::<usize>()
    };
    if size(&mut lines()) <= LIMIT {
        return (head.to_owned() + &lines().collect::<String>(), None);
    }
    let mut text = head.to_owned();
    let mut shown = 0;
    for line in lines() {
        if text.len() + line.len() > LIMIT {
            break;
        }
        text.push_str(&line);
        shown += 1;
    }
    let omitted = files.len() - shown;
    text.push_str(&format!(
        "\n  ... ({omitted} files omitted due to size limit)"
    ));
    let left_out = json!({
        "total_files": files.len(),
        "files_shown": shown,
        "files_omitted": omitted,
    });
    (text, Some(left_out))
}

/// The texts of files. What is no text is passed over.
fn content(
    head: &str,
    paths: &BTreeSet<String>,
    files: &WorkspaceFiles,
) -> (String, Option<Value>) {
    let mut parts = vec![head.to_owned()];
    let mut used = head.len();
    let (mut total, mut shown_size) = (0, 0);
    let (mut shown, mut cut, mut omitted) = (0, 0, 0);
    for path in paths {
        let Some(Ok(text)) = files.read(path) else {
            continue;
        };
        total += text.len();
        let begin = format!("\n=== File: {path} ");
        let room = LIMIT.saturating_sub(used + begin.len() + SIZES);
        if text.len() <= room {
            let size = text.len();
            parts.push(format!("{begin}({size}/{size} bytes) ==="));
            parts.push(text);
            shown += 1;
            shown_size += size;
            used += begin.len() + SIZES + size;
            continue;
        }
        if cut > 0 || room < SCRAP {
            omitted += 1;
            continue;
        }
        let mut size = room;
        while !text.is_char_boundary(size) {
            size -= 1;
        }
        parts.push(format!("{begin}({size}/{} bytes) ===", text.len()));
        parts.push(text[..size].to_owned());
        parts.push("... (truncated)".to_owned());
        shown += 1;
        cut += 1;
        shown_size += size;
        used = LIMIT;
    }
    if cut + omitted == 0 {
        return (parts.join("\n"), None);
    }
    parts.push(format!(
        "\n... Injection truncated at {LIMIT} bytes. Files: {shown} shown, {cut} truncated, {omitted} omitted."
    ));
    let left_out = json!({
        "injection_truncated": true,
        "truncation_details": {
            "total_size": total,
            "shown_size": shown_size,
            "files_shown": shown,
            "files_truncated": cut,
            "files_omitted": omitted,
        },
    });
    (parts.join("\n"), Some(left_out))
}
