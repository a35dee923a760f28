//! The frontier, as the worker reads it.

use std::collections::HashMap;

use kernel::{Result, Timestamp, id::WebsiteId};
use platform::Cx;

use super::CrawledWebsite;
use crate::{CrawlRun, Outcome, store::frontier};

/// A URL of the frontier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownUrl {
    /// Normalised.
    pub url: String,
    /// Links from a start URL.
    pub depth: u32,
    /// Lower first; below 0 a sitemap or a feed.
    pub priority: i32,
    /// What came of it, if it is done.
    pub outcome: Option<Outcome>,
    /// Why it was not taken: a code.
    pub failure_code: Option<String>,
}

/// Every URL of the frontier, for a worker that takes a run up.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn frontier(cx: &Cx, run: &CrawlRun) -> Result<Vec<KnownUrl>> {
    frontier::all(cx, run.id).await
}

/// A URL that goes into the frontier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewUrl {
    /// Normalised.
    pub url: String,
    /// Links from a start URL.
    pub depth: u32,
    /// Lower first; below 0 a sitemap or a feed.
    pub priority: i32,
    /// When its page was modified, as a sitemap says.
    pub lastmod: Option<Timestamp>,
}

/// A URL that waits, with what is known of its page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingUrl {
    /// Normalised.
    pub url: String,
    /// Links from a start URL.
    pub depth: u32,
    /// Lower first; below 0 a sitemap or a feed.
    pub priority: i32,
    /// When its page was modified, as a sitemap says.
    pub lastmod: Option<Timestamp>,
    /// Looks at it before this one.
    pub attempts: i32,
    /// Validators of the page, if its document is there and was read as pages are now, with or
    /// without scripts.
    pub etag: Option<String>,
    /// As `etag`.
    pub last_modified: Option<String>,
    /// Where the page linked to.
    pub outlinks: Vec<String>,
}

impl WaitingUrl {
    /// One of whose page nothing is known.
    #[must_use]
    pub fn new(url: String, depth: u32, priority: i32) -> Self {
        Self {
            url,
            depth,
            priority,
            lastmod: None,
            attempts: 0,
            etag: None,
            last_modified: None,
            outlinks: Vec::new(),
        }
    }
}

/// URLs that wait, at most `limit` and none of `except`, in their order.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn waiting(
    cx: &Cx,
    (run, website): (&CrawlRun, &CrawledWebsite),
    limit: i64,
    except: Vec<String>,
) -> Result<Vec<WaitingUrl>> {
    frontier::waiting(cx, (run, website.settings.render), limit, except).await
}

/// When a page was last found to say what its document says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastLook {
    /// By the clock of the database.
    pub fetched_at: Timestamp,
    /// Whether dates of sitemaps have proved true on this website, and did not prove wrong for this
    /// page: they changed when texts did.
    pub is_lastmod_honest: bool,
}

/// The last looks at the current pages of a website, by URL.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn last_looks(cx: &Cx, website: WebsiteId) -> Result<HashMap<String, LastLook>> {
    frontier::last_looks(cx, website).await
}

/// The pages of a website that have a document: first those that are to be in no index any more,
/// then those that were looked at longest ago.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn urls_with_documents(cx: &Cx, website: WebsiteId) -> Result<Vec<String>> {
    frontier::with_documents(cx, website).await
}

/// When the next URL that waits is due; None if none waits.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn next_due(cx: &Cx, run: &CrawlRun) -> Result<Option<Timestamp>> {
    frontier::next_due(cx, run.id).await
}
