//! `POST /api/v1/auth/setup`: create the first administrator with the printed one-time token, and
//! sign them in.

use api::{
    CallWith, CreatedJson,
    login_response::{self, LoginResult, Tokens},
};
use contract::Schema;
use kernel::Result;
use passwords::bootstrap;
use platform::pg::Source;
use serde::Deserialize;

use crate::keys;

/// Create the first administrator with the one-time set-up token.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    token: String,
    #[schema(length(min = 1, max = 100))]
    organisation: String,
    #[schema(length(min = 1, max = 100))]
    display_name: String,
    #[schema(length(min = 3, max = 320))]
    email: String,
    #[schema(length(min = 10, max = 128))]
    password: String,
}

pub(crate) async fn complete_setup(
    mut call: CallWith<Setup>,
) -> Result<CreatedJson<LoginResult<'static>>> {
    let body: Setup = call.json().await?;
    let who = bootstrap::Administrator {
        organisation: body.organisation,
        display_name: body.display_name,
        email: body.email,
        password: body.password,
    };
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let issued = bootstrap::complete(
        source,
        &keys.session,
        &body.token,
        &who,
        login_response::client(&call),
        &call.request_id,
    )
    .await?;
    login_response::respond(&issued, Tokens::of(&call)).await?.at("/api/v1/me")
}
