//! The events of jobs and documents, for clients that subscribe.

use kernel::Result;
use platform::redis::Redis;
use serde_json::Value;

/// About how many events are kept per tenant, for clients that resume.
pub const KEEP: u32 = 5_000;
/// How long after the last event the stream of a tenant expires.
pub const TTL_SECONDS: u32 = 24 * 3600;

/// The Redis stream of a tenant's events; `namespace` is the tenant's Redis namespace.
#[must_use]
pub fn stream(namespace: &str) -> String {
    format!("events:{namespace}")
}

/// Publishes an event to the clients; returns the event's id. The event has the shape `Event` of
/// `openapi/openapi.json`, plus `space_id`.
///
/// # Errors
/// `unavailable` if Redis does not answer.
pub async fn publish(redis: &Redis, namespace: &str, event: &Value) -> Result<String> {
    redis.append(&stream(namespace), &event.to_string(), KEEP, TTL_SECONDS).await
}
