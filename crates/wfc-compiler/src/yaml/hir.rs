//! The surface program: what the author wrote, every part with its place.
//!
//! Nothing is resolved here. A part that could not be read is absent, or is
//! the error value of its kind, so that later stages stay silent about it.

use std::collections::HashMap;
mod agents;

use std::path::PathBuf;

use wfc_diag::Span;
use wfc_ir::{
    CaptureMode, Guidance, Inject, InputMode, Limits, Protocol, ReplayClass, Retries, RunField,
    Type, Value,
};

use super::gates::Version;

pub(crate) use agents::*;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}

/// A name as authored.
pub(crate) type Name = Spanned<String>;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    /// From the workspace, or absolute.
    pub(crate) path: PathBuf,
    pub(crate) version: Option<Spanned<Version>>,
    pub(crate) name: Option<Name>,
    pub(crate) context: Vec<(Name, String)>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) imports: Vec<Import>,
    pub(crate) providers: Vec<ProviderDef>,
    pub(crate) artifacts: Vec<ArtifactDef>,
    /// Secrets of every process.
    pub(crate) secrets: Vec<Name>,
    pub(crate) strict: bool,
    pub(crate) max_transitions: Option<u64>,
    /// Where finished tasks are kept, if the file says so.
    pub(crate) processed_dir: Option<Name>,
    pub(crate) body: Block,
    pub(crate) finally: Option<Block>,
    /// How many steps there are in all; their numbers are below it.
    pub(crate) step_count: usize,
    /// How many blocks there are in all; their numbers are below it.
    pub(crate) block_count: usize,
    /// The text has syntax errors: parts may be missing without anyone having
    /// left them out.
    pub(crate) broken: bool,
    /// What to delete to take out a named entry of a registry, by the place of
    /// its name.
    pub(crate) removals: HashMap<Span, Span>,
}

/// A declared type: `None` when it could not be read.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) ty: Option<Type>,
    /// Where the declaration stands: the mapping.
    pub(crate) span: Span,
}

/// A workflow input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: Name,
    pub(crate) declared: Declared,
    pub(crate) required: bool,
    pub(crate) default: Option<Spanned<Value>>,
    pub(crate) description: Option<String>,
}

/// A named output of a workflow, a branch or a loop.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) name: Name,
    pub(crate) declared: Declared,
    pub(crate) from: Option<Ref>,
}

/// An import.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) alias: Name,
    /// None when it could not be read.
    pub(crate) path: Option<Name>,
}

/// A provider template.
#[derive(Clone, Debug)]
pub(crate) struct ProviderDef {
    pub(crate) name: Name,
    pub(crate) command: Vec<ProviderArg>,
    pub(crate) input: InputMode,
    pub(crate) defaults: Vec<(Name, Data)>,
    pub(crate) output: Protocol,
    pub(crate) timeout_sec: Option<f64>,
    pub(crate) limits: Limits,
    pub(crate) session: Option<SessionDef>,
}

/// One argument of a provider template.
#[derive(Clone, Debug)]
pub(crate) struct ProviderArg {
    pub(crate) text: Name,
    /// The names in its holes.
    pub(crate) holes: Vec<Name>,
}

/// An artifact of the registry.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactDef {
    pub(crate) name: Name,
    pub(crate) declared: Declared,
    pub(crate) pointer: Option<Text>,
}

/// A list of steps with what it yields: the body, a branch, a loop body.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Its number within the workflow.
    pub(crate) ix: usize,
    pub(crate) span: Span,
    pub(crate) id: Option<Name>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Its number within the workflow, in document order.
    pub(crate) ix: usize,
    pub(crate) span: Span,
    pub(crate) name: Name,
    pub(crate) id: Option<Name>,
    pub(crate) when: Option<Cond>,
    pub(crate) max_visits: Option<Spanned<u64>>,
    pub(crate) on: Routes,
    pub(crate) consumes: Vec<Consume>,
    pub(crate) consume_bundle: Option<ConsumeBundle>,
    pub(crate) publishes: Vec<Publish>,
    pub(crate) requires: Option<RequiresVariant>,
    /// Where its first key stands, and how far that is indented if the step
    /// is laid out in lines: for a fix that adds a key.
    pub(crate) first_key: (Span, Option<usize>),
    pub(crate) managed: Option<Managed>,
    pub(crate) exec: Exec,
    /// Has a key that is not supported yet, so not all it does is known.
    pub(crate) partial: bool,
}

/// Where to go after a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    pub(crate) success: Option<Name>,
    pub(crate) failure: Option<Name>,
    pub(crate) always: Option<Name>,
    /// Of managed jobs only.
    pub(crate) invalid: Option<Name>,
}

