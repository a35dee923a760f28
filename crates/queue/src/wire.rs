//! The job as clients see it: the shape `Job` of `openapi/openapi.json`, sent by several components and in the worker's events.

use kernel::Timestamp;
use serde::Serialize;

use crate::{Failure, JobRecord};

/// `Failure` on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FailureBody {
    code: String,
    detail: String,
    hint: Option<String>,
}

impl From<&Failure> for FailureBody {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code.clone(), detail: failure.detail.clone(), hint: failure.hint.clone() }
    }
}

/// `Job` on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct JobBody {
    id: String,
    created_at: String,
    updated_at: String,
    kind: String,
    status: &'static str,
    progress: i32,
    step: Option<String>,
    attempts: i32,
    max_attempts: i32,
    error: Option<FailureBody>,
    document_id: Option<String>,
    space_id: Option<String>,
    run_at: String,
    started_at: Option<String>,
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
