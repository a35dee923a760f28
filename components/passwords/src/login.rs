//! `POST /api/v1/auth/login`: sign in with e-mail and password.

use api::{
    Call, Response,
    cookie::Cookie,
    login_response::{self, Tokens},
};
use http::StatusCode;
use kernel::Result;
use passwords::sign_in::{self, SignInRequest};
use platform::pg::Source;
use serde::Deserialize;

use crate::keys;

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
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let devices = call.cookies(Cookie::Device).await?;
    let given = SignInRequest {
        email: &body.email,
        password: &body.password,
        tenant_slug: body.tenant.as_deref(),
        devices: &devices,
    };
    let issued = sign_in::sign_in(source, &keys, given, login_response::client(&call), &call.request_id).await?;
    login_response::respond(StatusCode::OK, &issued, Tokens::of(&call)).await
}
