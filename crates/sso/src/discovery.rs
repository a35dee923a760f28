//! A provider's discovery document and signing keys, cached in Redis for a quarter of an hour with
//! a MAC.

use kernel::{Code, Problem, Result, hex};
use platform::redis::{Redis, Reply};
use secrets::CacheMac;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    endpoint,
    fetch::{self, ClientAuth},
    jwks::Jwks,
};

/// Cache lifetime of documents, in seconds.
const KEEP: &str = "900";
/// Minimum time between two refetches because of an unknown key, in seconds.
const LOOK_AGAIN: &str = "60";

/// A provider's endpoints and capabilities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Metadata {
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    /// None if the document does not state it; Entra ID omits it, but supports it.
    pub(crate) s256: Option<bool>,
    /// Whether every response must name the issuer (RFC 9207).
    pub(crate) names_issuer: bool,
    pub(crate) auth: ClientAuth,
}

/// Why a discovery document cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum MetadataError {
    /// It names another issuer.
    Issuer(String),
    /// An endpoint is missing or not acceptable: its name, and why.
    Endpoint(&'static str, &'static str),
}

fn strings(document: &Value, name: &str) -> Option<Vec<String>> {
    let list = document.get(name)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The URL of an issuer's document.
pub(crate) fn url_of(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// Parses a discovery document; its issuer must equal the configured one exactly.
pub(crate) fn read(
    document: &Value,
    issuer: &str,
    loopback: bool,
) -> std::result::Result<Metadata, Vec<MetadataError>> {
    let mut errors = Vec::new();
    let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if named != issuer {
        errors.push(MetadataError::Issuer(named.chars().take(200).collect()));
    }
    let mut endpoint = |name: &'static str, needed: bool| {
        let url = document.get(name).and_then(Value::as_str);
        let wrong = match url {
            None if needed => Some("it is missing"),
            None => None,
            Some(url) => endpoint::refusal(url, loopback),
        };
        if let Some(why) = wrong {
            errors.push(MetadataError::Endpoint(name, why));
        }
        url.map(str::to_owned)
    };
    let authorization_endpoint = endpoint("authorization_endpoint", true).unwrap_or_default();
    let token_endpoint = endpoint("token_endpoint", true).unwrap_or_default();
    let jwks_uri = endpoint("jwks_uri", true).unwrap_or_default();
    let userinfo_endpoint = endpoint("userinfo_endpoint", false);
    let end_session_endpoint = endpoint("end_session_endpoint", false);
    if !errors.is_empty() {
        return Err(errors);
    }
    let methods = strings(document, "token_endpoint_auth_methods_supported").unwrap_or_default();
    let has = |name: &str| methods.iter().any(|method| method == name);
    let post = has("client_secret_post") && !has("client_secret_basic");
    let iss =
        document.get("authorization_response_iss_parameter_supported").and_then(Value::as_bool);
    Ok(Metadata {
        authorization_endpoint,
        token_endpoint,
        jwks_uri,
        userinfo_endpoint,
        end_session_endpoint,
        s256: strings(document, "code_challenge_methods_supported")
            .map(|all| all.iter().any(|m| m == "S256")),
        names_issuer: iss.unwrap_or_default(),
        auth: if post { ClientAuth::Post } else { ClientAuth::Basic },
    })
}

/// A Redis key that does not reveal its content.
pub(crate) fn key(kind: &str, of: &str) -> String {
    format!("oidc:{kind}:{}", hex::encode(&Sha256::digest(of.as_bytes())))
}

fn failed(why: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::IdentityProviderFailed,
        "your organisation's sign-in did not answer as expected; try again, or ask your administrator",
    )
    .caused_by(why)
}

/// The cached value; None if there is none, or none that we wrote.
async fn kept(redis: &Redis, key: &str) -> Result<Option<Value>> {
    let reply = redis.command("GET", &[key.as_bytes()]).await?;
    let Some(signed) = reply.first().and_then(Reply::text) else { return Ok(None) };
    let mac = CacheMac::from_config().await?;
    Ok(mac.verify(key, &signed)?.and_then(|text| serde_json::from_str(text).ok()))
}

async fn keep(redis: &Redis, key: &str, document: &Value) -> Result<()> {
    let signed = CacheMac::from_config().await?.sign(key, &document.to_string())?;
    redis.command("SET", &[key.as_bytes(), signed.as_bytes(), b"EX", KEEP.as_bytes()]).await?;
    Ok(())
}

