//! Errors in OpenAI's shape.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::EmbedError;

/// Why a request is not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    param: Option<&'static str>,
    code: Option<&'static str>,
}

impl Refusal {
    /// A field of the request that is not as it should be.
    pub(super) fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
            param: Some(param),
            code: None,
        }
    }

    pub(super) fn unknown_model(name: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: format!(
                "The model `{name}` does not exist here; GET /v1/models lists those that do."
            ),
            param: Some("model"),
            code: Some("model_not_found"),
        }
    }

    pub(super) fn unknown_route() -> Self {
        let message =
            "Nothing is at this address; POST /v1/embeddings and POST /v1/chat/completions are."
                .to_owned();
        Self { status: StatusCode::NOT_FOUND, message, param: None, code: Some("unknown_url") }
    }

    pub(super) fn wrong_method() -> Self {
        let message = "This address does not take this method.".to_owned();
        Self { status: StatusCode::METHOD_NOT_ALLOWED, message, param: None, code: None }
    }

    /// The language model's server is away, or broke off.
    pub(super) fn generator_unavailable() -> Self {
        let message = "The language model does not answer; try again in a moment.".to_owned();
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message,
            param: None,
            code: Some("overloaded"),
        }
    }

    /// The prompt is longer than any language model here can read.
    pub(super) fn too_long_for_generator() -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: "The messages are longer than the model can read; shorten them.".to_owned(),
            param: Some("messages"),
            code: Some("context_length_exceeded"),
        }
    }

    /// The language model's server refused the request. Its message about a request (400) is passed
    /// on, others are not.
    pub(super) fn of_generator(status: u16, body: &[u8]) -> Self {
        let error = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let member = |path: &str| error.pointer(path).and_then(Value::as_str);
        let too_long = member("/error/type") == Some("exceed_context_size_error");
        Self {
            // A rejected key (401) or any other status is our fault, not the client's.
            status: match status {
                400 => StatusCode::BAD_REQUEST,
                503 => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_GATEWAY,
            },
            message: member("/error/message")
                .filter(|_| status == 400)
                .map_or_else(|| format!("The model's server answered {status}."), str::to_owned),
            param: None,
            code: too_long.then_some("context_length_exceeded"),
        }
    }

    /// The model could not be run, or too many wait for it.
    pub(super) fn failed(cause: EmbedError) -> Self {
        let (status, code) = match cause {
            EmbedError::Ended => (StatusCode::INTERNAL_SERVER_ERROR, None),
            EmbedError::TooManyOfUser => {
                (StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded"))
            }
            EmbedError::TooMany => (StatusCode::SERVICE_UNAVAILABLE, Some("overloaded")),
        };
        Self { status, message: cause.to_string(), param: None, code }
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        // OpenAI answers 400 to whatever it cannot read, and 413 only to what is too long.
        let status = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, message: rejection.body_text(), param: None, code: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let wait =
            matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let kind = match self.status {
            status if status.is_server_error() => "server_error",
            StatusCode::TOO_MANY_REQUESTS => "requests",
            _ => "invalid_request_error",
        };
        let error =
            json!({"message": self.message, "type": kind, "param": self.param, "code": self.code});
        let mut response = (self.status, Json(json!({"error": error}))).into_response();
        if wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
