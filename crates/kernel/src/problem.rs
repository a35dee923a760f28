//! The one error type of the product: what was expected, what came, what to do next.

use std::{borrow::Cow, fmt};

use crate::{Code, Reason, Timestamp};

/// Result with a [`Problem`].
pub type Result<T> = std::result::Result<T, Problem>;

/// Decides the HTTP status (in `api`) and whether a job is retried (in the worker).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The request is malformed or breaks a rule.
    Invalid,
    /// No valid credentials.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    /// Unknown, deleted, or invisible to the caller.
    NotFound,
    /// Contradicts what is stored.
    Conflict,
    /// More bytes than accepted.
    TooLarge,
    /// The content's type is not accepted.
    UnsupportedType,
    /// Too many requests.
    Limited,
    /// A dependency does not answer; a retry may help.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// One wrong member of the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// JSON pointer, for example `/name`.
    pub pointer: Cow<'static, str>,
    /// What is wrong with it.
    pub detail: String,
    /// Why it was refused, for clients to explain; none in protocols other than ours.
    pub reason: Option<Reason>,
}

/// An expected failure. The cause is logged once at the edge and never sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The stable code; its kind decides status and retry.
    pub code: Code,
    /// The message for the user.
    pub detail: Cow<'static, str>,
    /// Wrong members of the body, if any.
    pub fields: Vec<Field>,
    /// The cause, for the log only: may name hosts and statements, never secrets or document text.
    pub cause: Option<String>,
    /// What few problems have, boxed: every function that can fail moves a problem, so its size
    /// costs code.
    advice: Option<Box<Advice>>,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Advice {
    reason: Option<Reason>,
    retry_after: Option<u32>,
    retry_at: Option<Timestamp>,
    quota: Option<ReachedQuota>,
    protocol_code: Option<&'static str>,
}

/// The quota of models that refused a question; the words are those of the table `quotas`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReachedQuota {
    /// Whose use is counted.
    pub subject: String,
    /// What is counted.
    pub measure: String,
    /// For how long.
    pub period: String,
    /// The limit; decimal text.
    pub limit: String,
    /// It is not used up: other questions of the caller hold their share until they are answered.
    pub is_held: bool,
}

impl Problem {
    /// A problem with a message for the user.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), cause: None, advice: None }
    }

    /// A contradiction to what is stored.
    #[must_use]
    pub fn conflict(reason: impl Into<Reason>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Conflict, detail).because(reason)
    }

    /// A contradiction to what is stored, in one member of the body.
    #[must_use]
    pub fn conflicting_field(
        pointer: impl Into<Cow<'static, str>>,
        reason: impl Into<Reason>,
        detail: &'static str,
    ) -> Self {
        let reason = Some(reason.into());
        let mut problem = Self::new(Code::Conflict, detail);
        let field = Field { pointer: pointer.into(), detail: detail.to_owned(), reason };
        problem.fields.push(field);
        problem
    }

    /// A body member that breaks a rule.
    #[must_use]
    pub fn refused_field(
        pointer: impl Into<Cow<'static, str>>,
        reason: impl Into<Reason>,
        detail: impl Into<String>,
    ) -> Self {
        let mut problem = Self::invalid_field(pointer, detail);
        if let Some(field) = problem.fields.first_mut() {
            field.reason = Some(reason.into());
        }
        problem
    }

    /// A body member that breaks a rule, in a protocol other than ours: its clients show `detail`.
    #[must_use]
    pub fn invalid_field(pointer: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let pointer = pointer.into();
        Self {
            code: Code::InvalidBody,
            detail: format!("{pointer}: {detail}").into(),
            fields: vec![Field { pointer, detail, reason: None }],
            cause: None,
            advice: None,
        }
    }

    /// A fault of ours: the client gets a fixed sentence, the log the cause.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(
            Code::Internal,
            "something went wrong on our side; try again, and quote the request id if it persists",
        )
        .caused_by(cause)
    }

    /// A dependency that does not answer.
    #[must_use]
    pub fn unavailable(what: &'static str, cause: impl fmt::Display) -> Self {
        Self::new(
            Code::Unavailable,
            format!("{what} does not answer at the moment; try again shortly"),
        )
        .caused_by(cause)
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Sets the reason, which explains more than the code.
    #[must_use]
    pub fn because(mut self, reason: impl Into<Reason>) -> Self {
        self.advice.get_or_insert_default().reason = Some(reason.into());
        self
    }

    /// Sets after how many seconds a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.advice.get_or_insert_default().retry_after = Some(seconds);
        self
    }

    /// Sets when a retry makes sense: in a problem that is stored, and shown later.
    #[must_use]
    pub fn retry_at(mut self, at: Timestamp) -> Self {
        self.advice.get_or_insert_default().retry_at = Some(at);
        self
    }

    /// Sets the quota that refused the question.
    #[must_use]
    pub fn by_quota(mut self, quota: ReachedQuota) -> Self {
        self.advice.get_or_insert_default().quota = Some(quota);
        self
    }

    /// Sets the code in the protocol of the route.
    #[must_use]
    pub fn in_protocol(mut self, code: &'static str) -> Self {
        self.advice.get_or_insert_default().protocol_code = Some(code);
        self
    }

    /// The reason, if it explains more than the code.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.advice.as_ref()?.reason.as_ref()
    }

    /// Seconds after which a retry makes sense, if known.
    #[must_use]
    pub fn seconds_to_wait(&self) -> Option<u32> {
        self.advice.as_ref()?.retry_after
    }

    /// When a retry makes sense, if that is known: `now` and the seconds to wait, unless the problem
    /// has a time of its own.
    #[must_use]
    pub fn retry_time(&self, now: Timestamp) -> Option<Timestamp> {
        let advice = self.advice.as_ref()?;
        let later = |seconds: u32| now.plus_seconds(i64::from(seconds));
        advice.retry_at.or_else(|| advice.retry_after.map(later))
    }

    /// The quota that refused the question, if one did.
    #[must_use]
    pub fn quota(&self) -> Option<&ReachedQuota> {
        self.advice.as_ref()?.quota.as_ref()
    }

    /// The code in a protocol other than ours, for its routes: SCIM's `scimType`.
    #[must_use]
    pub fn protocol_code(&self) -> Option<&'static str> {
        self.advice.as_ref()?.protocol_code
    }

    /// The kind, from the code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.code.kind()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " (cause: {cause})"))
    }
}

impl std::error::Error for Problem {}
