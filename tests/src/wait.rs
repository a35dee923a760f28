//! Waiting for what another process does.

use std::time::Duration;

/// Waits until `holds`, which is asked every 50 ms.
///
/// # Panics
/// After 90 s, with `what`.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..1_800 {
        if holds().await {
            return;
        }
        ticks.tick().await;
    }
    panic!("waited 90 s without success: {what}");
}
