//! Signing in with the organisation's own provider (OpenID Connect).

use api::{Call, Response, cookie::Cookie, login_response};
use federation::{
    Callback, backchannel,
    login::{self, AuthorizationRequest, CallbackParams, PendingLogin, SsoLogin},
};
use http::{StatusCode, header};
use identity::{
    session::{self, Federated, IssuedTokens},
    throttle::{Attempt, Outcome, Purpose},
};
use kernel::{Code, Problem, Result};
use platform::{
    log::{self, Level},
    pg::Source,
    serve,
};
use serde::Serialize;
use serde_json::json;

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
    let client = login_response::client(call);
    // Not ended: whoever begins without end waits, whether anybody comes back or not.
    Attempt::begin(Purpose::SsoStart, None, &client.address).await?;
    let origin = client.origin(&call.request_id);
    login::start(Source::from_config().await?, slug, return_to, origin).await
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
    let pending = login::resume(&params, callback).await?;
    // Counted only with a login that this browser started: a foreign page cannot make those wait who share an address with its readers.
    let attempt = Attempt::begin(Purpose::SsoCallback, None, &login_response::client(call).address).await?;
    let done = begin_session(call, pending, params).await;
    attempt.end(done.as_ref().map_or_else(outcome, |_| Outcome::Good)).await?;
    done
}

/// What was called off is written nowhere, so it does not count.
fn outcome(problem: &Problem) -> Outcome {
    if problem.code == Code::SignInCancelled { Outcome::Undecided } else { Outcome::Wrong }
}

/// Asks the provider who it is, and begins their session.
async fn begin_session(
    call: &Call,
    pending: PendingLogin,
    params: CallbackParams<'_>,
) -> Result<(IssuedTokens, String)> {
    let client = login_response::client(call);
    let source = Source::from_config().await?;
    let login = login::finish(source.clone(), pending, params, client.origin(&call.request_id)).await?;
    let SsoLogin { tenant, user, return_to, issuer, client_id, subject, sid, id_token_sealed } = login;
    let at = Federated { issuer, client_id, subject, sid, id_token_sealed };
    let keys = keys::of_instance().await?;
    let issued = session::begin_federated(source, &keys, (tenant, user), client, Some(&at), &call.request_id).await?;
    Ok((issued, return_to))
}

pub(crate) async fn end_oidc_sessions(mut call: Call) -> Result<Response> {
    let origin = login_response::client(&call).origin(&call.request_id);
    let body = call.bytes().await?;
    let token = form_urlencoded::parse(&body).find(|(name, _)| name == "logout_token").map(|(_, token)| token);
    let token = token.ok_or_else(|| Problem::new(Code::InvalidBody, "expected a form with a logout_token"))?;
    backchannel::end_sessions(Source::from_config().await?, &token, origin).await?;
    api::no_content()
}
