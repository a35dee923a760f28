//! Opens a connection: resolve, check every address, dial what was checked and nothing else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, select_ok};
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{FetchOptions, Stop};
use crate::{BlockReason, FailReason, PageUrl};

/// Addresses of a host that are tried.
const MAX_ADDRESSES: usize = 6;

/// How long one address is tried alone before the next one is, too (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// An open connection, and the task that moves its bytes. Dropping it closes it, whatever the
/// server still sends.
pub(crate) struct Connection {
    sender: http1::SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
    /// What was dialled.
    pub(super) address: IpAddr,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Sends a request and takes the head of the response.
    pub(crate) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Whether it may serve another request.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }
}

/// Opens a connection to the page's origin.
pub(super) async fn open(
    options: &FetchOptions,
    tls: &Arc<rustls::ClientConfig>,
    url: &PageUrl,
) -> Result<Connection, Stop> {
    let stream = dial(options, url.as_url(), |_| true).await?;
    let address = stream.peer_addr().map_err(|_| FailReason::Connect)?.ip();
    if url.origin().scheme != "https" {
        return handshake(options, stream, address).await;
    }
    let name = match url.as_url().host() {
        Some(Host::Domain(domain)) => {
            ServerName::try_from(domain.to_owned()).map_err(|_| FailReason::Tls)?
        }
        Some(Host::Ipv4(ip)) => ServerName::from(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => ServerName::from(IpAddr::V6(ip)),
        None => return Err(FailReason::InvalidUrl.into()),
    };
    let stream =
        TlsConnector::from(tls.clone()).connect(name, stream).await.map_err(|_| FailReason::Tls)?;
    handshake(options, stream, address).await
}

/// Dials the URL's host, if the options and the caller allow every address of it.
pub(crate) async fn dial(
    options: &FetchOptions,
    url: &Url,
    is_admitted: impl Fn(IpAddr) -> bool,
) -> Result<TcpStream, Stop> {
    let port = url.port_or_known_default().ok_or(BlockReason::Port)?;
    let addresses = checked_addresses(options, url).await?;
    if !addresses.iter().all(|address| is_admitted(*address)) {
        return Err(BlockReason::Address.into());
    }
    let stream = first_of(&addresses, port).await.map_err(|_| FailReason::Connect)?;
    // Requests are small and go at once.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// The addresses of the host, if all of them may be dialled. A name with public and private
/// addresses is no mistake that a crawler should guess about.
async fn checked_addresses(options: &FetchOptions, url: &Url) -> Result<Vec<IpAddr>, Stop> {
    let addresses = match url.host() {
        // The parser has read octal, hexadecimal and decimal forms already.
        Some(Host::Ipv4(ip)) => vec![IpAddr::V4(ip)],
        Some(Host::Ipv6(ip)) => vec![IpAddr::V6(ip)],
        Some(Host::Domain(domain)) => {
            options.resolver.resolve(domain).await.map_err(|_| FailReason::Dns)?
        }
        None => return Err(FailReason::InvalidUrl.into()),
    };
    if addresses.is_empty() {
        return Err(FailReason::Dns.into());
    }
    if !addresses.iter().all(|address| options.networks.may_dial(*address)) {
        return Err(BlockReason::Address.into());
    }
    Ok(addresses)
}

/// The first of the addresses that takes a connection; each later one gets its turn a moment after
/// the one before.
async fn first_of(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let attempts = addresses.iter().take(MAX_ADDRESSES).zip(0_u32..).map(|(address, turn)| {
        let address = SocketAddr::new(*address, port);
        let attempt: BoxFuture<'_, io::Result<TcpStream>> = async move {
            tokio::time::sleep(HEAD_START * turn).await;
            TcpStream::connect(address).await
        }
        .boxed();
        attempt
    });
    select_ok(attempts).await.map(|(stream, _)| stream)
}

pub(crate) async fn handshake<S>(
    options: &FetchOptions,
    stream: S,
    address: IpAddr,
) -> Result<Connection, Stop>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    // hyper takes no smaller buffer.
    builder
        .max_buf_size(options.limits.head_bytes.max(8 << 10))
        .max_headers(options.limits.head_lines);
    let (sender, driver) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|_| FailReason::Connect)?;
    let driver = tokio::spawn(async move {
        // How it ended is seen by the request that ran over it.
        let _ = driver.await;
    });
    Ok(Connection { sender, driver, address })
}
