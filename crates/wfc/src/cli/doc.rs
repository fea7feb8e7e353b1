//! The arguments of `wfc doc`.

use clap::{Args, ValueEnum, ValueHint};

use super::SourceArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc doc                                    the modules of the library
  wfc doc std/phase                          what one of them offers
  wfc doc lib/orders.orc --format markdown   a page about one of your own";

/// `wfc doc`
#[derive(Debug, Args)]
pub(crate) struct DocArgs {
    /// The file of a module, or the name of one; without it, the modules of the
    /// library are listed
    #[arg(value_name = "MODULE", value_hint = ValueHint::FilePath)]
    pub(crate) module: Option<String>,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DocFormat,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// How a description is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocFormat {
    /// For a terminal
    Text,
    /// A page
    Markdown,
    /// One JSON object
    Json,
}
