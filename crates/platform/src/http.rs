//! Outbound HTTP: the response body is a stream.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use kernel::{Code, Problem, Result};

/// The body of a response, frame by frame.
#[cfg(target_family = "wasm")]
pub type BodyStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, String>>>>;
/// The body of a response, frame by frame.
#[cfg(not(target_family = "wasm"))]
pub type BodyStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, String>> + Send>>;

/// A request to another server.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The method.
    pub method: http::Method,
    /// An absolute URL.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The complete body.
    pub body: Bytes,
    /// Timeout of the connection.
    pub connect_timeout: Duration,
    /// Timeout of the response head, and of each frame of its body.
    pub idle_timeout: Duration,
}

impl Outgoing {
    /// A POST of a JSON document.
    #[must_use]
    pub fn post_json(url: String, body: &serde_json::Value) -> Self {
        Self::post_json_text(url, body.to_string())
    }

    /// The same, of a body that is written already.
    #[must_use]
    pub fn post_json_text(url: String, body: String) -> Self {
        Self::post_bytes(url, body, [("content-type", "application/json".to_owned())])
    }

    /// A POST of a body of any type, which its header fields name.
    #[must_use]
    pub fn post_bytes(
        url: String,
        body: impl Into<Bytes>,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        Self {
            method: http::Method::POST,
            url,
            headers: headers.into_iter().collect(),
            body: body.into(),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(120),
        }
    }

    /// Adds the `traceparent` of the current trace, for a server that belongs to the installation's
    /// own work. Where spans are recorded, it names the span of this request in the end.
    #[must_use]
    pub fn traced(self) -> Self {
        match telemetry::current() {
            Some(trace) => self.header(telemetry::TraceContext::HEADER, trace.to_string()),
            None => self,
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The response of another server.
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: BodyStream,
}

impl Incoming {
    /// Reads the complete body, up to `limit` bytes.
    ///
    /// # Errors
    /// `unavailable` if the body breaks or is larger.
    pub async fn bytes(mut self, limit: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(piece) = self.body.next().await {
            out.extend_from_slice(&piece.map_err(broken)?);
            if out.len() > limit {
                return Err(broken(format!("the answer is larger than {limit} bytes")));
            }
        }
        Ok(out)
    }
}

fn broken(cause: String) -> Problem {
    Problem::new(Code::Unavailable, "another server's answer broke off; try again shortly")
        .caused_by(cause)
}

/// Sends a request; returns once the response head has arrived. Redirects are not followed.
///
/// # Errors
/// `unavailable` if the server cannot be reached, is not allowed, or does not answer in time.
pub async fn send(request: Outgoing) -> Result<Incoming> {
    crate::adapter::http::send(request)
        .await
        .map_err(|cause| Problem::unavailable("another server", cause))
}
