//! A forgotten password: asking for a link, and using it.

use api::{Call, Response, login_response};
use http::StatusCode;
use identity::{
    reset,
    throttle::{self, Attempt, Purpose},
};
use kernel::{Result, text};
use platform::pg::Source;
use serde::{Deserialize, Serialize};

use crate::outcome;

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

/// The same work and the same answer whether or not anybody has this address; every request counts.
pub(crate) async fn request_reset(mut call: Call) -> Result<Response> {
    let body: RequestReset = call.json().await?;
    let email = text::email("/email", &body.email)?;
    Attempt::begin(Purpose::PasswordReset, Some(&email), &login_response::client(&call).address).await?;
    reset::request(Source::from_config().await?, &email, body.tenant.as_deref()).await?;
    queue::wake().await;
    api::json(StatusCode::ACCEPTED, &ResetRequested { status: "accepted" })
}

pub(crate) async fn reset_password(mut call: Call) -> Result<Response> {
    let body: ResetPassword = call.json().await?;
    let attempt = Attempt::begin(Purpose::Link, None, &login_response::client(&call).address).await?;
    let done = reset::complete(Source::from_config().await?, &body.token, &body.password, call.origin()).await;
    attempt.end(outcome::of(&done)).await?;
    // Whoever reads the mailbox need not wait because somebody else guessed.
    throttle::forget(&done?).await?;
    api::no_content()
}
