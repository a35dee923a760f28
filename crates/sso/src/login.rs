//! Sign-in at a provider: the redirect there, and the callback with a code (OpenID Connect,
//! authorization code flow with PKCE).

use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder};
use kernel::{
    Code, Problem, Result,
    id::{TenantId, UserId},
};
use platform::{
    Actor, Cx, Origin,
    log::{self, Level},
    pg::{Db, Source, Ticket},
    redis::{Redis, Reply},
};
use secrets::CacheMac;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) use refusal::refused;
use refusal::{declined, expired, failed};
use tokens::{exchange, verify_id_token, with_userinfo};

use crate::{
    callback::Callback, debug::Trace, discovery, federation, resolve_user, return_to, store,
};

mod refusal;
mod tokens;

/// Lifetime of a login that was started, in seconds.
pub const SECONDS: u32 = 600;
/// The column for which ID tokens are sealed.
pub(crate) const ID_TOKEN_COLUMN: &str = "sessions.oidc_id_token_sealed";
/// Longer ID tokens are not stored: as a logout hint they would not fit into a URL.
const LONGEST_HINT: usize = 4096;

/// A tenant whose users can sign in with its provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SsoTenant {
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant's short name.
    pub slug: String,
    /// The name on the button.
    pub provider: String,
}

/// The authorization request that a login starts with.
pub struct AuthorizationRequest {
    /// The URL for the browser.
    pub location: String,
    /// The cookie value that binds the login to this browser.
    pub browser: String,
}

/// The parameters of the callback, as the browser brought them.
#[derive(Clone, Copy, Default, Debug)]
pub struct CallbackParams<'a> {
    /// The parameter `state`.
    pub state: Option<&'a str>,
    /// The parameter `code`.
    pub code: Option<&'a str>,
    /// The parameter `iss`.
    pub iss: Option<&'a str>,
    /// The parameter `error`.
    pub error: Option<&'a str>,
    /// The values of the cookie: one, unless another host of the domain added some.
    pub browser: &'a [&'a str],
}

/// A completed login: the user, and where to redirect.
pub struct SsoLogin {
    /// The tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// Where to redirect, a path of ours.
    pub return_to: String,
    /// The issuer.
    pub issuer: String,
    /// Our client id at the provider.
    pub client_id: String,
    /// The user's subject at the provider.
    pub subject: String,
    /// The user's session at the provider.
    pub sid: Option<String>,
    /// The sealed ID token, for the logout at the provider.
    pub id_token_sealed: Option<String>,
}

fn secret() -> Result<String> {
    Base64UrlSafeNoPadding::encode_to_string(platform::random::bytes::<32>()?)
        .map_err(Problem::internal)
}

fn hashed(text: &str) -> Result<String> {
    Base64UrlSafeNoPadding::encode_to_string(Sha256::digest(text)).map_err(Problem::internal)
}

fn key(state: &str) -> Result<String> {
    Ok(format!("oidc:login:{}", hashed(state)?))
}

/// The tenant with this slug (without one: the only tenant of the installation), if its provider is
/// enabled.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn sso_tenant(source: Source, slug: Option<&str>) -> Result<Option<SsoTenant>> {
    // A text that cannot be a slug matches no tenant; Postgres would not even accept every text.
    if slug.is_some_and(|slug| !slug.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        return Ok(None);
    }
    store::sso_tenant(&Db::new(source, None), slug).await
}

