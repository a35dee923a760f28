//! `POST /api/v1/auth/password`: a new password for who knows the present one.

use api::{Call, Response, cookie::Cookie, login_response};
use identity::{account, device, throttle::Attempt};
use kernel::{Code, Problem, Result};
use serde::Deserialize;

use crate::{keys, outcome};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    current_password: String,
    password: String,
}

pub(crate) async fn change_password(mut call: Call) -> Result<Response> {
    let body: ChangePassword = call.json().await?;
    let (user, cx, keys) = (call.user()?, call.cx()?, keys::of_instance().await?);
    let (shown, slug) = (call.cookies(Cookie::Device).await?, Some(user.tenant_slug.as_str()));
    let browser = device::recognise(&cx.db, &keys.device, &shown, &user.email, slug).await?;
    let address = login_response::client(&call).address;
    // A stolen token must not become a way to guess the password.
    let attempt = match browser.filter(|browser| browser.user == user.id) {
        Some(browser) => Attempt::begin_at(&browser, &address).await?,
        None => Attempt::begin_sign_in(&user.email, slug, &address).await?,
    };
    let changed =
        account::change_password(cx, &keys.device, call.session()?, &body.current_password, &body.password).await;
    attempt.end(outcome::of(&changed)).await?;
    match changed {
        // Not a 401: the session is good, and a client must not sign in again over it.
        Err(problem) if problem.code == Code::WrongCredentials => {
            Err(Problem::invalid_field("/current_password", problem.detail))
        }
        Err(problem) => Err(problem),
        Ok(device) => {
            let mut response = api::no_content()?;
            login_response::set_device(&mut response, &device).await?;
            Ok(response)
        }
    }
}
