//! The arguments of `wfc resume`.

use clap::Args;
use wfc_vm::Decision;

use super::{RunSettings, SourceArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc resume 20260131T120000Z-abc123
  wfc resume 20260131T120000Z-abc123 --plan                what would run, and why
  wfc resume 20260131T120000Z-abc123 --decide Deploy=skip  it had done its work
  wfc resume 20260131T120000Z-abc123 --accept-changes      with the changed source
  wfc resume 20260131T120000Z-abc123 --from Review         a new run, from there on";

/// `wfc resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run: its id, a beginning of it, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run_id: String,
    /// Tell what becomes of each step, and run nothing
    #[arg(long, conflicts_with_all = ["repair", "force_restart", "from", "decide", "accept_changes"])]
    pub(crate) plan: bool,
    /// What becomes of a step that must not happen twice when it is not known
    /// how it ended: STEP=rerun starts it again, STEP=skip takes what it has
    /// written as its result; may be repeated
    #[arg(long, value_name = "STEP=WHAT", value_parser = Decision::parse)]
    pub(crate) decide: Vec<(String, Decision)>,
    /// Go on with the plan that the run was started with although the source
    /// has changed
    #[arg(long, conflicts_with = "accept_changes")]
    pub(crate) pinned: bool,
    /// Go on with the changed source, if all that the run has done fits it
    #[arg(long)]
    pub(crate) accept_changes: bool,
    /// Begin a new run that shares with this one what comes before STEP;
    /// STEP@N names the Nth time that the run came to it
    #[arg(long, value_name = "STEP", conflicts_with_all = ["repair", "force_restart"])]
    pub(crate) from: Option<String>,
    /// Begin a new run with the inputs and the context of this one
    #[arg(long, conflicts_with_all = ["repair", "decide", "accept_changes"])]
    pub(crate) force_restart: bool,
    /// Make state.json and other files again from the journal, and run nothing
    #[arg(long, conflicts_with_all = ["decide", "accept_changes"])]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) settings: RunSettings,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
