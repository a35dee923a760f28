#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, clippy::panic, reason = "test support fails loudly")]

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use prost::Message;
use tokio::{net::TcpListener, sync::Notify};

use message::{ExportRequest, ExportResponse, KeyValue, PartialSuccess, Span, Value};

mod message;

/// How long [`Collector::until`] waits.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A span that came in.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// Name of the process.
    pub service: String,
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// The span that caused it; empty: none.
    pub parent_id: String,
    /// What was done.
    pub name: String,
    /// As the enumeration of OTLP calls it, such as `Server`.
    pub kind: String,
    /// Numbers as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether its status is an error.
    pub failed: bool,
    /// Nanoseconds since 1970.
    pub began: u64,
    /// Nanoseconds since 1970.
    pub ended: u64,
}

impl ReceivedSpan {
    /// An attribute; empty if it has none of that name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A running collector; it ends with the runtime.
pub struct Collector {
    address: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    spans: Mutex<Vec<ReceivedSpan>>,
    headers: Mutex<Vec<HeaderMap>>,
    /// Answers before those with status 200.
    answers: Mutex<VecDeque<u16>>,
    /// Spans that each answer calls rejected.
    rejects: i64,
    is_silent: bool,
    came: Notify,
}

impl Collector {
    /// Takes all spans.
    pub async fn start() -> Self {
        Self::with(Inner::default()).await
    }

    /// Answers with these statuses first, and takes no spans then.
    pub async fn answering(statuses: &[u16]) -> Self {
        let answers = Mutex::new(statuses.iter().copied().collect());
        Self::with(Inner { answers, ..Inner::default() }).await
    }

    /// Takes all spans but for so many of each export, as it says.
    pub async fn rejecting(rejects: i64) -> Self {
        Self::with(Inner { rejects, ..Inner::default() }).await
    }

    /// Reads requests and never answers.
    pub async fn silent() -> Self {
        Self::with(Inner { is_silent: true, ..Inner::default() }).await
    }

    async fn with(inner: Inner) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = socket.local_addr().expect("an address");
        let inner = Arc::new(inner);
        let app = Router::new().route("/v1/traces", post(take)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(socket, app).await });
        Self { address, inner }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans so far.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        lock(&self.inner.spans).clone()
    }

    /// The headers of each request so far.
    #[must_use]
    pub fn headers(&self) -> Vec<HeaderMap> {
        lock(&self.inner.headers).clone()
    }

    /// Waits until there are so many requests, answered or not.
    pub async fn until_requests(&self, requests: usize) {
        self.wait(|| (self.headers().len() >= requests).then_some(())).await;
    }

    /// Waits until the spans are complete, and returns what `found` makes of them.
    pub async fn until<T>(&self, found: impl Fn(&[ReceivedSpan]) -> Option<T>) -> T {
        self.wait(|| found(&self.spans())).await
    }

    async fn wait<T>(&self, found: impl Fn() -> Option<T>) -> T {
        let waiting = async {
            loop {
                let came = self.inner.came.notified();
                if let Some(found) = found() {
                    return found;
                }
                came.await;
            }
        };
        match tokio::time::timeout(TIMEOUT, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("the collector did not get what was expected: {:#?}", self.spans()),
        }
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let is_protobuf = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == b"application/x-protobuf");
    lock(&inner.headers).push(headers);
    let answer = lock(&inner.answers).pop_front();
    if let Some(status) = answer {
        inner.came.notify_waiters();
        return StatusCode::from_u16(status).expect("a status").into_response();
    }
    let request = ExportRequest::decode(body).expect("a request of OTLP");
    assert!(is_protobuf, "the type of the content is protobuf");
    lock(&inner.spans).extend(spans(request));
    inner.came.notify_waiters();
    if inner.is_silent {
        return pending().await;
    }
    let partial_success = (inner.rejects > 0).then(|| PartialSuccess {
        rejected_spans: inner.rejects,
        error_message: "some are too old".to_owned(),
    });
    ExportResponse { partial_success }.encode_to_vec().into_response()
}

fn spans(request: ExportRequest) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for of_process in request.resource_spans {
        let resource = attributes(&of_process.resource.expect("a resource").attributes);
        let service = resource.get("service.name").expect("the name of the service").clone();
        for span in of_process.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(received(&service, span));
        }
    }
    spans
}

fn received(service: &str, span: Span) -> ReceivedSpan {
    ReceivedSpan {
        service: service.to_owned(),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        kind: kind(span.kind).to_owned(),
        attributes: attributes(&span.attributes),
        failed: span.status.is_some_and(|status| status.code == 2),
        name: span.name,
        began: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
    }
}

/// The names of `SpanKind`.
fn kind(kind: i32) -> &'static str {
    match kind {
        1 => "Internal",
        2 => "Server",
        3 => "Client",
        4 => "Producer",
        5 => "Consumer",
        other => panic!("expected a kind of spans, got {other}"),
    }
}

fn attributes(all: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<Value>| match value {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        other => panic!("expected a text or a number, got {other:?}"),
    };
    all.iter()
        .map(|entry| {
            let value = entry.value.as_ref().expect("a value");
            (entry.key.clone(), text(&value.value))
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
