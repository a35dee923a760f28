//! The clocks of an instance, polled outside the guest's event loop, so that a busy guest cannot
//! stop them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::cpu;
use crate::instance::{EndReason, Meter};
use crate::runtime_config::ComponentPolicy;

/// A deadline far in the future.
const FAR: Duration = Duration::from_secs(86_400 * 365);

/// What an instance is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing that must be finished.
    Idle,
    /// Requests wait for their response head.
    Requests,
    /// All requests have theirs; bodies, or tasks that the guest spawned, are not finished.
    PostReturn,
}

/// A timer for a deadline that moves: it is set again only to an earlier one, or when it has
/// fired. Deadlines that move away with every request cost nothing.
pub(crate) struct MovingTimer(Pin<Box<Sleep>>);

impl MovingTimer {
    pub(crate) fn new() -> Self {
        Self(Box::pin(tokio::time::sleep(FAR)))
    }

    /// Ready once `deadline` has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        while self.0.as_mut().poll(cx).is_ready() {
            if deadline <= tokio::time::Instant::now() {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// The clocks of an instance.
pub(crate) struct Clocks {
    policy: ComponentPolicy,
    meter: Arc<Meter>,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    timer: MovingTimer,
}

impl Clocks {
    /// `draining` ends an idle instance.
    pub(crate) fn new(
        policy: ComponentPolicy,
        meter: Arc<Meter>,
        draining: WaitForCancellationFutureOwned,
    ) -> Self {
        Self { policy, meter, draining: Box::pin(draining), timer: MovingTimer::new() }
    }

    /// Ready once the instance is to end. Every poll of an instance that returns pending ends here.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        status: Status,
        since: Instant,
    ) -> Poll<()> {
        let (limit, reason) = match status {
            Status::Idle => (self.policy.idle, EndReason::None),
            Status::Requests => (self.policy.request, EndReason::Request),
            Status::PostReturn => (self.policy.post_return, EndReason::PostReturn),
        };
        if self.meter.divide_cpu(cpu::lap()) && status != Status::Idle {
            self.meter.end(EndReason::Cpu);
            return Poll::Ready(());
        }
        // Polled, so that the drain of the host wakes an idle instance.
        if status == Status::Idle && self.draining.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // A body that moves restarts the clock.
        let since =
            if status == Status::Idle { since } else { since.max(self.meter.last_activity()) };
        let polled = self.timer.poll(cx, since + limit);
        if polled.is_ready() {
            self.meter.end(reason);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn a_timer_follows_its_deadline_forwards_and_back() {
        let (begin, mut timer) = (Instant::now(), MovingTimer::new());
        let later = |ms| begin + Duration::from_millis(ms);
        assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx, later(10)))).await.is_pending());
        poll_fn(|cx| timer.poll(cx, later(30))).await;
        assert!(begin.elapsed() >= Duration::from_millis(30), "it has moved on");
        assert!(poll_fn(|cx| Poll::Ready(timer.poll(cx, later(60_000)))).await.is_pending());
        poll_fn(|cx| timer.poll(cx, later(40))).await;
        assert!(begin.elapsed() < Duration::from_secs(30), "it has moved back");
    }
}
