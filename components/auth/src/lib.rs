#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod api_keys;
mod attempts;
mod complete_setup;
mod get_me;
mod get_setup;
mod grant;
mod invitation;
mod login;
mod logout;
mod own;
mod refresh;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET public] "/api/v1/auth/setup" => get_setup::get_setup;
    [POST public] "/api/v1/auth/setup" => complete_setup::complete_setup;
    [POST public] "/api/v1/auth/invitation" => invitation::read_invitation;
    [POST public] "/api/v1/auth/invitation/accept" => invitation::accept_invitation;
    [POST public] "/api/v1/auth/login" => login::login;
    [POST public] "/api/v1/auth/refresh" => refresh::refresh;
    [POST Account] "/api/v1/auth/logout" => logout::logout;
    [GET Account] "/api/v1/auth/sessions" => own::list_sessions;
    [DELETE Account] "/api/v1/auth/sessions/{session_id}" => own::end_session;
    [POST Account] "/api/v1/auth/password" => own::change_password;
    [GET Account] "/api/v1/api-keys" => api_keys::list_api_keys;
    [POST Account] "/api/v1/api-keys" => api_keys::create_api_key;
    [DELETE Account] "/api/v1/api-keys/{api_key_id}" => api_keys::revoke_api_key;
    [GET Profile] "/api/v1/me" => get_me::get_me;
};

async fn handle(request: Request) -> Response {
    api::serve("auth", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
