//! From the IR back to a source, in the other language.
//!
//! What a language has no form for is named with its place instead. Nothing
//! here has to be believed: whoever asks for a conversion compiles what comes
//! out and compares hashes.

mod comments;
mod limits;
mod lisp;
mod yaml;

pub use comments::Comments;

use wfc_ir::{Program, StepId};

/// A source language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The YAML DSL.
    Yaml,
    /// Workflow Lisp.
    Lisp,
}

/// The files of a converted program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Name and text; the one to start with first.
    pub files: Vec<(String, String)>,
}

/// Something that the other language cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The workflow it is in.
    pub workflow: String,
    /// The step it is about, if it is about one.
    pub step: Option<StepId>,
    /// What it is: `max_visits`.
    pub what: String,
}

/// The program in `language`, for a folder of its own, with these comments.
///
/// # Errors
/// Everything that the language has no form for.
pub fn convert(
    program: &Program,
    language: Language,
    comments: &Comments,
) -> Result<Converted, Vec<Unsupported>> {
    match language {
        Language::Lisp => lisp::write(program, comments),
        Language::Yaml => yaml::write(program, comments),
    }
}

/// What could not be said so far, and where the writer is.
#[derive(Default)]
struct Gaps {
    found: Vec<Unsupported>,
    workflow: String,
    step: Option<StepId>,
}

impl Gaps {
    fn add(&mut self, what: impl Into<String>) {
        let gap = Unsupported {
            workflow: self.workflow.clone(),
            step: self.step.clone(),
            what: what.into(),
        };
        if !self.found.contains(&gap) {
            self.found.push(gap);
        }
    }

    /// Names each of these that is there.
    fn refuse(&mut self, all: &[(bool, &str)]) {
        for (_, what) in all.iter().filter(|(there, _)| *there) {
            self.add(*what);
        }
    }
}

/// The last part of a step's id: `fix` of `loop/route.REVISE/fix`.
fn leaf(id: &StepId) -> &str {
    let text = id.as_str();
    text.rsplit('/').next().unwrap_or(text)
}
