//! The arguments of `wfc logs`.

use clap::Args;

use super::RootArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc logs                                   all that the steps of the newest run wrote
  wfc logs latest Build -f                   a step, until the run ends
  wfc logs abc123 Review --prompt            what the agents of a loop were told
  wfc logs latest Build --stderr --tail 20
  wfc logs -f --tail 0                       only what comes from now on

Of a step that ran more than once the last time is shown. Without --stdout, --stderr and --prompt
both output streams are. Exit code 0, however the run stands; 2 when there is no such run or step.";

/// `wfc logs`
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The run: its id, a beginning of it, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub(crate) run: String,
    /// A step, with all that is inside it; every step without it
    #[arg(value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// Go on until the run ends
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// What was written on standard output
    #[arg(long)]
    pub(crate) stdout: bool,
    /// What was written on standard error
    #[arg(long)]
    pub(crate) stderr: bool,
    /// What agents were told
    #[arg(long)]
    pub(crate) prompt: bool,
    /// Only the last lines of each log; with --follow, of what is there already
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) tail: Option<usize>,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}
