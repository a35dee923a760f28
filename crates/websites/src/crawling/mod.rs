//! The worker's side of a run: from its job to its end. Every write names the job's lease and
//! changes nothing if that is lost.

mod frontier;
mod visit;

use kernel::{
    Result, Timestamp,
    id::{CollectionId, SpaceId, UserId, WebsiteId},
};
use platform::{Cx, pg::Transaction};
use queue::{Failure, JobRecord, Lease};
use secrets::Secret;
use serde_json::Value;

use crate::{
    CrawlRun, CrawlWebsite, CredentialKind, RunCounts, RunState,
    credentials::{self, CREDENTIAL_COLUMN},
    store::{crawling as store, frontier as urls_store, removals, visits},
    wire::{CheckResult, CrawlMode, CrawlSettings},
};
pub use frontier::{
    KnownUrl, LastLook, NewUrl, WaitingUrl, frontier, last_looks, next_due, urls_with_documents,
    waiting,
};
pub(crate) use visit::KnownPage;
pub use visit::{Content, Doubt, Finding, Visit};

/// What a website is shown.
#[derive(Clone, Debug)]
pub struct SiteCredentials {
    /// How.
    pub kind: CredentialKind,
    /// The user, or the name of the header field.
    pub name: String,
    /// Password, or value of the header field.
    pub secret: Secret,
    /// Scheme and authority of the start URLs that it was entered for; None if it was sealed before
    /// credentials were bound to them.
    pub origins: Option<Vec<String>>,
}

/// A website as its crawler needs it.
#[derive(Clone, Debug)]
pub struct CrawledWebsite {
    /// Ids sort by the time of creation (UUID v7).
    pub id: WebsiteId,
    /// The space whose members see what happens.
    pub space: SpaceId,
    /// Where its pages become documents.
    pub collection: CollectionId,
    /// What is crawled; no more pages than the operator allows the tenant now.
    pub settings: CrawlSettings,
    /// What it is shown.
    pub credentials: Option<SiteCredentials>,
    /// Hashes of blocks that are no content; None until enough pages were seen.
    pub boilerplate: Option<Vec<String>>,
    /// Runs that failed one after the other.
    pub failures: i32,
    pub(crate) created_by: UserId,
}

/// What a job of the kind `crawl_website` has to do.
#[derive(Clone, Debug)]
pub enum CrawlTask {
    /// The lease is lost.
    Lost,
    /// The run has ended or is paused, or another one is in progress, or the website is paused.
    Nothing,
    /// This run.
    Crawl(Box<(CrawlRun, CrawledWebsite)>),
}

/// Begins a run, or takes it up where its last worker left it.
///
/// # Errors
/// `unavailable` without the database; `internal` if the credentials do not open.
pub async fn begin(cx: &Cx, lease: &Lease, job: &CrawlWebsite) -> Result<CrawlTask> {
    let mut tx = cx.db.begin().await?;
    if queue::hold(&mut tx, lease).await?.is_none() {
        tx.rollback().await?;
        return Ok(CrawlTask::Lost);
    }
    if job.run_id.is_none() {
        store::insert_scheduled(&mut tx, lease, job.website_id).await?;
    }
    let run = store::start(&mut tx, lease).await?;
    tx.commit().await?;
    let (Some(run), Some(website)) = (run, website(cx, job.website_id).await?) else {
        return Ok(CrawlTask::Nothing);
    };
    Ok(CrawlTask::Crawl(Box::new((run, website))))
}

/// A website as its crawler needs it.
///
/// # Errors
/// `unavailable` without the database; `internal` if the credentials do not open.
pub async fn website(cx: &Cx, website: WebsiteId) -> Result<Option<CrawledWebsite>> {
    let Some((mut found, sealed)) = store::website(cx, website).await? else { return Ok(None) };
    if let Some((kind, name, sealed)) = sealed {
        let text = secrets::open(cx, CREDENTIAL_COLUMN, &sealed).await?;
        let (origins, secret) = match credentials::opened(&text) {
            Some((origins, secret)) => (Some(origins), secret),
            None => (None, text),
        };
        found.credentials = Some(SiteCredentials { kind, name, secret, origins });
    }
    Ok(Some(found))
}

/// How the run stands; None if it was deleted.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn state(cx: &Cx, run: &CrawlRun) -> Result<Option<RunState>> {
    store::state(cx, run.id).await
}

/// What a batch has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredBatch {
    /// The run after it.
    pub run: CrawlRun,
    /// Documents that are to be read.
    pub documents: usize,
    /// Pages that the tenant's storage has no room for.
    pub without_room: usize,
}

