//! The spans of a request, and of what its component asks of the host meanwhile. Without a
//! collector, and in traces that are not recorded, there are none.
//!
//! ```text
//! GET /api/v1/spaces          the request, until the response has left
//! └─ workspace                its component, from the instance on
//!    ├─ postgres open         statements, commands, requests to other servers: found by the task of
//!    └─ select spaces         the guest that asks
//! ```

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use telemetry::{Span, SpanKind, TraceContext, Traces};
use wasmtime::AsContextMut;
use wasmtime::component::{Accessor, GuestTaskId};

use crate::exchange::{ComponentBody, ComponentResponse};
use crate::guest::Spin;
use crate::metrics::{AnsweredBy, ROUTE, method_label};
use crate::runner::Failure;

/// The most characters of a route that a component names.
const ROUTE_LENGTH: usize = 200;

/// The spans of one request; they are recorded when it is dropped.
pub(crate) struct RequestSpans {
    traces: Traces,
    open: Mutex<OpenSpans>,
}

struct OpenSpans {
    /// None: the request is of another component, whose request to the host has a span.
    server: Option<Span>,
    /// Once an instance has taken the request.
    component: Option<Span>,
    parent: TraceContext,
}

impl RequestSpans {
    /// Of a request from the network; `server` is the host's span, and `parent` a trusted client's.
    pub(crate) fn of_client(
        traces: &Traces,
        server: TraceContext,
        parent: Option<TraceContext>,
        id: &str,
    ) -> Self {
        let span = Span::begin(server, parent, SpanKind::Server, "request".into());
        let span = span.with("tessera.request_id", id.to_owned());
        Self::new(traces, Some(span), server)
    }

    /// Of a request from a component that works in `parent`.
    pub(crate) fn of_component(traces: &Traces, parent: TraceContext) -> Self {
        Self::new(traces, None, parent)
    }

    fn new(traces: &Traces, server: Option<Span>, parent: TraceContext) -> Self {
        let open = Mutex::new(OpenSpans { server, component: None, parent });
        Self { traces: traces.clone(), open }
    }

    /// An instance of the component has taken the request; `trace` is the span that it works in.
    pub(crate) fn component_started(&self, component: &str, trace: TraceContext) {
        let mut open = lock(&self.open);
        let (parent, name) = (open.parent, component.to_owned().into());
        // A component that refuses a request as a whole gets it again.
        open.component.get_or_insert_with(|| {
            Span::begin(trace, Some(parent), SpanKind::Internal, name)
                .with("tessera.component", component.to_owned())
        });
    }

    /// The response to a client is ready to be sent.
    pub(crate) fn answered(&self, by: Option<&AnsweredBy>, method: &Method, status: StatusCode) {
        let mut open = lock(&self.open);
        let Some(span) = &mut open.server else { return };
        let method = method_label(method);
        match route(by.and_then(|by| by.route.as_ref())) {
            Some(route) => {
                span.rename(format!("{method} {route}"));
                span.set("http.route", route);
            }
            None => span.rename(method.to_string()),
        }
        span.set("http.request.method", method.into_owned());
        set_status(span, status);
    }

    /// The component has given its whole response, or the head to another component.
    pub(crate) fn component_ended(&self, headers: &HeaderMap, status: StatusCode) {
        let component = lock(&self.open).component.take();
        let Some(mut span) = component else { return };
        if let Some(route) = route(headers.get(ROUTE)) {
            span.set("http.route", route);
        }
        set_status(&mut span, status);
        self.traces.record(span.end());
    }

    /// The component has responded: whole, with the head of a stream, or not at all.
    pub(crate) fn responded(&self, answered: &Result<ComponentResponse, Failure>) {
        match answered {
            Ok(response) if matches!(response.body(), ComponentBody::Whole(_)) => {
                self.component_ended(response.headers(), response.status());
            }
            Ok(_) => {}
            Err(_) => {
                if let Some(span) = &mut lock(&self.open).component {
                    span.fail();
                }
            }
        }
    }
}

