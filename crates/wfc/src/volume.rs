//! How much is said while a run goes on.

use crate::cli::{LogLevel, RunSettings};

/// How much is said, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volume {
    /// Errors only.
    Quiet,
    /// Also steps that failed, and what is odd.
    Sparse,
    /// Also every step that ended.
    Normal,
    /// Also steps that begin, and what steps have left.
    Verbose,
    /// Also what was made of the program.
    Debug,
}

impl Volume {
    /// What the settings say. The option that is named after what it does
    /// wins over the level, which may come from the environment.
    pub(crate) fn of(settings: &RunSettings) -> Self {
        let level = settings.log_level.map(|level| match level {
            LogLevel::Debug => Volume::Debug,
            LogLevel::Info => Volume::Normal,
            LogLevel::Warn => Volume::Sparse,
            LogLevel::Error => Volume::Quiet,
        });
        match (settings.quiet, settings.debug, settings.verbose) {
            (true, _, _) => Volume::Quiet,
            (_, true, _) => Volume::Debug,
            (_, _, true) => Volume::Verbose,
            _ => level.unwrap_or(Volume::Normal),
        }
    }
}
