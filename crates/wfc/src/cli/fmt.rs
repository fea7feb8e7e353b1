//! The arguments of `wfc fmt`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc fmt                                    every workflow below this directory
  wfc fmt flow.yaml workflows                a file, and the workflows of a directory
  wfc fmt --check workflows                  for continuous integration
  wfc fmt --diff flow.yaml                   what would change
  wfc fmt - < flow.yaml                      from standard input to standard output

In a directory, .yaml and .yml files with `version` and `steps` are workflows; hidden directories
and node_modules are left out. A file with errors is not touched.

Exit code 0 when all is well, 1 when --check or --diff found something to change, 2 for errors.";

/// `wfc fmt`
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Files, and directories to look for workflows in; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; list the files that would change
    #[arg(long)]
    pub(crate) check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    pub(crate) diff: bool,
    /// The name that standard input goes by
    #[arg(long, value_name = "NAME", default_value = "stdin.yaml")]
    pub(crate) stdin_filename: PathBuf,
    /// Say nothing but findings
    #[arg(short, long)]
    pub(crate) quiet: bool,
}
