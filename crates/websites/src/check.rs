//! A check: one page of a website looked at beforehand. The worker fetches, because components
//! reach no foreign host.

use kernel::{
    Result, Timestamp,
    id::{self, JobId, WebsiteId},
};
use platform::Cx;
use spaces::Action;

use crate::{rules, store::checks as store, website, wire::CheckResult};

/// How a check stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckState {
    /// A worker has yet to do it.
    Queued,
    /// Its result is there.
    Done,
    /// It could not be done; the result says why.
    Failed,
}

impl CheckState {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Reads [`CheckState::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Done, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// The last check of a website.
#[derive(Clone, PartialEq, Debug)]
pub struct PageCheck {
    /// The website.
    pub website_id: WebsiteId,
    /// The job that does it.
    pub job_id: JobId,
    /// What is fetched.
    pub url: String,
    /// How it stands.
    pub state: CheckState,
    /// What was found; None before.
    pub result: Option<CheckResult>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Queues a check of one page: `url`, or the first start URL. It takes the place of the one before.
///
/// # Errors
/// `not_found`, `not_allowed`, `invalid_body`.
pub async fn start_check(cx: &Cx, website: WebsiteId, url: Option<&str>) -> Result<PageCheck> {
    let website = website::require(cx, website, Action::EditKnowledge).await?;
    let url = match url {
        Some(url) => rules::url("/url", url)?,
        None => website.settings.start_urls.first().cloned().unwrap_or_default(),
    };
    let job: JobId = cx.new_id()?;
    store::put(cx, &website, job, &url).await?;
    queue::wake().await;
    found(cx, website.id).await
}

/// The last check of a website.
///
/// # Errors
/// `not_found`, also if there was none.
pub async fn get_check(cx: &Cx, website: WebsiteId) -> Result<PageCheck> {
    let website = website::require(cx, website, Action::ReadKnowledge).await?;
    found(cx, website.id).await
}

async fn found(cx: &Cx, website: WebsiteId) -> Result<PageCheck> {
    store::get(cx, website).await?.ok_or_else(|| id::not_found("check"))
}
