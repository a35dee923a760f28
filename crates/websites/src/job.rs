//! The jobs of websites.

use std::time::Duration;

use kernel::id::{CrawlRunId, WebsiteId};
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

/// Crawls a website.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CrawlWebsite {
    /// The website.
    pub website_id: WebsiteId,
    /// The run; None: a schedule is due, and the job starts one unless one is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<CrawlRunId>,
}

impl Job for CrawlWebsite {
    const KIND: &'static str = "crawl_website";
    const LANE: Option<Lane> = Some(Lane::Crawl);
    // The run ends itself after ten hours, as partial.
    const TIMEOUT: Duration = Duration::from_secs(10 * 3600 + 600);
}

/// Fetches one page of a website, to show what would be taken of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheckWebsite {
    /// The website.
    pub website_id: WebsiteId,
}

impl Job for CheckWebsite {
    const KIND: &'static str = "check_website";
    const LANE: Option<Lane> = Some(Lane::Short);
    const MAX_ATTEMPTS: i32 = 1;
    const TIMEOUT: Duration = Duration::from_secs(60);
}
