//! Signing in with the organisation's own provider (OpenID Connect).

use api::{Call, Response, cookie::Cookie, login_response};
use credentials::session::IssuedTokens;
use http::{StatusCode, header};
use kernel::{Code, Problem, Result};
use platform::{
    log::{self, Level},
    pg::Source,
    serve,
};
use serde::Serialize;
use serde_json::json;
use sso::{
    Callback, backchannel,
    login::{self, AuthorizationRequest, CallbackParams},
    sign_in,
};

use crate::keys;

#[derive(Serialize)]
struct WaysBody {
    password: bool,
    providers: Vec<ProviderBody>,
}

#[derive(Serialize)]
struct ProviderBody {
    name: String,
    start_url: String,
}

pub(crate) async fn list_sign_in_ways(call: Call) -> Result<Response> {
    let slug = call.query("tenant");
    // An unknown organisation answers as one without a provider: nobody can find out who is a customer.
    let tenant = login::sso_tenant(Source::from_config().await?, slug.as_deref()).await?;
    let provider = |tenant: login::SsoTenant| ProviderBody {
        name: tenant.provider,
        start_url: format!("/api/v1/auth/oidc/start?tenant={}", tenant.slug),
    };
    api::ok(&WaysBody { password: true, providers: tenant.map(provider).into_iter().collect() })
}

fn redirect(location: &str) -> Result<Response> {
    let builder = http::Response::builder().status(StatusCode::FOUND).header(header::LOCATION, location);
    builder.header(header::REFERRER_POLICY, "no-referrer").body(serve::empty()).map_err(Problem::internal)
}

/// A page of ours that says it failed, with what to quote; why is in the log only.
fn failed(problem: &Problem, request_id: &str) -> Result<Response> {
    let members =
        [("request_id", json!(request_id)), ("error", json!(problem.code.as_str())), ("cause", json!(problem.cause))];
    log::line(Level::Warn, "auth", "a sign-in at a provider failed", &members);
    redirect(&format!("/sign-in?error={}&correlation={request_id}", problem.code.as_str()))
}

pub(crate) async fn start_oidc_login(call: Call) -> Result<Response> {
    let (slug, return_to) = (call.query("tenant"), call.query("return_to"));
    match begin(&call, slug.as_deref(), return_to.as_deref()).await {
        Ok(AuthorizationRequest { location, browser }) => {
            let mut response = redirect(&location)?;
            login_response::set_cookie(&mut response, Cookie::Login, &browser, login::SECONDS.into()).await?;
            Ok(response)
        }
        Err(problem) => failed(&problem, &call.request_id),
    }
}

async fn begin(call: &Call, slug: Option<&str>, return_to: Option<&str>) -> Result<AuthorizationRequest> {
    let source = Source::from_config().await?;
    sign_in::start(source, slug, return_to, &login_response::client(call), &call.request_id).await
}

/// Back from the shared provider.
pub(crate) async fn finish_oidc_login(call: Call) -> Result<Response> {
    finish(&call, Callback::Shared).await
}

/// Back from a tenant's own provider.
pub(crate) async fn finish_tenant_oidc_login(call: Call) -> Result<Response> {
    finish(&call, Callback::Of(call.param("tenant_id")?)).await
}

async fn finish(call: &Call, callback: Callback) -> Result<Response> {
    let mut response = match complete(call, callback).await {
        Ok((issued, return_to)) => {
            let mut response = redirect(&return_to)?;
            login_response::set_tokens(&mut response, &issued).await?;
            response
        }
        Err(problem) => failed(&problem, &call.request_id)?,
    };
    login_response::set_cookie(&mut response, Cookie::Login, "", 0).await?;
    Ok(response)
}

async fn complete(call: &Call, callback: Callback) -> Result<(IssuedTokens, String)> {
    let (state, code, iss, error) = (call.query("state"), call.query("code"), call.query("iss"), call.query("error"));
    let browser = call.cookies(Cookie::Login).await?;
    let params = CallbackParams {
        state: state.as_deref(),
        code: code.as_deref(),
        iss: iss.as_deref(),
        error: error.as_deref(),
        browser: &browser,
    };
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    sign_in::complete(source, &keys, (params, callback), login_response::client(call), &call.request_id).await
}

pub(crate) async fn end_oidc_sessions(mut call: Call) -> Result<Response> {
    let origin = login_response::client(&call).origin(&call.request_id);
    let body = call.bytes().await?;
    let token = form_urlencoded::parse(&body).find(|(name, _)| name == "logout_token").map(|(_, token)| token);
    let token = token.ok_or_else(|| Problem::new(Code::InvalidBody, "expected a form with a logout_token"))?;
    backchannel::end_sessions(Source::from_config().await?, &token, origin).await?;
    api::no_content()
}
