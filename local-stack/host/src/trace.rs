//! The trace of a request: the client's, or one that begins here.

use http::{HeaderMap, HeaderName, HeaderValue};
use telemetry::TraceContext;

const TRACEPARENT: HeaderName = HeaderName::from_static(TraceContext::HEADER);
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Puts a span of the host's own into the headers, in the trace that they name. One that is
/// malformed, or named twice, is left, and what its vendors wrote beside it.
pub(crate) fn renew(headers: &mut HeaderMap) -> TraceContext {
    let mut named = headers.get_all(&TRACEPARENT).iter();
    let parent = match (named.next(), named.next()) {
        (Some(one), None) => one.to_str().ok().and_then(TraceContext::parse),
        _ => None,
    };
    let trace = parent.map(TraceContext::child).unwrap_or_else(|| {
        headers.remove(&TRACESTATE);
        TraceContext::root()
    });
    if let Ok(value) = HeaderValue::try_from(trace.to_string()) {
        headers.insert(TRACEPARENT, value);
    }
    trace
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_component_gets_a_span_in_the_clients_trace() {
        let given = [(TRACEPARENT, PARENT), (TRACESTATE, "a=1")];
        let mut headers = given
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect();
        let trace = renew(&mut headers);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(headers[TRACEPARENT], PARENT);
        assert_eq!(headers[TRACEPARENT], trace.to_string().as_str());
        assert_eq!(headers[TRACESTATE], "a=1");
    }

    #[test]
    fn a_malformed_or_doubled_trace_is_left() {
        for given in [vec!["nonsense"], vec![PARENT, PARENT], vec![]] {
            let mut headers: HeaderMap = given
                .into_iter()
                .map(|value| (TRACEPARENT, HeaderValue::from_static(value)))
                .collect();
            headers.insert(TRACESTATE, HeaderValue::from_static("a=1"));
            let trace = renew(&mut headers);
            assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert!(!headers.contains_key(TRACESTATE));
            assert_eq!(headers.get_all(TRACEPARENT).iter().count(), 1);
        }
    }
}
