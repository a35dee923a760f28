//! Outbound HTTP through `wasi:http/client@0.3.0`.

use std::time::Duration;

use futures::StreamExt;
use spin_sdk::{
    http::{FullBody, body::IncomingBodyExt},
    wasip3::{http::types::RequestOptions, http_compat::RequestOptionsExtension},
};
use telemetry::TraceContext;

use crate::http::{Incoming, Outgoing};

pub(crate) async fn send(request: Outgoing) -> Result<Incoming, String> {
    let span = private_span(&request);
    let mut builder = http::Request::builder().method(request.method).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    if let Some(span) = span {
        builder = builder.header(TraceContext::CALLER_HEADER, span);
    }
    let mut out = builder.body(FullBody::new(request.body)).map_err(|e| e.to_string())?;
    let options = RequestOptions::new();
    // A host without this limit returns an error; the request is sent without it.
    let _ = options.set_connect_timeout(Some(nanos(request.connect_timeout)));
    let _ = options.set_first_byte_timeout(Some(nanos(request.idle_timeout)));
    let _ = options.set_between_bytes_timeout(Some(nanos(request.idle_timeout)));
    out.extensions_mut().insert(RequestOptionsExtension(options));
    // The SDK spawns what writes the body. Otherwise the body would leave at the next event of the
    // instance: a gateway that waits for nothing but this answer has none for 15 seconds.
    super::task::note_spawned();
    let answer = spin_sdk::http::send(out).await.map_err(|e| format!("{e:?}"))?;
    let (head, body) = answer.into_parts();
    let body = body.stream().map(|piece| piece.map_err(|e| format!("{e:?}")));
    Ok(Incoming { status: head.status.as_u16(), headers: head.headers, body: Box::pin(body) })
}

/// The span that sends a request whose server must not see it: for our own host, which takes it off
/// the request.
fn private_span(request: &Outgoing) -> Option<String> {
    let is_named = request.headers.iter().any(|(name, _)| *name == TraceContext::HEADER);
    let span = telemetry::current().filter(|span| span.is_sampled() && !is_named)?;
    crate::serve::is_own_host().then(|| span.to_string())
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
