//! Inbound HTTP of a component: the request, the response, the entry point.

use bytes::Bytes;
use futures::{SinkExt, StreamExt, channel::mpsc};
use http_body_util::{BodyDataStream, Empty, Full, StreamBody};

use crate::adapter::serve::box_body;
pub use crate::adapter::serve::{Body, RequestBody};

/// A request whose body has not been read.
pub type Request = http::Request<RequestBody>;
/// A response.
pub type Response = http::Response<Body>;
/// The frames of a request's body.
pub type BodyStream = BodyDataStream<RequestBody>;

/// The frames of a body, as they arrive (at most 16 KiB each).
pub fn pieces(body: RequestBody) -> BodyStream {
    BodyDataStream::new(body)
}

/// A body of known bytes.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    box_body(Full::new(bytes.into()))
}

/// An empty body.
#[must_use]
pub fn empty() -> Body {
    box_body(Empty::new())
}

/// Whether Tessera's own host runs this component. Only that host overwrites a client's
/// `x-request-id`, and keeps the header of [`name_principal`] to itself.
#[must_use]
pub fn is_own_host() -> bool {
    std::env::var_os("TESSERA_HOST").is_some()
}

/// Names the caller to the host, so that requests with the same credential have a share of their
/// own. The host removes it from the response.
pub fn name_principal(response: &mut Response, tenant: &str, caller: &str) {
    if is_own_host()
        && let Ok(principal) = http::HeaderValue::from_str(&format!("{tenant} {caller}"))
    {
        response.headers_mut().insert("tessera-principal", principal);
    }
}

/// Tells the host which route answered, for its metrics: the pattern, never the path. The host
/// takes it off the response.
pub fn name_route(response: &mut Response, pattern: &'static str) {
    if is_own_host()
        && let Ok(pattern) = http::HeaderValue::from_str(pattern)
    {
        response.headers_mut().insert("tessera-route", pattern);
    }
}

/// Writes a body frame by frame. A client that has gone is noticed at the next frame.
#[derive(Clone)]
pub struct Writer(mpsc::Sender<Bytes>);

impl Writer {
    /// Writes a frame; false if the client has gone.
    pub async fn write(&mut self, piece: impl Into<Bytes>) -> bool {
        self.0.send(piece.into()).await.is_ok()
    }

    /// Whether the client has gone, as far as that is known without writing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// A body that a spawned task writes. Two frames may wait: a slow reader slows the writer down, and
/// memory stays bounded.
#[must_use]
pub fn streaming() -> (Writer, Body) {
    let (sender, receiver) = mpsc::channel::<Bytes>(1);
    let frames =
        receiver.map(|piece| Ok::<_, std::convert::Infallible>(http_body::Frame::data(piece)));
    (Writer(sender), box_body(StreamBody::new(frames)))
}

/// Makes `handler: async fn(serve::Request) -> serve::Response` the component's entry point.
/// Natively it expands to nothing.
///
/// With `streams: fn(&http::Method, path: &str) -> bool` it is exported a second time, for whole
/// requests (ADR 39): those for which `streams` is false.
#[macro_export]
macro_rules! component {
    ($handler:path) => {
        #[cfg(target_family = "wasm")]
        mod entry {
            use $crate::{
                serve::RequestBody,
                spin_sdk::{
                    http::{FromRequest, IntoResponse, Request as Streamed},
                    wasip3::{
                        exports::http::handler::Guest,
                        http::types::{ErrorCode, Request, Response},
                    },
                },
            };
            struct Component;
            $crate::spin_sdk::wasip3::http::service::export!(Component);
            impl Guest for Component {
                async fn handle(request: Request) -> Result<Response, ErrorCode> {
                    let request = <Streamed as FromRequest>::from_request(request)?;
                    $handler(request.map(RequestBody::Streamed)).await.into_response()
                }
            }
        }
    };
    ($handler:path, streams: $streams:path) => {
        $crate::component!($handler);
        #[cfg(target_family = "wasm")]
        mod unary_entry {
            use $crate::unary::{Guest, Refusal, Request, Response};
            struct Component;
            $crate::unary::export!(Component with_types_in $crate::unary);
            impl Guest for Component {
                async fn handle(request: Request) -> Result<Response, Refusal> {
                    $crate::unary::handle(request, $streams, $handler).await
                }
            }
        }
    };
}