/// Starts a login: stores it for ten minutes, and returns the URL for the browser.
///
/// # Errors
/// `sign_in_refused`, the same for an unknown tenant and for one without a provider;
/// `identity_provider_failed`.
pub async fn start(
    source: Source,
    slug: Option<&str>,
    return_to: Option<&str>,
    origin: Origin,
) -> Result<AuthorizationRequest> {
    let tenant = sso_tenant(source.clone(), slug)
        .await?
        .ok_or_else(|| refused("no such tenant, or it has no provider"))?;
    let entrance = source
        .entrance(tenant.tenant)
        .ok_or_else(|| Problem::internal("sign-in: no entrance to the tenant"))?;
    let cx = Cx::new(source, Some(tenant.tenant), Actor::Anonymous, origin);
    let client =
        federation::client(&cx).await?.ok_or_else(|| refused("the tenant has no provider"))?;
    cx.db.release().await;
    let shared = client.federation.settings.shared;
    let redis = Redis::open().await?;
    let trace = Trace::open(&redis, &cx, "start").await?;
    let metadata = discovery::metadata(&redis, &client.federation.settings.issuer).await?;
    trace.step("discovered", &[("names_issuer", metadata.names_issuer.into())]);
    let (state, nonce, verifier, browser) = (secret()?, secret()?, secret()?, secret()?);
    let remembered = json!({
        "tenant": tenant.tenant.to_string(), "issuer": client.federation.settings.issuer, "client_id": client.federation.settings.client_id,
        "nonce": nonce, "verifier": verifier, "browser": hashed(&browser)?, "return_to": return_to::path(return_to),
        "shared": shared, "login": cx.request_id, "entrance": entrance.text(),
    });
    let (key, ttl) = (key(&state)?, SECONDS.to_string());
    let remembered = CacheMac::from_config().await?.sign(&key, &remembered.to_string())?;
    let args: [&[u8]; 4] = [key.as_bytes(), remembered.as_bytes(), b"EX", ttl.as_bytes()];
    redis.command("SET", &args).await?;
    trace.step("remembered", &[]);
    let redirect_uri = Callback::new(tenant.tenant, shared).redirect_uri().await?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.federation.settings.client_id)
        .append_pair("redirect_uri", &redirect_uri)
        .append_pair("scope", &client.federation.settings.scopes.join(" "))
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &hashed(&verifier)?)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let endpoint = metadata.authorization_endpoint;
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(AuthorizationRequest { location: format!("{endpoint}{joint}{query}"), browser })
}

/// A started login; removed from Redis, so that it is completed once.
pub struct PendingLogin {
    tenant: TenantId,
    callback: Callback,
    issuer: String,
    client_id: String,
    nonce: String,
    verifier: String,
    return_to: String,
    login: String,
    /// The ticket under which the login was started.
    entrance: Ticket,
}

/// Resumes a login that this browser started, if it returns to the redirect URI of its provider.
///
/// # Errors
/// `sign_in_expired`.
pub async fn resume(params: &CallbackParams<'_>, callback: Callback) -> Result<PendingLogin> {
    let state = params.state.ok_or_else(|| expired("the answer has no state"))?;
    let key = key(state)?;
    let reply = Redis::open().await?.command("GETDEL", &[key.as_bytes()]).await?;
    let signed = reply
        .first()
        .and_then(Reply::text)
        .ok_or_else(|| expired("the state is unknown, used or too old"))?;
    let mac = CacheMac::from_config().await?;
    let text = mac.verify(&key, &signed)?.ok_or_else(|| expired("the state is not ours"))?;
    let kept: Value = serde_json::from_str(text).map_err(Problem::internal)?;
    let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    // 256 random bits, compared as hashes, so a timing difference is of no use.
    let started_by = text("browser");
    let mut same_browser = false;
    for value in params.browser {
        same_browser |= hashed(value)? == started_by;
    }
    if !same_browser {
        return Err(expired("another browser has begun this login"));
    }
    let tenant = text("tenant").parse()?;
    // The code is from another provider than the one that this login would send it to, even if the
    // other parameters fit.
    if callback != Callback::new(tenant, kept.get("shared") == Some(&Value::Bool(true))) {
        return Err(expired("the answer came to the address of another provider"));
    }
    Ok(PendingLogin {
        tenant,
        callback,
        issuer: text("issuer"),
        client_id: text("client_id"),
        nonce: text("nonce"),
        verifier: text("verifier"),
        return_to: return_to::path(Some(&text("return_to"))).to_owned(),
        login: text("login"),
        entrance: Ticket::new(text("entrance"), None),
    })
}

