#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

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
    public [GET] "/api/v1/auth/setup" => get_setup::get_setup;
    public [POST] "/api/v1/auth/setup" => complete_setup::complete_setup;
    public [POST] "/api/v1/auth/invitation" => invitation::read_invitation;
    public [POST] "/api/v1/auth/invitation/accept" => invitation::accept_invitation;
    public [POST] "/api/v1/auth/login" => login::login;
    public [POST] "/api/v1/auth/refresh" => refresh::refresh;
    [POST] "/api/v1/auth/logout" => logout::logout;
    [GET] "/api/v1/auth/sessions" => own::list_sessions;
    [DELETE] "/api/v1/auth/sessions/{session_id}" => own::end_session;
    [POST] "/api/v1/auth/password" => own::change_password;
    [GET] "/api/v1/me" => get_me::get_me;
};

async fn handle(request: Request) -> Response {
    api::serve("auth", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
