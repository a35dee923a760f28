//! Compression of responses: brotli or gzip at a low level, as the client accepts.
//!
//! Compression must not help a page of another site to guess secrets by the length of responses
//! (BREACH): a response to a cross-site request of a browser is not compressed, and neither is one
//! that sets cookies.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::{Body, Frame};
use wasmtime_wasi_http::Error as HttpError;

use crate::body::HostBody;
use crate::front_config::Compression;

const BROTLI_QUALITY: u32 = 3;
/// Window of 2^18 bytes: most responses are smaller.
const BROTLI_WINDOW: u32 = 18;
const GZIP_LEVEL: u32 = 4;
const BUFFER: usize = 4 << 10;

/// The codings that a client may accept, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The coding for the response to a request; `None` if the client accepts none, or the response
/// must not be compressed.
pub(crate) fn coding(method: &Method, headers: &HeaderMap) -> Option<Coding> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if method == Method::HEAD || !matches!(site, None | Some(b"same-origin" | b"none")) {
        return None;
    }
    let accepts = |name: &str| {
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(
            |value| {
                value.split(',').any(|one| {
                    let mut parts = one.split(';').map(str::trim);
                    let named = parts.next().is_some_and(|found| found.eq_ignore_ascii_case(name));
                    named && !parts.any(is_zero)
                })
            },
        )
    };
    [Coding::Brotli, Coding::Gzip].into_iter().find(|coding| accepts(coding.name()))
}

/// `q=0`, in any of its spellings.
fn is_zero(parameter: &str) -> bool {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    value.and_then(|value| value.trim().parse::<f32>().ok()) == Some(0.0)
}

/// Compresses the response if it is worth it.
pub(crate) fn compressed(
    response: Response<HostBody>,
    coding: Option<Coding>,
    config: &Compression,
) -> Response<HostBody> {
    let (mut head, body) = response.into_parts();
    if !config.enabled || !is_text(&head) || !is_plain(&head) {
        return Response::from_parts(head, body);
    }
    add_vary(&mut head.headers);
    let length = declared_length(&head.headers).or_else(|| body.size_hint().exact());
    let Some(coding) = coding.filter(|_| length.is_none_or(|length| length >= config.from_bytes))
    else {
        return Response::from_parts(head, body);
    };
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::ACCEPT_RANGES);
    weaken_tag(&mut head.headers);
    Response::from_parts(head, HostBody::Compressed(Box::new(CompressedBody::new(body, coding))))
}

/// Types that become smaller; no event streams, whose events must leave one by one.
fn is_text(head: &Parts) -> bool {
    let Some(kind) = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok())
    else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.split_once('/') {
        Some(("text", subtype)) => subtype != "event-stream",
        Some(("application", subtype)) => {
            matches!(subtype, "json" | "javascript" | "manifest+json" | "x-ndjson")
                || subtype.ends_with("+json")
        }
        _ => kind == "image/svg+xml",
    }
}

