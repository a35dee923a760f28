//! A forward proxy on loopback for one page in a browser: it dials what the fetcher may dial, and
//! counts.

mod body;
mod response;
mod tunnel;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fetch::{Shared as Fetching, Stop, connect};
use crate::{Fetcher, is_global};

/// The user that every client names; the password is the proxy's own.
const USER: &str = "page";

/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 << 10;

/// How much one page may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyLimits {
    /// Bytes in both directions, as they are sent.
    pub bytes: u64,
    /// Connections that the browser may open.
    pub connections: usize,
}

/// A running proxy. Dropping it closes every connection through it.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    /// Its end is the signal.
    _open: watch::Sender<()>,
}

struct Shared {
    fetching: Arc<Fetching>,
    /// Whether the page came from a globally routable address; it reaches only others of its kind.
    is_public: bool,
    /// `Proxy-Authorization` of the page's browser.
    credentials: String,
    limits: ProxyLimits,
    bytes: AtomicU64,
}

impl Fetcher {
    /// Opens a proxy for a page that came from `page`. It has the fetcher's rules for addresses and
    /// ports, and one more: a page of the public internet reaches nothing but the public internet,
    /// and a page of a listed network nothing but listed networks. So no script carries what it
    /// reads on one side to the other, whatever its names resolve to.
    ///
    /// # Errors
    /// If loopback takes no listener.
    pub async fn proxy(
        &self,
        page: IpAddr,
        password: &str,
        limits: ProxyLimits,
    ) -> io::Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            fetching: self.0.clone(),
            is_public: is_global(page),
            credentials: format!("Basic {}", STANDARD.encode(format!("{USER}:{password}"))),
            limits,
            bytes: AtomicU64::new(0),
        });
        let (open, closed) = watch::channel(());
        tokio::spawn(until_closed(closed.clone(), accept(listener, shared.clone(), closed)));
        Ok(Proxy { port, shared, _open: open })
    }
}

impl Proxy {
    /// Where it listens, as browsers are told.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The user that it asks for, beside the password that it was opened with.
    #[must_use]
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Bytes that went through it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Counts bytes; false if they are more than the page may cost.
    fn spend(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) <= self.limits.bytes
    }

    async fn dial(&self, url: &url::Url) -> Result<TcpStream, Stop> {
        let options = &self.fetching.options;
        options.check_port(url.port_or_known_default().unwrap_or_default())?;
        let dial = connect::dial(options, url, |address| is_global(address) == self.is_public);
        tokio::time::timeout(options.limits.connect, dial)
            .await
            .map_err(|_| Stop::Failed(crate::FailReason::ConnectTimeout))?
    }

    fn head_time(&self) -> Duration {
        self.fetching.options.limits.head
    }
}

/// Works until the proxy is dropped.
async fn until_closed(mut closed: watch::Receiver<()>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = closed.changed() => {}
        () = work => {}
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, closed: watch::Receiver<()>) {
    for _ in 0..shared.limits.connections {
        let Ok((stream, _)) = listener.accept().await else { return };
        let _ = stream.set_nodelay(true);
        let serving = serve(stream, shared.clone(), closed.clone());
        tokio::spawn(until_closed(closed.clone(), serving));
    }
    // Later connections wait in vain until the page's time is over.
    std::future::pending::<()>().await;
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, closed: watch::Receiver<()>) {
    let service = service_fn(|request| {
        let (shared, closed) = (shared.clone(), closed.clone());
        async move { Ok::<_, Infallible>(response::respond(&shared, closed, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(HEAD_BYTES);
    // What went wrong is the browser's to see.
    let _ = builder.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}
