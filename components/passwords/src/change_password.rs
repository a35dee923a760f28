//! `POST /api/v1/auth/password`: sets a new password, given the current one.

use api::{CallWith, NoContent, cookie::Cookie, login_response};
use contract::Schema;
use kernel::{Code, Problem, ReasonCode, Result};
use passwords::PasswordChange;
use serde::Deserialize;

use crate::keys;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    current_password: String,
    #[schema(length(min = 10, max = 128))]
    password: String,
}

pub(crate) async fn change_password(mut call: CallWith<ChangePassword>) -> Result<NoContent> {
    let body: ChangePassword = call.json().await?;
    let keys = keys::of_instance().await?;
    let change = PasswordChange {
        current: &body.current_password,
        new: &body.password,
        session: call.session()?,
        devices: &call.cookies(Cookie::Device).await?,
        address: &call.origin().address,
    };
    match passwords::change_password(call.cx()?, &keys.device, call.user()?, change).await {
        // Not a 401: the session is valid, and a client must not sign in again because of it.
        Err(problem) if problem.code == Code::WrongCredentials => Err(Problem::refused_field(
            "/current_password",
            ReasonCode::PasswordWrong,
            problem.detail,
        )),
        Err(problem) => Err(problem),
        Ok(device) => {
            let mut response = api::no_content()?;
            login_response::set_device(response.response_mut(), &device).await?;
            Ok(response)
        }
    }
}
