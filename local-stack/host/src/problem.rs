//! Responses of the host itself: `application/problem+json`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// Kinds of responses; the `error` code is stable and documented in docs/errors.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No route matches.
    NotFound,
    /// The request is malformed.
    BadRequest,
    /// The guest trapped, or returned an error instead of a response.
    Failed,
    /// Too many requests in flight, or no free instance.
    Busy,
    /// The caller, its tenant or its address has used up its share.
    OwnShare,
    /// The request body did not come in time.
    BodyTimedOut,
    /// The request body broke or is malformed.
    BadBody,
    /// The host is shutting down.
    Draining,
    /// The operator has switched maintenance mode on.
    Maintenance,
    /// No response head in time.
    TimedOut,
    /// The guest computed for too long.
    CpuTime,
}

impl Problem {
    /// Status, code, title, and what to do.
    fn parts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        let (status, code, detail) = match self {
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "route_not_found", "No route matches this path.")
            }
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad_request",
                "The request has no usable path, or not exactly one usable Host.",
            ),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "component_failed",
                "The component that answers this path failed. The log has the cause under this request id.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "Too many requests are in work. Try again in a moment.",
            ),
            Self::OwnShare => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many of your requests are in work at the same time. Wait for some of them, then try again.",
            ),
            Self::BodyTimedOut => (
                StatusCode::REQUEST_TIMEOUT,
                "body_timed_out",
                "The request body was announced and did not arrive in time. Send it again, without pauses.",
            ),
            Self::BadBody => (
                StatusCode::BAD_REQUEST,
                "bad_request",
                "The request body broke off, or is malformed.",
            ),
            Self::Draining => (
                StatusCode::SERVICE_UNAVAILABLE,
                "shutting_down",
                "This server is shutting down. Try again in a moment.",
            ),
            Self::Maintenance => (
                StatusCode::SERVICE_UNAVAILABLE,
                "maintenance",
                "The installation is under maintenance. Try again later.",
            ),
            Self::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "component_timed_out",
                "The component did not answer in time.",
            ),
            Self::CpuTime => (
                StatusCode::GATEWAY_TIMEOUT,
                "component_cpu_time",
                "The component computed for longer than it may.",
            ),
        };
        (status, code, self.title(), detail)
    }

    fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::BadRequest | Self::BadBody => "Bad request",
            Self::Failed => "Internal error",
            Self::Busy | Self::Draining | Self::Maintenance => "Service unavailable",
            Self::OwnShare => "Too many requests",
            Self::BodyTimedOut => "Request timed out",
            Self::TimedOut | Self::CpuTime => "Timed out",
        }
    }

    /// The response for the request with this id.
    pub(crate) fn response(self, request_id: &str) -> Response<Bytes> {
        self.response_with("", request_id)
    }

    /// The same with what the operator tells people, unless it is empty.
    pub(crate) fn response_with(self, message: &str, request_id: &str) -> Response<Bytes> {
        let (status, code, title, detail) = self.parts();
        let mut body = serde_json::json!({
            "type": format!("urn:tessera:error:{code}"), "title": title, "status": status.as_u16(),
            "detail": detail, "error": code, "request_id": request_id,
        });
        if let Some(members) = body.as_object_mut().filter(|_| !message.is_empty()) {
            members.insert("operator_message".to_owned(), message.into());
        }
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        match self {
            Self::Draining => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            Self::BodyTimedOut | Self::BadBody => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Maintenance => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            }
            Self::Busy | Self::OwnShare => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
