//! Jobs.

use api::{AcceptedJson, Call, Json, List};
use kernel::{Result, id::JobId};
use queue::wire::JobBody;

contract::shape! {
    pub(crate) struct JobsParameters {
        status: Option<String>,
    }
}

pub(crate) async fn list_jobs(call: Call) -> Result<List<JobBody>> {
    let page = jobs::list_jobs(call.cx()?, call.query("status").as_deref(), call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn get_job(call: Call) -> Result<Json<JobBody>> {
    api::ok(&JobBody::from(&jobs::get_job(call.cx()?, call.param("job_id")?).await?))
}

pub(crate) async fn cancel_job(call: Call) -> Result<AcceptedJson<JobBody>> {
    let id: JobId = call.param("job_id")?;
    api::json(&JobBody::from(&jobs::cancel_job(call.cx()?, id).await?))
}

pub(crate) async fn retry_job(call: Call) -> Result<AcceptedJson<JobBody>> {
    let id: JobId = call.param("job_id")?;
    let job = jobs::retry_job(call.cx()?, id).await?;
    queue::wake().await;
    api::json(&JobBody::from(&job))
}
