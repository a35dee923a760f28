//! A website that a test crawls.

use kernel::id::{CrawlRunId, WebsiteId};
use platform::Cx;
use sqlx::Row as _;
use websites::{
    CrawlRun, CreateWebsite, RunState,
    wire::{CrawlSettings, Schedule},
};

use crate::{
    harness::{Harness, Worker},
    site::Site,
};

/// A website on a site, and who looks after it.
pub(crate) struct CrawledWebsite {
    pub(crate) harness: Harness,
    pub(crate) site: Site,
    pub(crate) cx: Cx,
    pub(crate) website: WebsiteId,
}

impl CrawledWebsite {
    /// A site with a page `/` that links to so many others; see [`Site::with`].
    pub(crate) async fn with(pages: usize) -> Self {
        Self::scheduled(pages, Schedule::default()).await
    }

    pub(crate) async fn scheduled(pages: usize, schedule: Schedule) -> Self {
        Self::of(Site::with(pages).await, |new| new.schedule = schedule).await
    }

    /// A website on this site that begins at `/`, but for what is changed.
    pub(crate) async fn of(site: Site, change: impl FnOnce(&mut CreateWebsite)) -> Self {
        let harness = Harness::new().await;
        let cx = harness.cx("tessera_workspace").await;
        let settings =
            CrawlSettings { start_urls: vec![site.url("/")], ..CrawlSettings::default() };
        let mut new = CreateWebsite {
            space_id: harness.person.space,
            name: "Site".to_owned(),
            settings,
            schedule: Schedule::default(),
            credentials: None,
            paused: false,
        };
        change(&mut new);
        let website = websites::create_website(&cx, new).await.unwrap().id;
        Self { harness, site, cx, website }
    }

    /// A worker that may reach the site, and waits for no one.
    pub(crate) fn worker(&self) -> Worker {
        self.worker_with(&[])
    }

    /// The same with other settings.
    pub(crate) fn worker_with(&self, settings: &[(&str, &str)]) -> Worker {
        let port = self.site.port.to_string();
        let own = [
            ("TESSERA_CRAWL_NETWORKS", "127.0.0.0/8"),
            ("TESSERA_CRAWL_PORTS", &port),
            ("TESSERA_CRAWL_DELAY_MS", "0"),
        ];
        self.harness.worker_with(&[&own, settings].concat())
    }

    pub(crate) async fn start(&self) -> CrawlRunId {
        let run = websites::start_run(&self.cx, self.website).await.unwrap().id;
        self.harness.wake().await;
        run
    }

    pub(crate) async fn run(&self, run: CrawlRunId) -> CrawlRun {
        websites::get_run(&self.cx, self.website, run).await.unwrap()
    }

    pub(crate) async fn until_ended(&self, id: CrawlRunId) -> CrawlRun {
        let ended = async || Some(self.run(id).await).filter(|run| run.ended_at.is_some());
        self.harness.until("the run has ended", ended).await
    }

    /// Waits until more pages than this were added; says how many.
    pub(crate) async fn until_more(&self, id: CrawlRunId, than: i32) -> i32 {
        let more = async || Some(self.run(id).await.counts.added).filter(|added| *added > than);
        self.harness.until("it got further", more).await
    }

    /// A whole run; its counters: added, changed, unchanged, removed, failed.
    pub(crate) async fn crawl(&self) -> (RunState, [i32; 5]) {
        let id = self.start().await;
        let run = self.until_ended(id).await;
        let counts = run.counts;
        (run.state, [counts.added, counts.changed, counts.unchanged, counts.removed, counts.failed])
    }
}

/// Every document: URL, id, original, number of jobs.
pub(crate) async fn documents(harness: &Harness) -> Vec<(String, String, String, i64)> {
    let sql =
        "select source_url, id::text, blob_id::text, (select count(*) from jobs j where j.document_id = d.id) as jobs
        from documents d where source_url is not null order by source_url";
    let rows = sqlx::query(sql).fetch_all(&mut *harness.db.lock().await).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

pub(crate) async fn count(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut *harness.db.lock().await).await.unwrap()
}
