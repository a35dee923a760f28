//! Requests and responses of `tessera:http/unary`: whole, as values.
//!
//! A request goes this way if its body has arrived and is small. Whether its route may stream is
//! known to the component alone, which then refuses before it has done anything, and gets the same
//! request by `wasi:http`.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use wasmtime::error::{Context as _, ensure};
use wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS;

use crate::bindings::unary;
use crate::small_body::EarlyBody;

/// A request whose body is `body`, unless that is large, or not complete.
pub(crate) fn request<B>(head: &Request<B>, body: &EarlyBody) -> Option<unary::Request> {
    let body = whole(body)?;
    let mut fields = Vec::with_capacity(1024);
    for (name, value) in head.headers() {
        // As with `wasi:http`, a guest sees no header of the connection.
        if !DEFAULT_FORBIDDEN_HEADERS.contains(name) {
            ::unary::encode(name, value, &mut fields);
        }
    }
    let method = head.method().as_str().to_owned();
    Some(unary::Request { method, uri: head.uri().to_string(), fields, body })
}

fn whole(body: &EarlyBody) -> Option<Vec<u8>> {
    if body.rest.is_some() {
        return None;
    }
    let mut whole = Vec::new();
    for frame in &body.frames {
        // Trailers need `wasi:http`.
        let data = frame.data_ref()?;
        if whole.len() + data.len() > ::unary::BODY_LIMIT {
            return None;
        }
        whole.extend_from_slice(data);
    }
    Some(whole)
}

/// The response of a component to a request with `method`; errors if `wasi:http` would not take it
/// either.
pub(crate) fn response(
    given: unary::Response,
    method: &Method,
) -> wasmtime::Result<Response<Bytes>> {
    let headers = ::unary::decode(given.fields).context("a malformed header in a response")?;
    for name in &DEFAULT_FORBIDDEN_HEADERS {
        ensure!(!headers.contains_key(name), "the header {name} in a response of a component");
    }
    let status = StatusCode::from_u16(given.status)?;
    ensure!(!status.is_informational(), "{status} is not the end of an exchange");
    if let Some(length) = headers.get(header::CONTENT_LENGTH) {
        let is_one = headers.get_all(header::CONTENT_LENGTH).iter().count() == 1;
        let is_of_body = length.as_bytes() == given.body.len().to_string().as_bytes();
        let has_no_body = *method == Method::HEAD || status == StatusCode::NOT_MODIFIED;
        ensure!(
            is_one && (is_of_body || (has_no_body && given.body.is_empty())),
            "content-length is {length:?}, the body has {} bytes",
            given.body.len()
        );
    }
    let mut response = Response::new(Bytes::from(given.body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, fields: &str, body: &str, method: &Method) -> bool {
        let given = unary::Response { status, fields: fields.into(), body: body.into() };
        response(given, method).is_err()
    }

    #[test]
    fn responses_that_would_break_the_connection_are_refused() {
        assert!(!refused(200, "content-length:2\n", "ok", &Method::GET));
        assert!(!refused(200, "content-length:2\n", "", &Method::HEAD));
        assert!(!refused(304, "content-length:2\n", "", &Method::GET));
        for (status, fields) in [
            (200, "content-length:3\n"),
            (200, "content-length:2\ncontent-length:3\n"),
            (200, "transfer-encoding:chunked\n"),
            (200, "connection:close\n"),
            (200, "no colon\n"),
            (101, ""),
            (99, ""),
        ] {
            assert!(refused(status, fields, "ok", &Method::GET), "{status} {fields}");
        }
    }
}
