//! A request from arrival to response: id, route, small body, permit, headers, component, and its
//! failures.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::uri::{self, Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Request, Response, Uri, header, request};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use tokio::time::Instant;
use wasmtime_wasi_http::WasiBody;

use crate::access_log::AccessEntry;
use crate::admission::{Permit, Refusal, Requester};
use crate::app::{App, Handler, Target};
use crate::body::HostBody;
use crate::caller::{Credential, PRINCIPAL};
use crate::compress::{coding, compressed};
use crate::exchange::{ComponentBody, ComponentResponse, Inbound};
use crate::instance::{EndReason, RequestState};
use crate::metrics::{AnsweredBy, ROUTE};
use crate::problem::Problem;
use crate::request_body::MeteredRequestBody;
use crate::request_id::{self, CLIENT_REQUEST_ID, REQUEST_ID};
use crate::route::Match;
use crate::runner::Failure;
use crate::small_body::{self, EarlyBody};
use crate::spin_headers::{RouteHeaders, remove_hop_by_hop};
use crate::{trace, unary};

/// The client address of the host's own calls.
const INTERNAL_CLIENT: HeaderValue = HeaderValue::from_static("0.0.0.0:0");
const HEALTH: &str = "/.well-known/spin/health";

/// The peer of a connection.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) ip: IpAddr,
    /// `ip:port`
    pub(crate) header: HeaderValue,
}

