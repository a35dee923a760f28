//! Tokio tasks.

use std::time::Duration;

use super::config::Settings;

/// The task inherits the settings of the task that spawns it.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    match Settings::current() {
        Some(settings) => tokio::spawn(async move { settings.scope(future).await }),
        None => tokio::spawn(future),
    };
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}
