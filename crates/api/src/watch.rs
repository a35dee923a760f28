//! Rights that are checked again while a long request runs: uploads, downloads, answers, streams.

use std::{pin::pin, time::Duration};

use access::CredentialId;
use credentials::Credential;
use futures::future::{Either, select};
use kernel::{Code, Kind, Problem, Result, Timestamp};
use platform::{
    Cx, Origin, clock,
    pg::Source,
    task::{self, BoxFuture},
};

use crate::Call;

/// Seconds between two checks: a caller who loses access loses open streams within five.
pub const CHECK_SECONDS: u64 = 4;

/// Checks periodically that a session or a key is still valid.
pub struct Watch {
    credential: Credential,
    origin: Origin,
    checked: Timestamp,
}

impl Watch {
    /// For the session of a request, which was valid when the request was opened.
    ///
    /// # Errors
    /// `internal` on a public route.
    pub fn of(call: &Call) -> Result<Self> {
        Ok(Self {
            credential: call.credential()?.clone(),
            origin: call.origin(),
            checked: clock::now(),
        })
    }

    /// None while the session is valid, or the database does not answer; the problem once it has
    /// ended. Cheap between two checks.
    pub async fn ended(&mut self) -> Option<Problem> {
        if !self.is_due() {
            return None;
        }
        self.checked = clock::now();
        self.look().await.err()
    }

    /// Checks now: a context of the session while it is valid; None if the database does not
    /// answer.
    ///
    /// # Errors
    /// Only `session_ended`.
    pub async fn look(&self) -> Result<Option<Cx>> {
        let opened = async {
            credentials::revalidate(
                Source::from_config().await?,
                &self.credential,
                self.origin.clone(),
            )
            .await
        };
        match opened.await {
            Ok((cx, _)) => Ok(Some(cx)),
            Err(problem) if problem.code == Code::SessionEnded => Err(problem),
            Err(_) => Ok(None),
        }
    }

    /// The credential of the request, for a statement that checks again that it is valid.
    #[must_use]
    pub fn credential(&self) -> CredentialId {
        match &self.credential {
            Credential::Session(token) => CredentialId::Session(token.session),
            Credential::Key(key) => CredentialId::ApiKey(key.id),
        }
    }

    /// Runs `work` to its end, and checks every [`CHECK_SECONDS`] that the credential is valid and
    /// `may` allows it for the `thing` that the work is about. `work` is dropped once that fails. A
    /// database that does not answer ends nothing.
    ///
    /// # Errors
    /// `session_ended`, and the errors of `may`.
    pub async fn guard<A: ?Sized, T>(
        &mut self,
        thing: &A,
        may: impl for<'a> Fn(&'a A, &'a Cx) -> BoxFuture<'a, Result<()>>,
        work: impl Future<Output = T>,
    ) -> Result<T> {
        let mut work = pin!(work);
        loop {
            if self.is_due() {
                self.check(thing, &may).await?;
            }
            match select(work.as_mut(), pin!(task::sleep(self.pause()))).await {
                Either::Left((done, _)) => return Ok(done),
                Either::Right(((), _)) => {}
            }
        }
    }

    /// Checks now that the credential is valid and `may` allows it.
    ///
    /// # Errors
    /// As [`Watch::guard`].
    pub async fn check<A: ?Sized>(
        &mut self,
        thing: &A,
        may: impl for<'a> Fn(&'a A, &'a Cx) -> BoxFuture<'a, Result<()>>,
    ) -> Result<()> {
        self.checked = clock::now();
        let Some(cx) = self.look().await? else { return Ok(()) };
        match may(thing, &cx).await {
            Err(problem) if matches!(problem.kind(), Kind::NotFound | Kind::Forbidden) => {
                Err(problem)
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The time until the next check; never zero, so that a jumping clock causes no busy loop.
    fn pause(&self) -> Duration {
        let left = self.checked.plus_seconds(CHECK_SECONDS.cast_signed()).0 - clock::now().0;
        Duration::from_micros(
            left.clamp(50_000, 1_000_000 * CHECK_SECONDS.cast_signed()).unsigned_abs(),
        )
    }

    fn is_due(&self) -> bool {
        clock::now() >= self.checked.plus_seconds(CHECK_SECONDS.cast_signed())
    }

    /// The problem as JSON with the request's id, for an event that explains why a stream ends.
    #[must_use]
    pub fn problem_body(&self, problem: &Problem) -> serde_json::Value {
        serde_json::to_value(crate::problem::body(problem, &self.origin.request_id))
            .unwrap_or_default()
    }
}
