//! Bodies in a native process, in which the caller of a router makes the request.

use std::{convert::Infallible, io};

use bytes::Bytes;
use http_body_util::{
    BodyExt,
    combinators::{BoxBody, UnsyncBoxBody},
};

/// The body of a response.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;
/// The body of a request. It is `Sync`, so that a handler's future is `Send`.
pub type RequestBody = BoxBody<Bytes, io::Error>;

pub(crate) fn box_body(
    body: impl http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
) -> Body {
    body.map_err(|never| match never {}).boxed_unsync()
}
