//! Problems on the wire: RFC 9457, in one place.

use contract::Schema;
use kernel::{Kind, Problem};
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldBody<'a>>,
}

/// What is wrong with one member of the body.
#[derive(Debug, Schema, Serialize)]
#[schema(name = "FieldProblem")]
struct FieldBody<'a> {
    /// JSON pointer, e.g. /name.
    pointer: &'a str,
    detail: &'a str,
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
        errors: problem
            .fields
            .iter()
            .map(|f| FieldBody { pointer: &f.pointer, detail: &f.detail })
            .collect(),
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
}
