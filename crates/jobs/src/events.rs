//! News of jobs and documents, for whoever watches.

use kernel::{
    Result,
    id::{CollectionId, DocumentId, SpaceId, TenantId},
};
use platform::redis::Redis;
use serde_json::{Value, json};

use crate::{
    Failure, Job,
    wire::{FailureBody, JobBody},
};

/// About so many events are kept for a tenant, for clients that resume.
pub const KEEP: u32 = 5_000;
/// A tenant's events are forgotten so long after the last one.
pub const TTL_SECONDS: u32 = 24 * 3600;

/// The Redis stream of a tenant's events.
#[must_use]
pub fn stream(tenant: TenantId) -> String {
    format!("events:{tenant}")
}

/// Tells everybody who watches; returns the event's id.
///
/// # Errors
/// `unavailable` where Redis does not answer.
pub async fn publish(redis: &Redis, tenant: TenantId, event: &Value) -> Result<String> {
    redis.append(&stream(tenant), &event.to_string(), KEEP, TTL_SECONDS).await
}

/// A job has changed.
#[must_use]
pub fn job(job: &Job) -> Value {
    json!({ "type": "job", "space_id": job.space_id.map(|id| id.to_string()), "job": JobBody::from(job) })
}

/// What is told of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentNews {
    /// Which.
    pub document: DocumentId,
    /// Its collection.
    pub collection: CollectionId,
    /// The space whose members may know.
    pub space: SpaceId,
    /// Its status, as the database spells it.
    pub status: String,
    /// Percent.
    pub progress: i32,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// A document has changed.
#[must_use]
pub fn document(news: &DocumentNews) -> Value {
    json!({
        "type": "document",
        "space_id": news.space.to_string(),
        "document_id": news.document.to_string(),
        "collection_id": news.collection.to_string(),
        "status": news.status,
        "progress": news.progress,
        "failure": news.failure.as_ref().map(FailureBody::from),
    })
}
