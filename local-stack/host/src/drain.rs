//! How a component ends when the host drains: its instances finish what they have begun, up to a
//! time limit; then its event streams end.
//!
//! ```text
//! request, instance ──> Unfinished (counted until dropped)
//! Drain::finish ── none left, or the limit ──> `over` ──> event streams get `event: shutdown`
//! ```

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The requests and instances of one component that a drain waits for.
pub(crate) struct Drain {
    live: watch::Sender<usize>,
    over: CancellationToken,
}

/// A request that has no instance yet, or an instance: counted until it is dropped.
pub(crate) struct DrainGuard(watch::Sender<usize>);

impl Drain {
    pub(crate) fn new() -> Self {
        Self { live: watch::Sender::new(0), over: CancellationToken::new() }
    }

    /// Counts a request or an instance.
    pub(crate) fn begin(&self) -> DrainGuard {
        self.live.send_modify(|count| *count += 1);
        DrainGuard(self.live.clone())
    }

    /// When event streams of the component end.
    pub(crate) fn over(&self) -> CancellationToken {
        self.over.clone()
    }

    /// Waits until none is left, `limit` at most, and ends the event streams that remain.
    pub(crate) async fn finish(&self, limit: Duration) {
        let mut live = self.live.subscribe();
        let _ = tokio::time::timeout(limit, live.wait_for(|count| *count == 0)).await;
        self.over.cancel();
    }
}

impl Drop for DrainGuard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