/// Stores what came of URLs, and new URLs, in one transaction of a few statements. None if the
/// lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn store(
    cx: &Cx,
    (lease, run, website): (&Lease, &CrawlRun, &CrawledWebsite),
    visits: &[Visit],
    urls: &[NewUrl],
    found: usize,
) -> Result<Option<StoredBatch>> {
    let mut tx = cx.db.begin().await?;
    if !queue::got_further(&mut tx, lease).await? {
        tx.rollback().await?;
        return Ok(None);
    }
    let mut batch = visits::Batch::of(&mut tx, run, website, visits).await?;
    batch.store(&mut tx).await?;
    urls_store::insert(&mut tx, run.id, urls).await?;
    let counts = RunCounts { found: i32::try_from(found).unwrap_or(i32::MAX), ..batch.counts };
    let Some(run) = store::count(&mut tx, lease, run.id, counts).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    tx.commit().await?;
    let (documents, without_room) = (batch.documents(), batch.without_room);
    Ok(Some(StoredBatch { run, documents, without_room }))
}

/// Keeps what blocks of a website's pages are no content.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn keep_boilerplate(cx: &Cx, website: WebsiteId, hashes: Vec<String>) -> Result<()> {
    store::keep_boilerplate(cx, website, hashes).await
}

/// How a run ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunEnd {
    /// Not [`RunState::Queued`] and the like.
    pub state: RunState,
    /// Why.
    pub reason: Option<Failure>,
    /// When the website's schedule may begin one again, after failures.
    pub retry_at: Option<Timestamp>,
}

/// Ends a run and its job. Any run removes documents of pages whose owner wants them in no index
/// any more; only one that looked at everything those of pages that were gone, or without text, in
/// two such runs. What a feed does not name is not gone for that. None if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish(
    cx: &Cx,
    (lease, run, website): (&Lease, &CrawlRun, &CrawledWebsite),
    end: &RunEnd,
) -> Result<Option<(CrawlRun, JobRecord)>> {
    let mut tx = cx.db.begin().await?;
    let Some(job) = queue::succeed(&mut tx, lease).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let is_feed = website.settings.mode == CrawlMode::Feed;
    let mut removed = removals::remove_unavailable(&mut tx, run).await?;
    if end.state == RunState::Succeeded {
        removed = removed.saturating_add(removals::remove_gone(&mut tx, run, !is_feed).await?);
    }
    let Some(run) = store::end(&mut tx, lease, run.id, end, removed).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    store::note_end(&mut tx, &run, website, end).await?;
    tx.commit().await?;
    Ok(Some((run, job)))
}

/// Ends the job of a run that continues in another job, or that had nothing to do. None if the
/// lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn leave(cx: &Cx, lease: &Lease) -> Result<Option<JobRecord>> {
    let mut tx = cx.db.begin().await?;
    let job = queue::succeed(&mut tx, lease).await?;
    tx.commit().await?;
    Ok(job)
}

/// Locks the run of a website that has not ended.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn lock(tx: &mut Transaction<'_>, website: WebsiteId) -> Result<()> {
    store::lock(tx, website).await
}

/// The job of a website's run ended without it: the run has failed, or was stopped.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn fail(tx: &mut Transaction<'_>, website: WebsiteId, failure: &Failure) -> Result<()> {
    store::fail(tx, website, failure).await
}

/// The job of a website's run waits again, and the run with it.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn put_back(tx: &mut Transaction<'_>, website: WebsiteId) -> Result<()> {
    store::put_back(tx, website).await
}

/// Ends runs whose job has ended without them, and runs that were paused a week ago; returns how
/// many.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn reconcile(cx: &Cx) -> Result<u64> {
    store::reconcile(cx).await
}

/// The URL of a website's check, while this job is the one that does it.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn check(cx: &Cx, lease: &Lease, website: WebsiteId) -> Result<Option<String>> {
    store::check(cx, lease, website).await
}

/// Ends a check and its job; None if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish_check(
    cx: &Cx,
    lease: &Lease,
    website: WebsiteId,
    result: &CheckResult,
) -> Result<Option<JobRecord>> {
    let mut tx = cx.db.begin().await?;
    let job = queue::succeed(&mut tx, lease).await?;
    store::keep_check(&mut tx, website, "done", serde_json::to_value(result).unwrap_or_default())
        .await?;
    tx.commit().await?;
    Ok(job)
}

/// The job of a check ended without it.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn fail_check(
    tx: &mut Transaction<'_>,
    website: WebsiteId,
    failure: &Failure,
) -> Result<()> {
    let result = CheckResult {
        failure_code: Some(failure.code.clone()),
        failure_detail: Some(failure.detail.clone()),
        ..CheckResult::default()
    };
    store::keep_check(tx, website, "failed", serde_json::to_value(result).unwrap_or(Value::Null))
        .await
}
