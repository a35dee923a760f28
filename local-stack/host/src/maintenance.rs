//! Maintenance mode: while a key in Redis exists, new requests get 503 `maintenance`, on every host
//! that shares the Redis. `worker maintenance` sets and removes it.
//!
//! What does not begin a request of a client continues: open responses, answers in the making,
//! schedules, calls between components. Components that say `in_maintenance` (files, health) are
//! served. If Redis does not answer, the mode stays what it was: a failure of Redis must neither
//! close a running installation nor open one in the middle of its maintenance. A host that has not
//! reached Redis since its start serves.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::redis::Server;

/// The key in Redis.
const KEY: &str = "maintenance";
/// How soon hosts notice a change.
const EVERY: Duration = Duration::from_secs(1);
/// Timeout of a look at the key.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest message that is shown, in characters.
const MAX_MESSAGE: usize = 500;

/// Whether the mode is on, and what people are told.
#[derive(Default)]
pub(crate) struct Maintenance {
    on: AtomicBool,
    message: Mutex<Arc<str>>,
}

/// The value of the key.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Notice {
    message: String,
}

impl Maintenance {
    /// The operator's message, empty if there is none; `None` while the mode is off.
    pub(crate) fn message(&self) -> Option<Arc<str>> {
        self.on
            .load(Relaxed)
            .then(|| self.message.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Looks at the key until the host stops.
    pub(crate) async fn watch(&self, server: Arc<Server>) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut was_known = true;
        loop {
            every.tick().await;
            let looked = tokio::time::timeout(TIMEOUT, look(&server)).await;
            match looked.unwrap_or_else(|_| Err(anyhow::anyhow!("Redis did not answer in time"))) {
                Ok(value) => {
                    self.set(value.as_deref());
                    was_known = true;
                }
                Err(error) => {
                    if was_known {
                        let on = self.on.load(Relaxed);
                        tracing::warn!(target: "host::maintenance", on, error = format!("{error:#}"), "the maintenance mode is unknown and stays as it was");
                    }
                    was_known = false;
                }
            }
        }
    }

    fn set(&self, value: Option<&[u8]>) {
        // A value that is not ours means the mode, too: someone set the key.
        let notice: Option<Notice> =
            value.map(|value| serde_json::from_slice(value).unwrap_or_default());
        let on = notice.is_some();
        let message: String = notice.unwrap_or_default().message;
        let message: Arc<str> = message.trim().chars().take(MAX_MESSAGE).collect::<String>().into();
        let before = std::mem::replace(
            &mut *self.message.lock().unwrap_or_else(PoisonError::into_inner),
            message.clone(),
        );
        let was_on = self.on.swap(on, Relaxed);
        match (was_on, on) {
            (_, true) if !was_on || before != message => {
                tracing::warn!(target: "host::maintenance", text = &*message, "maintenance mode is on: new requests get 503");
            }
            (true, false) => {
                tracing::warn!(target: "host::maintenance", "maintenance mode is off");
            }
            _ => {}
        }
    }
}

async fn look(server: &Server) -> Result<Option<Vec<u8>>> {
    let mut link = server
        .shared()
        .await
        .map_err(|error| anyhow::anyhow!("{error:?}"))
        .context("connecting")?;
    let found = redis::cmd("GET").arg(KEY).query_async(&mut link.connection).await;
    found.inspect_err(|error| link.note(error)).context("reading the key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_turns_it_on_whatever_its_value_and_its_absence_off() {
        let maintenance = Maintenance::default();
        assert_eq!(maintenance.message(), None);
        for (value, message) in [
            (r#"{"message": " Back at noon. "}"#, "Back at noon."),
            (r#"{"since": 1}"#, ""),
            ("on", ""),
        ] {
            maintenance.set(Some(value.as_bytes()));
            assert_eq!(maintenance.message().as_deref(), Some(message), "{value}");
        }
        maintenance.set(None);
        assert_eq!(maintenance.message(), None);
    }

    #[test]
    fn a_long_message_is_cut() {
        let maintenance = Maintenance::default();
        let value = serde_json::json!({ "message": "å".repeat(600) }).to_string();
        maintenance.set(Some(value.as_bytes()));
        assert_eq!(maintenance.message().unwrap().chars().count(), MAX_MESSAGE);
    }
}
