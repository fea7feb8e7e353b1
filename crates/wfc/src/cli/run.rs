//! The arguments of `wfc run`, and what it shares with `wfc resume`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::{InertArgs, ResultFormat, SourceArgs};

pub(super) const EXAMPLES: &str = "\
EXAMPLES
  wfc run flow.yaml --input brief=docs/brief.md
  wfc run flow.yaml --dry-run                check everything, show the plan, start nothing
  wfc run flow.orc --entry-workflow ship --input-file inputs.json
  wfc run flow.yaml --json | jq .event       what happens, for programs
  wfc run flow.yaml --record flow.cassette   keep what the agents said
  wfc run flow.yaml --replay flow.cassette   and say it again, without an account";

/// `wfc run`
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The workflow, or a plan (.json)
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// An input, read by its type (records and lists as JSON); may be repeated
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A JSON object with inputs, `-` for standard input; --input wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) input_file: Option<PathBuf>,
    /// A context value; may be repeated
    #[arg(long = "context", value_name = "NAME=VALUE")]
    pub(crate) context: Vec<String>,
    /// A JSON object with context values, `-` for standard input; --context wins
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

/// What a run and a resume have in common.
#[derive(Debug, Args)]
pub(crate) struct RunSettings {
    /// Show what steps write while they run, each line with its step
    #[arg(long)]
    pub(crate) stream_output: bool,
    /// Say more: steps that begin, and what steps have left
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Say more still: what the passes changed, the hash of the plan
    #[arg(
        long,
        env = "ORCHESTRATE_DEBUG",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    pub(crate) debug: bool,
    /// How much is said; --quiet, --verbose and --debug win
    #[arg(
        long,
        value_enum,
        value_name = "LEVEL",
        ignore_case = true,
        env = "ORCHESTRATE_LOG_LEVEL",
        hide_env_values = true
    )]
    pub(crate) log_level: Option<LogLevel>,
    /// Where runs are kept [default: .orchestrate/runs]
    #[arg(
        long,
        visible_alias = "runs-root",
        value_name = "DIR",
        env = "ORCHESTRATE_STATE_DIR",
        hide_env_values = true,
        value_hint = ValueHint::DirPath
    )]
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
    /// Write what happens to standard output as it happens, one JSON object a
    /// line
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) inert: InertArgs,
}

/// How much is said while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// As with --debug
    Debug,
    /// Every step that ended
    Info,
    /// Steps that failed, and what is odd
    #[value(alias = "warning")]
    Warn,
    /// As with --quiet
    Error,
}
