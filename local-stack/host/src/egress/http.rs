//! The outbound HTTP client: one connection pool for the application, time limits, errors in the
//! guest's terms.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody};

use super::blocked::BlockedNetworks;
use super::connector::{CONNECT_TIMEOUT, ConnectError, Connector, https_connector};
use crate::runtime_config;

/// Sends requests that have passed the allowed-hosts check.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    client: Client<HttpsConnector<Connector>, WasiBody>,
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl HttpClient {
    pub(crate) fn new(
        config: &runtime_config::OutboundHttp,
        blocked: BlockedNetworks,
    ) -> Result<Self> {
        let connect = Duration::from_secs(config.connect_seconds);
        let connector = https_connector(Connector::new(blocked, connect))?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector);
        Ok(Self {
            client,
            connect,
            first_byte: Duration::from_secs(config.first_byte_seconds),
            between_bytes: Duration::from_secs(config.between_bytes_seconds),
        })
    }

    /// Returns once the response head has arrived.
    pub(crate) async fn send(
        &self,
        mut request: http::Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<http::Response<WasiBody>, HttpError> {
        // The client sets it from the URI, and HTTP/2 servers reject two authorities.
        request.headers_mut().remove(http::header::HOST);
        let connect = options.connect_timeout.unwrap_or(self.connect);
        let first_byte = options.first_byte_timeout.unwrap_or(self.first_byte);
        let sending = CONNECT_TIMEOUT.scope(connect, self.client.request(request));
        let response = tokio::time::timeout(first_byte, sending)
            .await
            .map_err(|_| HttpError::ConnectionReadTimeout)?
            .map_err(|error| in_guest_terms(&error))?;
        let limit = options.between_bytes_timeout.unwrap_or(self.between_bytes);
        Ok(response.map(|body| TimedBody::new(body, limit).boxed_unsync()))
    }
}

fn in_guest_terms(error: &ClientError) -> HttpError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(connect) = current.downcast_ref::<ConnectError>() {
            return match connect {
                ConnectError::NoHost => HttpError::HttpRequestUriInvalid,
                ConnectError::Resolve(_) => HttpError::DnsError {
                    rcode: Some("address not available".into()),
                    info_code: Some(0),
                },
                ConnectError::Blocked => HttpError::DestinationIpProhibited,
                ConnectError::TimedOut => HttpError::ConnectionTimeout,
                ConnectError::Dial(_) => HttpError::ConnectionRefused,
            };
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::InvalidCertificate(_) => HttpError::TlsCertificateError,
                _ => HttpError::TlsProtocolError,
            };
        }
        if let Some(http) = current.downcast_ref::<HttpError>() {
            // the guest's own request body failed
            return HttpError::InternalError(Some(http.to_string()));
        }
        if let Some(hyper) = current.downcast_ref::<hyper::Error>()
            && (hyper.is_incomplete_message() || hyper.is_closed())
        {
            return HttpError::ConnectionTerminated;
        }
        source = current.source();
    }
    tracing::debug!(target: "host::egress", %error, "outbound request failed");
    HttpError::HttpProtocolError
}

/// A response body that fails when the server stops sending.
struct TimedBody {
    body: Incoming,
    limit: Duration,
    /// Armed only while waiting.
    waiting: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl TimedBody {
    fn new(body: Incoming, limit: Duration) -> Self {
        Self { body, limit, waiting: None, armed: false }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.armed = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(HttpError::from)));
        }
        let deadline = Instant::now() + this.limit;
        let sleep =
            this.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if !this.armed {
            sleep.as_mut().reset(deadline);
            this.armed = true;
        }
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(HttpError::ConnectionReadTimeout))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
