//! Responses typed by their content, so that the contract derives from the handlers' signatures.

use std::marker::PhantomData;

use http::{HeaderMap, StatusCode, header};
use kernel::{Page, Problem, Result};
use platform::serve::{self, Response};
use serde::Serialize;

use crate::wire;

/// A response of one kind: the result of a handler.
pub struct Reply<K> {
    response: Response,
    kind: PhantomData<fn() -> K>,
}

/// The kinds of responses. A pair is one or the other; [`Reply`] is itself a kind, so that kinds
/// can be composed from the names of replies.
pub mod kind {
    use std::marker::PhantomData;

    /// A JSON document with a status code.
    pub struct Status<const CODE: u16, T>(PhantomData<fn() -> T>);
    /// 204.
    pub struct Empty(());
    /// 302.
    pub struct Redirection(());
    /// 200 with a page of a list; takes `limit` and `cursor`.
    pub struct ListPage<T>(PhantomData<fn() -> T>);
    /// 200 with a stream of events, each of whose data is a `T`.
    pub struct Stream<T>(PhantomData<fn() -> T>);
    /// 200 with bytes of a media type.
    pub struct Bytes<M>(PhantomData<fn() -> M>);
    /// The same with `Location`.
    pub struct WithLocation<K>(PhantomData<fn() -> K>);
    /// The same; takes an `Idempotency-Key`.
    pub struct Idempotent<K>(PhantomData<fn() -> K>);
    /// The same; takes a `Last-Event-ID`.
    pub struct Resumable<K>(PhantomData<fn() -> K>);

    /// What every kind says of itself.
    pub trait Kind {
        /// Whether its body may be a stream, or bytes of any length. Such a response needs
        /// `wasi:http`; others also fit into one call of the host (ADR 39).
        const STREAMS: bool;
    }

    impl<const CODE: u16, T> Kind for Status<CODE, T> {
        const STREAMS: bool = false;
    }
    impl Kind for Empty {
        const STREAMS: bool = false;
    }
    impl Kind for Redirection {
        const STREAMS: bool = false;
    }
    impl<T> Kind for ListPage<T> {
        const STREAMS: bool = false;
    }
    impl<T> Kind for Stream<T> {
        const STREAMS: bool = true;
    }
    impl<M> Kind for Bytes<M> {
        const STREAMS: bool = true;
    }
    impl<K: Kind> Kind for WithLocation<K> {
        const STREAMS: bool = K::STREAMS;
    }
    impl<K: Kind> Kind for Idempotent<K> {
        const STREAMS: bool = K::STREAMS;
    }
    impl<K: Kind> Kind for Resumable<K> {
        const STREAMS: bool = K::STREAMS;
    }
    impl<A: Kind, B: Kind> Kind for (A, B) {
        const STREAMS: bool = A::STREAMS || B::STREAMS;
    }
    impl<K: Kind> Kind for crate::Reply<K> {
        const STREAMS: bool = K::STREAMS;
    }

    /// A media type.
    pub trait MediaType {
        /// Its name.
        const NAME: &'static str;
    }
    /// `application/octet-stream`.
    pub struct OctetStream(());
    /// `text/csv`.
    pub struct Csv(());
    /// `application/x-ndjson`.
    pub struct JsonLines(());
    /// `text/plain`.
    pub struct PlainText(());
    /// `text/markdown`.
    pub struct Markdown(());

    impl MediaType for OctetStream {
        const NAME: &'static str = "application/octet-stream";
    }
    impl MediaType for Csv {
        const NAME: &'static str = "text/csv";
    }
    impl MediaType for PlainText {
        const NAME: &'static str = "text/plain";
    }
    impl MediaType for Markdown {
        const NAME: &'static str = "text/markdown";
    }
    impl MediaType for JsonLines {
        const NAME: &'static str = "application/x-ndjson";
    }
}

/// 200 with a JSON document.
pub type Json<T> = Reply<kind::Status<200, T>>;
/// 201 with a JSON document and its `Location`.
pub type CreatedJson<T> = Reply<kind::WithLocation<kind::Status<201, T>>>;
/// 202 with a JSON document.
pub type AcceptedJson<T> = Reply<kind::Status<202, T>>;
/// 204.
pub type NoContent = Reply<kind::Empty>;
/// 302.
pub type Redirect = Reply<kind::Redirection>;
/// 200 with a page of a list.
pub type List<T> = Reply<kind::ListPage<T>>;
/// 200 with a stream of events.
pub type EventStream<T> = Reply<kind::Stream<T>>;
/// The reply to a request with an idempotency key.
pub type Idempotent<K> = Reply<kind::Idempotent<K>>;

impl<K> Reply<K> {
    /// Wraps a response. The caller guarantees that it is of this kind.
    #[must_use]
    pub fn new(response: Response) -> Self {
        Self { response, kind: PhantomData }
    }

    /// Converts to another kind that the response also has.
    #[must_use]
    pub fn into_kind<L>(self) -> Reply<L> {
        Reply::new(self.response)
    }

    /// The response's header fields.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.response.headers_mut()
    }

    /// The response itself.
    pub fn response_mut(&mut self) -> &mut Response {
        &mut self.response
    }

    /// Adds `Location`.
    ///
    /// # Errors
    /// `internal` if the location is not a valid header value.
    pub fn at(mut self, location: &str) -> Result<Reply<kind::WithLocation<K>>> {
        self.headers_mut().insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
        Ok(self.into_kind())
    }
}

impl<K> From<Reply<K>> for Response {
    fn from(reply: Reply<K>) -> Self {
        reply.response
    }
}

/// 200 with a JSON document.
///
/// # Errors
/// `internal` if it cannot be serialized.
pub fn ok<T: Serialize>(body: &T) -> Result<Json<T>> {
    json(body)
}

/// 201 with a JSON document and its `Location`.
///
/// # Errors
/// `internal` if it cannot be serialized.
pub fn created<T: Serialize>(location: &str, body: &T) -> Result<CreatedJson<T>> {
    json(body)?.at(location)
}

/// A JSON document with the status of its kind.
///
/// # Errors
/// `internal` if it cannot be serialized.
pub fn json<const CODE: u16, T: Serialize>(body: &T) -> Result<Reply<kind::Status<CODE, T>>> {
    let text = serde_json::to_vec(body).map_err(Problem::internal)?;
    document(CODE, text).map(Reply::new)
}

fn document(code: u16, text: Vec<u8>) -> Result<Response> {
    let builder = http::Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "application/json")
        // With a known length, head and body leave in one packet.
        .header(header::CONTENT_LENGTH, text.len());
    builder.body(serve::full(text)).map_err(Problem::internal)
}

/// 200 with a page of a list.
///
/// # Errors
/// `internal` if it cannot be serialized.
pub fn list<T, B>(page: &Page<T>) -> Result<List<B>>
where
    B: Serialize + contract::ListItem + for<'a> From<&'a T>,
{
    ok(&wire::list::<T, B>(page)).map(Reply::into_kind)
}

/// 204.
///
/// # Errors
/// Never in practice.
pub fn no_content() -> Result<NoContent> {
    let builder = http::Response::builder().status(StatusCode::NO_CONTENT);
    builder.body(serve::empty()).map(Reply::new).map_err(Problem::internal)
}

/// 200 with a stream of events.
///
/// # Errors
/// Never in practice.
pub fn event_stream<T>(body: serve::Body) -> Result<EventStream<T>> {
    http::Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header("x-accel-buffering", "no")
        .body(body)
        .map(Reply::new)
        .map_err(Problem::internal)
}
