//! CORS: scripts of other sites, only from origins that a tenant allows, only with a token or key,
//! never with cookies.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Problem, Result};
use platform::{
    pg::{Db, Source},
    serve::{self, Response},
};

mod store;

/// The headers that every route takes.
const NAMES: &str = "authorization, content-type, x-api-key, idempotency-key, last-event-id, x-request-id, x-client-request-id";

/// The `Origin` of a request, if it has one.
pub(crate) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN)?.to_str().ok()
}

/// Answers a preflight request. It has no credential, so the origins of all tenants are accepted;
/// the response to the real request is readable only if its own tenant allows the origin.
pub(crate) async fn preflight(method: &Method, headers: &HeaderMap) -> Result<Option<Response>> {
    let wanted = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let Some(origin) = origin(headers).filter(|_| wanted && method == Method::OPTIONS) else {
        return Ok(None);
    };
    let names = allowed_names(headers);
    let db = Db::new(Source::from_config().await?, None);
    let mut response = Response::new(serve::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if store::is_allowed(&db, origin).await? {
        allow(&mut response, origin)?;
        let headers = response.headers_mut();
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            names.parse().map_err(Problem::internal)?,
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    Ok(Some(response))
}

/// What scripts may send. OpenAI's clients describe themselves in a dozen headers, which come and
/// go with their versions: those that a browser asks for.
fn allowed_names(asked: &HeaderMap) -> String {
    let asked =
        asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
    let is_name = |name: &&str| {
        let known = ["x-stainless-", "openai-"].iter().any(|prefix| name.starts_with(prefix));
        known
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let names = asked.unwrap_or_default().split(',').map(str::trim).filter(is_name).take(32);
    NAMES.split(", ").chain(names).collect::<Vec<_>>().join(", ")
}

/// Lets scripts of the origin read a response.
pub(crate) fn allow(response: &mut Response, origin: &str) -> Result<()> {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.parse().map_err(Problem::internal)?);
    let shown = HeaderValue::from_static(
        "location, retry-after, x-request-id, x-client-request-id, retry-after-ms, x-should-retry, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests",
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, shown);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    Ok(())
}
