//! The arguments of `wfc check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::SourceArgs;

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc check flow.yaml                        one workflow and all that it imports
  wfc check workflows/*.yaml lib/*.orc       several files, all findings at once
  wfc check flow.yaml --deny warnings        warnings fail too
  wfc check flow.yaml --fix                  mend what can be mended safely
  wfc check flow.yaml --format sarif         for code scanning
  wfc check - --stdin-filename flow.yaml < flow.yaml";

/// `wfc check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Workflows and modules; `-` for standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: CheckFormat,
    /// Apply the safe fixes and list what is left; the mended text of standard
    /// input goes to standard output
    #[arg(long)]
    pub(crate) fix: bool,
    /// Write nothing, show what `--fix` would change; exit code 1 when it would
    #[arg(long)]
    pub(crate) diff: bool,
    /// The name that standard input goes by
    #[arg(long, value_name = "NAME", default_value = "stdin.yaml")]
    pub(crate) stdin_filename: PathBuf,
    /// Say nothing but findings
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// With excerpts, for people
    Human,
    /// One line for each finding
    Short,
    /// One JSON document
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

impl From<CheckFormat> for wfc_diag::render::Format {
    fn from(format: CheckFormat) -> Self {
        match format {
            CheckFormat::Human => wfc_diag::render::Format::Human,
            CheckFormat::Short => wfc_diag::render::Format::Short,
            CheckFormat::Json => wfc_diag::render::Format::Json,
            CheckFormat::Sarif => wfc_diag::render::Format::Sarif,
            CheckFormat::Github => wfc_diag::render::Format::Github,
        }
    }
}
