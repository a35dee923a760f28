//! Jobs of the organisation, for its administrators.

use api::{AcceptedJson, Call, Json, List};
use contract::Schema;
use kernel::{Result, id::JobId};
use queue::wire::JobBody;
use serde::Serialize;

/// What waits, runs and needs a person.
#[derive(Schema, Serialize)]
#[schema(name = "QueueSummary")]
pub(crate) struct SummaryBody {
    /// Jobs that wait for their time or a worker.
    queued: i64,
    running: i64,
    /// Jobs that failed for good, and were neither retried nor discarded.
    failed: i64,
    /// Since when the oldest job waits that is due; null: none does.
    #[schema(as = DateTime)]
    oldest_due_at: Option<String>,
}

pub(crate) async fn list_organisation_jobs(call: Call) -> Result<List<JobBody>> {
    let status = call.query("status");
    let page = jobs::list_organisation_jobs(call.cx()?, status.as_deref(), call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn get_queue_summary(call: Call) -> Result<Json<SummaryBody>> {
    let found = jobs::get_queue_summary(call.cx()?).await?;
    api::ok(&SummaryBody {
        queued: found.queued,
        running: found.running,
        failed: found.failed,
        oldest_due_at: found.oldest_due_at.map(|at| at.to_string()),
    })
}

pub(crate) async fn retry_organisation_job(call: Call) -> Result<AcceptedJson<JobBody>> {
    let id: JobId = call.param("job_id")?;
    api::json(&JobBody::from(&jobs::retry_organisation_job(call.cx()?, id).await?))
}

pub(crate) async fn discard_organisation_job(call: Call) -> Result<AcceptedJson<JobBody>> {
    let id: JobId = call.param("job_id")?;
    api::json(&JobBody::from(&jobs::discard_organisation_job(call.cx()?, id).await?))
}
