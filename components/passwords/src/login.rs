//! `POST /api/v1/auth/login`: sign in with e-mail and password.

use api::{
    CallWith, Json,
    cookie::Cookie,
    login_response::{self, LoginResult, Tokens},
};
use contract::Schema;
use kernel::Result;
use passwords::sign_in::{self, SignInRequest};
use platform::pg::Source;
use serde::Deserialize;

use crate::keys;

/// Sign in.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(length(min = 3, max = 320))]
    email: String,
    #[schema(length(min = 1, max = 128))]
    password: String,
    /// Slug; needed only where the same address exists in several tenants.
    #[serde(default)]
    tenant: Option<String>,
}

pub(crate) async fn login(mut call: CallWith<Login>) -> Result<Json<LoginResult<'static>>> {
    let body: Login = call.json().await?;
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let devices = call.cookies(Cookie::Device).await?;
    let given = SignInRequest {
        email: &body.email,
        password: &body.password,
        tenant_slug: body.tenant.as_deref(),
        devices: &devices,
    };
    let issued =
        sign_in::sign_in(source, &keys, given, login_response::client(&call), &call.request_id)
            .await?;
    login_response::respond(&issued, Tokens::of(&call)).await
}
