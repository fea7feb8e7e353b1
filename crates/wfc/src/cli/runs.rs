//! What the commands about recorded runs have in common.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Where runs are kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct RootArgs {
    /// Where runs are kept
    #[arg(
        long,
        visible_alias = "state-dir",
        value_name = "DIR",
        env = "ORCHESTRATE_STATE_DIR",
        hide_env_values = true,
        default_value = wfc_observe::RUNS_ROOT,
        value_hint = ValueHint::DirPath
    )]
    pub(crate) runs_root: PathBuf,
}
