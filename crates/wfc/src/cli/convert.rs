//! The arguments of `wfc convert`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::SourceArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc convert flow.yaml                      shows it in Workflow Lisp
  wfc convert flow.yaml -o lisp              lisp/flow.orc and lisp/wfc.toml
  wfc convert flow.orc -o yaml               a YAML file for each workflow

What comes out is compiled, and written only if its hash is that of what went in.
Exit code 2 when the other language has no form for something in it.";

/// `wfc convert`
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// A workflow: YAML becomes Workflow Lisp, and Lisp becomes YAML
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// A folder for the files; without it they are written to standard output
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