impl Routes {
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &Name)> {
        [
            ("success", &self.success),
            ("failure", &self.failure),
            ("always", &self.always),
            ("invalid", &self.invalid),
        ]
        .into_iter()
        .filter_map(|(event, target)| target.as_ref().map(|target| (event, target)))
    }
}

/// A need for an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Consume {
    pub(crate) artifact: Name,
    pub(crate) producers: Vec<Name>,
    pub(crate) fresh: bool,
    pub(crate) guidance: Guidance,
}

/// A file of what is consumed.
#[derive(Clone, Debug)]
pub(crate) struct ConsumeBundle {
    pub(crate) path: Text,
    pub(crate) include: Option<Vec<Name>>,
}

/// A promise of an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    pub(crate) artifact: Name,
    pub(crate) from: Name,
}

/// What a step does.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each step; a box would burden every reader"
)]
pub(crate) enum Exec {
    Command(Box<Command>),
    Provider(Box<Agent>),
    SetScalar {
        artifact: Name,
        value: Spanned<Value>,
    },
    IncrementScalar {
        artifact: Name,
        by: Spanned<Value>,
    },
    Materialize(Vec<Material>),
    Select(Box<Select>),
    Assert(Cond),
    Call {
        alias: Name,
        with: Vec<(Name, Operand)>,
    },
    If {
        cond: Cond,
        then: Block,
        otherwise: Option<Block>,
    },
    Match {
        subject: Ref,
        /// The key of the cases, and how far they are indented if they are
        /// laid out in lines: for a fix that adds some.
        cases_place: (Span, Option<usize>),
        cases: Vec<(Name, Block)>,
    },
    Repeat(Box<Repeat>),
    Each(Box<Each>),
    Wait(Box<Wait>),
    /// Could not be read, or is not supported yet. Nothing is known about its
    /// results.
    Unknown,
}

/// What command and provider steps have in common.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) snapshot: Option<PreSnapshot>,
    pub(crate) contract: Option<Contract>,
    pub(crate) depends: Option<Depends>,
    pub(crate) output_file: Option<Text>,
    pub(crate) secrets: Vec<Name>,
    pub(crate) capture: CaptureMode,
    pub(crate) allow_parse_error: bool,
    pub(crate) persist: bool,
    pub(crate) env: Vec<(Name, String)>,
    pub(crate) timeout_sec: Option<f64>,
    pub(crate) limits: Limits,
    pub(crate) retries: Option<Retries>,
    pub(crate) replay: Option<ReplayClass>,
}

/// Files that a process works from.
#[derive(Clone, Debug)]
pub(crate) struct Depends {
    pub(crate) required: Vec<Text>,
    pub(crate) optional: Vec<Text>,
    pub(crate) inject: Option<Inject>,
}

/// A command step.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) argv: Vec<Text>,
    /// Whether they are lines, to be split once they are filled in.
    pub(crate) split: bool,
    pub(crate) process: Process,
}

/// Where the text of a prompt comes from.
#[derive(Clone, Debug)]
pub(crate) enum PromptSource {
    None,
    /// From the workspace.
    Input(Text),
    /// From the directory of the workflow.
    Asset(Name),
}

/// A loop.
#[derive(Clone, Debug)]
pub(crate) struct Repeat {
    pub(crate) max: u64,
    pub(crate) until: Cond,
    pub(crate) exhausted: Option<Vec<(Name, Spanned<Value>)>>,
    /// The body, with the outputs of the loop.
    pub(crate) body: Block,
}

/// A loop over a list.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) items: Items,
    /// The steps of an iteration.
    pub(crate) body: Block,
}

/// The items of a loop.
#[derive(Clone, Debug)]
pub(crate) enum Items {
    Literal(Spanned<Vec<Value>>),
    /// What a step has printed.
    From(Ref),
}

/// A wait for files.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) glob: Text,
    /// In seconds.
    pub(crate) timeout_sec: f64,
    /// In milliseconds.
    pub(crate) poll_ms: u64,
    pub(crate) min_count: u64,
}

/// An output contract.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "at most one for each step; a box would burden every reader"
)]
pub(crate) enum Contract {
    Files(Vec<FileOutput>),
    Bundle {
        path: Text,
        fields: Vec<BundleField>,
    },
    Variant(VariantContract),
}

/// One JSON file that holds one of several sets of artifacts.
#[derive(Clone, Debug)]
pub(crate) struct VariantContract {
    pub(crate) path: Text,
    pub(crate) discriminant: BundleField,
    pub(crate) shared: Vec<BundleField>,
    pub(crate) variants: Vec<Variant>,
}

/// One of these sets.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: Name,
    pub(crate) fields: Vec<BundleField>,
    /// JSON pointers at which nothing may be.
    pub(crate) forbidden: Vec<Name>,
}

