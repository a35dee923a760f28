//! Spans: named parts of a trace, given to a recorder when they end.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use crate::{TraceContext, current, scope};

/// A span that has ended.
#[derive(Clone, Copy, Debug)]
pub struct FinishedSpan {
    /// What was done; a word of the code, never of a user.
    pub name: &'static str,
    /// Its own context.
    pub trace: TraceContext,
    /// The context that it began in.
    pub parent: TraceContext,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub duration: Duration,
}

type Recorder = Box<dyn Fn(&FinishedSpan) + Send + Sync>;

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Gives every finished span of a sampled trace to `recorder`, which must not block. False if the
/// process has one already.
pub fn record_spans(recorder: impl Fn(&FinishedSpan) + Send + Sync + 'static) -> bool {
    RECORDER.set(Box::new(recorder)).is_ok()
}

/// Runs the future as a span of the current trace. Without a trace, or without a recorder, it only
/// runs.
#[expect(
    clippy::disallowed_methods,
    reason = "a span is on the system's time, whatever a test has set"
)]
pub async fn in_span<F: Future>(name: &'static str, future: F) -> F::Output {
    let (Some(parent), Some(record)) =
        (current().filter(|trace| trace.is_sampled()), RECORDER.get())
    else {
        return future.await;
    };
    let (trace, began, clock) = (parent.child(), SystemTime::now(), Instant::now());
    let output = scope(Some(trace), future).await;
    record(&FinishedSpan { name, trace, parent, began, duration: clock.elapsed() });
    output
}
