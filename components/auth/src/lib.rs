#![doc = include_str!("../README.md")]

mod account;
mod api_keys;
mod get_me;
mod keys;
mod logout;
mod oidc;
mod refresh;

const ROUTES: &[api::Route] = api::routes! {
    [POST public] "/api/v1/auth/refresh" => refresh::refresh;
    [GET public] "/api/v1/auth/providers" => oidc::list_sign_in_ways;
    [GET public] "/api/v1/auth/oidc/start" => oidc::start_oidc_login;
    [GET public] "/api/v1/auth/oidc/callback" => oidc::finish_oidc_login;
    [GET public] "/api/v1/auth/oidc/callback/{tenant_id}" => oidc::finish_tenant_oidc_login;
    [POST public] "/api/v1/auth/oidc/backchannel-logout" => oidc::end_oidc_sessions;
    [POST Account] "/api/v1/auth/logout" => logout::logout;
    [GET Account] "/api/v1/auth/sessions" => account::list_sessions;
    [DELETE Account] "/api/v1/auth/sessions/{session_id}" => account::end_session;
    [GET Account] "/api/v1/api-keys" => api_keys::list_api_keys;
    [POST Account] "/api/v1/api-keys" => api_keys::create_api_key;
    [DELETE Account] "/api/v1/api-keys/{api_key_id}" => api_keys::revoke_api_key;
    [GET Profile] "/api/v1/me" => get_me::get_me;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("auth", ROUTES)
}

api::component!(super::router);