/// Files that are noted before a step runs.
#[derive(Clone, Debug)]
pub(crate) struct PreSnapshot {
    pub(crate) name: Name,
    pub(crate) candidates: Vec<(Name, Ref)>,
    pub(crate) max_bytes: u64,
}

/// A need for one variant of what a step gave.
#[derive(Clone, Debug)]
pub(crate) struct RequiresVariant {
    pub(crate) step: Name,
    pub(crate) variant: Name,
}

/// A choice of a variant by what changed.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    /// A snapshot; `None` when it could not be read.
    pub(crate) evidence: Option<Ref>,
    pub(crate) contract: VariantContract,
    pub(crate) extract: Option<wfc_ir::Extract>,
}

/// A value that becomes an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Material {
    pub(crate) name: Name,
    pub(crate) source: Source,
    /// Where the source stands.
    pub(crate) source_span: Span,
    /// What is said about its type; nothing takes that of the source.
    pub(crate) contract: Option<Refinement>,
    /// Where its pointer file is, and where that is said.
    pub(crate) pointer: Option<(Text, Span)>,
    /// Where it is said that the directory of the path is to be made.
    pub(crate) ensure_parent: Option<Span>,
}

/// Where such a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Input(Name),
    Ref(Ref),
    Literal(Spanned<Value>),
    /// The clock.
    NowNs,
    /// Could not be read.
    Unknown,
}

/// What is said about a type that comes from elsewhere: each part narrows it.
#[derive(Clone, Debug)]
pub(crate) struct Refinement {
    pub(crate) span: Span,
    /// Is it a path?
    pub(crate) kind: Option<Spanned<bool>>,
    /// The word for the type.
    pub(crate) ty: Option<Name>,
    pub(crate) allowed: Option<Spanned<Vec<String>>>,
    pub(crate) under: Option<Name>,
    pub(crate) must_exist: Option<Spanned<bool>>,
}

/// One file of `expected_outputs`.
#[derive(Clone, Debug)]
pub(crate) struct FileOutput {
    pub(crate) name: Name,
    pub(crate) path: Text,
    pub(crate) declared: Declared,
    pub(crate) required: bool,
    pub(crate) guidance: Guidance,
}

/// One field of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct BundleField {
    pub(crate) name: Name,
    pub(crate) pointer: Name,
    pub(crate) declared: Declared,
    pub(crate) required: bool,
    pub(crate) guidance: Guidance,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) struct Cond {
    pub(crate) span: Span,
    pub(crate) test: Test,
}

/// What a condition asks.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Equals {
        left: Text,
        right: Text,
    },
    Exists {
        pattern: Text,
    },
    NotExists {
        pattern: Text,
    },
    Bool(Ref),
    Compare {
        left: Operand,
        op: Compare,
        right: Operand,
    },
    Score {
        subject: Ref,
        bounds: Vec<(Compare, Spanned<Value>)>,
    },
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    /// Could not be read.
    Unknown,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
}

impl Compare {
    /// The operators as written, in the order in which they are listed.
    pub(crate) const ALL: [(&'static str, Compare); 6] = [
        ("eq", Compare::Eq),
        ("ne", Compare::Ne),
        ("lt", Compare::Lt),
        ("lte", Compare::Lte),
        ("gt", Compare::Gt),
        ("gte", Compare::Gte),
    ];

    /// As written.
    pub(crate) fn word(self) -> &'static str {
        Compare::ALL
            .iter()
            .find(|(_, op)| *op == self)
            .map_or("", |(word, _)| word)
    }

    /// Does it ask which value is greater?
    pub(crate) fn is_ordered(self) -> bool {
        !matches!(self, Compare::Eq | Compare::Ne)
    }
}

/// A value in a comparison or a binding.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Literal(Spanned<Value>),
    Ref(Ref),
    /// Text with holes.
    Text(Text),
    /// Could not be read.
    Unknown,
}

/// A structured reference.
#[derive(Clone, Debug)]
pub(crate) struct Ref {
    pub(crate) span: Span,
    /// As authored.
    pub(crate) text: String,
    pub(crate) path: Path,
    /// Where the name stands that [`Ref::path`] holds.
    pub(crate) tail: Span,
}

/// What a reference or a hole names.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    Run(RunField),
    Context(String),
    Input(String),
    /// An output of the loop whose condition this is.
    Output(String),
    Step {
        from: From,
        /// The name of the step, a dot, and what is read of it.
        rest: String,
    },
    LoopIndex,
    LoopTotal,
    /// An item of a loop over a list, or something inside it.
    Item {
        /// How many such loops lie between.
        outwards: usize,
        /// Keys on the way in.
        keys: Vec<String>,
    },
    /// Was reported.
    Unknown,
}

