//! The arguments, those of one command a file.

mod cancel;
mod check;
mod clean;
mod compile;
mod convert;
mod diff;
mod doc;
mod explain;
mod fmt;
mod inert;
mod logs;
mod ls;
mod providers;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod show;
mod sources;

use std::ffi::OsString;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::cancel::CancelArgs;
pub(crate) use self::check::CheckArgs;
pub(crate) use self::clean::CleanArgs;
pub(crate) use self::compile::{CompileArgs, Emit};
pub(crate) use self::convert::ConvertArgs;
pub(crate) use self::diff::DiffArgs;
pub(crate) use self::doc::{DocArgs, DocFormat};
pub(crate) use self::explain::ExplainArgs;
pub(crate) use self::fmt::FmtArgs;
pub(crate) use self::inert::InertArgs;
pub(crate) use self::logs::LogsArgs;
pub(crate) use self::ls::LsArgs;
pub(crate) use self::providers::ProvidersArgs;
pub(crate) use self::report::{ReportArgs, ReportFormat};
pub(crate) use self::resume::ResumeArgs;
pub(crate) use self::run::{LogLevel, OnError, RunArgs, RunSettings};
pub(crate) use self::runs::RootArgs;
pub(crate) use self::schema::{SchemaArgs, SchemaOf};
pub(crate) use self::show::ShowArgs;
pub(crate) use self::sources::SourceArgs;

/// Compiles and runs agent workflows written in YAML or in Workflow Lisp.
#[derive(Debug, Parser)]
#[command(
    name = "wfc",
    version,
    about = "Compiles and runs agent workflows",
    long_about = "Compiles and runs agent workflows written in YAML (.yaml, .yml) or in Workflow \
                  Lisp (.orc). A workflow is checked as a whole before anything runs; a run keeps \
                  every result on disk and goes on after a crash.",
    after_help = "Exit codes: 0 ok; 1 the workflow failed; 2 wrong usage, findings at error level or bad input; \
                  101 an internal bug; 130 interrupted.\n\
                  Results go to standard output, messages to standard error.",
    subcommand_required = false,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// When to use colour; `auto` heeds NO_COLOR
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        global = true
    )]
    pub(crate) color: ColorWhen,
    /// What to do; nothing for an overview
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl From<ColorWhen> for clap::ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => clap::ColorChoice::Auto,
            ColorWhen::Always => clap::ColorChoice::Always,
            ColorWhen::Never => clap::ColorChoice::Never,
        }
    }
}

/// What `--color` says, for messages about arguments that do not parse.
pub(crate) fn colour_asked_for(args: impl Iterator<Item = OsString>) -> ColorWhen {
    let args: Vec<OsString> = args.take_while(|arg| arg != "--").collect();
    let mut asked = ColorWhen::Auto;
    for (at, arg) in args.iter().enumerate() {
        let Some(arg) = arg.to_str() else { continue };
        let value = match arg.strip_prefix("--color") {
            Some("") => args.get(at + 1).and_then(|next| next.to_str()),
            Some(rest) => rest.strip_prefix('='),
            None => continue,
        };
        if let Some(when) = value.and_then(|value| ColorWhen::from_str(value, false).ok()) {
            asked = when;
        }
    }
    asked
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check workflows and modules, and list every finding
    #[command(after_help = check::EXAMPLES)]
    Check(CheckArgs),
    /// Lay out workflows, and keep what they mean
    #[command(after_help = fmt::EXAMPLES)]
    Fmt(FmtArgs),
    /// Write what a workflow is compiled to
    #[command(after_help = compile::EXAMPLES)]
    Compile(CompileArgs),
    /// Run a workflow, or a plan made by `wfc compile --emit plan`
    #[command(after_help = run::EXAMPLES)]
    Run(Box<RunArgs>),
    /// Go on with a run that failed or was interrupted
    #[command(after_help = resume::EXAMPLES)]
    Resume(Box<ResumeArgs>),
    /// List the runs there are
    #[command(after_help = ls::EXAMPLES)]
    Ls(LsArgs),
    /// Show a run, or one of its steps
    #[command(after_help = show::EXAMPLES)]
    Show(ShowArgs),
    /// Print what the steps of a run were told and wrote
    #[command(after_help = logs::EXAMPLES)]
    Logs(LogsArgs),
    /// Ask a run to stop; it can be resumed
    #[command(after_help = cancel::EXAMPLES)]
    Cancel(CancelArgs),
    /// Remove old runs
    #[command(after_help = clean::EXAMPLES)]
    Clean(CleanArgs),
    /// Tell what happened in a run
    #[command(after_help = report::EXAMPLES)]
    Report(ReportArgs),
    /// Are two workflows the same, in either language, and if not, where do they differ?
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArgs),
    /// Write a workflow in the other language, and prove that it is the same
    #[command(after_help = convert::EXAMPLES)]
    Convert(ConvertArgs),
    /// Explain a finding
    #[command(after_help = explain::EXAMPLES)]
    Explain(ExplainArgs),
    /// Show what a Lisp module offers: one of your own, or one of the library
    #[command(after_help = doc::EXAMPLES)]
    Doc(DocArgs),
    /// Write the JSON Schema of a format: of YAML workflows unless told otherwise
    #[command(after_help = schema::EXAMPLES)]
    Schema(SchemaArgs),
    /// List provider templates, and tell whether their programs are there and fit
    #[command(after_help = providers::EXAMPLES)]
    Providers(ProvidersArgs),
    /// Serve an editor on standard input and output
    #[command(after_help = LSP_HINTS)]
    Lsp {
        /// Does nothing: standard input and output are the only way; some
        /// editors pass it
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Write a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}
const LSP_HINTS: &str = "\
It speaks the Language Server Protocol: the findings of `wfc check` while you write, their fixes
as quick fixes, the page of a finding on hover, and `wfc fmt`. An editor starts it.

EDITORS
  Neovim     copy editors/nvim/wfc.lua of the repository to ~/.config/nvim/plugin
  VS Code    editors/vscode of the repository, run from source
  others     the command is `wfc lsp`; send it YAML workflows and .orc files

editors/README.md in the repository says more.";

const COMPLETIONS_EXAMPLES: &str = "\
EXAMPLES
  wfc completions bash > ~/.local/share/bash-completion/completions/wfc
  wfc completions zsh > \"${fpath[1]}/_wfc\"
  wfc completions fish > ~/.config/fish/completions/wfc.fish";

/// How the result of a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultFormat {
    /// For people
    Human,
    /// One JSON object
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn colour_is_known_before_the_arguments_parse() {
        let asked = |args: &[&str]| colour_asked_for(args.iter().map(OsString::from));
        assert_eq!(
            asked(&["wfc", "chek", "--color", "never"]),
            ColorWhen::Never
        );
        assert_eq!(asked(&["wfc", "--color=always"]), ColorWhen::Always);
        assert_eq!(asked(&["wfc", "--", "--color=always"]), ColorWhen::Auto);
        assert_eq!(asked(&["wfc", "--color", "purple"]), ColorWhen::Auto);
    }
}
