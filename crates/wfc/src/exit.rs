//! How the program ends.

use std::fmt::Display;
use std::process::ExitCode;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Ok,
    /// The workflow failed, or what was compared differs.
    Failed,
    /// Wrong usage, findings at error level, or bad input.
    Usage,
    /// A run waits for a decision.
    Undecided,
    /// Stopped by a signal; a run can be resumed.
    Interrupted,
}

/// The exit code of an internal bug; that of a Rust panic.
pub(crate) const BUG: u8 = 101;

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Undecided => 3,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct Fault {
    /// One sentence, without a final full stop.
    pub(crate) message: String,
    /// Each on a line of its own.
    pub(crate) details: Vec<String>,
    /// What to do next.
    pub(crate) help: Option<String>,
    /// The exit code.
    pub(crate) exit: Exit,
}

impl Fault {
    /// Bad input: exit code 2.
    pub(crate) fn new(message: impl Display) -> Self {
        Fault {
            message: message.to_string(),
            details: Vec::new(),
            help: None,
            exit: Exit::Usage,
        }
    }

    /// Adds lines below the message.
    pub(crate) fn details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    /// Says what to do next.
    pub(crate) fn help(mut self, help: impl Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// A file that cannot be read or written.
    pub(crate) fn io(verb: &str, path: impl Display, error: &std::io::Error) -> Self {
        Fault::new(format!("cannot {verb} {path}: {error}"))
    }
}

/// What a command ends with.
pub(crate) type Outcome = Result<Exit, Fault>;
