//! Headers, outbound requests, denials and service chaining.

use anyhow::{Context, ensure};
use http::request::Parts;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{EmptyBody, Request, Response, StatusCode, box_body, send};
use spin_sdk::{pg, redis};

use crate::{HandlerResult, query, text};

/// All headers that arrive here, and the URI, as JSON.
pub(crate) fn headers(request: &Parts) -> HandlerResult {
    let mut seen = serde_json::Map::new();
    for name in request.headers.keys() {
        let values = request
            .headers
            .get_all(name)
            .iter()
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        seen.insert(name.to_string(), values.collect::<Vec<_>>().into());
    }
    let shown = serde_json::json!({ "uri": request.uri.to_string(), "headers": seen });
    Ok(text(StatusCode::OK, &shown.to_string()))
}

/// Fetches `?url=` and returns its status and body, or the error. The trace of the request is named
/// to the other server with `?tell=1`, else to the host alone.
pub(crate) async fn fetch(request: &Parts) -> HandlerResult {
    let url = query(request, "url").context("?url= is missing")?;
    let mut outgoing = Request::get(url).body(EmptyBody::new())?;
    if let Some(trace) = request.headers.get("traceparent") {
        let is_told = query(request, "tell").is_some();
        let name = if is_told { "traceparent" } else { "tessera-trace" };
        outgoing.headers_mut().insert(name, trace.clone());
    }
    Ok(match send(outgoing).await {
        Ok(response) => {
            let status = response.status();
            let body = response.into_body().bytes().await?;
            text(StatusCode::OK, &format!("{} {}", status.as_u16(), String::from_utf8_lossy(&body)))
        }
        Err(error) => text(StatusCode::BAD_GATEWAY, &format!("{error:?}")),
    })
}

/// Forwards the request body to `?url=` and streams the response back.
pub(crate) async fn forward(request: Request) -> HandlerResult {
    let (request, body) = request.into_parts();
    let url = query(&request, "url").context("?url= is missing")?;
    let outgoing = http::Request::post(url).body(body)?;
    let (mut head, body) = send(outgoing).await?.into_parts();
    head.headers.remove(http::header::CONTENT_LENGTH);
    Ok(Response::from_parts(head, box_body(body)))
}

/// Requests to hosts that are not in the manifest.
pub(crate) async fn denied() -> anyhow::Result<()> {
    let outgoing = Request::get("http://not-allowed.example/").body(EmptyBody::new())?;
    let shown = format!("{:?}", send(outgoing).await.err());
    ensure!(shown.contains("HttpRequestDenied"), "http: expected HttpRequestDenied, found {shown}");

    let shown = format!("{:?}", redis::Connection::open("redis://127.0.0.1:1").await.err());
    ensure!(shown.contains("InvalidAddress"), "redis: expected InvalidAddress, found {shown}");

    let shown = format!(
        "{:?}",
        pg::Connection::open("postgres://u:p@127.0.0.1:1/d?sslmode=disable").await.err()
    );
    ensure!(
        shown.contains("ConnectionFailed") && shown.contains("not permitted"),
        "postgres: expected ConnectionFailed, found {shown}"
    );
    Ok(())
}

/// Requests to another component of the application, and to a private one.
pub(crate) async fn chain() -> anyhow::Result<()> {
    for target in ["neighbour", "hidden"] {
        let url = format!("http://{target}.spin.internal/headers?x=1");
        let response = send(Request::get(&url).body(EmptyBody::new())?).await?;
        ensure!(response.status() == 200, "{url}: expected 200, found {}", response.status());
        let body = response.into_body().bytes().await?;
        let seen: serde_json::Value = serde_json::from_slice(&body)?;
        let path = seen.pointer("/headers/spin-path-info/0").and_then(serde_json::Value::as_str);
        ensure!(path == Some("/headers"), "{url}: expected path info /headers, found {path:?}");
    }
    let unknown = Request::get("http://nobody.spin.internal/").body(EmptyBody::new())?;
    ensure!(send(unknown).await.is_err(), "a component that does not exist gave an answer");
    Ok(())
}

/// Names the caller `?caller=` of `?tenant=`, as a component does after authentication.
pub(crate) fn principal(request: &Parts) -> HandlerResult {
    let (tenant, caller) = (
        query(request, "tenant").context("?tenant=")?,
        query(request, "caller").context("?caller=")?,
    );
    let mut response = text(StatusCode::OK, "hello");
    response.headers_mut().insert("tessera-principal", format!("{tenant} {caller}").parse()?);
    Ok(response)
}
