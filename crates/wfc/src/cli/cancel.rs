//! The arguments of `wfc cancel`.

use clap::Args;

use super::{ResultFormat, RootArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc cancel latest                          ask the newest run to stop, and wait until it has
  wfc cancel abc123 --wait 5 --kill          and end its process if it does not
  wfc ls --status running -q | xargs -n1 wfc cancel

A run that was stopped can be resumed. One that is over, or whose process is gone, is left as it is.

Exit code 0 when no process is at the run any more, 1 when it has not stopped in time, 2 when there
is no such run.";

/// `wfc cancel`
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The run: its id, a beginning of it, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// How long to wait for it to stop, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) wait: u64,
    /// Kill its process when it has not stopped by then; a resume ends what
    /// its steps have left
    #[arg(long)]
    pub(crate) kill: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}
