//! The arguments of `wfc schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc schema -o .vscode/workflow.schema.json
  wfc schema plan | jq '.[\"$defs\"] | keys'

A first line `# yaml-language-server: $schema=workflow.schema.json` in a workflow makes editors with
a YAML language server complete its keys and explain them. `wfc check` finds more.";

/// `wfc schema`
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The format
    #[arg(value_enum, value_name = "WHAT", default_value = "workflow")]
    pub(crate) what: SchemaOf,
    /// Write to a file, in one go, instead of standard output
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// The formats with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// YAML workflows, of every version
    Workflow,
    /// What `wfc compile --emit core-json` writes
    Ir,
    /// What `wfc compile --emit plan` writes
    Plan,
}
