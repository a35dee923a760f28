//! Outbound HTTP through reqwest.

use std::sync::OnceLock;

use futures::StreamExt;

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
    let mut out = client.request(request.method, &request.url).body(request.body);
    for (name, value) in request.headers {
        out = out.header(name, value);
    }
    let answer = tokio::time::timeout(request.idle_timeout, out.send()).await;
    let answer = answer
        .map_err(|_| "no answer in time".to_owned())?
        .map_err(|e| causes(&e.without_url()))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes_stream().map(|piece| piece.map_err(|e| e.to_string()));
    Ok(Incoming { status, headers, body: Box::pin(body) })
}

/// The error with its causes: the first names neither DNS nor TLS.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
