//! Tokio tasks.

use std::time::Duration;

use super::config::Settings;

/// The task has the settings and the trace of the one that spawns it.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    let future = telemetry::scope(telemetry::current(), future);
    match Settings::current() {
        Some(settings) => tokio::spawn(async move { settings.scope(future).await }),
        None => tokio::spawn(future),
    };
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Tokio starts a spawned task by itself.
pub(crate) async fn starting_spawned<F: Future>(future: F) -> F::Output {
    future.await
}
