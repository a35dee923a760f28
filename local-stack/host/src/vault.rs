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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers like Vault's KV version 2, and returns the heads of the requests.
    async fn stub(
        responses: &'static [(&'static str, &'static str)],
    ) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let mut heads = Vec::new();
            for (status, body) in responses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap();
                heads.push(String::from_utf8_lossy(&head[..read]).to_lowercase());
                let length = body.len();
                let response = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(response.as_bytes()).await.unwrap();
            }
            heads
        });
        (url, served)
    }

    fn vault(url: String) -> Vault {
        let (mount, prefix) = ("/secret/".to_owned(), Some("tessera".to_owned()));
        Vault::new(&VaultProvider { url, token: "s.canary".to_owned(), mount, prefix }).unwrap()
    }

    #[tokio::test]
    async fn a_variable_is_a_secret_with_a_field_value_and_is_asked_for_once() {
        let (url, served) = stub(&[
            ("200 OK", r#"{"data": {"data": {"value": "sesame"}, "metadata": {"version": 3}}}"#),
            ("404 Not Found", r#"{"errors": []}"#),
        ])
        .await;
        let vault = vault(url);
        assert_eq!(vault.get("token_key").await.unwrap().as_deref(), Some("sesame"));
        assert_eq!(vault.get("token_key").await.unwrap().as_deref(), Some("sesame"));
        assert_eq!(vault.get("chat_key").await.unwrap(), None);
        let heads = served.await.unwrap();
        assert!(heads[0].starts_with("get /v1/secret/data/tessera/token_key "), "{heads:?}");
        assert!(heads[0].contains("x-vault-token: s.canary"), "{heads:?}");
        assert!(heads[1].starts_with("get /v1/secret/data/tessera/chat_key "), "{heads:?}");
    }

    #[tokio::test]
    async fn a_refusal_names_the_variable_and_not_the_token() {
        let (url, _served) =
            stub(&[("403 Forbidden", r#"{"errors": ["permission denied"]}"#)]).await;
        let error = format!("{:#}", vault(url).get("token_key").await.unwrap_err());
        assert!(error.contains("token_key") && error.contains("403"), "{error}");
        assert!(!error.contains("s.canary"), "{error}");
    }
}
