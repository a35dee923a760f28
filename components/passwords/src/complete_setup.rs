//! `POST /api/v1/auth/setup`: make the first administrator with the printed one-time token, and sign them in.

use api::{
    Call, Response,
    login_response::{self, Tokens},
};
use http::StatusCode;
use kernel::Result;
use passwords::bootstrap;
use platform::pg::Source;
use serde::Deserialize;

use crate::keys;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    token: String,
    organisation: String,
    display_name: String,
    email: String,
    password: String,
}

pub(crate) async fn complete_setup(mut call: Call) -> Result<Response> {
    let body: Setup = call.json().await?;
    let who = bootstrap::Administrator {
        organisation: body.organisation,
        display_name: body.display_name,
        email: body.email,
        password: body.password,
    };
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let issued =
        bootstrap::complete(source, &keys.session, &body.token, &who, login_response::client(&call), &call.request_id)
            .await?;
    let mut response = login_response::respond(StatusCode::CREATED, &issued, Tokens::of(&call)).await?;
    response.headers_mut().insert(http::header::LOCATION, http::HeaderValue::from_static("/api/v1/me"));
    Ok(response)
}
