//! The trace that a future belongs to. It is set for each poll and taken back after it, so that the
//! requests that share an instance or a thread never see each other's.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::TraceContext;

thread_local! {
    static CURRENT: Cell<Option<TraceContext>> = const { Cell::new(None) };
}

pin_project! {
    /// A future with its trace; [`scope`] makes it.
    pub struct TraceScope<F> {
        trace: Option<TraceContext>,
        #[pin]
        future: F,
    }
}

/// The future, for which [`current`] is `trace` whenever it runs.
pub fn scope<F: Future>(trace: Option<TraceContext>, future: F) -> TraceScope<F> {
    TraceScope { trace, future }
}

/// The trace of the work that runs now; None outside of [`scope`].
#[must_use]
pub fn current() -> Option<TraceContext> {
    CURRENT.get()
}

/// Gives back what was there before, also if a poll panics.
struct Restore(Option<TraceContext>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

impl<F: Future> Future for TraceScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _restore = Restore(CURRENT.replace(*this.trace));
        this.future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn interleaved_futures_see_their_own_trace_only() {
        let (one, two) = (TraceContext::root(), TraceContext::root());
        let seen = |trace| {
            Box::pin(scope(Some(trace), async move {
                for _ in 0..3 {
                    assert_eq!(current(), Some(trace));
                    yield_once().await;
                }
            }))
        };
        let (mut first, mut second) = (seen(one), seen(two));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..4 {
            let _ = (first.as_mut().poll(&mut cx), second.as_mut().poll(&mut cx));
            assert_eq!(current(), None);
        }
    }

    #[test]
    fn an_inner_scope_ends_with_its_future() {
        let (outer, inner) = (TraceContext::root(), TraceContext::root());
        let mut nested = Box::pin(scope(Some(outer), async move {
            scope(Some(inner), async move { assert_eq!(current(), Some(inner)) }).await;
            current()
        }));
        let polled = nested.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(Some(outer)));
    }

    async fn yield_once() {
        let mut yielded = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
