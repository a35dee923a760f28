//! What runs keep: a page loses its document when it is gone for good, and not when a website or
//! this installation has a bad day.

use sqlx::Connection as _;
use websites::{
    CreateWebsite, PageFilter, RunState,
    wire::{CrawlMode, CrawlSettings, Interval, Schedule},
};

use crate::{
    crawled::{CrawledWebsite, count, documents},
    harness::Harness,
    site::{Site, text},
};

/// A form that asks for a password, as sites answer to those who are not signed in.
const SIGN_IN: &str = "<h1>Sign in</h1><p>Please sign in to read this page.</p>
    <form><input name=\"user\"><input type=\"password\" name=\"password\"><button>Sign in</button></form>";

/// The words of one of the pages of [`Site::with`].
fn words(n: usize) -> String {
    text(&format!("Page {n}"), &format!("subject number {n}"))
}

/// State and code of the page at this path.
async fn page(crawled: &CrawledWebsite, path: &str) -> (String, Option<String>) {
    let sql = "select state, failure_code from website_pages where url = $1";
    sqlx::query_as(sql)
        .bind(crawled.site.url(path))
        .fetch_one(&mut *crawled.harness.db.lock().await)
        .await
        .unwrap()
}

/// A site with a feed of these paths, crawled by that feed.
async fn fed(paths: &[&str], change: impl FnOnce(&mut CrawlSettings)) -> CrawledWebsite {
    let site = Site::with(4).await;
    feed(&site, paths);
    let start = site.url("/feed.xml");
    CrawledWebsite::of(site, |new| {
        new.settings.mode = CrawlMode::Feed;
        new.settings.start_urls = vec![start];
        change(&mut new.settings);
    })
    .await
}

