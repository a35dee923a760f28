//! `wasi:http/client.send`: allowed hosts, requests to the application itself, service chaining,
//! the network.

use std::sync::Arc;
use std::time::Instant;

use wasmtime_wasi_http::{
    Error as HttpError, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use super::allowed_hosts::CHAINING_SUFFIX;
use crate::component::Component;
use crate::shared::Shared;
use crate::trace;

type SendResult = Result<
    (http::Response<WasiBody>, Box<dyn Future<Output = Result<(), HttpError>> + Send>),
    HttpError,
>;

/// The host's side of `wasi:http` for one instance.
pub(crate) struct HttpHooks {
    component: Arc<Component>,
    shared: Arc<Shared>,
    forbidden: ForbiddenHeaderFilter,
}

impl HttpHooks {
    pub(crate) fn new(component: Arc<Component>, shared: Arc<Shared>) -> Self {
        let forbidden = shared.forbidden_headers.clone();
        Self { component, shared, forbidden }
    }
}

impl WasiHttpHooks for HttpHooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        self.forbidden.clone()
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _received: Box<dyn Future<Output = Result<(), HttpError>> + Send>,
    ) -> Box<dyn Future<Output = SendResult> + Send> {
        let (component, shared) = (self.component.clone(), self.shared.clone());
        Box::new(async move {
            let response = send(&component, &shared, request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Box<dyn Future<Output = _> + Send>))
        })
    }
}

async fn send(
    component: &Component,
    shared: &Shared,
    mut request: http::Request<WasiBody>,
    options: RequestOptions,
) -> Result<http::Response<WasiBody>, HttpError> {
    let caller = trace::take_caller(request.headers_mut());
    let uri = request.uri().clone();
    let host = uri.host().unwrap_or_default();
    if matches!(host, "" | "self" | "self.alt") {
        if !component.allowed.allows_itself() {
            return Err(denied(component, "http", "self"));
        }
        let app = shared.app().ok_or(HttpError::ConnectionRefused)?;
        trace::name_caller(request.headers_mut(), caller);
        return Ok(app.self_request(request).await);
    }
    let scheme = uri.scheme_str().unwrap_or("https");
    if !component.allowed.allows(scheme, host, uri.port_u16()) {
        return Err(denied(
            component,
            scheme,
            uri.authority().map_or(host, http::uri::Authority::as_str),
        ));
    }
    if let Some(target) = host.strip_suffix(CHAINING_SUFFIX) {
        let app = shared.app().ok_or(HttpError::ConnectionRefused)?;
        trace::name_caller(request.headers_mut(), caller);
        return app.call_component(target, request).await.ok_or(HttpError::DestinationNotFound);
    }
    let traces = shared.traces.as_ref();
    let span = trace::to_server(traces, &mut request, caller.as_ref(), &component.id);
    let sending = component.http.as_ref().unwrap_or(&shared.http).send(request, options);
    let began = Instant::now();
    let response = sending.await;
    let status = response.as_ref().ok().map(http::Response::status);
    if let Some(span) = span {
        span.answered(status);
    }
    let Some(metrics) = &shared.metrics else { return response };
    let server = uri.authority().map_or(host, http::uri::Authority::as_str);
    metrics.outbound(&component.id, server, status, began.elapsed());
    response
}

fn denied(component: &Component, scheme: &str, authority: &str) -> HttpError {
    tracing::warn!(
        target: "host::egress", component = %component.id,
        "denied {scheme}://{authority}: add it to allowed_outbound_hosts of this component if it is meant"
    );
    HttpError::HttpRequestDenied
}
