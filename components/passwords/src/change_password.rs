//! `POST /api/v1/auth/password`: a new password for who knows the present one.

use api::{Call, Response, grant};
use identity::{
    attempts::{Attempt, Purpose},
    own,
};
use kernel::{Code, Problem, Result};
use serde::Deserialize;

use crate::outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    current_password: String,
    password: String,
}

pub(crate) async fn change_password(mut call: Call) -> Result<Response> {
    let body: ChangePassword = call.json().await?;
    let (email, address) = (call.user()?.email.clone(), grant::client(&call).address);
    // A stolen token must not become a way to guess the password.
    let attempt = Attempt::begin(Purpose::SignIn, Some(&email), &address).await?;
    let changed = own::change_password(call.cx()?, call.session()?, &body.current_password, &body.password).await;
    attempt.end(outcome::of(&changed)).await?;
    match changed {
        // Not a 401: the session is good, and a client must not sign in again over it.
        Err(problem) if problem.code == Code::WrongCredentials => {
            Err(Problem::invalid_field("/current_password", problem.detail))
        }
        Err(problem) => Err(problem),
        Ok(()) => api::no_content(),
    }
}
