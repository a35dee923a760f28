//! The messages of OTLP for traces, as far as this exporter fills them: names and numbers are those
//! of `opentelemetry/proto` (1.x, stable). A test reads them with the published types.

use std::time::SystemTime;

use prost::{Message, Oneof};

use crate::{AttributeValue, FinishedSpan, SpanKind};

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

/// Who exports.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<WireSpan>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct WireSpan {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 3")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(int64, tag = "3")]
    Number(i64),
}

/// What a collector answers with status 200.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
}

/// `Status.code` of a span that failed.
const ERROR: i32 = 2;

impl Resource {
    /// A process of the service, which `instance` tells from others.
    pub(super) fn of(service: &str, version: &str, instance: String) -> Self {
        let texts = [
            ("service.name", service.to_owned()),
            ("service.version", version.to_owned()),
            ("service.instance.id", instance),
        ];
        let attributes =
            texts.map(|(key, text)| key_value(key, &AttributeValue::Text(text.into())));
        Self { attributes: attributes.into() }
    }
}

impl ExportRequest {
    /// The spans of one process.
    pub(super) fn of(resource: &Resource, spans: &[FinishedSpan]) -> Self {
        let scope = Scope { name: "tessera".to_owned(), version: String::new() };
        let spans = spans.iter().map(WireSpan::from).collect();
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
        let of_process = ResourceSpans { resource: Some(resource.clone()), scope_spans };
        Self { resource_spans: vec![of_process] }
    }
}

impl ExportResponse {
    /// How many spans the collector did not take.
    pub(super) fn rejected(&self) -> u64 {
        let rejected = self.partial_success.as_ref().map_or(0, |partial| partial.rejected_spans);
        u64::try_from(rejected).unwrap_or(0)
    }
}

impl From<&FinishedSpan> for WireSpan {
    fn from(span: &FinishedSpan) -> Self {
        let began = nanos(span.began);
        let took = u64::try_from(span.duration.as_nanos()).unwrap_or(u64::MAX);
        Self {
            trace_id: span.trace.trace_bytes().into(),
            span_id: span.trace.span_bytes().into(),
            parent_span_id: span.parent.map(|p| p.span_bytes().into()).unwrap_or_default(),
            name: span.name.clone().into_owned(),
            kind: match span.kind {
                SpanKind::Internal => 1,
                SpanKind::Server => 2,
                SpanKind::Client => 3,
                SpanKind::Consumer => 5,
            },
            start_time_unix_nano: began,
            end_time_unix_nano: began.saturating_add(took),
            attributes: span.attributes.iter().map(|(key, value)| key_value(key, value)).collect(),
            status: span.failed.then_some(Status { code: ERROR }),
        }
    }
}

fn key_value(key: &str, value: &AttributeValue) -> KeyValue {
    let value = match value {
        AttributeValue::Text(text) => Value::Text(text.clone().into_owned()),
        AttributeValue::Number(number) => Value::Number(*number),
    };
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
