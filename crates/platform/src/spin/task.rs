//! Tasks of the component model.

use std::{cell::Cell, future::poll_fn, pin::pin, time::Duration};

thread_local! {
    /// Whether something was spawned since the executor looked.
    static HAS_SPAWNED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    note_spawned();
    spin_sdk::wasip3::spawn(starting_spawned(telemetry::scope(telemetry::current(), future)));
}

/// Notes that a task is spawned in this poll, by a library where it is not [`spawn`].
pub(crate) fn note_spawned() {
    HAS_SPAWNED.set(true);
}

/// Runs `future`, and starts what it spawns. The executor of wit-bindgen first polls a spawned task
/// at its next event: a caller that waits for nothing but that task would wait for ever. A wake-up
/// makes it poll once more.
pub(crate) async fn starting_spawned<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if HAS_SPAWNED.take() && polled.is_pending() {
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
}

pub(crate) async fn sleep(duration: Duration) {
    spin_sdk::time::sleep(duration).await;
}
