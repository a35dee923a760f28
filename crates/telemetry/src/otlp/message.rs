//! The messages of OTLP for traces, as far as this exporter fills them: names and numbers are those
//! of `opentelemetry/proto` (1.x, stable). A test compares with the bytes of
//! OpenTelemetry's own library.

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
    /// A process of the service, distinguished by `instance`.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::TraceContext;

    /// The same request, written by OpenTelemetry's own library (`opentelemetry-proto` of PyPI).
    const REQUEST: &str = "0a80020a5b0a1b0a0c736572766963652e6e616d65120b0a09612d736572766963650a\
        160a0f736572766963652e76657273696f6e12030a01310a240a13736572766963652e696e7374616e63652e69\
        64120d0a0b616e2d696e7374616e636512a0010a090a07746573736572611292010a104bf92f3577b34da6a3ce\
        929d0e0e4736120800f067aa0ba902b7220801020304050607082a1073656c65637420646f63756d656e747330\
        033900002a36fe9c97174180b21045fe9c97174a1e0a0e64622e73797374656d2e6e616d65120c0a0a706f7374\
        67726573716c4a200a19687474702e726573706f6e73652e7374617475735f636f6465120318f7037a021802";
    /// An answer that 7 spans are `too old`, by the same library.
    const RESPONSE: &str = "0a0b08071207746f6f206f6c64";

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn a_request_is_the_same_as_that_of_the_official_library() {
        let context = |span: &str| {
            TraceContext::parse(&format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span}-01")).unwrap()
        };
        let span = FinishedSpan {
            name: "select documents".into(),
            kind: SpanKind::Client,
            trace: context("00f067aa0ba902b7"),
            parent: Some(context("0102030405060708")),
            began: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            duration: Duration::from_millis(250),
            attributes: vec![
                ("db.system.name", "postgresql".into()),
                ("http.response.status_code", 503.into()),
            ],
            failed: true,
        };
        let resource = Resource::of("a-service", "1", "an-instance".to_owned());
        assert_eq!(ExportRequest::of(&resource, &[span]).encode_to_vec(), bytes(REQUEST));
    }

    #[test]
    fn rejected_spans_are_read_from_an_answer_of_the_official_library() {
        assert_eq!(ExportResponse::decode(&*bytes(RESPONSE)).unwrap().rejected(), 7);
        assert_eq!(ExportResponse::decode(&[][..]).unwrap().rejected(), 0);
    }
}
