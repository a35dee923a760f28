//! The events of jobs and documents, for clients that subscribe.

use kernel::Result;
use platform::redis::Redis;
use serde_json::Value;

/// About so many events are kept for a tenant, for clients that resume.
pub const KEEP: u32 = 5_000;
/// A tenant's events are forgotten so long after the last one.
pub const TTL_SECONDS: u32 = 24 * 3600;

/// The Redis stream of the events of a tenant, whose Redis namespace this is.
#[must_use]
pub fn stream(namespace: &str) -> String {
    format!("events:{namespace}")
}

/// Publishes an event to the clients; returns the event's id. The event has the shape `Event` of `openapi/openapi.json`, and `space_id`.
///
/// # Errors
/// `unavailable` if Redis does not answer.
pub async fn publish(redis: &Redis, namespace: &str, event: &Value) -> Result<String> {
    redis.append(&stream(namespace), &event.to_string(), KEEP, TTL_SECONDS).await
}
