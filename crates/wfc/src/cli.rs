//! The arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use wfc_diag::{Level, Levels, Lint};

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
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Lay out workflows, and keep what they mean
    #[command(after_help = FMT_EXAMPLES)]
    Fmt(FmtArgs),
    /// Write what a workflow is compiled to
    #[command(after_help = COMPILE_EXAMPLES)]
    Compile(CompileArgs),
    /// Run a workflow, or a plan made by `wfc compile --emit plan`
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Go on with a run that failed or was interrupted
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(ResumeArgs),
    /// Tell what happened in a run
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Are two workflows the same, in either language, and if not, where do they differ?
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Write a workflow in the other language, and prove that it is the same
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArgs),
    /// Explain a finding
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Show what a Lisp module offers: one of your own, or one of the library
    #[command(after_help = DOC_EXAMPLES)]
    Doc(DocArgs),
    /// Write the JSON Schema of a format: of YAML workflows unless told otherwise
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaArgs),
    /// List provider templates, and tell whether their programs are there and fit
    #[command(after_help = PROVIDERS_EXAMPLES)]
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

const DOC_EXAMPLES: &str = "\
EXAMPLES
  wfc doc                                    the modules of the library
  wfc doc std/phase                          what one of them offers
  wfc doc lib/orders.orc --format markdown   a page about one of your own";

