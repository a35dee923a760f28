//! The job as clients see it: the shape `Job` of `openapi/openapi.json`, sent by several components
//! and in the worker's events.

use contract::Schema;
use kernel::Timestamp;
use serde::Serialize;

use crate::{Failure, JobRecord};

contract::words! {
    /// How a job stands.
    JobStatus = ["queued", "running", "succeeded", "failed", "dead", "cancelled"];
}

/// Why something failed, in words a person can act on.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
pub struct FailureBody {
    code: String,
    detail: String,
    hint: Option<String>,
}

impl From<&Failure> for FailureBody {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.clone(),
            detail: failure.detail.clone(),
            hint: failure.hint.clone(),
        }
    }
}

/// A piece of long work.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
#[schema(list = "jobs")]
pub struct JobBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = DateTime)]
    created_at: String,
    #[schema(as = DateTime)]
    updated_at: String,
    kind: String,
    #[schema(as = JobStatus)]
    status: &'static str,
    progress: i32,
    /// What it is doing now.
    step: Option<String>,
    attempts: i32,
    max_attempts: i32,
    error: Option<FailureBody>,
    #[schema(as = Uuid)]
    document_id: Option<String>,
    #[schema(as = Uuid)]
    space_id: Option<String>,
    #[schema(as = DateTime)]
    run_at: String,
    #[schema(as = DateTime)]
    started_at: Option<String>,
    #[schema(as = DateTime)]
    finished_at: Option<String>,
}

impl From<&JobRecord> for JobBody {
    fn from(job: &JobRecord) -> Self {
        let iso = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: job.id.to_string(),
            created_at: job.created_at.to_string(),
            updated_at: job.updated_at.to_string(),
            kind: job.kind.clone(),
            status: job.status.as_str(),
            progress: job.progress,
            step: job.step.clone(),
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            error: job.failure.as_ref().map(FailureBody::from),
            document_id: job.document_id.map(|id| id.to_string()),
            space_id: job.space_id.map(|id| id.to_string()),
            run_at: job.run_at.to_string(),
            started_at: iso(job.started_at),
            finished_at: iso(job.finished_at),
        }
    }
}
