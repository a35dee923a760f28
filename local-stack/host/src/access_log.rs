//! The access log: a line for each request once its response has ended. It has the pattern of the
//! route in place of the path, and no query, header or body: those hold ids, tokens and addresses of
//! people.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, Method, Response};
use tokio::time::Instant;

use crate::instance::RequestState;
use crate::metrics::{AnsweredBy, method_label};

/// A request whose response is not complete yet; logged when it is dropped.
pub(crate) struct AccessEntry {
    state: Arc<RequestState>,
    began: Instant,
    head_ms: f64,
    method: Method,
    by: Option<AnsweredBy>,
    status: u16,
    /// As the trusted proxies name it.
    client: IpAddr,
    bytes: u64,
    complete: bool,
}

impl AccessEntry {
    /// For a request whose response's head is ready.
    pub(crate) fn new<B>(
        state: Arc<RequestState>,
        began: Instant,
        client: IpAddr,
        method: Method,
        response: &Response<B>,
    ) -> Self {
        Self {
            state,
            began,
            head_ms: milliseconds(began),
            by: response.extensions().get::<AnsweredBy>().cloned(),
            status: response.status().as_u16(),
            client,
            bytes: 0,
            // The body of such a response is never sent.
            complete: method == Method::HEAD,
            method,
        }
    }

    /// Bytes of the body were given to the connection.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The body is complete.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }
}

impl Drop for AccessEntry {
    fn drop(&mut self) {
        let by = self.by.as_ref();
        let route = by.and_then(|by| by.route.as_ref()).and_then(|route| pattern(route));
        tracing::info!(
            target: "host::access", request_id = self.state.id(),
            trace_id = self.state.trace.trace_id(), method = &*method_label(&self.method),
            route = route.unwrap_or("none"), component = by.map_or("host", |by| &*by.component),
            status = self.status, duration_ms = milliseconds(self.began), head_ms = self.head_ms,
            bytes = self.bytes, client = %self.client, complete = self.complete, "request"
        );
    }
}

/// A pattern as our components write them: nothing else gets into the log.
fn pattern(route: &HeaderValue) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.{}:*".contains(&byte);
    route.to_str().ok().filter(|route| route.len() <= 200 && route.bytes().all(is_plain))
}

/// Since then, to a microsecond.
fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
