//! From the host, which is at work, to whoever watches the run: what
//! processes write waits here until the host lets go of the thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::{Heard, Listener, OutputStream};

/// What was heard and not yet passed on. The run passes it on whenever the
/// host waits, so it holds no more than was read at one go.
#[derive(Clone, Debug, Default)]
pub(super) struct Hearing(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pieces: Mutex<VecDeque<Piece>>,
    news: Notify,
}

#[derive(Debug)]
struct Piece {
    step: String,
    stream: OutputStream,
    bytes: Vec<u8>,
}

impl Hearing {
    /// Who fills it.
    pub(super) fn listener(&self) -> Listener {
        let shared = Arc::clone(&self.0);
        Listener::new(move |heard| {
            let mut pieces = shared.pieces.lock().unwrap_or_else(PoisonError::into_inner);
            pieces.push_back(Piece {
                step: heard.step.to_owned(),
                stream: heard.stream,
                bytes: heard.bytes.to_owned(),
            });
            shared.news.notify_one();
        })
    }

    /// Ready when there is something to pass on.
    pub(super) async fn heard(&self) {
        self.0.news.notified().await;
    }

    /// Tells everything, in order.
    pub(super) fn pass_on(&self, tell: &mut dyn FnMut(Heard<'_>)) {
        let mut pieces = self.0.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in pieces.drain(..) {
            tell(Heard {
                step: &piece.step,
                stream: piece.stream,
                bytes: &piece.bytes,
            });
        }
    }
}
