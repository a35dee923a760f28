//! `POST /api/v1/auth/login`: sign in with e-mail and password.

use api::{
    Call, Response,
    cookie::Cookie,
    login_response::{self, Tokens},
};
use http::StatusCode;
use identity::{
    device,
    sign_in::{self, SignInRequest},
    throttle::Attempt,
};
use kernel::{Code, Result};
use platform::pg::{Db, Source};
use serde::Deserialize;

use crate::{keys, outcome};

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
    let client = login_response::client(&call);
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let given =
        SignInRequest { email: &body.email, password: &body.password, tenant_slug: body.tenant.as_deref(), only: None };
    let nobody = Db::new(source.clone(), None);
    let shown = call.cookies(Cookie::Device).await?;
    let browser = device::recognise(&nobody, &keys.device, &shown, given.email, given.tenant_slug).await?;
    nobody.release().await;
    if let Some(browser) = browser {
        let attempt = Attempt::begin_at(&browser, &client.address).await?;
        let given = SignInRequest { only: Some(browser.user), ..given };
        let issued = sign_in::sign_in(source.clone(), &keys, given, client.clone(), &call.request_id).await;
        attempt.end(outcome::of(&issued)).await?;
        // Of another account with this address the browser is not known.
        let another = issued.as_ref().is_err_and(|problem| problem.code == Code::WrongCredentials) && !browser.alone;
        if !another {
            return login_response::respond(StatusCode::OK, &issued?.tokens, Tokens::of(&call)).await;
        }
    }
    let attempt = Attempt::begin_sign_in(given.email, given.tenant_slug, &client.address).await?;
    let issued = sign_in::sign_in(source, &keys, given, client, &call.request_id).await;
    attempt.end(outcome::of_sign_in(&issued)).await?;
    login_response::respond(StatusCode::OK, &issued?.tokens, Tokens::of(&call)).await
}
