//! `POST /api/v1/auth/login`: sign in with e-mail and password.

use api::{Call, Response};
use http::StatusCode;
use identity::{Keys, sign_in};
use kernel::Result;
use platform::pg::Source;
use serde::Deserialize;

use crate::{attempts, grant};

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
    attempts::check(&body.email, &client.address).await?;
    let (source, keys) = (Source::from_config().await?, Keys::from_config().await?);
    let granted = sign_in::sign_in(
        source,
        &keys,
        &body.email,
        &body.password,
        body.tenant.as_deref(),
        client.clone(),
        &call.request_id,
    )
    .await;
    if granted.is_err() {
        attempts::count(&body.email, &client.address).await?;
    }
    grant::respond(StatusCode::OK, &granted?).await
}
