//! The trace of a request: a trusted proxy's, or one that begins here; and that of a request to
//! another server.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use telemetry::{TraceContext, Traces};

use crate::spans::{ClientSpan, RequestSpans};

const TRACEPARENT: HeaderName = HeaderName::from_static(TraceContext::HEADER);
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// By which components name their span to this host where the other server must not see it.
const CALLER_TRACEPARENT: HeaderName = HeaderName::from_static(TraceContext::CALLER_HEADER);

/// The span that a component works in, and those that are recorded.
pub(crate) struct RequestTrace {
    pub(crate) context: TraceContext,
    pub(crate) spans: Option<RequestSpans>,
}

impl From<TraceContext> for RequestTrace {
    fn from(context: TraceContext) -> Self {
        Self { context, spans: None }
    }
}

/// Puts a span of the host's own into the headers of a client, in the trace that they name. A
/// trusted proxy decides whether the trace is sampled; for others the sampling ratio does. A
/// malformed or repeated `traceparent` is discarded together with `tracestate`.
pub(crate) fn of_client(
    headers: &mut HeaderMap,
    is_trusted: bool,
    traces: Option<&Traces>,
    id: &HeaderValue,
) -> RequestTrace {
    let parent = named(headers);
    let server = parent.map_or_else(TraceContext::root, TraceContext::child);
    let trusted = parent.filter(|_| is_trusted);
    let server = match (trusted, traces) {
        (Some(_), _) => server,
        (None, Some(traces)) => traces.sampled(server),
        (None, None) => server.with_sampled(false),
    };
    let spans = traces.filter(|_| server.is_sampled()).map(|traces| {
        RequestSpans::of_client(traces, server, trusted, id.to_str().unwrap_or_default())
    });
    enter(headers, server, parent.is_some(), spans)
}

/// The same for the request of a component.
pub(crate) fn of_component(headers: &mut HeaderMap, traces: Option<&Traces>) -> RequestTrace {
    let parent = named(headers);
    let recorded = parent.filter(|parent| parent.is_sampled()).zip(traces);
    let spans = recorded.map(|(parent, traces)| RequestSpans::of_component(traces, parent));
    enter(headers, parent.unwrap_or_else(TraceContext::root), parent.is_some(), spans)
}

fn enter(
    headers: &mut HeaderMap,
    parent: TraceContext,
    is_named: bool,
    spans: Option<RequestSpans>,
) -> RequestTrace {
    if !is_named {
        headers.remove(&TRACESTATE);
    }
    let context = parent.child();
    write(headers, context);
    RequestTrace { context, spans }
}

/// Takes the span of the component off a request that it sends.
pub(crate) fn take_caller(headers: &mut HeaderMap) -> Option<HeaderValue> {
    headers.remove(&CALLER_TRACEPARENT)
}

/// Names the component's span to another component.
pub(crate) fn name_caller(headers: &mut HeaderMap, caller: Option<HeaderValue>) {
    if let Some(caller) = caller {
        headers.insert(TRACEPARENT, caller);
    }
}

/// Begins the span of a request to another server. The request carries it on if the component has
/// put a `traceparent` into it.
pub(crate) fn to_server<B>(
    traces: Option<&Traces>,
    request: &mut Request<B>,
    caller: Option<&HeaderValue>,
    component: &str,
) -> Option<ClientSpan> {
    let traces = traces?;
    let of_caller = caller.and_then(|caller| caller.to_str().ok()).and_then(TraceContext::parse);
    let propagated = named(request.headers());
    let parent = propagated.or(of_caller).filter(|parent| parent.is_sampled())?;
    let method = crate::metrics::method_label(request.method());
    let span = ClientSpan::begin(traces, parent, method.clone())
        .with("http.request.method", method.into_owned())
        .with("server.address", request.uri().host().unwrap_or_default().to_owned())
        .with("tessera.component", component.to_owned());
    if let (Some(_), Some(context)) = (propagated, span.context()) {
        write(request.headers_mut(), context);
    }
    Some(span)
}

fn named(headers: &HeaderMap) -> Option<TraceContext> {
    let mut named = headers.get_all(&TRACEPARENT).iter();
    match (named.next(), named.next()) {
        (Some(one), None) => one.to_str().ok().and_then(TraceContext::parse),
        _ => None,
    }
}

fn write(headers: &mut HeaderMap, context: TraceContext) {
    if let Ok(value) = HeaderValue::try_from(context.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const ID: HeaderValue = HeaderValue::from_static("an-id");

    #[test]
    fn a_component_gets_a_span_in_the_clients_trace() {
        for is_trusted in [true, false] {
            let given = [(TRACEPARENT, PARENT), (TRACESTATE, "a=1")];
            let mut headers = given
                .into_iter()
                .map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect();
            let trace = of_client(&mut headers, is_trusted, None, &ID).context;
            assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_eq!(trace.is_sampled(), is_trusted, "a stranger does not have traces recorded");
            assert_ne!(headers[TRACEPARENT], PARENT);
            assert_eq!(headers[TRACEPARENT], trace.to_string().as_str());
            assert_eq!(headers[TRACESTATE], "a=1");
        }
    }

    #[test]
    fn a_malformed_or_doubled_trace_is_left() {
        for given in [vec!["nonsense"], vec![PARENT, PARENT], vec![]] {
            let mut headers: HeaderMap = given
                .into_iter()
                .map(|value| (TRACEPARENT, HeaderValue::from_static(value)))
                .collect();
            headers.insert(TRACESTATE, HeaderValue::from_static("a=1"));
            let trace = of_client(&mut headers, true, None, &ID).context;
            assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert!(!headers.contains_key(TRACESTATE));
            assert_eq!(headers.get_all(TRACEPARENT).iter().count(), 1);
        }
    }
}
