//! The arguments of `wfc report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::RootArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc report                                 the newest run
  wfc report --run-id 20260131T120000Z-abc123 --format json | jq .error
  wfc report --output status.md";

/// `wfc report`
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run: its id, a beginning of it, or `latest`; the newest unless given
    #[arg(long, value_name = "RUN_ID")]
    pub(crate) run_id: Option<String>,
    /// How the report is written
    #[arg(long, value_enum, default_value = "md")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) root: RootArgs,
    /// Write to a file, in one go, instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Markdown
    Md,
    /// JSON
    Json,
}
