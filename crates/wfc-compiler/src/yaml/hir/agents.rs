//! Agents: what they are told, who they are, and what they have beyond that.

use wfc_diag::Span;
use wfc_ir::{Backend, PromptPosition, SessionMetadata};

use super::{Data, Name, Operand, Process, PromptSource, ProviderArg, Text};

/// The `session_support` of a template.
#[derive(Clone, Debug)]
pub(crate) struct SessionDef {
    pub(crate) metadata: SessionMetadata,
    pub(crate) fresh: Vec<ProviderArg>,
    pub(crate) resume: Option<Vec<ProviderArg>>,
}

impl Default for SessionDef {
    /// What stands for one that could not be read: it has everything that can
    /// be asked for, so that nobody complains.
    fn default() -> Self {
        SessionDef {
            metadata: SessionMetadata::CodexExecJsonlStdout,
            fresh: Vec::new(),
            resume: Some(Vec::new()),
        }
    }
}

/// A step that runs agents.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) who: Who,
    pub(crate) prompt: PromptSource,
    pub(crate) assets: Vec<Name>,
    pub(crate) prompt_consumes: Option<Vec<Name>>,
    pub(crate) prompt_inputs: Vec<(Name, Operand)>,
    pub(crate) inject_consumes: bool,
    pub(crate) position: PromptPosition,
    pub(crate) inject_contract: bool,
    pub(crate) process: Process,
}

impl Agent {
    /// The names of the providers that are known.
    pub(crate) fn providers(&self) -> Vec<&str> {
        match &self.who {
            Who::One { provider, .. } => provider.as_literal().into_iter().collect(),
            Who::Judged(judged) => {
                let candidates = judged.candidates.iter().map(|each| &each.provider);
                let evaluator = judged.evaluator.iter().map(|each| &each.provider);
                let names = candidates.chain(evaluator);
                names.map(|name| name.value.as_str()).collect()
            }
        }
    }

    /// Does the run decide which provider it is?
    pub(crate) fn is_computed(&self) -> bool {
        matches!(&self.who, Who::One { provider, .. } if provider.as_literal().is_none())
    }
}

/// Who works on a prompt.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    One {
        provider: Text,
        params: Vec<(Name, Data)>,
        session: Option<Session>,
    },
    /// Several, and one that judges them.
    Judged(Box<Judged>),
}

/// The part of a step in a session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The key.
    pub(crate) span: Span,
    pub(crate) mode: SessionMode,
}

/// Whether a session begins or goes on.
#[derive(Clone, Debug)]
pub(crate) enum SessionMode {
    /// The artifact that gets its id.
    Fresh(Name),
    /// The artifact that holds its id.
    Resume(Name),
}

/// Candidates and who judges them.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) candidates: Vec<Candidate>,
    /// None when it could not be read.
    pub(crate) evaluator: Option<Evaluator>,
    pub(crate) score_single: bool,
    pub(crate) ledger: Option<Text>,
}

/// One of several agents at a task.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) span: Span,
    pub(crate) id: Name,
    pub(crate) provider: Name,
    pub(crate) params: Vec<(Name, Data)>,
    pub(crate) prompt: PromptSource,
}

/// The agent that judges candidates.
#[derive(Clone, Debug)]
pub(crate) struct Evaluator {
    pub(crate) provider: Name,
    pub(crate) params: Vec<(Name, Data)>,
    pub(crate) prompt: PromptSource,
    pub(crate) rubric: PromptSource,
    /// The bytes of one item, and of all.
    pub(crate) limits: (u64, u64),
}

/// The managed jobs of a step. Where they lead are routes of the step.
#[derive(Clone, Debug)]
pub(crate) struct Managed {
    pub(crate) policy: Name,
    pub(crate) watch_roots: Vec<String>,
    pub(crate) backend: Backend,
    pub(crate) poll_budget_sec: u64,
}
