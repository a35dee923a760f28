//! Runs: one crawl of a website each.

use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, CrawlRunId, JobId, WebsiteId},
};
use platform::Cx;
use queue::Failure;
use spaces::Action;

use crate::{store::runs as store, website};

/// How a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// Waits for a worker.
    Queued,
    /// A worker crawls.
    Running,
    /// Its worker was asked to end it.
    Stopping,
    /// It continues when it is resumed.
    Paused,
    /// Everything was looked at.
    Succeeded,
    /// Some of the website could not be looked at, or a limit ended it; nothing was removed.
    Partial,
    /// Nothing could be looked at.
    Failed,
    /// It was stopped by hand; nothing was removed.
    Stopped,
}

impl RunState {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Queued,
        Self::Running,
        Self::Stopping,
        Self::Paused,
        Self::Succeeded,
        Self::Partial,
        Self::Failed,
        Self::Stopped,
    ];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads [`RunState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}

/// What a run has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RunCounts {
    /// URLs that were found.
    pub found: i32,
    /// URLs that were fetched, or found unchanged.
    pub fetched: i32,
    /// Pages that say what they said.
    pub unchanged: i32,
    /// Pages that were not known.
    pub added: i32,
    /// Pages that say something else.
    pub changed: i32,
    /// Pages whose document was removed.
    pub removed: i32,
    /// URLs that could not be looked at.
    pub failed: i32,
    /// Bytes that were fetched, decoded.
    pub bytes: i64,
}

/// One crawl of a website.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrawlRun {
    /// Random where the database makes it, so ids do not sort by time.
    pub id: CrawlRunId,
    /// The website.
    pub website_id: WebsiteId,
    /// The newest job.
    pub job_id: JobId,
    /// Whether a schedule began it, and not a person.
    pub scheduled: bool,
    /// How it stands.
    pub state: RunState,
    /// What it has done.
    pub counts: RunCounts,
    /// Why it ended as it did, or what it waits for.
    pub reason: Option<Failure>,
    /// When a worker first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Queues a run and its job in one statement.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if a run of the website has not ended.
pub async fn start_run(cx: &Cx, website: WebsiteId) -> Result<CrawlRun> {
    let website = website::require(cx, website, Action::EditKnowledge).await?;
    let (run, job): (CrawlRunId, JobId) = (cx.new_id()?, cx.new_id()?);
    if !store::insert(cx, &website, run, job).await? {
        let detail = "a run of this website has not ended yet; wait for it, or stop it";
        return Err(Problem::conflict(ReasonCode::RunUnfinished, detail));
    }
    queue::wake().await;
    found(cx, website.id, run).await
}

/// The runs of a website, newest first.
///
/// # Errors
/// `not_found`.
pub async fn list_runs(
    cx: &Cx,
    website: WebsiteId,
    request: PageRequest,
) -> Result<Page<CrawlRun>> {
    let website = website::require(cx, website, Action::ReadKnowledge).await?;
    let (items, total) = store::list(cx, website.id, request).await?;
    Ok(Page::cut(items, total, request, |run| Cursor { at: run.created_at, id: run.id.0 }))
}

/// One run.
///
/// # Errors
/// `not_found`.
pub async fn get_run(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    let website = website::require(cx, website, Action::ReadKnowledge).await?;
    found(cx, website.id, run).await
}

async fn found(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    store::get(cx, website, run).await?.ok_or_else(|| id::not_found("run"))
}

/// Ends a run: one that waits at once, one that a worker has within two seconds. What it stored
/// stays, nothing is removed.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it has ended.
pub async fn stop_run(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    let run = editable(cx, website, run).await?;
    if run.state == RunState::Stopping {
        return Ok(run);
    }
    store::stop(cx, run.id).await?.ok_or_else(|| not_in("one that has not ended can be stopped"))
}

/// Puts a run aside; its worker lets it go within two seconds.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it neither waits nor runs.
pub async fn pause_run(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    let run = editable(cx, website, run).await?;
    if run.state == RunState::Paused {
        return Ok(run);
    }
    store::pause(cx, run.id).await?.ok_or_else(|| not_in("one that waits or runs can be paused"))
}

/// Lets a paused run continue where it was, in a job of its own.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it is not paused.
pub async fn resume_run(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    let run = editable(cx, website, run).await?;
    let resumed = store::resume(cx, run.website_id, run.id, cx.new_id()?).await?;
    let resumed = resumed.ok_or_else(|| not_in("a paused one can be resumed"))?;
    queue::wake().await;
    Ok(resumed)
}

async fn editable(cx: &Cx, website: WebsiteId, run: CrawlRunId) -> Result<CrawlRun> {
    let website = website::require(cx, website, Action::EditKnowledge).await?;
    found(cx, website.id, run).await
}

fn not_in(expected: &str) -> Problem {
    Problem::conflict(
        ReasonCode::RunState,
        format!("the run is in another state: {expected}; look at it again"),
    )
}
