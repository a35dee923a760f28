//! Work beside the request: spawn and sleep.

use std::{pin::Pin, time::Duration};

/// A boxed future.
#[cfg(target_family = "wasm")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
/// A boxed future, `Send`.
#[cfg(not(target_family = "wasm"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs a future beside the caller. In a component it ends with the instance, without a guarantee:
/// durable work belongs in a job.
#[cfg(target_family = "wasm")]
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    crate::adapter::task::spawn(future);
}

/// Runs a future beside the caller, on the tokio runtime.
#[cfg(not(target_family = "wasm"))]
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    crate::adapter::task::spawn(future);
}

/// Runs the future of a request, so that what it spawns begins at once and can be waited for.
pub async fn starting_spawned<F: Future>(future: F) -> F::Output {
    crate::adapter::task::starting_spawned(future).await
}

/// Waits without blocking the instance.
pub async fn sleep(duration: Duration) {
    crate::adapter::task::sleep(duration).await;
}