/// The provider's metadata, from the cache or the provider.
pub(crate) async fn metadata(redis: &Redis, issuer: &str) -> Result<Metadata> {
    let loopback = endpoint::loopback_allowed().await?;
    let key = key("metadata", issuer);
    if let Some(Ok(metadata)) =
        kept(redis, &key).await?.map(|document| read(&document, issuer, loopback))
    {
        return Ok(metadata);
    }
    if let Some(why) = endpoint::issuer_refusal(issuer, loopback) {
        return Err(failed(format!("the issuer is not acceptable: {why}")));
    }
    let document =
        fetch::get(&url_of(issuer), None).await.map_err(|e| failed(format!("discovery: {e}")))?;
    let metadata =
        read(&document, issuer, loopback).map_err(|e| failed(format!("discovery: {e:?}")))?;
    keep(redis, &key, &document).await?;
    Ok(metadata)
}

/// The provider's keys. `unknown_key`: the cached keys lack the requested one, so fetch again,
/// unless that happened just now.
pub(crate) async fn keys(redis: &Redis, metadata: &Metadata, unknown_key: bool) -> Result<Jwks> {
    let name = key("jwks", &metadata.jwks_uri);
    let old = kept(redis, &name).await?;
    if unknown_key {
        let gate = key("asked", &metadata.jwks_uri);
        let first = redis
            .command("SET", &[gate.as_bytes(), b"1", b"NX", b"EX", LOOK_AGAIN.as_bytes()])
            .await?;
        if !matches!(first.first(), Some(Reply::Status(_) | Reply::Bytes(_))) {
            return Err(failed(
                "the token names a key that the provider did not have within the last minute",
            ));
        }
    } else if let Some(keys) = old.as_ref().and_then(Jwks::read) {
        return Ok(keys);
    }
    let document =
        fetch::get(&metadata.jwks_uri, None).await.map_err(|e| failed(format!("keys: {e}")))?;
    let keys = Jwks::read(&document).ok_or_else(|| failed("keys: there are none, or too many"))?;
    keep(redis, &name, &document).await?;
    Ok(keys)
}

/// Caches the documents that a connection test has just fetched.
pub(crate) async fn keep_fresh(
    issuer: &str,
    metadata: &Value,
    jwks: Option<(&str, &Value)>,
) -> Result<()> {
    let redis = Redis::open().await?;
    keep(&redis, &key("metadata", issuer), metadata).await?;
    match jwks {
        Some((uri, keys)) => keep(&redis, &key("jwks", uri), keys).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MetadataError, read};

    const ISSUER: &str = "https://login.example.org";

    #[test]
    fn a_document_of_another_issuer_or_with_plain_http_is_refused() {
        let document = |issuer: &str, token: &str| {
            json!({ "issuer": issuer, "authorization_endpoint": "https://login.example.org/a", "token_endpoint": token,
                    "jwks_uri": "https://login.example.org/keys" })
        };
        assert!(read(&document(ISSUER, "https://login.example.org/t"), ISSUER, false).is_ok());
        let other = read(
            &document("https://login.example.org/", "https://login.example.org/t"),
            ISSUER,
            false,
        );
        assert_eq!(
            other,
            Err(vec![MetadataError::Issuer("https://login.example.org/".to_owned())])
        );
        for token in ["http://login.example.org/t", "http://127.0.0.1/t", "javascript:1"] {
            let found = read(&document(ISSUER, token), ISSUER, false);
            assert!(
                matches!(
                    found.as_ref().map_err(Vec::as_slice),
                    Err([MetadataError::Endpoint("token_endpoint", _)])
                ),
                "{token}: {found:?}"
            );
        }
        assert_eq!(read(&json!({ "issuer": ISSUER }), ISSUER, false).unwrap_err().len(), 3);
    }

    #[test]
    fn the_client_authenticates_with_a_method_of_the_provider() {
        let mut document = json!({ "issuer": ISSUER, "authorization_endpoint": "https://a.org/a", "token_endpoint": "https://a.org/t",
            "jwks_uri": "https://a.org/k" });
        assert_eq!(read(&document, ISSUER, false).unwrap().auth, crate::fetch::ClientAuth::Basic);
        document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        document["code_challenge_methods_supported"] = json!(["plain"]);
        let metadata = read(&document, ISSUER, false).unwrap();
        assert_eq!((metadata.auth, metadata.s256), (crate::fetch::ClientAuth::Post, Some(false)));
    }
}
