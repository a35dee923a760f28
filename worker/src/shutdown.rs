//! When to stop: SIGTERM, SIGINT, or the death of the process that started this one.

use std::time::Duration;

use anyhow::Result;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// How often to check that the parent is alive.
const PARENT_EVERY: Duration = Duration::from_millis(500);

/// Signals all tasks that the worker stops.
#[derive(Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Watches for signals, and for the death of `parent`.
    pub(crate) fn watch(parent: Option<u32>) -> Result<Self> {
        let (sender, stop) = watch::channel(false);
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = orphaned(parent) => {}
            }
            let _ = sender.send(true);
        });
        Ok(Self(stop))
    }

    /// Whether a shutdown was requested.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the shutdown request.
    pub(crate) async fn asked(&mut self) {
        // The sender is dropped only after it has sent.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Waits until another process has become the parent, which happens when the original one has died.
async fn orphaned(parent: Option<u32>) {
    let Some(parent) = parent else { return std::future::pending().await };
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(PARENT_EVERY).await;
    }
}