impl Drop for RequestSpans {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        for span in [open.component.take(), open.server.take()].into_iter().flatten() {
            self.traces.record(span.end());
        }
    }
}

/// The pattern that a component names.
fn route(named: Option<&HeaderValue>) -> Option<String> {
    let text = named?.to_str().ok()?;
    text.get(..ROUTE_LENGTH.min(text.len())).map(str::to_owned)
}

fn set_status(span: &mut Span, status: StatusCode) {
    span.set("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.fail();
    }
}

/// The recorded requests in one instance, by the guest's task.
pub(crate) struct TaskTraces {
    traces: Traces,
    by_task: Mutex<HashMap<GuestTaskId, TraceContext>>,
}

impl TaskTraces {
    /// None without a collector.
    pub(crate) fn new(traces: Option<&Traces>) -> Option<Arc<Self>> {
        let traces = traces?.clone();
        Some(Arc::new(Self { traces, by_task: Mutex::default() }))
    }

    /// A request runs as `task`, as an earlier one may have. An instance takes a bounded number of
    /// requests.
    pub(crate) fn add(&self, task: GuestTaskId, trace: TraceContext) {
        let mut by_task = lock(&self.by_task);
        if trace.is_sampled() {
            by_task.insert(task, trace);
        } else {
            by_task.remove(&task);
        }
    }

    fn of(&self, task: GuestTaskId) -> Option<TraceContext> {
        lock(&self.by_task).get(&task).copied()
    }

    fn is_empty(&self) -> bool {
        lock(&self.by_task).is_empty()
    }
}

/// Begins the client span of a call that the running task of the guest makes. Must be the first that
/// a host function does: later its caller is unknown.
pub(crate) fn begin_host_call<T: Send>(
    accessor: &Accessor<T, Spin>,
    name: impl FnOnce() -> Cow<'static, str>,
) -> Option<ClientSpan> {
    accessor.with(|mut access| {
        let spans = access.get().spans.clone().filter(|spans| !spans.is_empty())?;
        // The oldest task of the call stack is the request's own.
        let task = access.as_context_mut().async_call_stack().ok()?.last()?;
        Some(ClientSpan::begin(&spans.traces, spans.of(task)?, name()))
    })
}

/// The span of something that a guest waits for. One that it does not wait for any more ends as
/// failed.
pub(crate) struct ClientSpan {
    traces: Traces,
    span: Option<Span>,
}

impl ClientSpan {
    pub(crate) fn begin(
        traces: &Traces,
        parent: TraceContext,
        name: impl Into<Cow<'static, str>>,
    ) -> Self {
        let span = Some(Span::child_of(parent, SpanKind::Client, name));
        Self { traces: traces.clone(), span }
    }

    /// The same with a text.
    pub(crate) fn with(
        mut self,
        name: &'static str,
        text: impl Into<telemetry::AttributeValue>,
    ) -> Self {
        if let Some(span) = &mut self.span {
            span.set(name, text);
        }
        self
    }

    /// Its context, for another server.
    pub(crate) fn context(&self) -> Option<TraceContext> {
        self.span.as_ref().map(Span::context)
    }

    /// A statement or command of the database `system` is done, or failed.
    pub(crate) fn end_db(span: Option<Self>, system: &'static str, failed: bool) {
        if let Some(span) = span {
            span.with("db.system.name", system).end(failed);
        }
    }

    /// Another server has answered, or not.
    pub(crate) fn answered(self, status: Option<StatusCode>) {
        let failed = status.is_none_or(|status| status.as_u16() >= 400);
        match status {
            Some(status) => self.with("http.response.status_code", status.as_u16()),
            None => self,
        }
        .end(failed);
    }

    /// What was asked for is done, or failed.
    pub(crate) fn end(mut self, failed: bool) {
        if let Some(mut span) = self.span.take() {
            if failed {
                span.fail();
            }
            self.traces.record(span.end());
        }
    }
}

impl Drop for ClientSpan {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.fail();
            self.traces.record(span.end());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is complete before anything can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
