//! Jobs.

use api::{Call, Response, wire};
use http::StatusCode;
use kernel::{Result, id::JobId};
use queue::wire::JobBody;

pub(crate) async fn list_jobs(call: Call) -> Result<Response> {
    let page = jobs::list_jobs(call.cx()?, call.query("status").as_deref(), call.page()?).await?;
    api::ok(&wire::list::<_, JobBody>("jobs", &page))
}

pub(crate) async fn get_job(call: Call) -> Result<Response> {
    api::ok(&JobBody::from(&jobs::get_job(call.cx()?, call.param("job_id")?).await?))
}

pub(crate) async fn cancel_job(call: Call) -> Result<Response> {
    let id: JobId = call.param("job_id")?;
    api::json(StatusCode::ACCEPTED, &JobBody::from(&jobs::cancel_job(call.cx()?, id).await?))
}

pub(crate) async fn retry_job(call: Call) -> Result<Response> {
    let id: JobId = call.param("job_id")?;
    let job = jobs::retry_job(call.cx()?, id).await?;
    queue::wake().await;
    api::json(StatusCode::ACCEPTED, &JobBody::from(&job))
}
