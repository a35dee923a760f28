//! Outbound HTTP through reqwest.

use std::sync::OnceLock;

use futures::StreamExt;
use telemetry::{Span, SpanKind, TraceContext};

use crate::http::{Incoming, Outgoing};

pub(crate) async fn send(request: Outgoing) -> Result<Incoming, String> {
    // One pool of connections for the process; it holds no request's data.
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let build = || {
        // Another part of the process may have installed a provider already; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(request.connect_timeout)
            .build()
    };
    let client = match CLIENT.get() {
        Some(client) => client,
        None => {
            let client = build().map_err(|e| e.to_string())?;
            CLIENT.get_or_init(|| client)
        }
    };
    let limit = request.idle_timeout;
    let (method, server) = (request.method.to_string(), server(&request.url));
    let begin = |parent| {
        Span::child_of(parent, SpanKind::Client, method.clone())
            .with("http.request.method", method)
            .with("server.address", server)
    };
    let sending = async { tokio::time::timeout(limit, to_request(client, request).send()).await };
    let answer = telemetry::observed(begin, Box::pin(sending), |answer, span| {
        let status = match answer {
            Ok(Ok(answer)) => answer.status().as_u16(),
            Ok(Err(_)) | Err(_) => return span.fail(),
        };
        span.set("http.response.status_code", status);
        if status >= 400 {
            span.fail();
        }
    });
    let answer = answer
        .await
        .map_err(|_| "no answer in time".to_owned())?
        .map_err(|e| telemetry::error_chain(&e.without_url()))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes_stream().map(|piece| piece.map_err(|e| e.to_string()));
    Ok(Incoming { status, headers, body: Box::pin(body) })
}

/// Carries the span that runs now, if the request carries a trace.
fn to_request(client: &reqwest::Client, request: Outgoing) -> reqwest::RequestBuilder {
    let mut out = client.request(request.method, &request.url).body(request.body);
    for (name, value) in request.headers {
        let span = telemetry::current().filter(|_| name == TraceContext::HEADER);
        out = out.header(name, span.map_or(value, |span| span.to_string()));
    }
    out
}

/// The host of a URL: nothing else of it may stand in a span.
fn server(url: &str) -> String {
    let parsed = url.parse::<http::Uri>().ok();
    parsed.and_then(|url| url.host().map(str::to_owned)).unwrap_or_default()
}
