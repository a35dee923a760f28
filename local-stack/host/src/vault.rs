//! Variables from HashiCorp Vault: KV version 2 over HTTP, one request per look-up with a short
//! cache.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::egress::blocked::BlockedNetworks;
use crate::egress::connector::{Connector, https_connector};
use crate::runtime_config::VaultProvider;

/// Lifetime of a cached value.
const REMEMBER: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RESPONSE: usize = 1 << 20;

type HttpsClient = Client<hyper_rustls::HttpsConnector<Connector>, Empty<Bytes>>;

#[derive(Debug)]
pub(crate) struct Vault {
    base: String,
    token: http::HeaderValue,
    client: HttpsClient,
    known: Mutex<HashMap<String, (Instant, Option<String>)>>,
}

impl Vault {
    pub(crate) fn new(config: &VaultProvider) -> Result<Self> {
        let prefix = config
            .prefix
            .as_deref()
            .map(|p| format!("{}/", p.trim_matches('/')))
            .unwrap_or_default();
        let base = format!(
            "{}/v1/{}/data/{prefix}",
            config.url.trim_end_matches('/'),
            config.mount.trim_matches('/')
        );
        let mut token = http::HeaderValue::from_str(&config.token)
            .context("the Vault token is not a header value")?;
        token.set_sensitive(true);
        let connector = https_connector(Connector::new(BlockedNetworks::none(), TIMEOUT))?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, token, client, known: Mutex::default() })
    }

    /// The field `value` of the secret `name`; `None` if there is no such secret.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<String>> {
        if let Some((asked, value)) =
            self.known.lock().ok().and_then(|known| known.get(name).cloned())
            && asked.elapsed() < REMEMBER
        {
            return Ok(value);
        }
        let asked = tokio::time::timeout(TIMEOUT, self.ask(name)).await;
        let value = asked
            .context("Vault did not answer in time")?
            .with_context(|| format!("asking Vault for {name:?}"))?;
        if let Ok(mut known) = self.known.lock() {
            known.insert(name.to_owned(), (Instant::now(), value.clone()));
        }
        Ok(value)
    }

    async fn ask(&self, name: &str) -> Result<Option<String>> {
        let request = http::Request::get(format!("{}{name}", self.base))
            .header("x-vault-token", self.token.clone())
            .body(Empty::new())?;
        let response = self.client.request(request).await?;
        match response.status() {
            http::StatusCode::OK => {}
            http::StatusCode::NOT_FOUND => return Ok(None),
            status => bail!("expected status 200 or 404, found {status}: check token and mount"),
        }
        let body = Limited::new(response.into_body(), MAX_RESPONSE).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        let value = answer.pointer("/data/data/value").and_then(serde_json::Value::as_str);
        Ok(Some(value.context("the secret has no text field called `value`")?.to_owned()))
    }
}
