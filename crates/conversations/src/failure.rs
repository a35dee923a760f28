//! Why an answer failed, as it is stored and shown later.

use kernel::{Code, Problem, ReachedQuota, Timestamp};
use platform::clock;
use serde_json::{Value, json};

/// The failure as the user sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// A message for the user.
    pub detail: String,
    /// The id of the request.
    pub request_id: String,
    /// When another try makes sense, if that is known.
    pub retry_at: Option<Timestamp>,
    /// The quota that refused the question.
    pub quota: Option<ReachedQuota>,
}

impl Failure {
    /// Of a problem.
    #[must_use]
    pub fn new(problem: &Problem, request_id: &str) -> Self {
        Self {
            code: problem.code,
            detail: problem.detail.to_string(),
            request_id: request_id.to_owned(),
            retry_at: problem.retry_time(clock::now()),
            quota: problem.quota().cloned(),
        }
    }

    /// Converts back to a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut problem = Problem::new(self.code, self.detail.clone());
        if let Some(at) = self.retry_at {
            let seconds = at.unix_seconds().saturating_sub(clock::now().unix_seconds()).max(1);
            problem = problem.retry_after(u32::try_from(seconds).unwrap_or(u32::MAX)).retry_at(at);
        }
        match &self.quota {
            Some(quota) => problem.by_quota(quota.clone()),
            None => problem,
        }
    }

    /// The quota as it is stored.
    pub(crate) fn quota_json(&self) -> Option<Value> {
        self.quota.as_ref().map(|quota| {
            json!({
                "subject": quota.subject,
                "measure": quota.measure,
                "period": quota.period,
                "limit": quota.limit,
                "held": quota.is_held,
            })
        })
    }
}

/// Parses [`Failure::quota_json`].
pub(crate) fn read_quota(stored: &Value) -> Option<ReachedQuota> {
    let member = |name: &str| Some(stored.get(name)?.as_str()?.to_owned());
    Some(ReachedQuota {
        subject: member("subject")?,
        measure: member("measure")?,
        period: member("period")?,
        limit: member("limit")?,
        is_held: stored.get("held")?.as_bool()?,
    })
}
