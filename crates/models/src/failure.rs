//! What went wrong with a provider, as a plain sentence for the person and a cause for the log.
//! Pure.

use kernel::{Code, Problem};

use crate::{ErrorKind, ProviderError};

/// The server could not be reached or gave no head in time.
pub(crate) fn unreachable(problem: &Problem) -> Problem {
    let detail = "the language model could not be reached; try again shortly, or ask an administrator whether it is running";
    Problem::new(Code::ModelFailed, detail)
        .caused_by(problem.cause.as_deref().unwrap_or("no answer"))
}

/// The assistant names a model that the operator does not list.
pub(crate) fn not_allowed() -> Problem {
    let detail = "the assistant names a model that this installation does not offer; leave its model empty, or ask the operator to add it to chat_models";
    Problem::new(Code::ModelFailed, detail)
        .caused_by("the assistant's model is not among chat_models")
}

/// A classified failure.
pub(crate) fn of(error: &ProviderError) -> Problem {
    let detail = match error.kind {
        ErrorKind::Authentication | ErrorKind::Permission => {
            "the language model's provider did not accept our key; an administrator needs to check the variable chat_key"
        }
        ErrorKind::WrongPath | ErrorKind::ModelMissing => {
            "the language model's provider does not know this model or address; an administrator needs to check chat_url and chat_model"
        }
        ErrorKind::ContextLength
        | ErrorKind::TooLarge
        | ErrorKind::Invalid
        | ErrorKind::Unsupported => {
            "the language model refused this request; it may be too long for it: try a shorter question or a new conversation"
        }
        ErrorKind::ContentFilter => {
            "a filter of the language model's provider refused this question; ask in other words"
        }
        ErrorKind::RateLimited | ErrorKind::Billing => {
            "the language model has too much to do, or its quota is used up; try again in a minute"
        }
        ErrorKind::CircuitOpen => {
            "the language model has failed several times in a row and is not asked for up to a minute; try again then"
        }
        ErrorKind::Truncated => {
            "the language model's answer broke off; what it wrote so far is kept, try again"
        }
        ErrorKind::Unreadable | ErrorKind::TooLong => {
            "the language model's answer could not be read; an administrator needs to check that chat_url is an OpenAI-compatible server"
        }
        ErrorKind::Connection
        | ErrorKind::Timeout
        | ErrorKind::Conflict
        | ErrorKind::Overloaded
        | ErrorKind::Server => {
            if error.status.is_some() {
                "the language model had a fault of its own; try again shortly"
            } else {
                "the language model reported a fault while it answered; what it wrote so far is kept, try again"
            }
        }
    };
    failed(detail, error)
}

/// With the time that the provider or its circuit breaker names for another try.
fn failed(detail: &'static str, error: &ProviderError) -> Problem {
    let problem = Problem::new(Code::ModelFailed, detail).caused_by(error);
    let seconds = |wait: std::time::Duration| wait.as_millis().div_ceil(1_000).max(1);
    match error.retry_after().map(seconds) {
        Some(seconds) => problem.retry_after(u32::try_from(seconds).unwrap_or(u32::MAX)),
        None => problem,
    }
}

/// A classified failure of a model that an administrator entered.
pub(crate) fn of_row(error: &ProviderError) -> Problem {
    let detail = match error.kind {
        ErrorKind::Authentication | ErrorKind::Permission => {
            "the model's provider did not accept the stored key; an administrator needs to test the provider under Administration, Models"
        }
        ErrorKind::Billing => {
            "the account at the model's provider has no money or quota left; an administrator needs to look there"
        }
        ErrorKind::WrongPath | ErrorKind::ModelMissing => {
            "the provider does not know this model or address; an administrator needs to test the provider under Administration, Models"
        }
        ErrorKind::Unreadable | ErrorKind::TooLong => {
            "the model's answer could not be read; an administrator needs to check the kind and the address of its provider"
        }
        ErrorKind::Connection => {
            "the model's provider could not be reached; try again shortly, or ask an administrator to test the provider"
        }
        ErrorKind::Timeout => {
            "the model did not answer in time; what it wrote so far is kept, try again"
        }
        _ => return of(error),
    };
    failed(detail, error)
}

/// A classified failure of a model that writes down what is said.
pub(crate) fn of_transcription(error: &ProviderError) -> Problem {
    let detail = match error.kind {
        ErrorKind::TooLarge | ErrorKind::ContextLength => {
            "the recording is too long for the transcription model; cut it where no one speaks, and send the parts"
        }
        ErrorKind::Invalid | ErrorKind::Unsupported => {
            "the transcription model refused this request; it may not read this kind of recording, or not answer with segments"
        }
        ErrorKind::ContentFilter => {
            "a filter of the transcription model's provider refused this recording"
        }
        ErrorKind::Truncated => "the transcription model's answer broke off; try again",
        ErrorKind::Timeout => {
            "the transcription model did not answer in time; try again, or send a shorter recording"
        }
        ErrorKind::Conflict | ErrorKind::Overloaded | ErrorKind::Server => {
            "the transcription model had a fault of its own; try again shortly"
        }
        _ => return of_row(error),
    };
    failed(detail, error)
}

/// Nothing came for too long.
pub(crate) fn silent(seconds: u64) -> Problem {
    let detail = format!(
        "the language model has written nothing for {seconds} seconds; what it wrote so far is kept, try again"
    );
    Problem::new(Code::ModelFailed, detail).caused_by("provider is silent")
}

/// The embedding model refused, or answered something else than embeddings.
pub(crate) fn no_embedding(cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::ModelFailed,
        "the embedding model did not take the text; an administrator needs to check embedding_url",
    )
    .caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Timestamp;

    fn refused(status: u16, body: &str) -> Problem {
        of(&ProviderError::from_response(status, |_| None, body.as_bytes(), Timestamp(0)))
    }

    #[test]
    fn the_person_gets_a_sentence_and_the_log_what_the_provider_said() {
        let problem = refused(500, r#"{"error":{"type":"server_error","message":"boom"}}"#);
        assert_eq!(
            problem.cause.as_deref(),
            Some("provider answered 500 (Server) server_error boom")
        );
        assert!(!problem.detail.contains("boom"), "{}", problem.detail);
    }

    #[test]
    fn a_refused_key_is_not_logged() {
        let problem =
            refused(401, r#"{"error":{"message":"Incorrect API key provided: sk-secret"}}"#);
        assert!(!problem.to_string().contains("sk-secret"), "{problem}");
    }

    #[test]
    fn every_status_says_what_to_do_next() {
        for status in [301, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503] {
            let problem = refused(status, "<html>");
            assert!(
                problem.code == Code::ModelFailed && problem.detail.contains("language model"),
                "{status}: {problem}"
            );
        }
    }
}
