//! Problems on the wire: RFC 9457, in one place.

use contract::Schema;
use kernel::{Kind, Problem, ReachedQuota, Reason};
use platform::clock;
use serde::Serialize;

/// The HTTP status of a kind of problem.
#[must_use]
pub fn status(problem: &Problem) -> u16 {
    match problem.kind() {
        // The only invalid request with a more specific status than 422 or 400.
        Kind::Invalid if problem.code == kernel::Code::MethodNotAllowed => 405,
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::UnsupportedType => 415,
        Kind::Limited => 429,
        Kind::Internal => 500,
        Kind::Unavailable => 503,
    }
}

/// RFC 9457 problem details; the one error shape.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "Problem")]
pub struct Body<'a> {
    /// `/problems/` and the code; docs/errors.md has them all.
    r#type: String,
    title: &'static str,
    #[schema(as = i32)]
    status: u16,
    detail: &'a str,
    /// Stable code, snake_case.
    error: &'static str,
    request_id: &'a str,
    /// Why, where there is more to explain than `error` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldBody<'a>>,
    /// When another try makes sense, if that is known; past in an answer that failed long ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(as = DateTime)]
    retry_at: Option<String>,
    /// The quota that refused the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<QuotaBody<'a>>,
}

/// A quota that refused a question.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "ReachedQuota")]
struct QuotaBody<'a> {
    /// Whose use is counted: `subject` of the quota.
    subject: &'a str,
    /// What is counted: `measure` of the quota.
    measure: &'a str,
    /// For how long: `period` of the quota.
    period: &'a str,
    /// US dollars, tokens or questions, as decimal text.
    limit: &'a str,
    /// It is not used up: other questions of the caller hold their share of it until they are
    /// answered.
    held: bool,
}

impl<'a> From<&'a ReachedQuota> for QuotaBody<'a> {
    fn from(quota: &'a ReachedQuota) -> Self {
        Self {
            subject: &quota.subject,
            measure: &quota.measure,
            period: &quota.period,
            limit: &quota.limit,
            held: quota.is_held,
        }
    }
}

/// What is wrong with one member of the body.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "FieldProblem")]
struct FieldBody<'a> {
    /// JSON pointer, e.g. /name.
    pointer: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
}

contract::words! {
    /// Why something was refused; docs/errors.md has them all.
    pub(crate) ReasonName = kernel::ReasonCode::ALL.iter().map(|reason| reason.as_str());
}

/// Why something was refused, for clients that explain it in the language of their user.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "Reason")]
pub(crate) struct ReasonBody {
    #[schema(as = ReasonName)]
    code: &'static str,
    /// The least that is accepted; decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<String>,
    /// The most that is accepted; decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<String>,
    /// What was found, in the words of its sender; not translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl From<&Reason> for ReasonBody {
    fn from(reason: &Reason) -> Self {
        Self {
            code: reason.code.as_str(),
            min: reason.min.clone(),
            max: reason.max.clone(),
            value: reason.value.clone(),
        }
    }
}

/// The problem for clients, without its cause.
#[must_use]
pub fn body<'a>(problem: &'a Problem, request_id: &'a str) -> Body<'a> {
    let code = problem.code;
    Body {
        r#type: format!("/problems/{}", code.as_str().replace('_', "-")),
        title: code.title(),
        status: status(problem),
        detail: &problem.detail,
        error: code.as_str(),
        request_id,
        reason: problem.reason().map(ReasonBody::from),
        errors: problem
            .fields
            .iter()
            .map(|f| FieldBody {
                pointer: &f.pointer,
                detail: &f.detail,
                reason: f.reason.as_ref().map(ReasonBody::from),
            })
            .collect(),
        retry_at: problem.retry_time(clock::now()).map(|at| at.to_string()),
        quota: problem.quota().map(QuotaBody::from),
    }
}

/// The body as JSON text.
#[must_use]
pub fn json(problem: &Problem, request_id: &str) -> String {
    serde_json::to_string(&body(problem, request_id)).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_code_detail_and_request_but_never_its_cause() {
        let problem = Problem::internal("postgres at 10.0.0.1: password wrong");
        let text = json(&problem, "req-1");
        assert!(
            text.contains(r#""error":"internal""#) && text.contains(r#""request_id":"req-1""#),
            "{text}"
        );
        assert!(!text.contains("password wrong") && !text.contains("10.0.0.1"), "{text}");
    }

    #[test]
    fn a_retry_has_a_time_and_a_quota_its_words() {
        let quota = ReachedQuota {
            subject: "tenant".to_owned(),
            measure: "cost".to_owned(),
            period: "day".to_owned(),
            limit: "25".to_owned(),
            is_held: false,
        };
        let stored = Problem::new(kernel::Code::UsageQuotaReached, "used up")
            .retry_at(kernel::Timestamp(0))
            .by_quota(quota);
        let body: serde_json::Value = serde_json::from_str(&json(&stored, "r")).unwrap();
        assert_eq!(body["retry_at"], kernel::Timestamp(0).to_string());
        let quota = serde_json::json!({
            "subject": "tenant", "measure": "cost", "period": "day", "limit": "25", "held": false
        });
        assert_eq!(body["quota"], quota);
        let before = clock::now().plus_seconds(60);
        let new = json(&Problem::new(kernel::Code::TooManyRequests, "x").retry_after(60), "r");
        let body: serde_json::Value = serde_json::from_str(&new).unwrap();
        let at = kernel::Timestamp::parse(body["retry_at"].as_str().unwrap()).unwrap();
        assert!(at.unix_seconds() - before.unix_seconds() <= 1, "{new}");
        assert!(!json(&Problem::internal("x"), "r").contains("retry_at"));
    }

    #[test]
    fn invalid_members_are_named_by_json_pointer() {
        let text =
            json(&Problem::invalid_field("/name", "expected 1 to 100 characters, got 0"), "r");
        assert!(
            text.contains(
                r#""errors":[{"pointer":"/name","detail":"expected 1 to 100 characters, got 0"}]"#
            ),
            "{text}"
        );
    }

    #[test]
    fn reasons_have_a_code_and_the_values_that_their_sentence_names() {
        let length = kernel::ReasonCode::TextLength.between(1, 100);
        let text = json(&Problem::refused_field("/name", length, "expected"), "r");
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        let reason = serde_json::json!({ "code": "text_length", "min": "1", "max": "100" });
        assert_eq!(body["errors"][0]["reason"], reason);
        let text = json(&Problem::conflict(kernel::ReasonCode::LastOwner, "a space needs"), "r");
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["reason"], serde_json::json!({ "code": "last_owner" }));
        assert!(!json(&Problem::internal("x"), "r").contains("reason"));
    }
}
