//! What the policy refused: each refusal stands in the audit log, and nobody gets them without end.

use credentials::throttle;
use kernel::{Code, Kind, Problem, Result, id::UserId};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::{Value, json};

/// Who asked for what, kept beside the handler that may refuse it.
pub(crate) struct PendingAction {
    pub(crate) user: UserId,
    /// Of the same request, with a connection of its own: the handler's transaction ended with its refusal, and to open the request again
    /// would count a key's use twice, and find a key at its limit, or revoked by now, closed.
    pub(crate) cx: Cx,
    pub(crate) what: String,
    /// Whether it was counted as a change.
    pub(crate) is_counted: bool,
}

impl PendingAction {
    /// What is answered instead of the change or the answer that was asked for. What changed nothing does not count as a change.
    pub(crate) async fn failed(self, problem: Problem) -> Problem {
        if self.is_counted && throttle::not_changed(self.user).await.is_err() {
            log::line(Level::Warn, "api", "a change that failed stays counted", &[]);
        }
        if problem.kind() == Kind::Forbidden { self.refused(problem).await } else { problem }
    }

    /// The refusal, once it is on record; where there were too many, one that says to wait, and is not.
    async fn refused(self, problem: Problem) -> Problem {
        if let Some(too_many) = too_many(self.user).await {
            return too_many;
        }
        let recorded = record(&self.cx, "route", &self.what, json!({ "detail": problem.detail })).await;
        if let Err(failure) = recorded {
            log::line(Level::Error, "api", "a denial was not recorded", &[("cause", json!(failure.to_string()))]);
        }
        problem
    }
}

/// Puts a refusal on record.
pub(crate) async fn record(cx: &Cx, kind: &str, what: &str, details: Value) -> Result<()> {
    audit::record(cx, "access.denied", kind, Some(what), details).await
}

/// What somebody is told whom the policy refused too often of late. While Redis does not answer, nobody is.
pub(crate) async fn too_many(user: UserId) -> Option<Problem> {
    limit(throttle::denied(user).await)
}

/// The answer to a person who has made too many changes: each is an entry of the audit log. None while Redis does not answer.
pub(crate) async fn too_many_changes(user: UserId) -> Option<Problem> {
    limit(throttle::changed(user).await)
}

fn limit(counted: Result<()>) -> Option<Problem> {
    match counted {
        Ok(()) => None,
        Err(problem) if problem.code == Code::TooManyRequests => Some(problem),
        Err(problem) => {
            log::line(Level::Warn, "api", "a request was not counted", &[("cause", json!(problem.to_string()))]);
            None
        }
    }
}
