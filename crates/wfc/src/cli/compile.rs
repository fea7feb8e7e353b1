//! The arguments of `wfc compile`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::SourceArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc compile flow.yaml --emit core          the program, for people
  wfc compile flow.yaml --emit plan -o plan.json && wfc run plan.json
  wfc compile flow.yaml --emit dot | dot -Tsvg > flow.svg
  wfc compile flow.orc --emit map            which line each step comes from";

/// `wfc compile`
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// The workflow
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// What to write
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        required_unless_present = "explain"
    )]
    pub(crate) emit: Option<Emit>,
    /// Show in a few lines what becomes of one workflow, procedure or step
    #[arg(long, value_name = "FORM", conflicts_with = "emit")]
    pub(crate) explain: Option<String>,
    /// Write to a file, in one go, instead of standard output
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Whether the passes run; 1 unless `--emit core` or `core-json`, which
    /// show the program before them
    #[arg(short = 'O', value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=1))]
    pub(crate) level: Option<u8>,
    /// Say on standard error what each pass changed
    #[arg(long)]
    pub(crate) explain_passes: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// What `wfc compile` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// The checked source with names and types resolved, as text
    Hir,
    /// The program in the intermediate representation, as text
    Core,
    /// The same as its public JSON document
    CoreJson,
    /// The plan as JSON, which `wfc run` takes
    Plan,
    /// The plan as text
    PlanText,
    /// The step graph for Graphviz
    Dot,
    /// The step graph for Mermaid
    Mermaid,
    /// JSON: which place each step comes from
    Map,
    /// JSON Schema of the inputs and outputs
    Schema,
}
