//! What the proxy responds: a tunnel, a response that it passes on, or why not.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use url::Url;

use super::{Shared, body::ProxyBody, tunnel::tunnel, until_closed};
use crate::FailReason;
use crate::fetch::{Stop, connect};

type ProxyResponse = Response<ProxyBody>;

/// Headers that are between two ends of one connection (RFC 9110, 7.6.1), and those of bodies that
/// are not passed on.
const OF_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

pub(super) async fn respond(
    shared: &Arc<Shared>,
    closed: watch::Receiver<()>,
    request: Request<Incoming>,
) -> ProxyResponse {
    let shown = request.headers().get(header::PROXY_AUTHORIZATION);
    if shown.map(HeaderValue::as_bytes) != Some(shared.credentials.as_bytes()) {
        return require_credentials();
    }
    let response = if request.method() == Method::CONNECT {
        open_tunnel(shared, closed, request).await
    } else {
        pass(shared, request).await
    };
    response.unwrap_or_else(|stop| {
        bare(match stop {
            Stop::Blocked(_) => StatusCode::FORBIDDEN,
            Stop::Failed(_) => StatusCode::BAD_GATEWAY,
        })
    })
}

fn bare(status: StatusCode) -> ProxyResponse {
    let mut response = Response::new(ProxyBody::None);
    *response.status_mut() = status;
    response
}

fn require_credentials() -> ProxyResponse {
    let mut response = bare(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    let scheme = HeaderValue::from_static("Basic realm=\"page\"");
    response.headers_mut().insert(header::PROXY_AUTHENTICATE, scheme);
    response
}

async fn open_tunnel(
    shared: &Arc<Shared>,
    closed: watch::Receiver<()>,
    request: Request<Incoming>,
) -> Result<ProxyResponse, Stop> {
    // The parser reads every notation of an address, as it does for pages.
    let url = Url::parse(&format!("https://{}/", request.uri()));
    let server = shared.dial(&url.map_err(|_| FailReason::InvalidUrl)?).await?;
    let shared = shared.clone();
    tokio::spawn(until_closed(closed, async move {
        if let Ok(browser) = hyper::upgrade::on(request).await {
            tunnel(TokioIo::new(browser), server, &shared).await;
        }
    }));
    Ok(bare(StatusCode::OK))
}

/// Passes on a request without TLS, over a connection of its own. Only what reads goes through.
async fn pass(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<ProxyResponse, Stop> {
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(bare(StatusCode::METHOD_NOT_ALLOWED));
    }
    let url = Url::parse(&request.uri().to_string()).map_err(|_| FailReason::InvalidUrl)?;
    if url.scheme() != "http" {
        return Ok(bare(StatusCode::BAD_REQUEST));
    }
    let stream = shared.dial(&url).await?;
    let address = stream.peer_addr().map_err(|_| FailReason::Connect)?.ip();
    let mut connection = connect::handshake(&shared.fetching.options, stream, address).await?;
    let sent = connection.send(request_to(&url, &request)?);
    let response = tokio::time::timeout(shared.head_time(), sent)
        .await
        .map_err(|_| FailReason::Timeout)?
        .map_err(|_| FailReason::BrokenResponse)?;
    let (mut head, body) = response.into_parts();
    remove_connection(&mut head.headers);
    head.version = http::Version::HTTP_11;
    let body = ProxyBody::Passed { body, _over: connection, shared: shared.clone() };
    Ok(Response::from_parts(head, body))
}

fn request_to(
    url: &Url,
    request: &Request<Incoming>,
) -> Result<Request<Empty<bytes::Bytes>>, FailReason> {
    let mut out = Request::new(Empty::new());
    *out.method_mut() = request.method().clone();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *out.uri_mut() = path.parse().map_err(|_| FailReason::InvalidUrl)?;
    *out.headers_mut() = request.headers().clone();
    remove_connection(out.headers_mut());
    out.headers_mut().remove(header::CONTENT_LENGTH);
    let host = url.host_str().ok_or(FailReason::InvalidUrl)?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let host = HeaderValue::from_str(&host).map_err(|_| FailReason::InvalidUrl)?;
    out.headers_mut().insert(header::HOST, host);
    Ok(out)
}

/// Also those that `Connection` names.
fn remove_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}
