//! Being asked to stop.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run in good order. They are listened to from the
/// first process on; until then the system's own ending is the right one.
#[derive(Default)]
pub(super) struct Interrupts {
    signals: Option<[Signal; 3]>,
    /// Stays set: a run that is to stop starts nothing more.
    asked: bool,
}

impl Interrupts {
    /// Starts to listen; needs a runtime.
    pub(super) fn listen(&mut self) -> io::Result<()> {
        if self.signals.is_none() {
            self.signals = Some([
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ]);
        }
        Ok(())
    }

    /// Ready when the run is to stop.
    pub(super) async fn wait(&mut self) {
        if self.asked {
            return;
        }
        let Some([interrupt, terminate, hangup]) = &mut self.signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        self.asked = true;
    }
}
