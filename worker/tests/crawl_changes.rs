//! What is kept of a page that changes: the text before, and the page's own dates.

use sqlx::Row as _;
use websites::{LineChange, PageDiff, PageFilter, WebsitePage};

use crate::{
    crawled::{CrawledWebsite, count, documents},
    site::text,
};

/// A page as people see it.
async fn page(crawled: &CrawledWebsite, path: &str) -> WebsitePage {
    let request = kernel::PageRequest { limit: 10, after: None };
    let (cx, filter) = (&crawled.cx, PageFilter::default());
    let all = websites::list_pages(cx, crawled.website, &filter, request).await.unwrap().items;
    all.into_iter().find(|page| page.url == crawled.site.url(path)).unwrap()
}

async fn diff(crawled: &CrawledWebsite, page: &WebsitePage) -> Option<PageDiff> {
    websites::get_page_diff(&crawled.cx, crawled.website, page.id).await.unwrap()
}

/// The lines that were removed, and those that were added.
fn changes(diff: &PageDiff) -> [Vec<&str>; 2] {
    let lines = || diff.diff.hunks.iter().flat_map(|hunk| &hunk.lines);
    [LineChange::Removed, LineChange::Added].map(|change| {
        lines().filter(|line| line.change == change).map(|line| line.text.as_str()).collect()
    })
}

async fn until_read(crawled: &CrawledWebsite) {
    let unread = "select (select count(*) from documents where status <> 'ready')
        + (select count(*) from jobs where kind = 'ingest_document' and status in ('queued', 'running'))";
    let harness = &crawled.harness;
    harness.until("all is read", async || (count(harness, unread).await == 0).then_some(())).await;
}

fn bus(minutes: u32) -> String {
    let rest = text("The bus", "the bus to the harbour and all of its stops");
    format!("{rest}<p>The bus to the harbour leaves every {minutes} minutes from the square.</p>")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_before_the_last_change_is_compared_with_the_one_of_now() {
    let crawled = CrawledWebsite::with(1).await;
    crawled.site.put("/1", &bus(10));
    let _worker = crawled.worker();
    crawled.crawl().await;
    until_read(&crawled).await;
    let new = page(&crawled, "/1").await;
    assert_eq!((new.previous_fetched_at, diff(&crawled, &new).await), (None, None));

    for (before, after) in [(10, 20), (20, 30)] {
        crawled.site.put("/1", &bus(after));
        assert_eq!(crawled.crawl().await.1[1], 1);
        until_read(&crawled).await;
        let changed = page(&crawled, "/1").await;
        let found = diff(&crawled, &changed).await.unwrap();
        let sentence = |minutes| {
            format!("The bus to the harbour leaves every {minutes} minutes from the square.")
        };
        assert_eq!(changes(&found), [[sentence(before)], [sentence(after)]]);
        assert!(found.before < found.after && !found.diff.is_cut);
        assert_eq!(changed.previous_fetched_at, Some(found.before));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_before_goes_with_the_document() {
    let crawled = CrawledWebsite::with(2).await;
    let harness = &crawled.harness;
    let kept = "select count(*) from website_pages where previous_text is not null";
    let _worker = crawled.worker();
    crawled.crawl().await;
    until_read(&crawled).await;
    for n in 1..=2 {
        crawled.site.put(&format!("/{n}"), &text("Changed", &format!("another subject {n}")));
    }
    crawled.crawl().await;
    assert_eq!(count(harness, kept).await, 2);
    crawled.site.answer(
        "/1",
        200,
        "x-robots-tag: noindex\r\n",
        &text("Changed", "another subject 1"),
    );
    crawled.site.remove("/2");
    crawled.crawl().await;
    assert_eq!(count(harness, kept).await, 1, "it is gone once");
    crawled.crawl().await;
    assert_eq!((documents(harness).await.len(), count(harness, kept).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citation_has_the_dates_that_the_page_names_now() {
    let crawled = CrawledWebsite::with(1).await;
    let dated = |modified: &str| {
        let dates = format!(
            "<meta property=\"article:published_time\" content=\"2026-03-04\">
             <meta property=\"article:modified_time\" content=\"{modified}\">"
        );
        dates + &text("Page 1", "subject number 1")
    };
    let dates = async || -> (String, Option<String>, String) {
        let sql = "select source_published, source_modified, blob_id::text from documents where source_url like '%/1'";
        let row = sqlx::query(sql).fetch_one(&mut *crawled.harness.db.lock().await).await.unwrap();
        (row.get(0), row.get(1), row.get(2))
    };
    crawled.site.put("/1", &dated("2026-03-05"));
    let _worker = crawled.worker();
    crawled.crawl().await;
    let (published, modified, original) = dates().await;
    assert_eq!((published.as_str(), modified.as_deref()), ("2026-03-04", Some("2026-03-05")));

    crawled.site.put("/1", &dated("2026-04-06"));
    assert_eq!(crawled.crawl().await.1, [0, 0, 2, 0, 0], "its text has not changed");
    assert_eq!(dates().await, (published, Some("2026-04-06".to_owned()), original));
    until_read(&crawled).await;
    let id = documents(&crawled.harness).await.into_iter().find(|found| found.0.ends_with("/1"));
    let document = id.unwrap().1.parse().unwrap();
    let source = knowledge::get_document(&crawled.cx, document).await.unwrap().web_source.unwrap();
    assert_eq!(source.modified.as_deref(), Some("2026-04-06"));
}
