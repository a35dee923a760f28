//! Dates that decide over pages: those after which an owner wants them in no index, and those of
//! sitemaps.

use websites::{
    RunState,
    wire::{CrawlMode, CrawlSettings},
};

use crate::{
    crawled::{CrawledWebsite, documents},
    site::{Site, text},
};

/// A page of [`Site::with`] with this header field.
fn answer(site: &Site, n: usize, head: &str) {
    let words = text(&format!("Page {n}"), &format!("subject number {n}"));
    site.answer(&format!("/{n}"), 200, format!("{head}\r\n"), &words);
}

async fn paths(crawled: &CrawledWebsite) -> Vec<String> {
    let start = crawled.site.url("");
    let found = documents(&crawled.harness).await.into_iter();
    found.map(|document| document.0.replace(&start, "")).collect()
}

/// State and code of the page at this path.
async fn page(crawled: &CrawledWebsite, path: &str) -> (String, Option<String>) {
    let sql = "select state, failure_code from website_pages where url = $1";
    let query = sqlx::query_as(sql).bind(crawled.site.url(path));
    query.fetch_one(&mut *crawled.harness.db.lock().await).await.unwrap()
}

fn unavailable() -> (String, Option<String>) {
    ("noindex".to_owned(), Some("unavailable_after".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_taken_until_the_date_after_which_its_owner_wants_it_in_no_index() {
    let site = Site::with(5).await;
    answer(&site, 1, "x-robots-tag: unavailable_after: Thursday, 25-Jun-20 15:00:00 GMT");
    answer(&site, 2, "x-robots-tag: unavailable_after: next summer");
    answer(&site, 3, "x-robots-tag: unavailable_after: 2999-06-25");
    answer(&site, 4, "x-robots-tag: otherbot: unavailable_after: 2020-06-25");
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [5, 0, 0, 0, 0]));
    assert_eq!(paths(&crawled).await, ["/", "/2", "/3", "/4", "/5"]);
    assert_eq!(page(&crawled, "/1").await, unavailable());

    answer(&crawled.site, 3, "x-robots-tag: unavailable_after: 25 Jun 2020 15:00:00 PST");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 4, 1, 0]));
    assert_eq!(paths(&crawled).await, ["/", "/2", "/4", "/5"]);
    assert_eq!(page(&crawled, "/3").await, unavailable());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_passes_although_the_server_says_that_nothing_has_changed_or_nothing_at_all() {
    let site = Site::with(3).await;
    for n in 1..=3 {
        answer(&site, n, "etag: \"one\"\r\nx-robots-tag: unavailable_after: 2999-06-25");
    }
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    crawled.crawl().await;
    answer(&crawled.site, 1, "etag: \"one\"\r\nx-robots-tag: unavailable_after: 2020-06-25");
    crawled.site.answer("/2", 403, "", "no");
    let sql =
        "update website_pages set unavailable_after = now() where unavailable_after is not null";
    crawled.harness.change_all(sql).await;
    assert_eq!(crawled.crawl().await, (RunState::Partial, [0, 0, 2, 2, 1]));
    assert_eq!(
        paths(&crawled).await,
        ["/", "/3"],
        "the owner of the third names a later date again"
    );
    for path in ["/1", "/2"] {
        assert_eq!(page(&crawled, path).await, unavailable());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_say_by_their_header_that_they_want_to_be_in_no_index() {
    let site = Site::with(0).await;
    let links = "<a href=\"/a.txt\">A</a><a href=\"/b.txt\">B</a><a href=\"/c.txt\">C</a>";
    site.put("/", &(text("Start", "the papers of the board") + links));
    let minutes = "Minutes of the board: the roof of the granary is to be renewed.";
    site.file_with("/a.txt", "x-robots-tag: noindex\r\n", "text/plain", minutes);
    let past = "x-robots-tag: unavailable_after: 2020-06-25\r\n";
    site.file_with("/b.txt", past, "text/plain", format!("{minutes} B"));
    site.file_with(
        "/c.txt",
        "x-robots-tag: otherbot: noindex\r\n",
        "text/plain",
        format!("{minutes} C"),
    );
    let crawled = CrawledWebsite::of(site, |new| new.settings.files = true).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
    assert_eq!(paths(&crawled).await, ["/", "/c.txt"]);
    assert_eq!(page(&crawled, "/b.txt").await, unavailable());
}

/// A sitemap of these pages and dates.
fn list(site: &Site, entries: &[(&str, &str)]) {
    let entry = |(path, date): &(&str, &str)| {
        format!("<url><loc>{}</loc><lastmod>{date}</lastmod></url>", site.url(path))
    };
    let listed: String = entries.iter().map(entry).collect();
    site.file("/sitemap.xml", "application/xml", format!("<urlset>{listed}</urlset>"));
}

async fn sitemapped(site: Site) -> CrawledWebsite {
    let start_urls = vec![site.url("/sitemap.xml")];
    let mode = CrawlMode::Sitemap;
    let settings = CrawlSettings { start_urls, mode, ..CrawlSettings::default() };
    CrawledWebsite::of(site, |new| new.settings = settings).await
}

/// A whole run, and the pages in the order in which it asked for them.
async fn asked(crawled: &CrawledWebsite) -> (RunState, [i32; 5], Vec<String>) {
    let before = crawled.site.requests().len();
    let (state, counts) = crawled.crawl().await;
    let requests = crawled.site.requests().into_iter().skip(before).map(|request| request.0);
    let pages = requests.filter(|path| !path.ends_with(".xml") && !path.ends_with(".txt"));
    (state, counts, pages.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_whose_dates_are_true_puts_what_has_not_changed_last() {
    let old = "2020-01-01";
    let site = Site::with(4).await;
    list(&site, &[("/1", old), ("/2", old), ("/3", old)]);
    let crawled = sitemapped(site).await;
    let site = &crawled.site;
    let _worker = crawled.worker_with(&[("TESSERA_CRAWL_CONNECTIONS", "1")]);
    assert_eq!(asked(&crawled).await.1, [3, 0, 0, 0, 0]);

    // Its dates have shown nothing yet.
    site.put("/2", &text("Page 2", "a correction of what was said"));
    list(site, &[("/1", old), ("/2", "2020-02-01"), ("/3", old)]);
    let (state, counts, mut order) = asked(&crawled).await;
    order.sort();
    assert_eq!((state, counts), (RunState::Succeeded, [0, 1, 2, 0, 0]));
    assert_eq!(order, ["/1", "/2", "/3"]);

    // The date of the second followed its text: those that are old come last, and all are asked for.
    list(site, &[("/1", old), ("/2", "2020-02-01"), ("/3", "2999-01-01"), ("/4", old)]);
    let (_, counts, mut order) = asked(&crawled).await;
    let mut last = order.split_off(2);
    order.sort();
    last.sort();
    assert_eq!(counts, [1, 0, 3, 0, 0]);
    assert_eq!(
        (order, last),
        (vec!["/3".to_owned(), "/4".to_owned()], vec!["/1".to_owned(), "/2".to_owned()])
    );
}

/// The priorities of the pages of the newest run, by URL.
async fn priorities(crawled: &CrawledWebsite) -> Vec<i32> {
    let sql = "select priority from crawl_frontier where outcome <> 'sitemap'
        and run_id = (select id from crawl_runs order by created_at desc limit 1) order by url";
    let query = sqlx::query_scalar(sql);
    query.fetch_all(&mut *crawled.harness.db.lock().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_of_a_sitemap_hides_no_change() {
    let old = "2020-01-01";
    let site = Site::with(3).await;
    list(&site, &[("/1", old), ("/2", old), ("/3", old)]);
    let crawled = sitemapped(site).await;
    let site = &crawled.site;
    let _worker = crawled.worker_with(&[("TESSERA_CRAWL_CONNECTIONS", "1")]);
    crawled.crawl().await;
    site.put("/1", &text("Page 1", "a correction of what was said"));
    list(site, &[("/1", "2020-02-01"), ("/2", old), ("/3", "the other day")]);
    assert_eq!(crawled.crawl().await.1, [0, 1, 2, 0, 0]);
    // The second changes, and its date does not.
    site.put("/2", &text("Page 2", "another correction"));
    assert_eq!(crawled.crawl().await.1, [0, 1, 2, 0, 0]);
    assert_eq!(
        priorities(&crawled).await,
        [2, 2, 1],
        "dates have proved true, and the third has none"
    );
    assert_eq!(crawled.crawl().await.1, [0, 0, 3, 0, 0]);
    assert_eq!(
        priorities(&crawled).await,
        [1, 1, 1],
        "one true date and one that was not: none counts"
    );
}