const CHECK_EXAMPLES: &str = "\
EXAMPLES
  wfc check flow.yaml                        one workflow and all that it imports
  wfc check workflows/*.yaml lib/*.orc       several files, all findings at once
  wfc check flow.yaml --deny warnings        warnings fail too
  wfc check flow.yaml --fix                  mend what can be mended safely
  wfc check flow.yaml --format sarif         for code scanning
  wfc check - --stdin-filename flow.yaml < flow.yaml";

const FMT_EXAMPLES: &str = "\
EXAMPLES
  wfc fmt                                    every workflow below this directory
  wfc fmt flow.yaml workflows                a file, and the workflows of a directory
  wfc fmt --check workflows                  for continuous integration
  wfc fmt --diff flow.yaml                   what would change
  wfc fmt - < flow.yaml                      from standard input to standard output

In a directory, .yaml and .yml files with `version` and `steps` are workflows; hidden directories
and node_modules are left out. A file with errors is not touched.

Exit code 0 when all is well, 1 when --check or --diff found something to change, 2 for errors.";

const COMPILE_EXAMPLES: &str = "\
EXAMPLES
  wfc compile flow.yaml --emit core          the program, for people
  wfc compile flow.yaml --emit plan -o plan.json && wfc run plan.json
  wfc compile flow.yaml --emit dot | dot -Tsvg > flow.svg
  wfc compile flow.orc --emit map            which line each step comes from";

const RUN_EXAMPLES: &str = "\
EXAMPLES
  wfc run flow.yaml --input brief=docs/brief.md
  wfc run flow.yaml --dry-run                check everything, show the plan, start nothing
  wfc run flow.orc --entry-workflow ship --input-file inputs.json
  wfc run flow.yaml --record flow.cassette   keep what the agents said
  wfc run flow.yaml --replay flow.cassette   and say it again, without an account";

const RESUME_EXAMPLES: &str = "\
EXAMPLES
  wfc resume 20260131T120000Z-abc123
  wfc resume 20260131T120000Z-abc123 --pinned    although the source has changed";

const REPORT_EXAMPLES: &str = "\
EXAMPLES
  wfc report                                 the newest run
  wfc report --run-id 20260131T120000Z-abc123 --format json | jq .error
  wfc report --output status.md";

const DIFF_EXAMPLES: &str = "\
EXAMPLES
  wfc diff flow.yaml flow.orc                two languages, one program?
  wfc diff old.orc::ship new.orc::ship       workflows by name
  wfc diff a.yaml b.yaml --format json

Exit code 0 when they are the same, 1 when they differ.";

const CONVERT_EXAMPLES: &str = "\
EXAMPLES
  wfc convert flow.yaml                      shows it in Workflow Lisp
  wfc convert flow.yaml -o lisp              lisp/flow.orc and lisp/wfc.toml
  wfc convert flow.orc -o yaml               a YAML file for each workflow

What comes out is compiled, and written only if its hash is that of what went in.
Exit code 2 when the other language has no form for something in it.";

const EXPLAIN_EXAMPLES: &str = "\
EXAMPLES
  wfc explain E0301
  wfc explain unknown-key
  wfc explain --list";

const SCHEMA_EXAMPLES: &str = "\
EXAMPLES
  wfc schema -o .vscode/workflow.schema.json
  wfc schema plan | jq '.[\"$defs\"] | keys'

A first line `# yaml-language-server: $schema=workflow.schema.json` in a workflow makes editors with
a YAML language server complete its keys and explain them. `wfc check` finds more.";

const PROVIDERS_EXAMPLES: &str = "\
EXAMPLES
  wfc providers                              the built-in templates
  wfc providers flow.yaml                    and those of a workflow and its wfc.toml
  wfc providers flow.yaml --format json | jq '.providers[] | select(.used)'

Programs that wfc knows are started with --version and --help, and with nothing else; nothing goes
over the network. With a workflow, the exit code is 1 when a template that its steps use is missing
its program, or passes it a flag that it does not know.";

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

/// What a run and a resume have in common.
#[derive(Debug, Args)]
pub(crate) struct RunSettings {
    /// Show what steps write while they run
    #[arg(long)]
    pub(crate) stream_output: bool,
    /// Say more: when steps begin, what the passes changed, the hash of the plan
    #[arg(long)]
    pub(crate) debug: bool,
    /// Where runs are kept [default: .orchestrate/runs]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state_dir: Option<PathBuf>,
    /// Keep what agents and their files said in a cassette
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Let a cassette answer instead of agents
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) replay: Option<PathBuf>,
    /// Take the answers of the cassette although a prompt has changed
    #[arg(long, requires = "replay")]
    pub(crate) replay_any_prompt: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// `json` writes one object with the result to standard output
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
}

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

/// `wfc run`
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The workflow, or a plan (.json)
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// An input, read by its type (records and lists as JSON); may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A JSON object with inputs; --input wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) input_file: Option<PathBuf>,
    /// A context value; may be repeated
    #[arg(long = "context", value_name = "NAME=VALUE")]
    pub(crate) context: Vec<String>,
    /// A JSON object with context values; --context wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) context_file: Option<PathBuf>,
    /// Check everything, inputs included, show the plan, and start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Whether a failed step ends the run unless its workflow says otherwise
    #[arg(long, value_enum, value_name = "WHAT", default_value = "stop")]
    pub(crate) on_error: OnError,
    /// How often an agent is started again when its step does not say
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) max_retries: u32,
    /// How long it waits before that, when its step does not say
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) retry_delay: u64,
    /// Empty the directory of finished tasks (`processed_dir`) first
    #[arg(long)]
    pub(crate) clean_processed: bool,
    /// Write the files of that directory to a zip file after success; without
    /// DEST, `processed.zip` in the directory of the run
    #[arg(long, value_name = "DEST", value_hint = ValueHint::FilePath)]
    pub(crate) archive_processed: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub(crate) settings: RunSettings,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// What a failed step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// It ends the run
    Stop,
    /// The next step follows
    Continue,
}

/// How the result of a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultFormat {
    /// For people
    Human,
    /// One JSON object
    Json,
}

/// `wfc resume`
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run
    #[arg(value_name = "RUN_ID")]
    pub(crate) run_id: String,
    /// Go on with the plan that the run was started with although the source
    /// has changed
    #[arg(long)]
    pub(crate) pinned: bool,
    #[command(flatten)]
    pub(crate) settings: RunSettings,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// `wfc report`
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run; the newest unless given
    #[arg(long, value_name = "RUN_ID")]
    pub(crate) run_id: Option<String>,
    /// Where runs are kept
    #[arg(long, value_name = "DIR", default_value = wfc_observe::RUNS_ROOT, value_hint = ValueHint::DirPath)]
    pub(crate) runs_root: PathBuf,
    /// How the report is written
    #[arg(long, value_enum, default_value = "md")]
    pub(crate) format: ReportFormat,
    /// Write to a file, in one go, instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Markdown
    Md,
    /// JSON
    Json,
}

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

/// `wfc explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code (E0301) or its name (unknown-key)
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List every code
    #[arg(long, conflicts_with = "code")]
    pub(crate) list: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: ResultFormat,
}

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