/// Completes a login: finds or provisions the user. No session yet.
///
/// # Errors
/// `sign_in_expired`, `sign_in_cancelled`, `sign_in_refused`, `identity_provider_failed`; the cause
/// is for the logs only.
pub async fn finish(
    source: Source,
    pending: PendingLogin,
    params: CallbackParams<'_>,
    origin: Origin,
) -> Result<SsoLogin> {
    let redis = Redis::open().await?;
    source.take_up(pending.tenant, pending.entrance.clone());
    let cx = Cx::new(source, Some(pending.tenant), Actor::Anonymous, origin);
    let (issuer, login) = (pending.issuer.clone(), pending.login.clone());
    let done = complete(&cx, &redis, pending, params).await;
    if let Err(problem) = &done {
        note_failure(&cx, &issuer, &login, problem).await;
    }
    done
}

/// Records a failed login in the tenant's audit log, but no cancelled one: a stranger can cancel as
/// often as they like.
async fn note_failure(cx: &Cx, issuer: &str, login: &str, problem: &Problem) {
    if problem.code == Code::SignInCancelled {
        return;
    }
    // Other causes, an outage for example, are not shown to the tenant.
    let is_for_the_tenant = matches!(
        problem.code,
        Code::SignInRefused | Code::SignInExpired | Code::IdentityProviderFailed
    );
    let cause = problem.cause.as_deref().filter(|_| is_for_the_tenant);
    let details = json!({ "issuer": issuer, "began_as": login, "error": problem.code.as_str(), "cause": cause });
    if let Err(failure) = audit::record(cx, "sign_in.failed", "federation", None, details).await {
        let cause = [("cause", json!(failure.to_string()))];
        log::line(Level::Error, "federation", "a failed sign-in was not recorded", &cause);
    }
}

async fn complete(
    cx: &Cx,
    redis: &Redis,
    pending: PendingLogin,
    params: CallbackParams<'_>,
) -> Result<SsoLogin> {
    let trace = Trace::open(redis, cx, "callback").await?;
    trace.step("state_accepted", &[("began_as", pending.login.as_str().into())]);
    let client = federation::client(cx)
        .await?
        .ok_or_else(|| refused("the provider was switched off meanwhile"))?;
    cx.db.release().await;
    let settings = &client.federation.settings;
    if (&settings.issuer, &settings.client_id) != (&pending.issuer, &pending.client_id)
        || pending.callback != Callback::new(pending.tenant, settings.shared)
    {
        return Err(expired("the provider was changed meanwhile"));
    }
    let metadata = discovery::metadata(redis, &pending.issuer).await?;
    // RFC 9207: a response of another provider than the requested one is dropped, and its code is
    // not sent.
    if params.iss.map_or(metadata.names_issuer, |iss| iss != pending.issuer) {
        return Err(failed("the answer does not name the issuer of this login"));
    }
    if let Some(error) = params.error {
        trace.step("provider_refused", &[]);
        let word: String =
            error.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(60).collect();
        return Err(declined(&word));
    }
    let code = params.code.ok_or_else(|| failed("the answer has no code"))?;
    let tokens = exchange(&client, &metadata, &pending, code).await?;
    trace.step("code_exchanged", &[("access_token", tokens.access.is_some().into())]);
    let token = verify_id_token(redis, &metadata, &pending, &tokens).await?;
    trace.step("id_token_accepted", &[("sid", token.sid.is_some().into())]);
    let token = with_userinfo(&client, &metadata, token, tokens.access.as_deref(), &trace).await?;
    let user = resolve_user::resolve_user(cx, settings, &token, &trace).await?;
    let hint = if tokens.id.len() > LONGEST_HINT {
        None
    } else {
        Some(secrets::seal(cx, ID_TOKEN_COLUMN, &tokens.id).await?)
    };
    cx.db.release().await;
    Ok(SsoLogin {
        tenant: pending.tenant,
        user,
        return_to: pending.return_to,
        issuer: pending.issuer,
        client_id: pending.client_id,
        subject: token.subject,
        sid: token.sid,
        id_token_sealed: hint,
    })
}
