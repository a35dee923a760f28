//! One export over HTTP, and what came of it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use prost::Message;

use super::{TracesConfig, message::ExportResponse};

/// The most bytes of an answer that are read.
const ANSWER: usize = 64 << 10;
/// The longest pause that a collector may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a collector did with spans.
pub(super) enum Outcome {
    /// It took them, but for so many.
    Accepted { rejected: u64 },
    /// It will not take them.
    Refused(String),
    /// It could not be reached, or is busy: it may take them later, after so long.
    Retryable(String, Option<Duration>),
}

pub(super) struct Collector {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    config: TracesConfig,
}

impl Collector {
    pub(super) fn new(config: TracesConfig) -> Result<Self, rustls::Error> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(config.timeout));
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector);
        Ok(Self { client, config })
    }

    /// Sends an encoded request once.
    pub(super) async fn send(&self, body: Bytes) -> Outcome {
        match tokio::time::timeout(self.config.timeout, self.exchange(body)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Retryable("no answer in time".to_owned(), None),
        }
    }

    async fn exchange(&self, body: Bytes) -> Outcome {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.config.endpoint.clone();
        let headers = request.headers_mut();
        headers.extend(self.config.headers.iter().cloned());
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(header::CONTENT_TYPE, protobuf);
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) => return Outcome::Retryable(crate::error_chain(&error), None),
        };
        let (head, body) = response.into_parts();
        let pause = pause(&head.headers);
        let answer = Limited::new(body, ANSWER).collect().await;
        let status = head.status;
        if is_retryable(status) {
            return Outcome::Retryable(format!("status {status}"), pause);
        }
        if !status.is_success() {
            return Outcome::Refused(format!("status {status}"));
        }
        // An answer that cannot be read says nothing of rejected spans.
        let answer = answer.ok().and_then(|body| ExportResponse::decode(body.to_bytes()).ok());
        Outcome::Accepted { rejected: answer.map_or(0, |answer| answer.rejected()) }
    }
}

/// The statuses that OTLP wants repeated.
fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}
