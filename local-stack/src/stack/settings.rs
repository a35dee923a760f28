//! The application's variables: what `spin.toml` declares, from the servers that run, the secrets
//! and the environment.

use std::collections::BTreeMap;
use std::env;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};

use credentials::SessionKeys;

use super::chat_prices;
use super::metrics::MetricsListeners;
use crate::secrets::Secrets;
use crate::setup::{BuildEnv, model};
use crate::supervise::generator::{GeneratorServer, SLOTS};
use crate::supervise::stores::Database;
use schema::redis::{HOST, RedisServer, USERS, WORKER};
use schema::{COMPONENTS, WORKER_ROLE, component_role};
use tls::Authorities;

/// Rows of `embedding_models` that the worker serves.
const MULTILINGUAL_MODEL: &str = "multilingual-e5-small";
const ENGLISH_MODEL: &str = "all-MiniLM-L6-v2";

/// The settings of host and worker.
pub(super) struct Settings {
    /// Where users reach it.
    pub(super) public_url: String,
    /// The worker's connection to the database.
    pub(super) worker_database_url: String,
    /// The worker's connection to Redis.
    pub(super) worker_redis_url: String,
    /// The connection of the host's key-value stores.
    pub(super) host_redis_url: String,
    /// The file of further authorities for Redis; empty: there is none.
    pub(super) redis_ca: String,
    /// The same for Postgres.
    pub(super) pg_ca: String,
    /// Where the worker serves the built-in models, `host:port`.
    pub(super) models_listen: String,
    /// OpenAI-compatible base URL for embeddings.
    pub(super) embedding_url: String,
    /// The key of scheduled calls.
    pub(super) internal_key: String,
    /// See [`super::StackOptions::crawled_port`].
    pub(super) crawled_port: Option<u16>,
    /// Where host and worker are scraped.
    pub(super) metrics: MetricsListeners,
    /// How the worker reaches the language model beside it, as variables of its environment.
    pub(super) generator: Vec<(&'static str, String)>,
    /// The variables of `spin.toml`.
    pub(super) variables: BTreeMap<String, String>,
}

/// The model of new collections. Another server than the built-in one may have other models, so by
/// default its collections get the model that every server has had so far.
fn embedding_model(is_built_in: bool) -> Result<String> {
    let multilingual = model::wants_multilingual()?;
    let wanted = named("TESSERA_EMBEDDING_MODEL");
    match wanted.as_deref() {
        None if is_built_in && multilingual => Ok(MULTILINGUAL_MODEL.to_owned()),
        None | Some(ENGLISH_MODEL) => Ok(ENGLISH_MODEL.to_owned()),
        Some(MULTILINGUAL_MODEL) if is_built_in && !multilingual => {
            bail!(
                "TESSERA_EMBEDDING_MODEL is {MULTILINGUAL_MODEL}, which TESSERA_EMBEDDER leaves out; unset one of them"
            )
        }
        Some(MULTILINGUAL_MODEL) => Ok(MULTILINGUAL_MODEL.to_owned()),
        Some(other) => bail!(
            "TESSERA_EMBEDDING_MODEL: expected {ENGLISH_MODEL} or {MULTILINGUAL_MODEL}, got {other}"
        ),
    }
}

/// Refuses a language model of this machine beside the server of `TESSERA_CHAT_URL`: the names of
/// models are for one server.
///
/// # Errors
/// If that variable is set.
pub(super) fn check_generator() -> Result<()> {
    let variables = ["TESSERA_CHAT_URL", "SPIN_VARIABLE_CHAT_URL"];
    match variables.into_iter().find(|variable| named(variable).is_some()) {
        None => Ok(()),
        Some(variable) => bail!(
            "--model: the worker serves the model, but {variable} names another server for answers; unset it and enter that server under Models, or leave --model out"
        ),
    }
}

/// The keys of components; a former one is empty if there is none.
fn keys(secrets: &Secrets) -> [(&'static str, &str); 7] {
    [
        ("token_key", &secrets.token_key),
        ("token_key_previous", secrets.token_key_previous.as_deref().unwrap_or_default()),
        ("device_key", &secrets.device_key),
        ("audit_cursor_key", &secrets.audit_cursor_key),
        ("master_key", &secrets.master_key),
        ("master_key_previous", secrets.master_key_previous.as_deref().unwrap_or_default()),
        ("internal_key", &secrets.internal_key),
    ]
}

/// Variables of Spin that `TESSERA_*` of the environment sets.
const PASSED_THROUGH: [&str; 8] = [
    "chat_model",
    "chat_models",
    "chat_titles",
    "chat_rewriting",
    "chat_key",
    "model_hosts",
    "model_providers",
    "trusted_proxies",
];

/// The variables that say where Redis is.
fn address(redis: &RedisServer) -> [(&'static str, String); 3] {
    [
        ("redis_scheme", redis.scheme().to_owned()),
        ("redis_host", redis.host.clone()),
        ("redis_port", redis.port.to_string()),
    ]
}

impl Settings {
    #[expect(clippy::too_many_lines, reason = "one line a setting")]
    pub(super) fn new(
        build_env: &BuildEnv,
        listen: SocketAddr,
        secrets: &Secrets,
        database: &Database,
        redis: &RedisServer,
    ) -> Result<Self> {
        let models_listen = format!("127.0.0.1:{}", build_env.ports.of("models")?);
        let public_url = named("TESSERA_PUBLIC_URL").unwrap_or_else(|| format!("http://{listen}"));
        let built_in = format!("http://{models_listen}/v1");
        let embedding_url = named("TESSERA_EMBEDDING_URL").unwrap_or_else(|| built_in.clone());
        let chat_url = named("TESSERA_CHAT_URL").unwrap_or_else(|| built_in.clone());
        let server = &database.server;
        let mut variables = BTreeMap::new();
        let mut set =
            |name: &str, value: &str| drop(variables.insert(name.to_owned(), value.to_owned()));
        set("pg_host", server.host());
        set("pg_port", &server.port().to_string());
        set("pg_database", &database.name);
        set("pg_sslmode", server.ssl_mode());
        for component in COMPONENTS {
            let role = component_role(component);
            set(&format!("pg_password_{component}"), secrets.passwords.of(&role));
        }
        address(redis).iter().for_each(|(name, value)| set(name, value));
        for user in USERS.iter().filter(|user| ![WORKER, HOST].contains(&user.name)) {
            set(&format!("redis_password_{}", user.name), &redis.password(user.name)?);
        }
        set("models_origin", &origin(&embedding_url)?);
        set("chat_origin", &origin(&chat_url)?);
        set("embedding_url", &embedding_url);
        set("embedding_model", &embedding_model(embedding_url == built_in)?);
        set("chat_url", &chat_url);
        for (name, key) in keys(secrets) {
            set(name, key);
        }
        set("public_url", &public_url);
        for variable in PASSED_THROUGH {
            if let Some(value) = named(&format!("TESSERA_{}", variable.to_uppercase())) {
                set(variable, &value);
            }
        }
        for (variable, price) in chat_prices(named)? {
            set(variable, &price);
        }
        // The user's settings for Spin apply here too, and win.
        for (name, value) in env::vars() {
            if let Some(variable) = name.strip_prefix("SPIN_VARIABLE_") {
                set(&variable.to_lowercase(), &value);
            }
        }
        add_public_keys(&mut variables)?;
        let worker_database_url =
            server.url(&database.name, WORKER_ROLE, secrets.passwords.of(WORKER_ROLE));
        Ok(Self {
            internal_key: secrets.internal_key.clone(),
            public_url,
            worker_database_url,
            worker_redis_url: redis.url(WORKER)?,
            host_redis_url: redis.url(HOST)?,
            redis_ca: absolute(&Authorities::redis_from_env())?,
            pg_ca: absolute(&server.authorities())?,
            models_listen,
            embedding_url,
            crawled_port: None,
            metrics: MetricsListeners::default(),
            generator: Vec::new(),
            variables,
        })
    }

    /// Offers a language model of this machine: the worker passes questions on to it, and
    /// assistants may name it.
    pub(super) fn add_generator(&mut self, server: &GeneratorServer) {
        let listed = self.variables.entry("chat_models".to_owned()).or_default();
        if !listed.is_empty() {
            listed.push(',');
        }
        listed.push_str(server.name());
        self.generator = vec![
            ("TESSERA_GENERATOR_MODEL", server.name().to_owned()),
            ("TESSERA_GENERATOR_URL", server.url()),
            ("TESSERA_GENERATOR_KEY", server.key().to_owned()),
            ("TESSERA_GENERATOR_SLOTS", SLOTS.to_string()),
        ];
    }

    /// Allows identity providers on loopback, without TLS.
    pub(super) fn allow_loopback_providers(&mut self) {
        for (name, value) in [("oidc_allow_loopback", "true"), ("oidc_hosts", "http://127.0.0.1:*")]
        {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Allows a provider of models on this port of loopback, without TLS.
    pub(super) fn allow_loopback_model(&mut self, port: u16) {
        let host = format!("http://127.0.0.1:{port}");
        self.variables.insert("model_hosts".to_owned(), host);
    }
}

/// The file of authorities for processes that run in other folders; empty if there is none.
fn absolute(authorities: &Authorities) -> Result<String> {
    authorities.check()?;
    let Some(file) = authorities.file() else { return Ok(String::new()) };
    Ok(std::path::absolute(file)?.display().to_string())
}

/// The public halves of the token keys, unless they are set already.
fn add_public_keys(variables: &mut BTreeMap<String, String>) -> Result<()> {
    let halves =
        [("token_key", "token_public_key"), ("token_key_previous", "token_public_key_previous")];
    for (private, public) in halves {
        if let Some(secret) = variables.get(private).filter(|secret| !secret.is_empty()) {
            let key = SessionKeys::derive(secret)?.public_key();
            variables.entry(public.to_owned()).or_insert(key);
        }
    }
    Ok(())
}

/// `scheme://host:port` of a base URL, in the form of `allowed_outbound_hosts`.
fn origin(url: &str) -> Result<String> {
    let (scheme, rest) = url
        .split_once("://")
        .with_context(|| format!("expected a URL such as https://host/v1, got {url}"))?;
    let authority = rest.split('/').next().unwrap_or_default();
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => bail!("expected a URL with http or https, got {url}"),
    };
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    Ok(if has_port {
        format!("{scheme}://{authority}")
    } else {
        format!("{scheme}://{authority}:{default_port}")
    })
}

fn named(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn the_allowed_host_is_the_origin_with_its_port() {
        assert_eq!(origin("http://127.0.0.1:3210/v1").unwrap(), "http://127.0.0.1:3210");
        assert_eq!(origin("https://api.example.org/v1").unwrap(), "https://api.example.org:443");
        assert_eq!(origin("http://[::1]/v1").unwrap(), "http://[::1]:80");
        assert!(origin("api.example.org").is_err());
    }
}
