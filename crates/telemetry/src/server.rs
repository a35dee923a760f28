//! Answers scrapes: `GET /metrics` on a listener of its own.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use subtle::ConstantTimeEq;
use tokio::{net::TcpListener, sync::Semaphore};

/// A client must send its request head in this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Scrapes at the same time; more wait.
const CONNECTIONS: usize = 8;
/// What Prometheus takes for the format that `Registry::text` writes.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Where scrapes come in, and what they must show.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    token: Option<String>,
}

impl Listener {
    /// Listens. An address that others reach needs a token, which scrapes send as a bearer token.
    ///
    /// # Errors
    /// If the address cannot be had, or is not loopback and there is no token.
    pub async fn bind(address: SocketAddr, token: Option<String>) -> io::Result<Self> {
        let token = token.filter(|token| !token.is_empty());
        if token.is_none() && !address.ip().is_loopback() {
            let why = format!(
                "metrics on {address}: expected a loopback address, or a metrics token of its own"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let socket = TcpListener::bind(address).await;
        let socket =
            socket.map_err(|e| io::Error::new(e.kind(), format!("metrics on {address}: {e}")))?;
        Ok(Self { socket, token })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Answers scrapes with what `render` writes, until it is dropped.
pub async fn serve<R, F>(listener: Listener, render: R)
where
    R: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = String> + Send,
{
    let Listener { socket, token } = listener;
    let (render, token, slots) =
        (Arc::new(render), Arc::new(token), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = socket.accept().await else {
            // Out of descriptors, for example: some close meanwhile.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (render, token) = (render.clone(), token.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &*render, token.as_deref()));
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).keep_alive(false);
            // A scraper that went away needs no answer.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            drop(slot);
        });
    }
}

async fn answer<F: Future<Output = String>>(
    request: Request<Incoming>,
    render: impl Fn() -> F,
    token: Option<&str>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/metrics" {
        return Ok(plain(StatusCode::NOT_FOUND, "expected GET /metrics\n"));
    }
    if request.method() != Method::GET {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n"));
    }
    if !is_let_in(&request, token) {
        return Ok(plain(
            StatusCode::UNAUTHORIZED,
            "expected the metrics token as a bearer token\n",
        ));
    }
    let mut response = Response::new(Full::new(Bytes::from(render().await)));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(FORMAT));
    Ok(response)
}

fn is_let_in(request: &Request<Incoming>, token: Option<&str>) -> bool {
    let Some(token) = token else { return true };
    let sent = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(header::HeaderValue::as_bytes)
        .unwrap_or_default();
    let sent = sent.strip_prefix(b"Bearer ").unwrap_or_default();
    sent.ct_eq(token.as_bytes()).into()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    async fn ask(address: SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    async fn start(token: Option<&str>) -> SocketAddr {
        let listener =
            Listener::bind(([127, 0, 0, 1], 0).into(), token.map(str::to_owned)).await.unwrap();
        let address = listener.address().unwrap();
        tokio::spawn(serve(listener, || async { "all of it\n# EOF\n".to_owned() }));
        address
    }

    #[tokio::test]
    async fn a_scrape_gets_the_text() {
        let address = start(None).await;
        let answer = ask(address, "GET /metrics HTTP/1.1").await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("all of it\n# EOF\n"),
            "{answer}"
        );
        assert!(answer.contains("openmetrics-text"));
        assert!(ask(address, "GET / HTTP/1.1").await.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "POST /metrics HTTP/1.1").await.starts_with("HTTP/1.1 405"));
    }

    #[tokio::test]
    async fn with_a_token_nothing_else_is_let_in() {
        let address = start(Some("s3cret")).await;
        for head in ["", "\r\nauthorization: Bearer s3cre", "\r\nauthorization: s3cret"] {
            let answer = ask(address, &format!("GET /metrics HTTP/1.1{head}")).await;
            assert!(
                answer.starts_with("HTTP/1.1 401") && !answer.contains("all of it"),
                "{answer}"
            );
        }
        let answer = ask(address, "GET /metrics HTTP/1.1\r\nauthorization: Bearer s3cret").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn an_open_address_without_a_token_is_refused() {
        for token in [None, Some(String::new())] {
            let refused = Listener::bind(([0, 0, 0, 0], 0).into(), token).await.unwrap_err();
            assert!(refused.to_string().contains("a metrics token"), "{refused}");
        }
    }
}
