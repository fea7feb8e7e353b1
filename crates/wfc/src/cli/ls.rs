//! The arguments of `wfc ls`.

use clap::{Args, ValueEnum};

use super::{ResultFormat, RootArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc ls                                     the newest runs
  wfc ls --status failed,interrupted         those that wait for `wfc resume`
  wfc ls --workflow ship --limit 0           all runs of one workflow
  wfc ls --status suspended -q | xargs -n1 wfc resume
  wfc ls --format json | jq '.runs[0]'

Exit code 0, also when there are no runs.";

/// `wfc ls`
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Only runs that stand like this; may be repeated, or a list with commas
    #[arg(long, value_enum, value_name = "STATUS", value_delimiter = ',')]
    pub(crate) status: Vec<RunState>,
    /// Only runs of workflows with this in their name
    #[arg(long, value_name = "NAME")]
    pub(crate) workflow: Option<String>,
    /// How many, the newest first; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Only ids, one a line
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// How a run can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunState {
    /// A process is at it
    Running,
    /// It came to its end
    Completed,
    /// A step failed
    Failed,
    /// It was asked to stop, and did
    Suspended,
    /// Its process died
    Interrupted,
    /// Nothing of it can be read
    Unreadable,
}

impl RunState {
    /// The word that runs are described with.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Completed => "completed",
            RunState::Failed => "failed",
            RunState::Suspended => "suspended",
            RunState::Interrupted => "interrupted",
            RunState::Unreadable => "unreadable",
        }
    }
}
