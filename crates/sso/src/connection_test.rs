//! The connection test of a federation: each check describes what is wrong.

use kernel::{Reason, ReasonCode, Result};
use platform::Cx;
use serde_json::Value;

use crate::{
    EditPermit, callback,
    discovery::{self, Metadata, MetadataError},
    endpoint,
    federation::{self, Client},
    fetch::{self, FetchError},
    jwks::Jwks,
};

/// The result of one check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// Name: `discovery`, `issuer`, `endpoints`, `pkce`, `keys`, `client_secret`.
    pub name: &'static str,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, for clients to explain.
    pub reason: Reason,
    /// What was found, and what to do next.
    pub detail: String,
}

fn good(name: &'static str, reason: impl Into<Reason>, detail: impl Into<String>) -> Check {
    Check { name, ok: true, reason: reason.into(), detail: detail.into() }
}

fn bad(name: &'static str, reason: impl Into<Reason>, detail: impl Into<String>) -> Check {
    Check { name, ok: false, reason: reason.into(), detail: detail.into() }
}

/// A document or an endpoint that could not be read.
fn unread(name: &'static str, url: &str, error: &FetchError) -> Check {
    bad(name, error.reason(url), format!("{url}: {error}"))
}

/// Tests the configured provider, and caches its fresh documents.
///
/// # Errors
/// `not_found` if there is no federation.
#[expect(clippy::too_many_lines, reason = "one step after the other, each with what it found")]
pub async fn test(cx: &Cx, permit: &EditPermit) -> Result<Vec<Check>> {
    let federation = federation::get(cx, permit).await?;
    let redirect_uri = callback::redirect_uri(cx, &federation).await?;
    let Some(client) = federation::complete(cx, federation).await? else {
        return Ok(vec![bad(
            "discovery",
            ReasonCode::SharedProviderMissing,
            "the installation's shared provider is not configured any more; ask its operator",
        )]);
    };
    cx.db.release().await;
    let loopback = endpoint::loopback_allowed().await?;
    let issuer = client.federation.settings.issuer.clone();
    let url = discovery::url_of(&issuer);
    let document = match fetch::get(&url, None).await {
        Ok(document) => document,
        Err(error) => return Ok(vec![unread("discovery", &url, &error)]),
    };
    let mut checks = vec![good(
        "discovery",
        ReasonCode::DocumentRead.with_value(&url),
        format!("{url} was read"),
    )];
    let metadata = match discovery::read(&document, &issuer, loopback) {
        Ok(metadata) => metadata,
        Err(errors) => {
            checks.extend(errors.iter().map(|error| metadata_check(error, &issuer)));
            return Ok(checks);
        }
    };
    checks.push(good(
        "issuer",
        ReasonCode::IssuerMatches,
        "the provider names the configured issuer",
    ));
    checks.push(good(
        "endpoints",
        ReasonCode::EndpointsComplete,
        "all endpoints that are needed are there",
    ));
    checks.push(match metadata.s256 {
        Some(true) => {
            good("pkce", ReasonCode::PkceSupported, "the provider supports PKCE with S256")
        }
        None => good(
            "pkce",
            ReasonCode::PkceUnstated,
            "the provider does not say which PKCE methods it supports; S256 is sent",
        ),
        Some(false) => bad(
            "pkce",
            ReasonCode::PkceMissing,
            "the provider does not support PKCE with S256; switch it on there",
        ),
    });
    let (check, jwks) = keys(&metadata).await;
    checks.push(check);
    checks.push(client_secret(&client, &metadata, &redirect_uri).await);
    let fetched = jwks.as_ref().map(|keys| (metadata.jwks_uri.as_str(), keys));
    discovery::keep_fresh(&issuer, &document, fetched).await?;
    Ok(checks)
}

fn metadata_check(error: &MetadataError, issuer: &str) -> Check {
    match error {
        MetadataError::Issuer(named) => {
            let detail = format!(
                "configured is `{issuer}`, the provider names `{named}`: enter that one, to the letter"
            );
            bad("issuer", ReasonCode::IssuerDiffers.with_value(named), detail)
        }
        MetadataError::Endpoint(name, why) => {
            bad("endpoints", ReasonCode::EndpointWrong.with_value(name), format!("{name}: {why}"))
        }
    }
}

async fn keys(metadata: &Metadata) -> (Check, Option<Value>) {
    let document = match fetch::get(&metadata.jwks_uri, None).await {
        Ok(document) => document,
        Err(error) => return (unread("keys", &metadata.jwks_uri, &error), None),
    };
    match Jwks::read(&document).map(|keys| keys.usable()) {
        None => (
            bad(
                "keys",
                ReasonCode::KeysMissing,
                "the provider publishes no keys, or more than 100",
            ),
            None,
        ),
        Some(0) => {
            let detail = "none of the provider's keys is for RS256, PS256, ES256 or EdDSA; choose one of these there";
            (bad("keys", ReasonCode::KeysUnsupported, detail), None)
        }
        Some(usable) => {
            let detail = format!("keys that can be used: {usable}");
            (good("keys", ReasonCode::KeysUsable.with_value(usable), detail), Some(document))
        }
    }
}

/// Sends an invalid code: a provider that knows the client rejects the code, one that does not
/// rejects the client.
async fn client_secret(client: &Client, metadata: &Metadata, redirect_uri: &str) -> Check {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", "a-test-of-the-configuration"),
        ("redirect_uri", redirect_uri),
    ];
    let who = (client.federation.settings.client_id.as_str(), client.secret.expose());
    let (status, body) =
        match fetch::post_as_client(&metadata.token_endpoint, &fields, who, metadata.auth).await {
            Ok(answer) => answer,
            Err(error) => {
                return unread("client_secret", &metadata.token_endpoint, &error);
            }
        };
    match body.as_ref().and_then(|b| b.get("error")).and_then(Value::as_str) {
        Some("invalid_client" | "unauthorized_client") => bad(
            "client_secret",
            ReasonCode::ClientRefused,
            "the provider does not accept client id and secret; enter them again",
        ),
        Some("invalid_grant") => good(
            "client_secret",
            ReasonCode::ClientAccepted,
            "the provider accepts client id and secret",
        ),
        _ => good(
            "client_secret",
            ReasonCode::ClientUnclear.with_value(status),
            format!("the provider answered with status {status}; only a sign-in will show it"),
        ),
    }
}
