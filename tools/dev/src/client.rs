//! A small client of the product's own API, for the commands that use it as a user would.

#![expect(clippy::indexing_slicing, reason = "a JSON document has null where a member is missing")]

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::{Stream, StreamExt};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// A client for any HTTP server.
fn http() -> reqwest::Client {
    // Another part of the process may have chosen a provider already; either serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Signed in.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    /// Signs in.
    ///
    /// # Errors
    /// When the server does not answer or the password is wrong.
    pub(crate) async fn sign_in(url: &str, email: &str, password: &str) -> Result<Self> {
        let mut client = Self { http: http(), url: url.to_owned(), token: String::new() };
        let body = client
            .post("/api/v1/auth/login", &json!({ "email": email, "password": password }))
            .await?;
        client.token = text(&body["access_token"])?;
        Ok(client)
    }

    /// For a program that sends its own requests.
    pub(crate) fn address_and_token(&self) -> (&str, &str) {
        (&self.url, &self.token)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    async fn send(&self, what: &str, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.with_context(|| what.to_owned())?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        bail!("{what} answered {status}: {}", response.text().await.unwrap_or_default())
    }

    /// GET.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.send(path, self.request(Method::GET, path)).await?.json().await?)
    }

    /// POST of a JSON document.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(body.to_string());
        Ok(self.send(path, request).await?.json().await?)
    }

    /// Creates something and gives its id.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> Result<String> {
        text(&self.post(path, body).await?["id"])
    }

    /// Uploads a document; gives its id.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn upload(
        &self,
        collection: &str,
        filename: &str,
        bytes: Vec<u8>,
    ) -> Result<String> {
        let path = format!("/api/v1/collections/{collection}/documents");
        let request =
            self.request(Method::POST, &path).query(&[("filename", filename)]).body(bytes);
        let body: Value = self.send(&path, request).await?.json().await?;
        text(&body["document"]["id"])
    }

    /// Waits until every document of a collection is ready or has failed, reporting how many are;
    /// gives those that failed.
    ///
    /// # Errors
    /// When the product does not answer.
    pub(crate) async fn wait_for_collection(
        &self,
        collection: &str,
        mut report: impl FnMut(i64, i64),
    ) -> Result<Vec<Value>> {
        let count = async |status: &str| -> Result<Value> {
            self.get(&format!("/api/v1/documents?collection_id={collection}&limit=100{status}"))
                .await
        };
        loop {
            let total = count("").await?["total"].as_i64().unwrap_or_default();
            let ready = count("&status=ready").await?["total"].as_i64().unwrap_or_default();
            let failed = count("&status=failed").await?;
            report(ready, total);
            if ready + failed["total"].as_i64().unwrap_or_default() >= total {
                return Ok(failed["documents"].as_array().cloned().unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Asks with streaming; each item is one event of the answer.
    ///
    /// # Errors
    /// When the question is refused.
    pub(crate) async fn ask(
        &self,
        conversation: &str,
        question: &str,
    ) -> Result<impl Stream<Item = Result<Value>> + Unpin + use<>> {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let request = self.request(Method::POST, &path).header("accept", "text/event-stream");
        let request = request
            .header("content-type", "application/json")
            .body(json!({ "content": question }).to_string());
        let pieces = Box::pin(self.send(&path, request).await?.bytes_stream());
        Ok(Box::pin(futures::stream::try_unfold(
            (pieces, Vec::new()),
            |(mut pieces, mut waiting): (_, Vec<u8>)| async move {
                loop {
                    if let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
                        let block: Vec<u8> = waiting.drain(..end + 2).collect();
                        let block = String::from_utf8(block)?;
                        if let Some(data) =
                            block.lines().find_map(|line| line.strip_prefix("data:"))
                        {
                            return Ok(Some((serde_json::from_str(data)?, (pieces, waiting))));
                        }
                        continue;
                    }
                    match pieces.next().await {
                        Some(piece) => waiting.extend_from_slice(&piece?),
                        None => return Ok(None),
                    }
                }
            },
        )))
    }
}

/// A member that must be a text.
///
/// # Errors
/// When it is not.
pub(crate) fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("expected a text, got {value}"))
}
