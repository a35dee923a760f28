//! The language model beside this process (ADR 48): the way to its server.

use std::time::Duration;

use anyhow::{Context, Result};
use embedding::{Generator, Upstream, UpstreamResponse};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use platform::config;

use crate::settings::number;

/// How long the server, which is on this machine, may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The language model that the settings name; None if they name none.
pub(crate) async fn from_config() -> Result<Option<Generator>> {
    let Some(url) = config::optional("generator_url").await? else { return Ok(None) };
    let name = config::required("generator_model").await?;
    let key = config::optional("generator_key").await?.unwrap_or_default();
    let server = Server::new(&url, key).context("TESSERA_GENERATOR_URL")?;
    let generator = Generator::new(&name, server, number("generator_slots", 1).await?);
    Ok(Some(generator.with_answer_tokens(number("generator_tokens", 2_048).await?)))
}

/// An OpenAI-compatible server on this machine.
struct Server {
    chat: String,
    key: String,
    client: reqwest::Client,
}

impl Server {
    fn new(url: &str, key: String) -> Result<Self> {
        // Another part of the process may have installed a provider already; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            // Whatever the environment says of proxies.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        Ok(Self { chat: format!("{}/chat/completions", url.trim_end_matches('/')), key, client })
    }
}

impl Upstream for Server {
    fn post(&self, body: Vec<u8>) -> BoxFuture<'static, Result<UpstreamResponse, String>> {
        let request = self.client.post(&self.chat).bearer_auth(&self.key);
        let sending = request.header("content-type", "application/json").body(body).send();
        async move {
            let answer = sending.await.map_err(|error| error.without_url().to_string())?;
            let status = answer.status().as_u16();
            let body = answer.bytes_stream().map(|frame| frame.map_err(|error| error.to_string()));
            Ok(UpstreamResponse { status, body: body.boxed() })
        }
        .boxed()
    }
}
