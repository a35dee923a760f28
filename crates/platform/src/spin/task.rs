//! Tasks of the component model.

use std::time::Duration;

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    spin_sdk::wasip3::spawn(telemetry::scope(telemetry::current(), future));
}

pub(crate) async fn sleep(duration: Duration) {
    spin_sdk::time::sleep(duration).await;
}