fn feed(site: &Site, paths: &[&str]) {
    let item = |path: &&str| format!("<item><link>{}</link></item>", site.url(path));
    let items: String = paths.iter().map(item).collect();
    let feed = format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
    site.file("/feed.xml", "application/rss+xml", feed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_empty_once_keeps_its_document_and_twice_loses_it() {
    let crawled = CrawledWebsite::with(3).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let first = documents(harness).await;

    site.put("/2", "");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 3, 0, 0]));
    assert_eq!(page(&crawled, "/2").await.0, "empty");
    site.put("/2", &words(2));
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 4, 0, 0]));
    assert_eq!(documents(harness).await, first, "citations still lead to the same document");

    site.put("/2", "");
    assert_eq!(crawled.crawl().await.1[3], 0);
    assert_eq!(crawled.crawl().await.1[3], 1);
    assert_eq!(documents(harness).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_run_neither_removes_a_page_nor_counts_it_as_gone() {
    let crawled = CrawledWebsite::with(4).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let first = documents(harness).await;
    site.remove("/1");
    site.put("/2", "");
    site.answer("/3", 403, "", "no");
    for _ in 0..2 {
        assert_eq!(crawled.crawl().await, (RunState::Partial, [0, 0, 2, 0, 1]));
    }
    site.put("/3", &words(3));
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 3, 0, 0]));
    assert_eq!(documents(harness).await, first);
    assert_eq!(crawled.crawl().await.1[3], 2, "gone in two runs that looked at everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_scroll_out_of_a_feed_stay_until_their_own_address_is_gone() {
    let crawled = fed(&["/1", "/2"], |_| {}).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
    feed(site, &["/3"]);
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [1, 0, 2, 0, 0]));
    site.put("/2", &text("Page 2", "a correction of what was said"));
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 1, 2, 0, 0]));
    assert_eq!(documents(harness).await.len(), 3);

    site.remove("/1");
    assert_eq!(crawled.crawl().await.1[3], 0);
    assert_eq!(crawled.crawl().await.1[3], 1);
    let kept: Vec<String> = documents(harness).await.into_iter().map(|found| found.0).collect();
    assert_eq!(kept, ["/2", "/3"].map(|path| site.url(path)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_settings_exclude_leaves_a_feed_too() {
    let crawled = fed(&["/1", "/2"], |_| {}).await;
    let _worker = crawled.worker();
    crawled.crawl().await;
    feed(&crawled.site, &["/3"]);
    let sql = "update websites set settings = jsonb_set(settings, '{exclude}', '[\"/1\"]')";
    crawled.harness.change_all(sql).await;
    assert_eq!(crawled.crawl().await.1[3], 0);
    assert_eq!(crawled.crawl().await.1[3], 1);
    assert_eq!(page(&crawled, "/1").await, ("gone".to_owned(), Some("excluded".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_for_a_password_keeps_its_text_and_says_so() {
    let crawled = CrawledWebsite::with(30).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let first = documents(harness).await;

    // The date is of the form.
    let past = "x-robots-tag: unavailable_after: 2020-06-25\r\n";
    site.answer("/2", 200, past, SIGN_IN);
    site.put("/sign-in", SIGN_IN);
    site.answer("/3", 302, "location: /sign-in\r\n", "");
    // Linked before the page that leads there, and behind it.
    let links: String = (1..=30).rev().map(|n| format!("<a href=\"/{n}\">{n}</a> ")).collect();
    site.put(
        "/",
        &(text("Start", "the beginning of everything") + "<a href=\"/sign-in\">In</a>" + &links),
    );
    for _ in 0..3 {
        let (state, counts) = crawled.crawl().await;
        assert_eq!((state, counts[3], counts[4]), (RunState::Succeeded, 0, 2));
    }
    let of = |found: &[(String, String, String, i64)], path: &str| {
        found.iter().find(|document| document.0 == site.url(path)).cloned()
    };
    let after = documents(harness).await;
    for path in ["/2", "/3"] {
        assert_eq!(of(&after, path), of(&first, path), "{path}");
        let expected = ("failed".to_owned(), Some("sign_in_required".to_owned()));
        assert_eq!(page(&crawled, path).await, expected);
    }
    assert_eq!(of(&after, "/sign-in"), None, "a form is no content");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smaller_limit_of_organisation_and_settings_bounds_a_run() {
    let crawled = CrawledWebsite::with(6).await;
    let _worker = crawled.worker();
    crawled.harness.change_all("update tenants set max_website_pages = 3").await;
    let id = crawled.start().await;
    let run = crawled.until_ended(id).await;
    let reason = run.reason.map(|reason| reason.code);
    assert_eq!((run.state, reason.as_deref()), (RunState::Partial, Some("page_limit")));
    assert_eq!(run.counts.added, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_into_full_storage_says_so_and_removes_nothing() {
    let crawled = CrawledWebsite::with(3).await;
    let (harness, site) = (&crawled.harness, &crawled.site);
    let _worker = crawled.worker();
    crawled.crawl().await;
    let first = documents(harness).await;
    harness.change_all("update tenants set storage_quota_bytes = 1").await;
    site.put("/2", &text("Page 2", "something else entirely"));
    site.remove("/3");
    for _ in 0..2 {
        let id = crawled.start().await;
        let run = crawled.until_ended(id).await;
        let reason = run.reason.map(|reason| reason.code);
        assert_eq!((run.state, reason.as_deref()), (RunState::Partial, Some("quota_exceeded")));
    }
    assert_eq!(documents(harness).await, first);
    let usage = "select count(*) from website_pages where failure_code = 'quota_exceeded'";
    assert_eq!(count(harness, usage).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_is_known_by_its_content() {
    for (path, media_type) in [("/sitemap", "application/xml"), ("/map.php", "text/html")] {
        let site = Site::with(4).await;
        let listed =
            ["/2", "/4"].map(|page| format!("<url><loc>{}</loc></url>", site.url(page))).concat();
        site.file(path, media_type, format!("<?xml version=\"1.0\"?><urlset>{listed}</urlset>"));
        let start = site.url(path);
        let crawled = CrawledWebsite::of(site, |new: &mut CreateWebsite| {
            new.settings.mode = CrawlMode::Sitemap;
            new.settings.start_urls = vec![start];
        })
        .await;
        let _worker = crawled.worker();
        assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_the_same_moment_take_no_more_crawls_than_allowed() {
    let harness = Harness::new().await;
    harness.change_all("update tenants set max_crawls = 1").await;
    let sql = "insert into jobs (id, tenant_id, kind, payload, lane, max_attempts)
        select gen_random_uuid(), $1, 'crawl_website', '{}', 'crawl', 3 from generate_series(1, 2)";
    let tenant = harness.person.tenant.0;
    sqlx::query(sql).bind(tenant).execute(&mut *harness.db.lock().await).await.unwrap();
    let lease = "select count(*) from lookup.lease_jobs(gen_random_uuid(), '{\"crawl\": 8}', 60)";
    let (mut one, mut other) =
        (harness.database.superuser().await, harness.database.superuser().await);
    let mut first = one.begin().await.unwrap();
    let taken: i64 = sqlx::query_scalar(lease).fetch_one(&mut *first).await.unwrap();
    assert_eq!(taken, 1);
    let second = tokio::spawn(async move {
        sqlx::query_scalar::<_, i64>(lease).fetch_one(&mut other).await.unwrap()
    });
    let waits = "select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()";
    let waiting =
        async || (second.is_finished() || count(&harness, waits).await == 1).then_some(());
    harness.until("the second worker waits, or is done", waiting).await;
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_failed_runs_the_schedule_waits_and_says_until_when() {
    let hourly = Schedule { every: Interval::Hourly, ..Schedule::default() };
    let crawled = CrawledWebsite::scheduled(1, hourly).await;
    let _worker = crawled.worker();
    let shown = async || websites::get_website(&crawled.cx, crawled.website).await.unwrap();
    crawled.site.answer("/", 403, "", "no");
    for failures in 1..=3 {
        assert_eq!(crawled.crawl().await.0, RunState::Failed);
        let website = shown().await;
        assert_eq!((website.failures, website.retry_at.is_some()), (failures, failures == 3));
    }
    let website = shown().await;
    let wait = website.retry_at.unwrap().0 - website.last_run.unwrap().ended_at.unwrap().0;
    assert!((3_590_000_000..=3_610_000_000).contains(&wait), "an hour, in microseconds: {wait}");
    crawled.site.put("/", &text("Start", "the beginning of everything"));
    crawled.crawl().await;
    let website = shown().await;
    assert_eq!((website.failures, website.retry_at), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_keeps_the_schedule_waiting_for_a_week_at_most() {
    let hourly = Schedule { every: Interval::Hourly, ..Schedule::default() };
    let crawled = CrawledWebsite::scheduled(1, hourly).await;
    let harness = &crawled.harness;
    let shown = async || websites::get_website(&crawled.cx, crawled.website).await.unwrap();
    let id = crawled.start().await;
    websites::pause_run(&crawled.cx, crawled.website, id).await.unwrap();
    let _worker = crawled.worker();
    let planned =
        "select count(*) from schedules where website_id is not null and next_run_at is not null";
    let is_planned = async || (count(harness, planned).await == 1).then_some(());
    harness.until("the schedule has a time", is_planned).await;
    assert_eq!(shown().await.next_run_at, None, "no run begins then");

    let sql = "alter table crawl_runs disable trigger touch;
        update crawl_runs set updated_at = now() - interval '8 days';
        alter table crawl_runs enable trigger touch;
        update schedules set next_run_at = now(), lease_until = null where kind = 'reconcile'";
    sqlx::raw_sql(sql).execute(&mut *harness.db.lock().await).await.unwrap();
    harness.wake().await;
    let run = crawled.until_ended(id).await;
    let reason = run.reason.map(|reason| reason.code);
    assert_eq!((run.state, reason.as_deref()), (RunState::Stopped, Some("pause_expired")));
    assert!(shown().await.next_run_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_quality_of_a_page_are_kept_and_uncertain_pages_are_found() {
    let crawled = CrawledWebsite::with(1).await;
    let dated = "<meta property=\"article:published_time\" content=\"2026-03-04\">
        <meta property=\"article:modified_time\" content=\"2026-03-05T10:00:00Z\">";
    crawled.site.put("/1", &(dated.to_owned() + &words(1)));
    crawled.site.put("/short", "<a href=\"/1\">Three</a> <a href=\"/\">short</a> words");
    crawled.site.put(
        "/",
        &(text("Start", "the beginning") + "<a href=\"/1\">x</a><a href=\"/short\">y</a>"),
    );
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [3, 0, 0, 0, 0]));
    let list = async |is_uncertain| {
        let filter = PageFilter { is_uncertain, ..PageFilter::default() };
        let request = kernel::PageRequest { limit: 10, after: None };
        websites::list_pages(&crawled.cx, crawled.website, &filter, request).await.unwrap().items
    };
    let all = list(false).await;
    let page = all.iter().find(|page| page.url == crawled.site.url("/1")).unwrap();
    let dates = (page.published.as_deref(), page.modified.as_deref());
    assert_eq!(dates, (Some("2026-03-04"), Some("2026-03-05T10:00:00Z")));
    assert!(page.quality.unwrap() > 0.4, "{page:?}");
    let uncertain: Vec<String> = list(true).await.into_iter().map(|page| page.url).collect();
    assert_eq!(uncertain, [crawled.site.url("/short")]);
}