/// From where the name of a step is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// `root.steps`
    Root,
    /// `self.steps`
    Here,
    /// `parent.steps`
    Parent,
    /// `steps`: here, or else around, but not beyond an iteration over a list.
    Lexical,
    /// The name of a step alone: here, or else around.
    Around,
}

/// Text with holes.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) span: Span,
    pub(crate) parts: Vec<Part>,
}

/// A piece of a text.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Lit(String),
    Hole(Hole),
}

/// A hole of a text.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    pub(crate) span: Span,
    /// Between the braces, as authored.
    pub(crate) name: String,
    /// Shown as compact JSON.
    pub(crate) json: bool,
    pub(crate) path: Path,
    /// Where the name stands that [`Hole::path`] holds.
    pub(crate) tail: Span,
}

impl Text {
    /// A text without holes.
    pub(crate) fn literal(span: Span, text: impl Into<String>) -> Self {
        Text {
            span,
            parts: vec![Part::Lit(text.into())],
        }
    }

    /// As authored, but for the escapes.
    pub(crate) fn authored(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Lit(text) => text.clone(),
            Part::Hole(hole) => format!("${{{}}}", hole.name),
        });
        parts.collect()
    }

    /// The text with another one in place of each `hole`.
    pub(crate) fn replaced(&self, hole: &str, with: &str) -> Self {
        let parts = self.parts.iter().map(|part| match part {
            Part::Lit(text) => Part::Lit(text.replace(hole, with)),
            part @ Part::Hole(_) => part.clone(),
        });
        Text {
            span: self.span,
            parts: parts.collect(),
        }
    }

    /// The text when it has no holes.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Lit(text)] => Some(text),
            _ => None,
        }
    }

    /// As authored, but for escapes.
    pub(crate) fn shown(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Lit(text) => text.clone(),
                Part::Hole(hole) if hole.json => format!("${{{}|json}}", hole.name),
                Part::Hole(hole) => format!("${{{}}}", hole.name),
            })
            .collect()
    }

    /// Its holes.
    pub(crate) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Lit(_) => None,
        })
    }
}

/// Data whose texts may have holes, such as a provider parameter.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Plain(Value),
    Text(Text),
    List(Vec<Data>),
    Map(Vec<(String, Data)>),
}

impl Step {
    /// The blocks inside, in document order, each with the word that tells it
    /// from the others: `then`, `else`, the case, or nothing for a loop.
    pub(crate) fn blocks(&self) -> Vec<(&str, &Block)> {
        match &self.exec {
            Exec::If {
                then, otherwise, ..
            } => std::iter::once(("then", then))
                .chain(otherwise.iter().map(|block| ("else", block)))
                .collect(),
            Exec::Match { cases, .. } => cases
                .iter()
                .map(|(case, block)| (case.value.as_str(), block))
                .collect(),
            Exec::Repeat(repeat) => vec![("", &repeat.body)],
            Exec::Each(each) => vec![("", &each.body)],
            _ => Vec::new(),
        }
    }

    /// The variants of what it gives, if it gives one of several.
    pub(crate) fn variants(&self) -> Option<&VariantContract> {
        match &self.exec {
            Exec::Select(select) => Some(&select.contract),
            _ => match self.process()?.contract.as_ref()? {
                Contract::Variant(contract) => Some(contract),
                Contract::Files(_) | Contract::Bundle { .. } => None,
            },
        }
    }

    /// The part that the step has in a session.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.exec {
            Exec::Provider(agent) => match &agent.who {
                Who::One { session, .. } => session.as_ref(),
                Who::Judged(_) => None,
            },
            _ => None,
        }
    }

    /// The artifact that gets the id of a session which the step begins.
    pub(crate) fn begun_session(&self) -> Option<&Name> {
        match &self.session()?.mode {
            SessionMode::Fresh(artifact) => Some(artifact),
            SessionMode::Resume(_) => None,
        }
    }

    /// The artifact that holds the id of a session which the step resumes.
    pub(crate) fn resumed_session(&self) -> Option<&Name> {
        match &self.session()?.mode {
            SessionMode::Resume(artifact) => Some(artifact),
            SessionMode::Fresh(_) => None,
        }
    }

    /// The artifacts that get a version when the step succeeds.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Name> {
        let named = self.publishes.iter().map(|publish| &publish.artifact);
        named.chain(self.begun_session())
    }

    /// What a process step starts with.
    pub(crate) fn process(&self) -> Option<&Process> {
        match &self.exec {
            Exec::Command(command) => Some(&command.process),
            Exec::Provider(agent) => Some(&agent.process),
            _ => None,
        }
    }
}
