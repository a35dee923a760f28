//! What went wrong with a provider, as a plain sentence for the person and a cause for the log. Pure.

use kernel::{Code, Problem};
use serde_json::Value;

/// Characters of a provider's message that go to the log.
const MESSAGE_CHARS: usize = 200;

/// The server could not be reached or gave no head in time.
pub(crate) fn unreachable(problem: &Problem) -> Problem {
    let detail =
        "the language model could not be reached; try again shortly, or ask an administrator whether it is running";
    Problem::new(Code::ModelFailed, detail).caused_by(problem.cause.as_deref().unwrap_or("no answer"))
}

/// The assistant names a model that the operator does not list.
pub(crate) fn not_allowed() -> Problem {
    let detail = "the assistant names a model that this installation does not offer; leave its model empty, or ask the operator to add it to chat_models";
    Problem::new(Code::ModelFailed, detail).caused_by("the assistant's model is not among chat_models")
}

/// The server answered with a status that is no success.
pub(crate) fn refused(status: u16, body: &str) -> Problem {
    let detail = match status {
        401 | 403 => {
            "the language model's provider did not accept our key; an administrator needs to check the variable chat_key"
        }
        404 => {
            "the language model's provider does not know this model or address; an administrator needs to check chat_url and chat_model"
        }
        400 | 413 | 422 => {
            "the language model refused this request; it may be too long for it: try a shorter question or a new conversation"
        }
        429 => "the language model has too much to do, or its quota is used up; try again in a minute",
        _ => "the language model had a fault of its own; try again shortly",
    };
    // An answer that refuses a key may repeat the key.
    let said = if matches!(status, 401 | 403) { String::new() } else { error_message(body) };
    Problem::new(Code::ModelFailed, detail).caused_by(format!("provider answered {status} {said}"))
}

/// An error object came in the middle of an answer.
pub(crate) fn reported(error: &Value) -> Problem {
    let detail = "the language model reported a fault while it answered; what it wrote so far is kept, try again";
    Problem::new(Code::ModelFailed, detail).caused_by(format!("provider reported {}", cut(&message(error))))
}

/// The stream ended before the model said that it was done.
pub(crate) fn cut_off(cause: impl std::fmt::Display) -> Problem {
    let detail = "the language model's answer broke off; what it wrote so far is kept, try again";
    Problem::new(Code::ModelFailed, detail).caused_by(cause)
}

/// Nothing came for too long.
pub(crate) fn silent(seconds: u64) -> Problem {
    let detail = format!(
        "the language model has written nothing for {seconds} seconds; what it wrote so far is kept, try again"
    );
    Problem::new(Code::ModelFailed, detail).caused_by("provider is silent")
}

/// What came is no answer.
pub(crate) fn unreadable(cause: impl std::fmt::Display) -> Problem {
    let detail = "the language model's answer could not be read; an administrator needs to check that chat_url is an OpenAI-compatible server";
    Problem::new(Code::ModelFailed, detail).caused_by(cause)
}

/// The embedding model refused, or answered something else than embeddings.
pub(crate) fn no_embedding(cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::ModelFailed,
        "the embedding model did not take the text; an administrator needs to check embedding_url",
    )
    .caused_by(cause)
}

/// What the body of an error says, in short.
pub(crate) fn error_message(body: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    parsed.as_ref().map_or_else(String::new, |value| cut(&message(value.get("error").unwrap_or(value))))
}

fn message(error: &Value) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let message = error.as_str().unwrap_or_else(|| text("message"));
    format!("{} {} {message}", text("type"), text("code")).trim().to_owned()
}

fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_gets_a_sentence_and_the_log_what_the_provider_said() {
        let problem = refused(500, r#"{"error":{"type":"server_error","message":"boom"}}"#);
        assert_eq!(problem.cause.as_deref(), Some("provider answered 500 server_error  boom"));
        assert!(!problem.detail.contains("boom"), "{}", problem.detail);
    }

    #[test]
    fn a_refused_key_is_not_logged() {
        let problem = refused(401, r#"{"error":{"message":"Incorrect API key provided: sk-secret"}}"#);
        assert!(!problem.to_string().contains("sk-secret"), "{problem}");
    }

    #[test]
    fn every_status_tells_what_to_do_next() {
        for status in [301, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503] {
            let problem = refused(status, "<html>");
            assert!(
                problem.code == Code::ModelFailed && problem.detail.contains("language model"),
                "{status}: {problem}"
            );
        }
    }
}
