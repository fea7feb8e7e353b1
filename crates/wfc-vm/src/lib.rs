//! The machine, the journal, the run store and the host.
//!
//! The machine is pure and synchronous: it yields a [`Request`] and is given
//! an [`Outcome`]. The host performs requests, the journal makes both durable,
//! and the projection shows them as `state.json`. Nothing here knows a source
//! language.

mod beneath;
mod disk;
mod evidence;
mod host;
mod identity;
mod inputs;
mod journal;
mod listener;
mod machine;
mod owner;
mod projection;
mod removal;
mod request;
mod run;
mod secret_forms;
mod secrets;
mod stopping;
mod store;

pub use disk::{Disk, DiskFile, Operation, Watch};
pub use evidence::{Candidate, SelectRequest, Selected, SnapshotRequest, Taken};
pub use host::{
    Cassette, CassetteError, Host, HostError, HostOptions, Member, Question, Said, WorkspaceFiles,
    World, ask,
};
pub use identity::ProcessIdentity;
pub use inputs::bind_inputs;
pub use journal::{
    End as JournalEnd, JOURNAL_SCHEMA, Journal, JournalContents, JournalError,
    Record as JournalRecord, RunRecord,
};
pub use listener::{Heard, Listener, OutputStream};
pub use machine::{
    CallSite, Current, EachProgress, Event, Failure, Frame, Iteration, Machine, Phase, Record,
    Start, Status, Verdict, Version, Waited, Yield,
};
pub use owner::{LockError, Owner, RunLock};
pub use projection::{Moment, RunStatus, Session, state_json};
pub use removal::{RemoveError, sweep};
pub(crate) use request::seconds;
pub use request::{
    Attempt, Captured, Coord, DependsRequest, ErrorObject, ExecRequest, FilesError, Outcome,
    OutputChange, OutputState, ProcessOutcome, ProcessRequest, PromptParts, PromptSource,
    RESULTS_PREFIX, Request,
};
pub use run::{
    Because, Decision, Ended, Fate, Fit, Outlook, Parting, Planned, Progress, Recorded, Repaired,
    RunConfig, RunError, Unsupported, Way, repair, resume, runnable, start,
};
pub use secrets::Secrets;
pub use stopping::Stop;
pub use store::{RUNS_ROOT, RunDir, StoreError, now_iso, write_atomic};
