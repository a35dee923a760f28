//! Tokio tasks.

use std::time::Duration;

pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future);
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}
