//! The arguments of `wfc explain`.

use clap::Args;

use super::ResultFormat;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc explain E0301
  wfc explain unknown-key
  wfc explain --list";

/// `wfc explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code (E0301) or its name (unknown-key)
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List every code
    #[arg(long, conflicts_with = "code")]
    pub(crate) list: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
}