impl App {
    /// Handles a request from the network; the entry of the access log, if there is one, lasts as
    /// long as the response.
    pub(crate) async fn serve(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> (Response<HostBody>, Option<AccessEntry>) {
        let (mut parts, body) = request.into_parts();
        let of_client = request_id::of_client(&mut parts.headers);
        let is_logged = self.shared.config.access_log.enabled;
        let began = (is_logged || self.shared.metrics.is_some()).then(Instant::now);
        let client = is_logged.then(|| self.shared.proxies.address(peer.ip, &parts.headers));
        let state = self.state_of_client(&mut parts.headers, &peer);
        let coding = coding(&parts.method, &parts.headers);
        let answer = self.answer(&mut parts, body, peer, of_client.clone(), &state).await;
        let response =
            answer.unwrap_or_else(|problem| self.refusal(problem, state.id()).map(HostBody::from));
        let mut response = compressed(response, coding, &self.shared.config.compression);
        if let (Some(metrics), Some(began)) = (&self.shared.metrics, began) {
            let by = response.extensions().get::<AnsweredBy>();
            metrics.answered(by, &parts.method, response.status(), began.elapsed());
        }
        if let Some(spans) = &state.spans {
            let by = response.extensions().get::<AnsweredBy>();
            spans.answered(by, &parts.method, response.status());
        }
        tracing::debug!(
            target: "host::request", request_id = state.id(), trace_id = state.trace.trace_id(),
            method = %parts.method, path = parts.uri.path(),
            client_request_id = of_client.as_ref().and_then(|id| id.to_str().ok()),
            status = response.status().as_u16(), "answered"
        );
        response.headers_mut().insert(REQUEST_ID, state.id.clone());
        if self.shared.drain_announced.is_cancelled() {
            // The next request comes on a connection to another host.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(id) = of_client {
            response.headers_mut().insert(CLIENT_REQUEST_ID, id);
        }
        let entry = client
            .zip(began)
            .map(|(client, began)| AccessEntry::new(state, began, client, parts.method, &response));
        (response, entry)
    }

    fn refusal(&self, problem: Problem, request_id: &str) -> Response<Bytes> {
        let message = match problem {
            Problem::Maintenance => self.shared.maintenance.message().unwrap_or_default(),
            _ => Arc::default(),
        };
        problem.response_with(&message, request_id)
    }

    fn state_of_client(&self, headers: &mut HeaderMap, peer: &Peer) -> Arc<RequestState> {
        let (shared, id) = (&self.shared, request_id::fresh());
        let is_trusted = shared.proxies.trust(peer.ip);
        let trace = trace::of_client(headers, is_trusted, shared.traces.as_ref(), &id);
        RequestState::new(id, trace)
    }

    fn state_of_component(&self, headers: &mut HeaderMap) -> Arc<RequestState> {
        let trace = trace::of_component(headers, self.shared.traces.as_ref());
        RequestState::new(request_id::fresh(), trace)
    }

    async fn answer(
        &self,
        parts: &mut request::Parts,
        body: Incoming,
        peer: Peer,
        of_client: Option<HeaderValue>,
        state: &Arc<RequestState>,
    ) -> Result<Response<HostBody>, Problem> {
        if self.shared.draining.is_cancelled() {
            return Err(Problem::Draining);
        }
        let path = parts.uri.path();
        if path == HEALTH {
            if self.shared.drain_announced.is_cancelled() {
                return Err(Problem::Draining);
            }
            return Ok(Response::new(HostBody::from(Bytes::from_static(b"OK"))));
        }
        let uri = absolute(parts).map_err(|error| rejected(state, &error))?;
        let found = self.router.find(path).ok_or(Problem::NotFound)?;
        let (handler, route) = match &**found.target {
            Target::Fixed(response) => return Ok(response.clone().map(HostBody::from)),
            Target::Component(handler, route) => (handler, route),
        };
        if !handler.component.policy.in_maintenance && self.shared.maintenance.message().is_some() {
            return Err(Problem::Maintenance);
        }
        // Counted before the check: a drain that begins after it waits for this request.
        let _unfinished = handler.component.drain.begin();
        if self.shared.draining.is_cancelled() {
            return Err(Problem::Draining);
        }
        let (body, deadline, mut permit, credential) =
            self.admit(parts, body, &peer, handler).await?;
        let mut headers = std::mem::take(&mut parts.headers);
        remove_hop_by_hop(&mut headers);
        let set = route.set(&mut headers, &uri, found.rest, &found.names, peer.header);
        set.map_err(|error| rejected(state, &error))?;
        headers.insert(REQUEST_ID, state.id.clone());
        if let Some(id) = of_client {
            headers.insert(CLIENT_REQUEST_ID, id);
        }
        let mut forwarded = Request::new(());
        *forwarded.method_mut() = parts.method.clone();
        *forwarded.uri_mut() = uri;
        *forwarded.headers_mut() = headers;
        let takes_whole = handler.component.exports.has_unary();
        let whole = takes_whole.then(|| unary::request(&forwarded, &body)).flatten();
        let request = forwarded.map(|()| request_body(body, state, deadline));
        let mut response = call(handler, Inbound { request, whole }, state).await?;
        self.shared.callers.learn(credential, response.headers_mut());
        let by = AnsweredBy::take(&handler.component.id, response.headers_mut());
        if self.is_recorded(state) {
            response.extensions_mut().insert(by);
        }
        let drain = is_event_stream(&response).then(|| handler.component.drain.over());
        if let ComponentBody::Whole(bytes) = response.body() {
            permit.hold(bytes.len()).map_err(|refusal| self.refused(refusal))?;
        }
        let permit = permit.with_head();
        Ok(response.map(|body| HostBody::guest(body, state.clone(), permit, drain)))
    }

    /// Waits for the small body of a request, then for its turn. Returns the body so far, the
    /// deadline of the rest, and the permit.
    async fn admit(
        &self,
        parts: &request::Parts,
        body: Incoming,
        peer: &Peer,
        handler: &Handler,
    ) -> Result<(EarlyBody, Instant, Permit, Option<Credential>), Problem> {
        let shared = &self.shared;
        let client = shared.proxies.client(peer.ip, &parts.headers);
        let limit = handler.component.policy.body;
        let deadline = Instant::now() + limit;
        let body = small_body::read(
            body,
            &shared.config.small_bodies,
            limit,
            &shared.small_bodies,
            client,
        )
        .await?;
        let credential = shared.callers.credential(&parts.headers);
        let known = credential.and_then(|credential| shared.callers.find(credential));
        let requester = known.map_or(Requester::Address(client), Requester::Caller);
        // Safe methods are cheap, and pages send several requests at once.
        let spaced = !parts.method.is_safe();
        let admitted = shared.admission.admit(requester, handler.component.number, spaced).await;
        let permit = admitted.map_err(|refusal| self.refused(refusal))?;
        Ok((body, deadline, permit, credential))
    }

    /// Whether metrics, spans or the access log want to know who answered.
    fn is_recorded(&self, state: &RequestState) -> bool {
        let shared = &self.shared;
        shared.metrics.is_some() || state.spans.is_some() || shared.config.access_log.enabled
    }

    fn refused(&self, refusal: Refusal) -> Problem {
        if let Some(metrics) = &self.shared.metrics {
            metrics.refused(refusal);
        }
        match refusal {
            Refusal::OwnShare => Problem::OwnShare,
            Refusal::Busy => Problem::Busy,
        }
    }

    /// A request of the application to itself, by path.
    pub(crate) async fn self_request(&self, mut request: Request<WasiBody>) -> Response<WasiBody> {
        let state = self.state_of_component(request.headers_mut());
        let path = request.uri().path().to_owned();
        let Some(Match { target, rest, names }) = self.router.find(&path) else {
            return full(Problem::NotFound.response(state.id()));
        };
        match &**target {
            Target::Fixed(response) => full(response.clone()),
            Target::Component(handler, route) => {
                call_internally(handler, route, rest, &names, request, &state).await
            }
        }
    }

    /// A request to the component `id`; `None` if there is none.
    pub(crate) async fn call_component(
        &self,
        id: &str,
        mut request: Request<WasiBody>,
    ) -> Option<Response<WasiBody>> {
        let handler = self.handlers.get(id)?;
        let state = self.state_of_component(request.headers_mut());
        let path = request.uri().path().to_owned();
        Some(call_internally(handler, &handler.chained, &path, &[], request, &state).await)
    }
}

async fn call_internally(
    handler: &Handler,
    route: &RouteHeaders,
    rest: &str,
    names: &[(&str, &str)],
    mut request: Request<WasiBody>,
    state: &Arc<RequestState>,
) -> Response<WasiBody> {
    let uri = request.uri().clone();
    let headers = request.headers_mut();
    headers.remove(header::HOST);
    headers.insert(REQUEST_ID, state.id.clone());
    let answer = match route.set(headers, &uri, rest, names, INTERNAL_CLIENT) {
        Ok(()) => call(handler, Inbound { request, whole: None }, state).await.map(streamed),
        Err(error) => Err(rejected(state, &error)),
    };
    let mut response = answer.unwrap_or_else(|problem| full(problem.response(state.id())));
    if let Some(spans) = &state.spans {
        spans.component_ended(response.headers(), response.status());
    }
    response.headers_mut().remove(PRINCIPAL);
    response.headers_mut().remove(ROUTE);
    response
}

async fn call(
    handler: &Handler,
    inbound: Inbound,
    state: &Arc<RequestState>,
) -> Result<ComponentResponse, Problem> {
    let answered = handler.runners.respond(state.clone(), inbound).await;
    if let Some(meter) = state.meter() {
        meter.touch();
    }
    if let Some(spans) = &state.spans {
        spans.responded(&answered);
    }
    answered.map_err(|failure| {
        let problem = problem_of(&failure, state);
        tracing::error!(
            target: "host::request", component = %handler.component.id, request_id = state.id(),
            trace_id = state.trace.trace_id(), ?problem, error = %failure,
            "a component gave no response"
        );
        problem
    })
}

fn problem_of(failure: &Failure, state: &RequestState) -> Problem {
    match (failure, state.meter().map(|meter| meter.end_reason())) {
        (Failure::TimedOut, _) => Problem::TimedOut,
        (Failure::NoInstance(_), _) => Problem::Busy,
        (_, Some(EndReason::Cpu)) if state.used_up_cpu() => Problem::CpuTime,
        (Failure::InstanceEnded, Some(EndReason::Request)) => Problem::TimedOut,
        _ => Problem::Failed,
    }
}

fn rejected(state: &RequestState, error: &anyhow::Error) -> Problem {
    tracing::info!(target: "host::request", request_id = state.id(), error = format!("{error:#}"), "refused a request");
    Problem::BadRequest
}

/// Scheme and authority on the URI: guests see no `Host` header.
fn absolute(parts: &request::Parts) -> Result<Uri> {
    let uri = &parts.uri;
    anyhow::ensure!(
        parts.headers.get_all(header::HOST).iter().count() <= 1,
        "more than one Host header"
    );
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => match parts.headers.get(header::HOST) {
            Some(host) => Authority::try_from(host.as_bytes())
                .context("the Host header is not host[:port]")?,
            None => Authority::from_static("localhost"),
        },
    };
    let mut parts = uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    parts.path_and_query =
        Some(uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
    Ok(Uri::from_parts(parts)?)
}

fn request_body(body: EarlyBody, state: &Arc<RequestState>, deadline: Instant) -> WasiBody {
    if body.frames.is_empty() && body.rest.is_none() {
        return Empty::new().map_err(|never| match never {}).boxed_unsync();
    }
    MeteredRequestBody::new(body, state.clone(), deadline).boxed_unsync()
}

fn streamed(answer: ComponentResponse) -> Response<WasiBody> {
    answer.map(|body| match body {
        ComponentBody::Streamed(body) => body,
        ComponentBody::Whole(bytes) => {
            Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
        }
    })
}

fn is_event_stream<B>(response: &Response<B>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| {
        kind.as_bytes().get(..17).is_some_and(|k| k.eq_ignore_ascii_case(b"text/event-stream"))
    })
}

fn full(response: Response<Bytes>) -> Response<WasiBody> {
    response.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}
