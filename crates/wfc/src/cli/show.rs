//! The arguments of `wfc show`.

use clap::Args;

use super::{ResultFormat, RootArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc show                                   the newest run
  wfc show 20260131T12                       a run, by any beginning of its id that is its own
  wfc show abc123                            or by the part behind the dash
  wfc show latest Build                      one step: command, prompt, outputs, error, logs
  wfc show latest 'Review[2].Fix' --format json | jq .step.artifacts

Exit code 0; 2 when there is no such run or step.";

/// `wfc show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The run: its id, a beginning of it, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// A step: its name as the run shows it, or as it was written
    #[arg(value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// Every iteration of every loop, not only the last ones
    #[arg(long)]
    pub(crate) all: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}
