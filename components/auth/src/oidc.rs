//! Sign-in with the organisation's own provider (OpenID Connect).

use api::{
    Call, CallWith, Form, Json, NoContent, Redirect, Reply, Response, cookie::Cookie,
    login_response,
};
use contract::Schema;
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

/// How people of an organisation can sign in.
#[derive(Schema, Serialize)]
#[schema(name = "SignInWays")]
pub(crate) struct SignInMethodsBody {
    password: bool,
    providers: Vec<ProviderBody>,
}

#[derive(Schema, Serialize)]
#[schema(name = "SignInProvider")]
pub(crate) struct ProviderBody {
    name: String,
    start_url: String,
}

pub(crate) async fn list_sign_in_ways(call: Call) -> Result<Json<SignInMethodsBody>> {
    let slug = call.query("tenant");
    // An unknown organisation gets the same response as one without a provider, so that customers
    // cannot be enumerated.
    let tenant = login::sso_tenant(Source::from_config().await?, slug.as_deref()).await?;
    let provider = |tenant: login::SsoTenant| ProviderBody {
        name: tenant.provider,
        start_url: format!("/api/v1/auth/oidc/start?tenant={}", tenant.slug),
    };
    api::ok(&SignInMethodsBody {
        password: true,
        providers: tenant.map(provider).into_iter().collect(),
    })
}

fn redirect(location: &str) -> Result<Response> {
    let builder =
        http::Response::builder().status(StatusCode::FOUND).header(header::LOCATION, location);
    builder
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(serve::empty())
        .map_err(Problem::internal)
}

/// A page of ours that says it failed, with what to quote; why is in the log only.
fn failed(problem: &Problem, request_id: &str) -> Result<Response> {
    let members = [
        ("request_id", json!(request_id)),
        ("error", json!(problem.code.as_str())),
        ("cause", json!(problem.cause)),
    ];
    log::line(Level::Warn, "auth", "a sign-in at a provider failed", &members);
    redirect(&format!("/sign-in?error={}&correlation={request_id}", problem.code.as_str()))
}

contract::shape! {
    pub(crate) struct TenantParameter {
        /// Its short name; absent: the only one of the installation.
        tenant: Option<String>,
    }

    pub(crate) struct StartParameters {
        /// Its short name; absent: the only one of the installation.
        tenant: Option<String>,
        /// A path of this installation to go to afterwards.
        return_to: Option<String>,
    }

    pub(crate) struct CallbackParameters {
        /// As the provider sends it.
        state: Option<String>,
        /// As the provider sends it.
        code: Option<String>,
        /// As the provider sends it.
        iss: Option<String>,
        /// As the provider sends it.
        error: Option<String>,
    }

    pub(crate) struct TenantCallbackParameters {
        /// Whose provider it is; a login that was begun at another one is refused.
        #[schema(as = Uuid)]
        tenant_id: String,
        /// As the provider sends it.
        state: Option<String>,
        /// As the provider sends it.
        code: Option<String>,
        /// As the provider sends it.
        iss: Option<String>,
        /// As the provider sends it.
        error: Option<String>,
    }

    #[schema(open, inline)]
    pub(crate) struct LogoutToken {
        logout_token: String,
    }
}

pub(crate) async fn start_oidc_login(call: Call) -> Result<Redirect> {
    let (slug, return_to) = (call.query("tenant"), call.query("return_to"));
    let answered = match begin(&call, slug.as_deref(), return_to.as_deref()).await {
        Ok(AuthorizationRequest { location, browser }) => {
            let mut response = redirect(&location)?;
            login_response::set_cookie(
                &mut response,
                Cookie::Login,
                &browser,
                login::SECONDS.into(),
            )
            .await?;
            Ok(response)
        }
        Err(problem) => failed(&problem, &call.request_id),
    };
    answered.map(Reply::new)
}

async fn begin(
    call: &Call,
    slug: Option<&str>,
    return_to: Option<&str>,
) -> Result<AuthorizationRequest> {
    let source = Source::from_config().await?;
    sign_in::start(source, slug, return_to, &login_response::client(call), &call.request_id).await
}

/// Back from the shared provider.
pub(crate) async fn finish_oidc_login(call: Call) -> Result<Redirect> {
    finish(&call, Callback::Shared).await
}

/// Back from a tenant's own provider.
pub(crate) async fn finish_tenant_oidc_login(call: Call) -> Result<Redirect> {
    finish(&call, Callback::Of(call.param("tenant_id")?)).await
}

async fn finish(call: &Call, callback: Callback) -> Result<Redirect> {
    let mut response = match complete(call, callback).await {
        Ok((issued, return_to)) => {
            let mut response = redirect(&return_to)?;
            login_response::set_tokens(&mut response, &issued).await?;
            response
        }
        Err(problem) => failed(&problem, &call.request_id)?,
    };
    login_response::set_cookie(&mut response, Cookie::Login, "", 0).await?;
    Ok(Reply::new(response))
}

async fn complete(call: &Call, callback: Callback) -> Result<(IssuedTokens, String)> {
    let (state, code, iss, error) =
        (call.query("state"), call.query("code"), call.query("iss"), call.query("error"));
    let browser = call.cookies(Cookie::Login).await?;
    let params = CallbackParams {
        state: state.as_deref(),
        code: code.as_deref(),
        iss: iss.as_deref(),
        error: error.as_deref(),
        browser: &browser,
    };
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    sign_in::complete(
        source,
        &keys,
        (params, callback),
        login_response::client(call),
        &call.request_id,
    )
    .await
}

pub(crate) async fn end_oidc_sessions(mut call: CallWith<Form<LogoutToken>>) -> Result<NoContent> {
    let origin = login_response::client(&call).origin(&call.request_id);
    let body = call.bytes().await?;
    let token = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "logout_token")
        .map(|(_, token)| token);
    let token = token
        .ok_or_else(|| Problem::new(Code::InvalidBody, "expected a form with a logout_token"))?;
    backchannel::end_sessions(Source::from_config().await?, &token, origin).await?;
    api::no_content()
}
