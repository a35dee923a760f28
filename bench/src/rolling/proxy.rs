//! A reverse proxy as Traefik and nginx are in front of hosts: it asks their health every two
//! seconds, sends requests to the healthy ones in turns, and sends one again to the other host if
//! no host accepted it, or if it changes nothing and the answer was 502 or 503.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header},
};

/// As in deploy/compose/traefik.
const HEALTH: &str = "/.well-known/spin/health";
const HEALTH_EVERY: Duration = Duration::from_secs(2);
const HEALTH_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);
/// Shorter than the 75 seconds after which a host closes an idle connection.
const IDLE: Duration = Duration::from_secs(60);
/// A larger body is passed on as it comes, and its request is sent once.
const BUFFER: usize = 1 << 20;
/// The address that the hosts trust as a proxy's: `tests::stack::PROXIES`.
const OWN_ADDRESS: [u8; 4] = [127, 7, 7, 1];
/// Fields of one connection.
const HOP_BY_HOP: [HeaderName; 5] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

struct Backend {
    addr: SocketAddr,
    healthy: AtomicBool,
}

/// The running proxy.
pub(crate) struct Proxy {
    /// `http://127.0.0.1:<port>`
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    backends: Vec<Backend>,
    turn: AtomicUsize,
    again: AtomicUsize,
}

impl Proxy {
    /// Starts it in front of these hosts.
    pub(crate) async fn start(hosts: &[SocketAddr]) -> Self {
        let http = reqwest::Client::builder()
            .local_address(IpAddr::from(OWN_ADDRESS))
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .build()
            .unwrap();
        let backends =
            hosts.iter().map(|addr| Backend { addr: *addr, healthy: AtomicBool::new(true) });
        let shared = Arc::new(Shared {
            http,
            backends: backends.collect(),
            turn: AtomicUsize::new(0),
            again: AtomicUsize::new(0),
        });
        for at in 0..shared.backends.len() {
            tokio::spawn(watch(shared.clone(), at));
        }
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { url, shared }
    }

    /// How often a request was sent again to another host.
    pub(crate) fn sent_again(&self) -> usize {
        self.shared.again.load(Relaxed)
    }
}

async fn watch(shared: Arc<Shared>, at: usize) {
    let backend = &shared.backends[at];
    let mut every = tokio::time::interval(HEALTH_EVERY);
    loop {
        every.tick().await;
        let asked = shared.http.get(format!("http://{}{HEALTH}", backend.addr));
        let answered = asked.timeout(HEALTH_TIMEOUT).send().await;
        let healthy = answered.is_ok_and(|answer| answer.status().is_success());
        backend.healthy.store(healthy, Relaxed);
    }
}

impl Shared {
    /// The next healthy host, but not this one; any other if none is healthy.
    fn next(&self, but: Option<SocketAddr>) -> SocketAddr {
        let turn = self.turn.fetch_add(1, Relaxed);
        let in_turns = (0..self.backends.len())
            .map(|step| &self.backends[(turn + step) % self.backends.len()])
            .filter(|backend| Some(backend.addr) != but);
        let mut candidates: Vec<&Backend> = in_turns.collect();
        candidates.sort_by_key(|backend| !backend.healthy.load(Relaxed));
        candidates[0].addr
    }

    async fn send(
        &self,
        host: SocketAddr,
        head: &axum::http::request::Parts,
        body: reqwest::Body,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let request = self.http.request(head.method.clone(), format!("http://{host}{path}"));
        request.headers(head.headers.clone()).body(body).send().await
    }
}

async fn pass(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    let length = length.and_then(|it| it.parse::<usize>().ok());
    let is_whole = length
        .map_or(!head.headers.contains_key(header::TRANSFER_ENCODING), |length| length <= BUFFER);
    forwarded(&mut head, client);
    if !is_whole {
        let sent = shared.send(shared.next(None), &head, body_of(body)).await;
        return sent.map_or_else(|error| bad_gateway(&error), answer);
    }
    let Ok(bytes) = to_bytes(body, BUFFER).await else {
        return failed(StatusCode::BAD_REQUEST, "the body broke off");
    };
    let changes_nothing = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS)
        || matches!(head.method, Method::PUT | Method::DELETE);
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            shared.again.fetch_add(1, Relaxed);
            tokio::time::sleep(PAUSE * u32::try_from(attempt - 1).unwrap()).await;
        }
        let host = shared.next(last);
        last = Some(host);
        let is_last = attempt + 1 == ATTEMPTS;
        match shared.send(host, &head, bytes.clone().into()).await {
            Ok(response) if !is_last && changes_nothing && is_away(response.status()) => {}
            Ok(response) => return answer(response),
            Err(error) if !is_last && (error.is_connect() || changes_nothing) => {}
            Err(error) => return bad_gateway(&error),
        }
    }
    failed(StatusCode::BAD_GATEWAY, "no host answered")
}

fn is_away(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE)
}

/// The head as the proxy passes it on.
fn forwarded(head: &mut axum::http::request::Parts, client: SocketAddr) {
    for name in &HOP_BY_HOP {
        head.headers.remove(name);
    }
    let host = head.headers.get(header::HOST).cloned();
    let fields = [
        ("x-forwarded-for", HeaderValue::try_from(client.ip().to_string()).ok()),
        ("x-forwarded-proto", Some(HeaderValue::from_static("http"))),
        ("x-forwarded-host", host),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            head.headers.insert(name, value);
        }
    }
}

fn body_of(body: Body) -> reqwest::Body {
    reqwest::Body::wrap_stream(body.into_data_stream())
}

/// The host's answer as it comes.
fn answer(response: reqwest::Response) -> Response<Body> {
    let mut passed = Response::new(Body::empty());
    *passed.status_mut() = response.status();
    passed.headers_mut().clone_from(response.headers());
    for name in &HOP_BY_HOP {
        passed.headers_mut().remove(name);
    }
    *passed.body_mut() = Body::from_stream(response.bytes_stream());
    passed
}

fn bad_gateway(error: &reqwest::Error) -> Response<Body> {
    failed(StatusCode::BAD_GATEWAY, &format!("{error:?}"))
}

fn failed(status: StatusCode, reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(reason.to_owned()));
    *response.status_mut() = status;
    response
}
