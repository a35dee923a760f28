//! A forgotten password: asking for a link, and using it.

use api::{Call, Response};
use http::StatusCode;
use kernel::Result;
use passwords::reset;
use platform::pg::Source;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestReset {
    email: String,
    #[serde(default)]
    tenant: Option<String>,
}

#[derive(Serialize)]
struct ResetRequested {
    status: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResetPassword {
    token: String,
    password: String,
}

/// The same work and the same answer whether or not anybody has this address.
pub(crate) async fn request_reset(mut call: Call) -> Result<Response> {
    let body: RequestReset = call.json().await?;
    let source = Source::from_config().await?;
    reset::request(source, &body.email, body.tenant.as_deref(), &call.origin().address).await?;
    queue::wake().await;
    api::json(StatusCode::ACCEPTED, &ResetRequested { status: "accepted" })
}

pub(crate) async fn reset_password(mut call: Call) -> Result<Response> {
    let body: ResetPassword = call.json().await?;
    reset::complete(Source::from_config().await?, &body.token, &body.password, call.origin()).await?;
    api::no_content()
}
