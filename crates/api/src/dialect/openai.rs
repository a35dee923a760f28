//! Problems as clients of OpenAI's API read them: `{"error": {message, type, param, code}}`, and
//! headers that say whether to try again.

use contract::Schema;
use http::{HeaderValue, header};
use kernel::{Code, Kind, Problem};
use platform::serve::{self, Response};
use serde::Serialize;

/// The one error shape of these routes.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "OpenAiError")]
pub struct ErrorBody {
    error: ErrorObject,
}

/// What went wrong. All four members are always there.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "OpenAiErrorObject")]
struct ErrorObject {
    message: String,
    r#type: &'static str,
    /// The member of the body that is wrong, for example `messages[0].content`.
    param: Option<String>,
    code: &'static str,
}

impl ErrorBody {
    /// A problem in this shape: for a response, or as the data of a stream that breaks off. The
    /// cause stays here.
    #[must_use]
    pub fn new(problem: &Problem) -> Self {
        let message = match problem.code {
            Code::NoSuchRoute => {
                "there is no such route below /openai; expected one of /openai/v1/models, /chat/completions, /responses, /embeddings and /audio/transcriptions".to_owned()
            }
            _ => problem.detail.to_string(),
        };
        let param = problem.fields.first().map(|field| param(&field.pointer));
        Self {
            error: ErrorObject { message, r#type: error_type(problem), param, code: code(problem) },
        }
    }
}

pub(super) fn render(problem: &Problem) -> Response {
    let text = serde_json::to_vec(&ErrorBody::new(problem)).unwrap_or_default();
    let length = text.len();
    let mut response = Response::new(serve::full(text));
    *response.status_mut() = super::status(problem);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if problem.kind() == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    // The clients repeat POSTs by themselves, at 409 and any 5xx as well, unless a header forbids
    // it.
    let again = is_worth_a_retry(problem);
    headers
        .insert("x-should-retry", HeaderValue::from_static(if again { "true" } else { "false" }));
    let says_when = again || problem.code == Code::UsageQuotaReached;
    if let Some(seconds) = super::retry_after(problem).filter(|_| says_when) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        headers.insert("retry-after-ms", HeaderValue::from(u64::from(seconds) * 1_000));
    }
    response
}

/// Seconds that a client may wait by itself: the official one gives up where it is to wait longer.
const LONGEST_WAIT: u32 = 120;

/// Whether the same request may be answered soon. A used-up budget stays used up for longer than a
/// client waits.
fn is_worth_a_retry(problem: &Problem) -> bool {
    matches!(problem.kind(), Kind::Limited | Kind::Unavailable)
        && problem.protocol_code() != Some("insufficient_quota")
        && !is_used_up(problem)
}

/// Whether a quota is used up for longer than a client waits.
fn is_used_up(problem: &Problem) -> bool {
    problem.code == Code::UsageQuotaReached
        && problem.seconds_to_wait().is_some_and(|seconds| seconds > LONGEST_WAIT)
}

fn error_type(problem: &Problem) -> &'static str {
    match problem.kind() {
        Kind::Unauthenticated => "authentication_error",
        Kind::Forbidden => "permission_error",
        Kind::Limited => "rate_limit_error",
        Kind::Internal | Kind::Unavailable => "server_error",
        _ => "invalid_request_error",
    }
}

/// The protocol's own word for it, if it has one; else ours.
fn code(problem: &Problem) -> &'static str {
    problem.protocol_code().unwrap_or(match problem.code {
        Code::NotSignedIn | Code::SessionEnded => "invalid_api_key",
        Code::NotAllowed => "permission_denied",
        Code::UsageQuotaReached if is_used_up(problem) => "insufficient_quota",
        Code::TooManyRequests | Code::UsageQuotaReached => "rate_limit_exceeded",
        Code::Unavailable => "overloaded",
        Code::NoSuchRoute => "unknown_url",
        Code::InvalidBody => "invalid_value",
        other => other.as_str(),
    })
}

/// `/messages/0/content` as these clients write it: `messages[0].content`.
fn param(pointer: &str) -> String {
    let mut out = String::new();
    for part in pointer.split('/').filter(|part| !part.is_empty()) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("[{part}]"));
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(problem: &Problem) -> Value {
        json!(ErrorBody::new(problem))["error"].clone()
    }

    #[test]
    fn an_error_has_all_four_members() {
        let wrong = Problem::invalid_field("/messages/0/content", "expected text")
            .in_protocol("unsupported_parameter");
        assert_eq!(
            body(&wrong),
            json!({
                "message": "/messages/0/content: expected text", "type": "invalid_request_error",
                "param": "messages[0].content", "code": "unsupported_parameter",
            })
        );
        assert_eq!(body(&Problem::new(Code::NotSignedIn, "no key"))["param"], Value::Null);
    }

    #[test]
    fn every_kind_of_problem_has_the_word_that_clients_know() {
        for (code, status, expected) in [
            (Code::NotSignedIn, 401, "invalid_api_key"),
            (Code::SessionEnded, 401, "invalid_api_key"),
            (Code::NotAllowed, 403, "permission_denied"),
            (Code::TooManyRequests, 429, "rate_limit_exceeded"),
            (Code::Unavailable, 503, "overloaded"),
            (Code::NoSuchRoute, 404, "unknown_url"),
        ] {
            let problem = Problem::new(code, "x");
            assert_eq!(
                (render(&problem).status().as_u16(), &body(&problem)["code"]),
                (status, &json!(expected))
            );
        }
    }

    #[test]
    fn a_client_repeats_only_what_may_be_answered_later() {
        let retry = |problem: &Problem| {
            render(problem).headers()["x-should-retry"].to_str().unwrap().to_owned()
        };
        for code in Code::ALL {
            let expected = matches!(code.kind(), Kind::Limited | Kind::Unavailable);
            assert_eq!(retry(&Problem::new(*code, "x")), expected.to_string(), "{code:?}");
        }
        let used_up = Problem::new(Code::TooManyRequests, "x")
            .retry_after(7)
            .in_protocol("insufficient_quota");
        assert_eq!(
            (retry(&used_up).as_str(), render(&used_up).headers().get("retry-after")),
            ("false", None)
        );
        let quota = Problem::new(Code::UsageQuotaReached, "x").retry_after(3_600);
        assert_eq!(
            (retry(&quota).as_str(), &body(&quota)["code"]),
            ("false", &json!("insufficient_quota"))
        );
        assert_eq!(
            render(&quota).headers()["retry-after"],
            HeaderValue::from(3_600),
            "it says when, all the same"
        );
        let soon = Problem::new(Code::UsageQuotaReached, "x").retry_after(5);
        assert_eq!(
            (retry(&soon).as_str(), &body(&soon)["code"]),
            ("true", &json!("rate_limit_exceeded"))
        );
        let busy = render(&Problem::new(Code::TooManyRequests, "x").retry_after(7));
        assert_eq!(
            (&busy.headers()["retry-after"], &busy.headers()["retry-after-ms"]),
            (&HeaderValue::from(7), &HeaderValue::from(7_000))
        );
    }

    #[test]
    fn a_fault_of_ours_reveals_no_details() {
        let text = body(&Problem::internal("postgres at 10.0.0.1")).to_string();
        assert!(!text.contains("10.0.0.1"), "{text}");
    }
}
