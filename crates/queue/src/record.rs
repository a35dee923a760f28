//! The row of a job.

use kernel::{
    Timestamp,
    id::{DocumentId, JobId, SpaceId},
};

/// The state of a job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Waits for a worker.
    Queued,
    /// Leased by a worker.
    Running,
    /// Done.
    Succeeded,
    /// Failed; a retry would not help.
    Failed,
    /// Every attempt failed.
    Dead,
    /// Cancelled by a user.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: &'static [Status] =
        &[Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Dead, Self::Cancelled];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Parses [`Status::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }
}

/// Why something failed, in words a person can act on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Stable, `snake_case`, for programs.
    pub code: String,
    /// What was expected and what came.
    pub detail: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with a hint.
    #[must_use]
    pub fn new(
        code: impl Into<String>,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code: code.into(), detail: detail.into(), hint: Some(hint.into()) }
    }

    /// The failure of a document whose job was cancelled.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(
            "cancelled",
            "the processing was cancelled",
            "process the document again, or delete it",
        )
    }
}

/// A job as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobRecord {
    /// Random where the database makes it, so ids do not sort by time.
    pub id: JobId,
    /// [`crate::Job::KIND`].
    pub kind: String,
    /// State.
    pub status: Status,
    /// Percent, 0 to 100.
    pub progress: i32,
    /// What it is doing now.
    pub step: Option<String>,
    /// How many attempts have begun.
    pub attempts: i32,
    /// The most attempts.
    pub max_attempts: i32,
    /// Why the last attempt did not succeed.
    pub failure: Option<Failure>,
    /// Whether cancellation was requested.
    pub cancel_asked: bool,
    /// The document it is about.
    pub document_id: Option<DocumentId>,
    /// The space whose members see it.
    pub space_id: Option<SpaceId>,
    /// Earliest time of the next attempt.
    pub run_at: Timestamp,
    /// Time of the first attempt.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}
