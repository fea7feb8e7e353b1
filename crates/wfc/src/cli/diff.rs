//! The arguments of `wfc diff`.

use clap::{Args, ValueHint};

use super::{ResultFormat, SourceArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc diff flow.yaml flow.orc                two languages, one program?
  wfc diff old.orc::ship new.orc::ship       workflows by name
  wfc diff a.yaml b.yaml --format json

Exit code 0 when they are the same, 1 when they differ.";

/// `wfc diff`
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// A workflow, or FILE::NAME
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    pub(crate) a: String,
    /// Another
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    pub(crate) b: String,
    /// The workflow of A to start with
    #[arg(long, value_name = "NAME")]
    pub(crate) entry_workflow_a: Option<String>,
    /// The workflow of B to start with
    #[arg(long, value_name = "NAME")]
    pub(crate) entry_workflow_b: Option<String>,
    /// How the differences are written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
