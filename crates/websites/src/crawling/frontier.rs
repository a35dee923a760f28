//! The frontier, as the worker reads it.

use kernel::{Result, Timestamp};
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
}

/// Every URL of the frontier, for a worker that takes a run up.
///
/// # Errors
/// Database errors.
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

/// URLs that wait, at most `limit` and none of `except`, in their order.
///
/// # Errors
/// Database errors.
pub async fn waiting(
    cx: &Cx,
    (run, website): (&CrawlRun, &CrawledWebsite),
    limit: i64,
    except: Vec<String>,
) -> Result<Vec<WaitingUrl>> {
    frontier::waiting(cx, (run, website.settings.render), limit, except).await
}

/// When the next URL that waits is due; None if none waits.
///
/// # Errors
/// Database errors.
pub async fn next_due(cx: &Cx, run: &CrawlRun) -> Result<Option<Timestamp>> {
    frontier::next_due(cx, run.id).await
}
