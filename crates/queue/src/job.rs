//! A kind of job, and how a job is queued.

use std::time::Duration;

use kernel::id::{DocumentId, JobId, SpaceId, UserId};
use platform::{pg::Value, telemetry};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::Lane;

/// A kind of job. The type is its payload; the domain that queues it defines it, and
/// `worker/src/jobs` implements how it runs.
pub trait Job: Serialize + DeserializeOwned + Send {
    /// The spelling in the database, for example `ingest_document`.
    const KIND: &'static str;
    /// Which slots it takes. None: `short` or `long`, by the size of its document.
    const LANE: Option<Lane>;
    /// How many attempts may fail; crashes of a worker do not count.
    const MAX_ATTEMPTS: i32 = 3;
    /// An attempt that takes longer is stopped and counts as failed.
    const TIMEOUT: Duration;
}

/// A job to be queued, in the current trace: the parameter of the SQL function
/// `enqueue_job(jsonb)`, which a store calls in the statement that writes what the job is about, so
/// that neither exists without the other.
#[derive(Clone, PartialEq, Debug)]
pub struct NewJob(serde_json::Map<String, serde_json::Value>);

impl NewJob {
    /// A job of the caller's tenant, due at once.
    #[must_use]
    pub fn new<J: Job>(id: JobId, job: &J) -> Self {
        let mut new = Self::template::<J>();
        new.0.insert("id".to_owned(), json!(id.to_string()));
        new.0.insert("payload".to_owned(), json!(job));
        new
    }

    /// What all jobs of a kind share, for a statement that queues several: it adds `id`,
    /// `tenant_id` and `payload` itself.
    #[must_use]
    pub fn template<J: Job>() -> Self {
        let members = [
            ("kind", json!(J::KIND)),
            ("lane", json!(J::LANE.map(Lane::as_str))),
            ("max_attempts", json!(J::MAX_ATTEMPTS)),
        ];
        let new = Self(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        match telemetry::current() {
            Some(trace) => new.with("traceparent", &trace.to_string()),
            None => new,
        }
    }

    /// Adds the space whose members see it.
    #[must_use]
    pub fn in_space(self, space: SpaceId) -> Self {
        self.with("space_id", &space.to_string())
    }

    /// Adds its lane, where a kind has none of its own and the size of the document misleads.
    #[must_use]
    pub fn in_lane(self, lane: Lane) -> Self {
        self.with("lane", lane.as_str())
    }

    /// Adds the document that it is about.
    #[must_use]
    pub fn about(self, document: DocumentId) -> Self {
        self.with("document_id", &document.to_string())
    }

    /// Adds the user who caused it.
    #[must_use]
    pub fn created_by(self, user: UserId) -> Self {
        self.with("created_by", &user.to_string())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), json!(value));
        self
    }
}

impl From<NewJob> for Value {
    fn from(job: NewJob) -> Self {
        serde_json::Value::Object(job.0).into()
    }
}
