#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod change_password;
mod complete_setup;
mod get_setup;
mod invitation;
mod keys;
mod login;
mod outcome;
mod reset;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET public] "/api/v1/auth/setup" => get_setup::get_setup;
    [POST public] "/api/v1/auth/setup" => complete_setup::complete_setup;
    [POST public] "/api/v1/auth/invitation" => invitation::read_invitation;
    [POST public] "/api/v1/auth/invitation/accept" => invitation::accept_invitation;
    [POST public] "/api/v1/auth/login" => login::login;
    [POST public] "/api/v1/auth/password/forgotten" => reset::request_reset;
    [POST public] "/api/v1/auth/password/reset" => reset::reset_password;
    [POST Account] "/api/v1/auth/password" => change_password::change_password;
};

async fn handle(request: Request) -> Response {
    api::serve("passwords", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
