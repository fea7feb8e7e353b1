//! Cassettes: recorded calls of agents, and runs that are answered from them.
//!
//! What is recorded is what crosses the boundary of the process: what the
//! agent was told, what it printed, how it ended and which files it left. A
//! replay goes through everything else as a live run does.
//!
//! A cassette is read and reviewed by people, so texts of several lines are
//! lists of lines, and what differs from run to run and from place to place
//! stands as `{{run_id}}` and `{{workspace}}`.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use similar::TextDiff;

use crate::{Coord, ErrorObject, RunDir};

/// The format of a cassette.
const SCHEMA: &str = "wfc.cassette/1";

/// How many lines of a difference a message may have; the log has all.
const DIFF_LINES: usize = 60;

/// Recorded calls of agents.
#[derive(Clone, Debug)]
pub struct Cassette {
    path: PathBuf,
    mode: Mode,
    document: Document,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Record,
    Replay { any_prompt: bool },
}

/// Why a cassette cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// It cannot be read or written.
    #[error("the cassette {}: {error}", path.display())]
    Io {
        /// The cassette.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is not a cassette.
    #[error("{} is not a cassette: {what}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    calls: Vec<Call>,
}

/// One attempt of one provider step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// The path of the step.
    pub(super) step: String,
    pub(super) visit: u64,
    pub(super) attempt: u32,
    /// As it stands in the template, `${PROMPT}` included.
    pub(super) argv: Vec<Text>,
    pub(super) prompt: Text,
    #[serde(default)]
    pub(super) stdout: Text,
    #[serde(default)]
    pub(super) stderr: Text,
    pub(super) exit_code: i64,
    /// It was stopped because it ran out of time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) timed_out: bool,
    /// Why it could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_started: Option<String>,
    #[serde(default)]
    pub(super) duration_ms: u64,
    /// The files it created or changed.
    #[serde(default)]
    pub(super) files: Vec<RecordedFile>,
    /// The files it removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) removed: Vec<String>,
}

/// A file that a call left behind: text, or anything else as base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedFile {
    pub(super) path: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) executable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base64: Option<String>,
}

/// A text; as JSON a list of lines when it has more than one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Lines", into = "Lines")]
pub(super) struct Text(pub(super) String);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Lines {
    One(String),
    Many(Vec<String>),
}

impl From<Lines> for Text {
    fn from(lines: Lines) -> Self {
        Text(match lines {
            Lines::One(text) => text,
            Lines::Many(lines) => lines.join("\n"),
        })
    }
}

impl From<Text> for Lines {
    fn from(Text(text): Text) -> Self {
        if text.contains('\n') {
            Lines::Many(text.split('\n').map(str::to_owned).collect())
        } else {
            Lines::One(text)
        }
    }
}

impl Cassette {
    /// A cassette that takes down every call. The file is replaced at once,
    /// so that a bad path is found before an agent is called.
    pub fn record(path: &Path) -> Result<Self, CassetteError> {
        let cassette = Self {
            path: path.to_owned(),
            mode: Mode::Record,
            document: Document {
                schema: SCHEMA.to_owned(),
                calls: Vec::new(),
            },
        };
        cassette.save()?;
        Ok(cassette)
    }

