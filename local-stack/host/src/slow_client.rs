//! Write timeout for slow clients: aborts a response that its client does not read.
//!
//! hyper polls a body for its next frame only when it has room for one, so a body that is not
//! polled again waits for its client. The clock runs exactly then, and never while the guest is
//! silent:
//!
//! ```text
//! body gives a frame ── write_pending() ──> pending ── clock runs ── limit ──> the work is dropped
//!                                             │                                (HTTP/1: connection,
//! body is polled again, or ends ── written() ─┘  clock stops                    HTTP/2: its stream)
//! ```
//!
//! The state is task-local because one task sends one answer at a time: the connection's task with
//! HTTP/1, a task for each stream with HTTP/2 ([`Streams`]).

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::Executor;
use tokio::time::{Instant, sleep};

tokio::task_local! {
    static WRITE: WriteState;
}

/// The state of a connection's current response.
#[derive(Default)]
struct WriteState {
    /// Frames given to the connection so far; the number identifies the last one.
    frames: Cell<u64>,
    /// Whether the connection still holds the last one.
    pending: Cell<bool>,
}

/// A frame was given to the connection, which polls again once it has room for the next.
pub(crate) fn write_pending() {
    let _ = WRITE.try_with(|write| {
        write.frames.set(write.frames.get() + 1);
        write.pending.set(true);
    });
}

/// The connection has room again, or the response has ended: the client is no longer waited for.
pub(crate) fn written() {
    let _ = WRITE.try_with(|write| write.pending.set(false));
}

/// Runs `work`, which sends answers, and drops it with all it holds once a frame was pending for
/// `limit`; `None` then. The clock is set only when the work is idle with a frame pending.
pub(crate) async fn with_write_timeout<T>(
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (mut work, mut clock) = (pin!(work), pin!(sleep(limit)));
    let mut clock_is_for = 0;
    let watched = poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        let frame = WRITE.with(|write| write.pending.get().then(|| write.frames.get()));
        let Some(frame) = frame else { return Poll::Pending };
        if frame != clock_is_for {
            clock_is_for = frame;
            clock.as_mut().reset(Instant::now() + limit);
        }
        clock.as_mut().poll(cx).map(|()| None)
    });
    let done = WRITE.scope(WriteState::default(), watched).await;
    if done.is_none() {
        tracing::info!(target: "host::server", ?limit, "broke off an answer that its client did not read");
    }
    done
}

/// Runs the streams of HTTP/2 connections, each with a write timeout of its own: the others
/// continue.
#[derive(Clone)]
pub(crate) struct Streams(pub(crate) Duration);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        tokio::spawn(with_write_timeout(self.0, stream));
    }
}
