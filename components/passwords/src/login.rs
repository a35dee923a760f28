//! `POST /api/v1/auth/login`: sign in with e-mail and password.

use api::{Call, Response, grant};
use http::StatusCode;
use identity::{
    Keys,
    attempts::{Attempt, Purpose},
    sign_in,
};
use kernel::Result;
use platform::pg::Source;
use serde::Deserialize;

use crate::outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
    #[serde(default)]
    tenant: Option<String>,
}

pub(crate) async fn login(mut call: Call) -> Result<Response> {
    let body: Login = call.json().await?;
    let client = grant::client(&call);
    let attempt = Attempt::begin(Purpose::SignIn, Some(&body.email), &client.address).await?;
    let (source, keys) = (Source::from_config().await?, Keys::from_config().await?);
    let tenant = body.tenant.as_deref();
    let granted = sign_in::sign_in(source, &keys, &body.email, &body.password, tenant, client, &call.request_id).await;
    attempt.end(outcome::of(&granted)).await?;
    grant::respond(StatusCode::OK, &granted?).await
}
