//! Hearing what processes write while they run, besides reading their logs
//! afterwards.

use std::fmt;
use std::sync::Arc;

/// Is told of every piece of output as it comes, secrets hidden. The host
/// does not know who that is.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Heard<'_>) + Send + Sync>);

/// A piece of output.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The step, by the name that its log files carry.
    pub step: &'a str,
    /// Where it was written.
    pub stream: OutputStream,
    /// What was written; lines and characters may be cut anywhere.
    pub bytes: &'a [u8],
}

/// The streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl OutputStream {
    /// The word that log files end with.
    pub fn as_str(self) -> &'static str {
        match self {
            OutputStream::Stdout => "stdout",
            OutputStream::Stderr => "stderr",
        }
    }
}

impl Listener {
    /// Tells `hear` of everything. It is called while the run goes on, and
    /// holds it up as long as it takes.
    pub fn new(hear: impl Fn(Heard<'_>) + Send + Sync + 'static) -> Self {
        Listener(Arc::new(hear))
    }

    pub(crate) fn tell(&self, heard: Heard<'_>) {
        (self.0)(heard);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
