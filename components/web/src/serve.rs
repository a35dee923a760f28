//! Serves files.

use http::{Method, StatusCode, header};
use platform::serve::{self, Request, Response};

use crate::{asset, csp};

/// Where `spin.toml` mounts the built front end.
const ROOT: &str = "/site";

/// A file, or the page that routes itself.
pub async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
    }
    let accept = request
        .headers()
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    match asset::file(request.uri().path()) {
        Some(path) if path != "index.html" => file(path, accept)
            .unwrap_or_else(|| text(StatusCode::NOT_FOUND, "there is no such file\n")),
        _ => page(accept),
    }
}

fn read(path: &str) -> Option<Vec<u8>> {
    std::fs::read(format!("{ROOT}/{path}")).ok()
}

/// The best form of a file that was compressed when the site was built and the client accepts, and
/// its `Content-Encoding`.
fn compressed(path: &str, accept: &str) -> Option<(Vec<u8>, Option<&'static str>)> {
    asset::encodings(accept)
        .find_map(|(extension, name)| Some((read(&format!("{path}{extension}"))?, Some(name))))
}

fn file(path: &str, accept: &str) -> Option<Response> {
    let compressed = compressed(path, accept);
    let (bytes, encoding) = match compressed {
        Some(found) => found,
        None => (read(path)?, None),
    };
    let mut builder = http::Response::builder()
        .header(header::CONTENT_TYPE, asset::media_type(path))
        .header(header::CACHE_CONTROL, asset::cache_control(path))
        .header(header::VARY, "accept-encoding")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(name) = encoding {
        builder = builder.header(header::CONTENT_ENCODING, name);
    }
    if let Some(policy) = csp::of_file(path) {
        builder = builder
            .header(header::CONTENT_SECURITY_POLICY, policy)
            .header(header::REFERRER_POLICY, "no-referrer");
    }
    builder.body(serve::full(bytes)).ok()
}

fn page(accept: &str) -> Response {
    let Some(html) = read("index.html").and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the front end is not built: run ./stack build web\n",
        );
    };
    let policy = csp::policy(&html);
    let (bytes, encoding) =
        compressed("index.html", accept).unwrap_or_else(|| (html.into_bytes(), None));
    let mut builder = http::Response::builder();
    if let Some(name) = encoding {
        builder = builder.header(header::CONTENT_ENCODING, name);
    }
    builder
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::VARY, "accept-encoding")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::X_FRAME_OPTIONS, "DENY")
        .header(header::REFERRER_POLICY, "no-referrer")
        // The microphone is for dictation, which the browser does; it asks the user first.
        .header("permissions-policy", "camera=(), microphone=(self), geolocation=(), payment=()")
        .header("cross-origin-opener-policy", "same-origin")
        // Only effective if the page came over TLS.
        .header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")
        .body(serve::full(bytes))
        .unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be sent\n"))
}

fn text(status: StatusCode, sentence: &'static str) -> Response {
    let mut response = Response::new(serve::full(sentence));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, http::HeaderValue::from_static("nosniff"));
    response
}
