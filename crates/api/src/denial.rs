//! Denials of the policy: each is recorded in the audit log, and their number is limited.

use credentials::throttle;
use kernel::{Code, Kind, Problem, Result, id::UserId};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::{Value, json};

/// The caller and the action, kept beside the handler that may be denied.
pub(crate) struct PendingAction {
    pub(crate) user: UserId,
    /// Of the same request, with a connection of its own: the denial has ended the handler's
    /// transaction, and opening the request again would count a key's use twice, and fail if the
    /// key has reached its limit or was revoked meanwhile.
    pub(crate) cx: Cx,
    pub(crate) what: String,
    /// Whether it was counted as a change.
    pub(crate) is_counted: bool,
}

impl PendingAction {
    /// The problem to send when the handler failed. A request that changed nothing does not count
    /// as a change.
    pub(crate) async fn failed(self, problem: Problem) -> Problem {
        if self.is_counted && throttle::not_changed(self.user).await.is_err() {
            log::line(Level::Warn, "api", "a change that failed stays counted", &[]);
        }
        if problem.kind() == Kind::Forbidden { self.refused(problem).await } else { problem }
    }

    /// The denial, after it was recorded; above the rate limit a `too_many_requests`, which is not
    /// recorded.
    async fn refused(self, problem: Problem) -> Problem {
        if let Some(too_many) = too_many(self.user).await {
            return too_many;
        }
        let recorded =
            record(&self.cx, "route", &self.what, json!({ "detail": problem.detail })).await;
        if let Err(failure) = recorded {
            log::line(
                Level::Error,
                "api",
                "a denial was not recorded",
                &[("cause", json!(failure.to_string()))],
            );
        }
        problem
    }
}

/// Records a denial in the audit log.
pub(crate) async fn record(cx: &Cx, kind: &str, what: &str, details: Value) -> Result<()> {
    audit::record(cx, "access.denied", kind, Some(what), details).await
}

/// The problem for a user with too many recent denials. None while Redis does not answer.
pub(crate) async fn too_many(user: UserId) -> Option<Problem> {
    limit(throttle::denied(user).await)
}

/// The problem for a user with too many changes: each is an entry of the audit log. None while
/// Redis does not answer.
pub(crate) async fn too_many_changes(user: UserId) -> Option<Problem> {
    limit(throttle::changed(user).await)
}

fn limit(counted: Result<()>) -> Option<Problem> {
    match counted {
        Ok(()) => None,
        Err(problem) if problem.code == Code::TooManyRequests => Some(problem),
        Err(problem) => {
            log::line(
                Level::Warn,
                "api",
                "a request was not counted",
                &[("cause", json!(problem.to_string()))],
            );
            None
        }
    }
}