    /// A cassette that answers every call. A prompt that differs from the
    /// recorded one fails the step, unless `any_prompt`.
    pub fn replay(path: &Path, any_prompt: bool) -> Result<Self, CassetteError> {
        let text = std::fs::read(path).map_err(|error| CassetteError::Io {
            path: path.to_owned(),
            error,
        })?;
        let invalid = |what: String| CassetteError::Invalid {
            path: path.to_owned(),
            what,
        };
        let document: Document =
            serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(invalid(format!(
                "its schema is `{}`, and this version of wfc reads `{SCHEMA}`",
                document.schema
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            mode: Mode::Replay { any_prompt },
            document,
        })
    }

    /// Are calls answered from it?
    pub(super) fn answers(&self) -> bool {
        matches!(self.mode, Mode::Replay { .. })
    }

    /// Takes down a call, and saves the cassette. A first attempt replaces
    /// what an interrupted run has left of the same visit.
    pub(super) fn add(&mut self, call: Call) -> Result<(), CassetteError> {
        if call.attempt == 1 {
            let same = |old: &Call| old.step == call.step && old.visit == call.visit;
            self.document.calls.retain(|old| !same(old));
        }
        self.document.calls.push(call);
        self.save()
    }

    fn save(&self) -> Result<(), CassetteError> {
        let io = |error| CassetteError::Io {
            path: self.path.clone(),
            error,
        };
        let mut text =
            serde_json::to_vec_pretty(&self.document).map_err(|error| io(error.into()))?;
        text.push(b'\n');
        crate::write_atomic(&self.path, &text, false).map_err(io)
    }

    /// The recorded call of an attempt, if the agent would be told the same
    /// now; else why not. `prompt` is as [`Names::hide`] gives it.
    pub(super) fn find(
        &self,
        coord: &Coord,
        attempt: u32,
        prompt: &str,
    ) -> Result<&Call, ErrorObject> {
        let calls = &self.document.calls;
        let found = calls.iter().find(|call| {
            call.step == coord.path && call.visit == coord.visit && call.attempt == attempt
        });
        let Some(call) = found else {
            return Err(self.missing(coord, attempt));
        };
        match self.mode {
            Mode::Replay { any_prompt: false } if call.prompt.0 != prompt => {
                Err(self.mismatch(call, prompt))
            }
            _ => Ok(call),
        }
    }

    fn missing(&self, coord: &Coord, attempt: u32) -> ErrorObject {
        let name = |step: &str, visit: u64, attempt: u32| {
            let mut name = format!("`{step}`");
            if visit > 1 {
                name.push_str(&format!(" visit {visit}"));
            }
            if attempt > 1 {
                name.push_str(&format!(" attempt {attempt}"));
            }
            name
        };
        let calls = &self.document.calls;
        let recorded: Vec<String> = calls
            .iter()
            .map(|call| name(&call.step, call.visit, call.attempt))
            .collect();
        let holds = if recorded.is_empty() {
            "it is empty".to_owned()
        } else {
            format!("it holds {}", recorded.join(", "))
        };
        ErrorObject {
            kind: "cassette_missing".to_owned(),
            message: format!(
                "the cassette {} holds no call for {}; {holds}",
                self.path.display(),
                name(&coord.path, coord.visit, attempt),
            ),
            context: json!({
                "cassette": self.path.display().to_string(),
                "step": coord.path,
                "visit": coord.visit,
                "attempt": attempt,
            }),
        }
    }

    fn mismatch(&self, call: &Call, prompt: &str) -> ErrorObject {
        let diff = TextDiff::from_lines(call.prompt.0.as_str(), prompt)
            .unified_diff()
            .context_radius(3)
            .header("recorded prompt", "prompt of this run")
            .to_string();
        let lines: Vec<&str> = diff.lines().collect();
        let mut shown = lines[..lines.len().min(DIFF_LINES)].join("\n");
        if lines.len() > DIFF_LINES {
            let more = lines.len() - DIFF_LINES;
            shown.push_str(&format!(
                "\n... and {more} more lines, all in the log of the step"
            ));
        }
        ErrorObject {
            kind: "cassette_mismatch".to_owned(),
            message: format!(
                "the prompt of `{}` is not the one recorded in {}; record it again, or go on with --replay-any-prompt:\n{shown}",
                call.step,
                self.path.display(),
            ),
            context: json!({
                "cassette": self.path.display().to_string(),
                "step": call.step,
                "visit": call.visit,
                "diff": diff,
            }),
        }
    }
}

/// What differs from run to run and from place to place, and what stands for
/// it in a cassette.
pub(super) struct Names {
    pairs: Vec<(String, &'static str)>,
}

impl Names {
    pub(super) fn new(workspace: &Path, run: &RunDir) -> Self {
        let mut pairs = Vec::new();
        // The directory of a run that lies elsewhere has no name inside.
        if !run.path().starts_with(workspace) {
            pairs.push((run.path().display().to_string(), "{{run_dir}}"));
        }
        if workspace != Path::new("/") {
            pairs.push((workspace.display().to_string(), "{{workspace}}"));
        }
        pairs.push((run.id().to_owned(), "{{run_id}}"));
        Self { pairs }
    }

    /// The text as a cassette has it.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, stand_in) in &self.pairs {
            text = if name.starts_with('/') {
                replace_whole(&text, name, stand_in)
            } else {
                text.replace(name, stand_in)
            };
        }
        text
    }

    /// The text as this run has it.
    pub(super) fn show(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, stand_in) in &self.pairs {
            text = text.replace(stand_in, name);
        }
        text
    }

    /// A file as a cassette has it.
    pub(super) fn recorded(&self, path: &str, executable: bool, bytes: Vec<u8>) -> RecordedFile {
        let (text, base64) = match String::from_utf8(bytes) {
            Ok(text) => (Some(Text(self.hide(&text))), None),
            Err(error) => (None, Some(BASE64.encode(error.into_bytes()))),
        };
        RecordedFile {
            path: self.hide(path),
            executable,
            text,
            base64,
        }
    }

    /// The bytes of a recorded file as this run has it, or what is wrong.
    pub(super) fn bytes(&self, file: &RecordedFile) -> Result<Vec<u8>, String> {
        match (&file.text, &file.base64) {
            (Some(Text(text)), None) => Ok(self.show(text).into_bytes()),
            (None, Some(text)) => BASE64.decode(text).map_err(|error| error.to_string()),
            _ => Err("it must have either `text` or `base64`".to_owned()),
        }
    }
}

/// Replaces a name where it is not the beginning or the end of a longer one:
/// the workspace `/w` does not occur in `/work`.
fn replace_whole(text: &str, name: &str, stand_in: &str) -> String {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        out.push_str(before);
        let whole = !part(out.chars().next_back()) && !part(after.chars().next());
        out.push_str(if whole { stand_in } else { name });
        rest = after;
    }
    out + rest
}
