//! The arguments of `wfc providers`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{ResultFormat, SourceArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc providers                              the built-in templates
  wfc providers flow.yaml                    and those of a workflow and its wfc.toml
  wfc providers flow.yaml --format json | jq '.providers[] | select(.used)'

Programs that wfc knows are started with --version and --help, and with nothing else; nothing goes
over the network. With a workflow, the exit code is 1 when a template that its steps use is missing
its program, or passes it a flag that it does not know.";

/// `wfc providers`
#[derive(Debug, Args)]
pub(crate) struct ProvidersArgs {
    /// A workflow whose templates are listed too
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// How long a program may take to tell its version, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