/// No partial response, no encoded one, no uploaded file, no response with a cookie.
fn is_plain(head: &Parts) -> bool {
    let excluded = [
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::CONTENT_DISPOSITION,
        header::SET_COOKIE,
    ];
    let no_transform = head.headers.get_all(header::CACHE_CONTROL).iter().any(|value| {
        value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("no-transform"))
    });
    !no_transform
        && !excluded.iter().any(|name| head.headers.contains_key(name))
        && !matches!(
            head.status,
            StatusCode::NO_CONTENT
                | StatusCode::RESET_CONTENT
                | StatusCode::NOT_MODIFIED
                | StatusCode::PARTIAL_CONTENT
        )
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn add_vary(headers: &mut HeaderMap) {
    let varies = headers.get_all(header::VARY).iter().any(|value| {
        value.to_str().is_ok_and(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|name| name == "*" || name.eq_ignore_ascii_case("accept-encoding"))
        })
    });
    if !varies {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// A strong tag no longer matches the bytes.
fn weaken_tag(headers: &mut HeaderMap) {
    if let Some(tag) = headers.get(header::ETAG)
        && !tag.as_bytes().starts_with(b"W/")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}

enum Encoder {
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Encoder {
    fn new(coding: Coding) -> Self {
        match coding {
            Coding::Brotli => Self::Brotli(Box::new(CompressorWriter::new(
                Vec::new(),
                BUFFER,
                BROTLI_QUALITY,
                BROTLI_WINDOW,
            ))),
            Coding::Gzip => Self::Gzip(Box::new(GzEncoder::new(
                Vec::new(),
                flate2::Compression::new(GZIP_LEVEL),
            ))),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Brotli(encoder) => encoder.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    /// The compressed bytes so far; with `flush` including all that was written.
    fn take(&mut self, flush: bool) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli(encoder) => {
                if flush {
                    encoder.flush()?;
                }
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Gzip(encoder) => {
                if flush {
                    encoder.flush()?;
                }
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
            Self::Gzip(encoder) => encoder.finish(),
        }
    }
}

/// A body that is compressed while it is sent. Available bytes are sent before the rest has
/// arrived.
pub(crate) struct CompressedBody {
    body: HostBody,
    /// None once the end has been written.
    encoder: Option<Encoder>,
    unflushed: bool,
    trailers: Option<HeaderMap>,
}

impl CompressedBody {
    fn new(body: HostBody, coding: Coding) -> Self {
        Self { body, encoder: Some(Encoder::new(coding)), unflushed: false, trailers: None }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.encoder.is_none() && self.trailers.is_none()
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        loop {
            let Some(encoder) = &mut self.encoder else {
                return Poll::Ready(
                    self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))),
                );
            };
            let encoded = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        self.unflushed = true;
                        encoder.write(&data).and_then(|()| encoder.take(false))
                    }
                    Err(frame) => {
                        self.trailers = frame.into_trailers().ok();
                        continue;
                    }
                },
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => self.encoder.take().map_or(Ok(Vec::new()), Encoder::finish),
                Poll::Pending if self.unflushed => {
                    self.unflushed = false;
                    encoder.take(true)
                }
                Poll::Pending => return Poll::Pending,
            };
            match encoded {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(Frame::data(bytes.into())))),
                // Writing into memory cannot fail.
                Err(error) => {
                    return Poll::Ready(Some(Err(HttpError::InternalError(Some(
                        error.to_string(),
                    )))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), HeaderValue::from_static(value))
            })
            .collect()
    }

    fn accepted(pairs: &[(&'static str, &'static str)]) -> Option<Coding> {
        coding(&Method::GET, &headers(pairs))
    }

    fn encoding(pairs: &[(&'static str, &'static str)], length: usize) -> Option<HeaderValue> {
        let mut response = Response::new(HostBody::from(Bytes::from(vec![b'x'; length])));
        *response.headers_mut() = headers(pairs);
        let response = compressed(response, Some(Coding::Gzip), &Compression::default());
        response.headers().get(header::CONTENT_ENCODING).cloned()
    }

    #[test]
    fn a_client_gets_an_accepted_coding_and_another_site_none() {
        assert_eq!(accepted(&[("accept-encoding", "gzip, deflate, br")]), Some(Coding::Brotli));
        assert_eq!(accepted(&[("accept-encoding", "GZIP;q=0.5")]), Some(Coding::Gzip));
        assert_eq!(accepted(&[("accept-encoding", "br;q=0.000, identity")]), None);
        assert_eq!(accepted(&[]), None);
        let gzip = ("accept-encoding", "gzip");
        assert_eq!(accepted(&[gzip, ("sec-fetch-site", "same-origin")]), Some(Coding::Gzip));
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(accepted(&[gzip, ("sec-fetch-site", site)]), None, "{site}");
        }
        assert_eq!(coding(&Method::HEAD, &headers(&[gzip])), None);
    }

    #[test]
    fn only_plain_text_of_some_length_is_compressed() {
        let json = ("content-type", "application/json");
        assert!(encoding(&[json], 2_000).is_some());
        assert!(encoding(&[json], 1_023).is_none());
        for kind in [
            "text/html; charset=utf-8",
            "application/scim+json",
            "image/svg+xml",
            "text/javascript",
        ] {
            assert!(encoding(&[("content-type", kind)], 2_000).is_some(), "{kind}");
        }
        for kind in
            ["text/event-stream", "application/octet-stream", "image/png", "Text/Event-Stream; x=y"]
        {
            assert!(encoding(&[("content-type", kind)], 2_000).is_none(), "{kind}");
        }
        for other in [
            ("content-range", "bytes 0-1/2"),
            ("set-cookie", "a=b"),
            ("content-disposition", "attachment"),
            ("cache-control", "private, no-transform"),
        ] {
            assert!(encoding(&[json, other], 2_000).is_none(), "{other:?}");
        }
        assert_eq!(encoding(&[json, ("content-encoding", "br")], 2_000).unwrap(), "br");
    }

    #[test]
    fn a_compressed_response_varies_and_has_a_weak_tag() {
        let mut response = Response::new(HostBody::from(Bytes::from(vec![b'x'; 2_000])));
        *response.headers_mut() = headers(&[
            ("content-type", "text/css"),
            ("etag", "\"a\""),
            ("vary", "origin"),
            ("content-length", "2000"),
        ]);
        let response = compressed(response, Some(Coding::Brotli), &Compression::default());
        assert_eq!(response.headers()["etag"], "W/\"a\"");
        assert_eq!(
            response.headers().get_all("vary").iter().collect::<Vec<_>>(),
            ["origin", "accept-encoding"]
        );
        assert!(!response.headers().contains_key("content-length"));
    }
}
