#![doc = include_str!("../README.md")]

mod account;
mod api_keys;
mod get_me;
mod keys;
mod logout;
mod oidc;
mod refresh;

const ROUTES: &[api::Route] = api::routes! {
    /// Rotate the refresh token; reuse of an old one ends the session
    [POST public] "/api/v1/auth/refresh" => refresh::refresh;
    /// How can people of an organisation sign in?
    [GET public] "/api/v1/auth/providers" ? oidc::TenantParameter => oidc::list_sign_in_ways;
    /// Sign in with the organisation's provider: goes there
    ///
    /// A failure goes to /sign-in?error=<code>&correlation=<request id>.
    [GET public] "/api/v1/auth/oidc/start" ? oidc::StartParameters => oidc::start_oidc_login;
    /// Back from the installation's shared provider: begins the session
    ///
    /// A failure goes to /sign-in?error=<code>&correlation=<request id>.
    [GET public] "/api/v1/auth/oidc/callback" ? oidc::CallbackParameters => oidc::finish_oidc_login;
    /// Back from the organisation's own provider: begins the session
    ///
    /// A failure goes to /sign-in?error=<code>&correlation=<request id>.
    [GET public] "/api/v1/auth/oidc/callback/{tenant_id}" ? oidc::TenantCallbackParameters => oidc::finish_tenant_oidc_login;
    /// A provider ends sessions (back-channel logout)
    [POST public] "/api/v1/auth/oidc/backchannel-logout" => oidc::end_oidc_sessions;
    /// End this session
    [POST Account] "/api/v1/auth/logout" => logout::logout;
    /// List one's own sessions
    [GET Account] "/api/v1/auth/sessions" ? api::wire::PageParameters => account::list_sessions;
    /// End one of one's own sessions
    [DELETE Account] "/api/v1/auth/sessions/{session_id}" => account::end_session;
    /// List one's own API keys
    [GET Account] "/api/v1/api-keys" => api_keys::list_api_keys;
    /// Make an API key, for all that one may or for one assistant; needs a session, not a key
    [POST Account] "/api/v1/api-keys" => api_keys::create_api_key;
    /// Revoke one of one's own API keys
    [DELETE Account] "/api/v1/api-keys/{api_key_id}" => api_keys::revoke_api_key;
    /// Who am I
    [GET Profile] "/api/v1/me" => get_me::get_me;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("auth", ROUTES)
}

api::component!(super::router);
