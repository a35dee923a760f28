//! Dials outbound HTTP connections: resolves, drops blocked addresses, and connects only to the
//! remaining ones.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Result;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::blocked::BlockedNetworks;

tokio::task_local! {
    /// A guest's own connect timeout; the client has no other way to pass it.
    pub(crate) static CONNECT_TIMEOUT: Duration;
}

/// Connects to a URI's authority.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    blocked: BlockedNetworks,
    timeout: Duration,
}

/// Why a connection failed.
#[derive(Debug)]
pub(crate) enum ConnectError {
    NoHost,
    Resolve(io::Error),
    Blocked,
    TimedOut,
    Dial(io::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the URI has no host"),
            Self::Resolve(error) => write!(f, "the host name was not resolved: {error}"),
            Self::Blocked => f.write_str("every address of the host is in a blocked network"),
            Self::TimedOut => f.write_str("connecting timed out"),
            Self::Dial(error) => write!(f, "connecting failed: {error}"),
        }
    }
}

impl std::error::Error for ConnectError {}

impl Connector {
    pub(crate) fn new(blocked: BlockedNetworks, timeout: Duration) -> Self {
        Self { blocked, timeout }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let host = uri.host().ok_or(ConnectError::NoHost)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let found = tokio::net::lookup_host((host, port)).await.map_err(ConnectError::Resolve)?;
        let (addresses, some_blocked) = if self.blocked.is_excepted(host, port) {
            (found.collect(), false)
        } else {
            self.blocked.keep_allowed(found)
        };
        if addresses.is_empty() && some_blocked {
            return Err(ConnectError::Blocked);
        }
        // The checked addresses are dialled, so a second response of the resolver cannot differ.
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(ConnectError::Dial)?;
        stream.set_nodelay(true).map_err(ConnectError::Dial)?;
        Ok(TokioIo::new(stream))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let timeout = CONNECT_TIMEOUT.try_with(|timeout| *timeout).unwrap_or(self.timeout);
        let connect = self.clone().connect(uri);
        Box::pin(async move {
            tokio::time::timeout(timeout, connect).await.map_err(|_| ConnectError::TimedOut)?
        })
    }
}

/// TLS over `connector` for `https`, with the Mozilla roots; HTTP/2 if the server offers it.
pub(crate) fn https_connector(connector: Connector) -> Result<HttpsConnector<Connector>> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider)?;
    Ok(builder.https_or_http().enable_all_versions().wrap_connector(connector))
}
