//! The arguments of `wfc resume`.

use clap::Args;

use super::{RunSettings, SourceArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc resume 20260131T120000Z-abc123
  wfc resume 20260131T120000Z-abc123 --pinned    although the source has changed";

/// `wfc resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run: its id, a beginning of it, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run_id: String,
    /// Go on with the plan that the run was started with although the source
    /// has changed
    #[arg(long)]
    pub(crate) pinned: bool,
    #[command(flatten)]
    pub(crate) settings: RunSettings,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
