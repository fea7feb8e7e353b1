//! What happened in a run: reading run directories.
//!
//! A run directory belongs to the process that runs it. Everything here reads
//! and nothing writes: a run whose process has died is reported as such, and
//! stays as it is until it is resumed.

mod follow;
mod journal;
mod live;
mod logs;
mod markdown;
mod reading;
mod report;
mod run;
mod runs;
mod steps;
mod summary;
mod tree;

pub use follow::{LogReader, Pace, Piece, Selection};
pub use journal::{Lineage, command_line};
pub use live::Liveness;
pub use logs::Stream;
pub use markdown::{duration, markdown, step_status};
pub use report::{
    Counts, ErrorInfo, Group, GroupKind, Progress, Report, RunInfo, SessionInfo, StepInfo, report,
};
pub use run::plan;
pub use runs::{RUNS_ROOT, ReportError, find_run, latest_run, runs};
pub use steps::{NamedStep, StepError};
pub use summary::{RunSummary, idle, size, summary};
pub use tree::target;
