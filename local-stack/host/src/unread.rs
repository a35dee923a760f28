//! Answers that their clients do not take: a piece was given to the connection, which does not come for the next one.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::Executor;
use tokio::time::{Instant, sleep};

use crate::cpu;

tokio::task_local! {
    /// Of the task that sends an answer: the connection's with HTTP/1, the stream's with HTTP/2.
    static OFFERED: Offered;
}

/// What the connection has of an answer.
#[derive(Default)]
struct Offered {
    /// How many pieces; they are told apart by it.
    pieces: Cell<u64>,
    /// Whether the last one is still with it, and the client's turn.
    untaken: Cell<bool>,
}

/// The connection has a piece of the answer, and asks for the next once there is room for one.
pub(crate) fn offered() {
    let _ = OFFERED.try_with(|offered| {
        offered.pieces.set(offered.pieces.get() + 1);
        offered.untaken.set(true);
    });
}

/// The connection has room again, or the answer is over: whatever is waited for now, it is not the client.
pub(crate) fn taken() {
    let _ = OFFERED.try_with(|offered| offered.untaken.set(false));
}

/// Does `work`, which sends answers, and gives it up with all that it holds once a piece of an answer was not taken within `limit`. The
/// clock is set only where the work stands still with a piece in hand.
pub(crate) async fn broken_off_after<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut clock) = (pin!(work), pin!(sleep(limit)));
    let mut waits_for = 0;
    let watched = poll_fn(|cx| {
        let polled = work.as_mut().poll(cx);
        // What a connection used is no instance's CPU time.
        cpu::lap();
        if let Poll::Ready(done) = polled {
            return Poll::Ready(Some(done));
        }
        let piece = OFFERED.with(|offered| offered.untaken.get().then(|| offered.pieces.get()));
        let Some(piece) = piece else { return Poll::Pending };
        if piece != waits_for {
            waits_for = piece;
            clock.as_mut().reset(Instant::now() + limit);
        }
        clock.as_mut().poll(cx).map(|()| None)
    });
    let done = OFFERED.scope(Offered::default(), watched).await;
    if done.is_none() {
        tracing::info!(target: "host::server", ?limit, "broke off an answer that its client did not take");
    }
    done
}

/// Runs the streams of HTTP/2 connections, each watched by itself: the others of its connection go on.
#[derive(Clone)]
pub(crate) struct Streams(pub(crate) Duration);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        tokio::spawn(broken_off_after(self.0, stream));
    }
}
