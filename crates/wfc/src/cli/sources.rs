//! Where the names in a file lead, and the levels of lints.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use wfc_diag::{Level, Levels, Lint};

/// Where the names in a file lead.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Names and bindings")]
pub(crate) struct SourceArgs {
    /// The workflow of a Workflow Lisp file to start with
    #[arg(long, value_name = "NAME")]
    pub(crate) entry_workflow: Option<String>,
    /// A directory to look for Workflow Lisp modules in; may be repeated
    #[arg(long = "source-root", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) source_roots: Vec<PathBuf>,
    /// JSON: provider names to provider templates
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) provider_externs_file: Option<PathBuf>,
    /// JSON: prompt names to prompt files
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) prompt_externs_file: Option<PathBuf>,
    /// JSON: command names to command lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) command_boundaries_file: Option<PathBuf>,
    /// JSON: workflow names to the files that hold them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) imported_workflow_bundles_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lints: LintArgs,
}

/// Levels of lints, over those of `wfc.toml`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Lints")]
pub(crate) struct LintArgs {
    /// Say nothing about a lint, by code or name; may be repeated
    #[arg(short = 'A', long, value_name = "LINT", value_parser = lint)]
    pub(crate) allow: Vec<Lint>,
    /// Warn of a lint; `pedantic` is all that are silent unless asked for
    #[arg(short = 'W', long, value_name = "LINT", value_parser = lint)]
    pub(crate) warn: Vec<Lint>,
    /// Make a lint an error; `warnings` is all that are warnings
    #[arg(short = 'D', long, value_name = "LINT", value_parser = lint)]
    pub(crate) deny: Vec<Lint>,
}

impl LintArgs {
    /// These, or those of `other` when nothing is said here.
    pub(crate) fn or(&self, other: LintArgs) -> LintArgs {
        let nothing = [&self.allow, &self.warn, &self.deny];
        match nothing.iter().all(|lints| lints.is_empty()) {
            true => other,
            false => self.clone(),
        }
    }

    /// The strictest wins.
    pub(crate) fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        for (lints, level) in [
            (&self.allow, Level::Allow),
            (&self.warn, Level::Warn),
            (&self.deny, Level::Deny),
        ] {
            lints.iter().for_each(|lint| levels.set(*lint, level));
        }
        levels
    }
}

fn lint(name: &str) -> Result<Lint, String> {
    Lint::parse(name).map_err(|why| why.message(name))
}
