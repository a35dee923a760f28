//! Whether the person behind a long stream may still see it.

use identity::Credential;
use kernel::{Code, Problem, Result, Timestamp};
use platform::{Cx, Origin, clock, pg::Source};

use crate::Call;

/// Seconds between two looks: whoever loses access loses open streams within five.
pub const CHECK_SECONDS: u64 = 4;

/// Looks again and again whether a session, or a key, lives.
pub struct Watch {
    credential: Credential,
    origin: Origin,
    checked: Timestamp,
}

impl Watch {
    /// Of the session of a request, which was good when the request was opened.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn of(call: &Call) -> Result<Self> {
        Ok(Self { credential: call.credential()?.clone(), origin: call.origin(), checked: clock::now() })
    }

    /// Nothing while the session lives, or the database does not answer; the problem once it has ended. Cheap between two looks.
    pub async fn ended(&mut self) -> Option<Problem> {
        if clock::now() < self.checked.plus_seconds(CHECK_SECONDS.cast_signed()) {
            return None;
        }
        self.checked = clock::now();
        self.look().await.err()
    }

    /// Looks now: a context of the session while it lives; nothing where the database does not answer.
    ///
    /// # Errors
    /// `session_ended` alone.
    pub async fn look(&self) -> Result<Option<Cx>> {
        let opened =
            async { identity::open_again(Source::from_config().await?, &self.credential, self.origin.clone()).await };
        match opened.await {
            Ok((cx, _)) => Ok(Some(cx)),
            Err(problem) if problem.code == Code::SessionEnded => Err(problem),
            Err(_) => Ok(None),
        }
    }

    /// As JSON with the request's id, for an event that says why a stream ends.
    #[must_use]
    pub fn told(&self, problem: &Problem) -> serde_json::Value {
        serde_json::to_value(crate::problem::body(problem, &self.origin.request_id)).unwrap_or_default()
    }
}
