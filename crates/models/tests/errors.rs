//! What a failure of a provider is, and what follows it.

use std::time::Duration;

use kernel::Timestamp;
use models::{ErrorKind, FailOver, NextStep, ProviderError, RetryAdvice, RetryPolicy};
use serde_json::{Value, json};

fn error(status: u16, body: &Value) -> ProviderError {
    ProviderError::from_response(status, |_| None, body.to_string().as_bytes(), Timestamp(0))
}

fn openai(code: &str, message: &str) -> Value {
    json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } })
}

fn anthropic(kind: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind, "message": "x" }, "request_id": "req_1" })
}

/// S13, S23.
#[test]
fn a_status_alone_says_what_it_is() {
    for (status, kind) in [
        (301, ErrorKind::WrongPath),
        (400, ErrorKind::Invalid),
        (401, ErrorKind::Authentication),
        (402, ErrorKind::Billing),
        (403, ErrorKind::Permission),
        (404, ErrorKind::WrongPath),
        (405, ErrorKind::WrongPath),
        (408, ErrorKind::Timeout),
        (409, ErrorKind::Conflict),
        (413, ErrorKind::TooLarge),
        (422, ErrorKind::Invalid),
        (424, ErrorKind::Server),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
        (503, ErrorKind::Overloaded),
        (504, ErrorKind::Timeout),
        (529, ErrorKind::Overloaded),
    ] {
        for body in ["", "<html><h1>Bad</h1>", "{}"] {
            let found =
                ProviderError::from_response(status, |_| None, body.as_bytes(), Timestamp(0));
            assert_eq!((found.kind, found.status), (kind, Some(status)), "{body}");
            assert!(!found.message.contains("html"), "{found}");
        }
    }
}

#[test]
fn the_words_of_a_provider_are_more_exact_than_its_status() {
    let gemini_key = json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid. Please pass a valid API key.",
        "details": [{ "reason": "API_KEY_INVALID" }] } });
    let mistral = json!({ "object": "error", "message": { "detail": [{ "type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted" }] }, "type": "invalid_request_error", "code": null });
    for (status, body, kind) in [
        (400, openai("context_length_exceeded", "x"), ErrorKind::ContextLength),
        (
            400,
            openai("", "This model's maximum context length is 8192 tokens."),
            ErrorKind::ContextLength,
        ),
        (
            400,
            json!({ "type": "error", "error": { "type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum" } }),
            ErrorKind::ContextLength,
        ),
        (
            400,
            json!({ "error": { "code": 400, "message": "The input token count (9) exceeds the maximum number of tokens allowed (8)." } }),
            ErrorKind::ContextLength,
        ),
        (400, openai("content_filter", "The response was filtered"), ErrorKind::ContentFilter),
        (
            400,
            json!({ "error": { "code": null, "message": "x", "innererror": { "code": "ResponsibleAIPolicyViolation" } } }),
            ErrorKind::ContentFilter,
        ),
        (429, openai("insufficient_quota", "You exceeded your current quota"), ErrorKind::Billing),
        (400, gemini_key, ErrorKind::Authentication),
        (404, openai("model_not_found", "The model `x` does not exist"), ErrorKind::ModelMissing),
        (
            404,
            json!({ "error": { "code": "DeploymentNotFound", "message": "x" } }),
            ErrorKind::ModelMissing,
        ),
        (404, json!({ "error": "model 'llama9' not found" }), ErrorKind::ModelMissing),
        (404, json!({ "detail": "Not Found" }), ErrorKind::WrongPath),
        (529, anthropic("overloaded_error"), ErrorKind::Overloaded),
        (429, anthropic("rate_limit_error"), ErrorKind::RateLimited),
        (401, anthropic("authentication_error"), ErrorKind::Authentication),
        (403, anthropic("permission_error"), ErrorKind::Permission),
        (500, anthropic("api_error"), ErrorKind::Server),
        (422, mistral, ErrorKind::Invalid),
        (
            503,
            json!([{ "error": { "code": 503, "status": "UNAVAILABLE", "message": "x" } }]),
            ErrorKind::Overloaded,
        ),
        (
            500,
            json!({ "error": { "message": "a fault while the context window was read" } }),
            ErrorKind::Server,
        ),
        (
            429,
            json!({ "error": { "message": "too many tokens per minute" } }),
            ErrorKind::RateLimited,
        ),
    ] {
        assert_eq!(error(status, &body).kind, kind, "{status} {body}");
    }
}

#[test]
fn a_member_that_is_not_taken_is_named() {
    for (body, name) in [
        (
            json!({ "error": { "message": "Unsupported parameter: 'max_tokens' is not supported with this model.", "param": "max_tokens", "code": "unsupported_parameter" } }),
            Some("max_tokens"),
        ),
        (
            json!({ "error": { "message": "Unrecognized request argument supplied: x", "param": "stream_options.include_usage" } }),
            Some("stream_options"),
        ),
        (
            json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted" }] }),
            Some("store"),
        ),
        (
            json!({ "message": "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"seed\"],\"msg\":\"Extra\"}]}" }),
            Some("seed"),
        ),
        (
            json!({ "error": { "message": "Invalid JSON payload received. Unknown name \"topK\": cannot find field." } }),
            Some("topK"),
        ),
        (
            json!({ "error": { "message": "temperature must be at most 2", "param": "temperature" } }),
            None,
        ),
        (json!({ "error": { "message": "bad request" } }), None),
    ] {
        assert_eq!(error(422, &body).parameter.as_deref(), name, "{body}");
    }
}

