//! Options that scripts written for other runners of these workflows pass,
//! and that have nothing to do here.

use clap::{Args, ValueEnum};

/// Options without effect. They are taken so that a script that passes them
/// goes on working, and a line on standard error says what is there instead.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Without effect here, for scripts that pass them")]
pub(crate) struct InertArgs {
    /// The journal keeps every state that a run was in
    #[arg(long, hide_short_help = true)]
    pub(crate) backup_state: bool,
    /// No summaries are made; `wfc show` and `wfc logs` tell what a step did
    #[arg(long, hide_short_help = true)]
    step_summaries: bool,
    /// See --step-summaries
    #[arg(long, value_enum, value_name = "MODE", hide_short_help = true)]
    summary_mode: Option<SummaryMode>,
    /// See --step-summaries
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    summary_provider: Option<String>,
    /// See --step-summaries
    #[arg(long, value_name = "N", hide_short_help = true)]
    summary_timeout_sec: Option<u64>,
    /// See --step-summaries
    #[arg(long, value_name = "N", hide_short_help = true)]
    summary_max_input_chars: Option<u64>,
    /// See --step-summaries
    #[arg(long, value_enum, value_name = "PROFILE", hide_short_help = true)]
    summary_profile: Option<SummaryProfile>,
    /// No notes are made; a terminal shows what the agent says as it comes
    #[arg(long, hide_short_help = true)]
    live_agent_notes: bool,
    /// See --live-agent-notes
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    live_agent_note_provider: Option<String>,
    /// See --live-agent-notes
    #[arg(long, value_name = "N", hide_short_help = true)]
    live_agent_note_interval_sec: Option<f64>,
    /// See --live-agent-notes
    #[arg(long, value_name = "N", hide_short_help = true)]
    live_agent_note_timeout_sec: Option<u64>,
    /// See --live-agent-notes
    #[arg(long, value_name = "N", hide_short_help = true)]
    live_agent_note_max_tail_chars: Option<u64>,
}

/// When summaries would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SummaryMode {
    /// Beside the steps
    Async,
    /// Between them
    Sync,
}

/// Which summaries would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SummaryProfile {
    /// Of steps
    Basic,
    /// Of steps and phases
    PhasePerformance,
}

impl InertArgs {
    /// What to say of those that were passed.
    pub(crate) fn notes(&self) -> Vec<&'static str> {
        let summaries = self.step_summaries
            || self.summary_mode.is_some()
            || self.summary_provider.is_some()
            || self.summary_timeout_sec.is_some()
            || self.summary_max_input_chars.is_some()
            || self.summary_profile.is_some();
        let live = self.live_agent_notes
            || self.live_agent_note_provider.is_some()
            || self.live_agent_note_interval_sec.is_some()
            || self.live_agent_note_timeout_sec.is_some()
            || self.live_agent_note_max_tail_chars.is_some();
        let notes = [
            (
                self.backup_state,
                "--backup-state has no effect: the journal keeps every state that the run was in",
            ),
            (
                summaries,
                "no summaries of steps are made: `wfc show RUN STEP` and `wfc logs RUN STEP` tell what a step did",
            ),
            (
                live,
                "no notes on live agents are made: a terminal shows what the agent says, and so does `wfc logs RUN -f`",
            ),
        ];
        notes
            .into_iter()
            .filter_map(|(asked, note)| asked.then_some(note))
            .collect()
    }
}