#[test]
fn an_answer_that_refuses_a_key_is_not_quoted() {
    let body = openai("invalid_api_key", "Incorrect API key provided: sk-secret");
    for status in [400, 401, 403] {
        assert_eq!(error(status, &body).message, "", "{status}");
    }
    let long = error(500, &openai("", &"x".repeat(10_000)));
    assert!(long.message.chars().count() <= 300);
}

#[test]
fn a_body_may_say_how_long_to_wait() {
    let gemini = json!({ "error": { "code": 429, "details": [{ "@type": "RetryInfo", "retryDelay": "34.5s" }] } });
    assert_eq!(error(429, &gemini).retry_after(), Some(Duration::from_millis(34_500)));
    let router = json!({ "error": { "code": 503, "availability": { "retryable": true, "retry_after": 7 } } });
    assert_eq!(error(503, &router).retry_after(), Some(Duration::from_secs(7)));
    let header = |name: &str| (name == "retry-after").then_some("3");
    let both =
        ProviderError::from_response(503, header, router.to_string().as_bytes(), Timestamp(0));
    assert_eq!(both.retry_after(), Some(Duration::from_secs(3)), "the field comes first");
}

fn of_status(status: u16, advice: RetryAdvice) -> ProviderError {
    ProviderError { advice, ..error(status, &json!({})) }
}

fn step(status: u16, attempt: u32) -> NextStep {
    RetryPolicy::default().next_step(
        &of_status(status, RetryAdvice::default()),
        attempt,
        false,
        0.5,
    )
}

#[test]
fn what_may_pass_is_tried_again_and_then_another_model() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
        assert_eq!(step(status, 1), NextStep::Retry(Duration::from_millis(250)), "{status}");
        assert_eq!(step(status, 2), NextStep::Retry(Duration::from_millis(500)), "{status}");
        assert_eq!(step(status, 3), NextStep::FailOver, "{status}");
    }
    for status in [400, 401, 402, 403, 404, 413, 422] {
        assert_eq!(step(status, 1), NextStep::GiveUp, "{status}");
    }
    let long = error(400, &openai("context_length_exceeded", "x"));
    assert_eq!(
        RetryPolicy::default().next_step(&long, 1, false, 0.5),
        NextStep::FailOverToLargerWindow
    );
}

#[test]
fn nothing_follows_after_the_first_token() {
    for status in [400, 429, 503] {
        let failed = of_status(status, RetryAdvice::default());
        assert_eq!(RetryPolicy::default().next_step(&failed, 1, true, 0.5), NextStep::GiveUp);
    }
}

#[test]
fn the_wait_is_anything_up_to_a_bound_that_doubles() {
    let policy = RetryPolicy { attempts: 20, ..RetryPolicy::default() };
    let failed = of_status(503, RetryAdvice::default());
    let wait = |attempt, jitter| match policy.next_step(&failed, attempt, false, jitter) {
        NextStep::Retry(wait) => wait,
        other => panic!("expected a retry, got {other:?}"),
    };
    assert_eq!((wait(1, 0.0), wait(1, 1.0)), (Duration::ZERO, policy.base));
    assert_eq!(wait(3, 1.0), policy.base * 4);
    assert_eq!(
        (wait(19, 1.0), wait(19, f64::NAN), wait(19, 7.0)),
        (policy.cap, policy.cap, policy.cap)
    );
}

#[test]
fn a_provider_says_when_and_whether() {
    let policy = RetryPolicy::default();
    let with = |status, after: Option<u64>, should_retry| {
        let advice = RetryAdvice { after: after.map(Duration::from_secs), should_retry };
        policy.next_step(&of_status(status, advice), 1, false, 1.0)
    };
    assert_eq!(
        with(429, Some(3), None),
        NextStep::Retry(Duration::from_millis(3_500)),
        "not before, and not all at once"
    );
    assert_eq!(with(429, Some(600), None), NextStep::FailOver, "too long to wait");
    assert_eq!(with(429, None, Some(false)), NextStep::FailOver);
    assert_eq!(with(400, None, Some(true)), NextStep::Retry(policy.base));
}

#[test]
fn what_helps_is_known_for_every_kind() {
    for kind in
        [ErrorKind::Connection, ErrorKind::Truncated, ErrorKind::Server, ErrorKind::Unreadable]
    {
        assert_eq!(kind.fail_over(), FailOver::Any, "{kind:?}");
    }
    for kind in [
        ErrorKind::Authentication,
        ErrorKind::ModelMissing,
        ErrorKind::ContentFilter,
        ErrorKind::Unsupported,
    ] {
        assert!(kind.fail_over() == FailOver::No && !kind.is_transient(), "{kind:?}");
    }
}
