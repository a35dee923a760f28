//! What pages and servers say to a crawler, on a served site: each rule in a whole run.

use websites::{CreateWebsite, RunState, wire::CrawlSettings};

use crate::{
    crawled::{CrawledWebsite, documents},
    site::{Site, text},
};

fn settings(change: impl FnOnce(&mut CrawlSettings)) -> impl FnOnce(&mut CreateWebsite) {
    |new| change(&mut new.settings)
}

/// The paths that are documents.
async fn paths(crawled: &CrawledWebsite) -> Vec<String> {
    let origin = crawled.site.url("");
    let found = documents(&crawled.harness).await;
    found.into_iter().map(|document| document.0.replace(&origin, "")).collect()
}

/// A site whose start links to these paths.
async fn linking(links: &[&str]) -> Site {
    let site = Site::with(0).await;
    let links: String =
        links.iter().map(|path| format!("<p><a href=\"{path}\">x</a></p>")).collect();
    site.put("/", &(text("Start", "the beginning of everything") + &links));
    site
}

/// A page that names another as the original.
fn copy_of(original: &str, about: &str) -> String {
    format!("<link rel=\"canonical\" href=\"{original}\">") + &text("Copy", about)
}

fn asked(crawled: &CrawledWebsite, path: &str) -> usize {
    crawled.site.requests().iter().filter(|(asked, _)| asked == path).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_modified_keeps_its_links() {
    let site = linking(&[]).await;
    let links = text("Start", "the beginning of everything") + "<a href=\"/1\">One</a>";
    site.answer("/", 200, "etag: \"of the start\"\r\n", &links);
    site.put("/1", &text("One", "the first floor"));
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
    for _ in 0..2 {
        assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 2, 0, 0]));
    }
    assert_eq!(asked(&crawled, "/1"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_pages_with_one_original_that_is_taken_and_of_a_loop_one_page_is() {
    let site = linking(&["/copy", "/a", "/b"]).await;
    site.put("/copy", &copy_of("/original", "the roof of the granary"));
    site.put("/original", &text("Original", "the roof of the granary"));
    site.put("/a", &copy_of("/b", "the wheel of the mill"));
    site.put("/b", &copy_of("/a", "the wheel of the mill"));
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await.0, RunState::Succeeded);
    let taken = paths(&crawled).await;
    assert_eq!(taken.iter().filter(|path| ["/a", "/b"].contains(&path.as_str())).count(), 1);
    assert!(taken.contains(&"/original".to_owned()) && !taken.contains(&"/copy".to_owned()));
    let before = documents(&crawled.harness).await;
    for _ in 0..2 {
        let (state, counts) = crawled.crawl().await;
        assert_eq!((state, counts[0], counts[3]), (RunState::Succeeded, 0, 0));
    }
    assert_eq!(documents(&crawled.harness).await, before, "and the same one in the next runs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_at_once_leads_on_and_links_that_say_nofollow_do_not() {
    let site = linking(&["/old", "/closed"]).await;
    site.put("/old", "<meta http-equiv=\"refresh\" content=\"0; url=/new\"><p>Moved</p>");
    site.put("/new", &text("New", "the new address"));
    let closed = "<meta name=\"robots\" content=\"nofollow\">".to_owned()
        + &text("Closed", "a page that leads nowhere")
        + "<a href=\"/behind\">Behind</a>";
    site.put("/closed", &closed);
    site.put("/behind", &text("Behind", "what nobody follows"));
    site.put(
        "/new",
        &(text("New", "the new address") + "<a rel=\"nofollow\" href=\"/behind\">Behind</a>"),
    );
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    crawled.crawl().await;
    assert_eq!(paths(&crawled).await, ["/", "/closed", "/new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_say_that_they_are_missing_are_no_content() {
    let site = linking(&["/1", "/lost", "/lost-too"]).await;
    site.put("/1", &text("One", "the first floor"));
    site.answer_missing(200, "", &text("Sorry", "a page that could not be found"));
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await.0, RunState::Succeeded);
    assert_eq!(paths(&crawled).await, ["/", "/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_sends_missing_pages_to_its_start_keeps_the_start() {
    let site = linking(&["/1", "/lost"]).await;
    site.put("/1", &text("One", "the first floor"));
    site.answer_missing(302, "location: /\r\n", "");
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await.0, RunState::Succeeded);
    assert_eq!(paths(&crawled).await, ["/", "/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_names_a_time_is_asked_again_after_it() {
    for status in [429, 503] {
        let site = linking(&["/1"]).await;
        site.answer("/1", status, "retry-after: 2\r\n", "");
        let crawled = CrawledWebsite::of(site, |_| {}).await;
        let _worker = crawled.worker();
        let id = crawled.start().await;
        let refused = async || (asked(&crawled, "/1") > 0).then_some(());
        crawled.harness.until("it was refused", refused).await;
        crawled.site.put("/1", &text("One", "the first floor"));
        let run = crawled.until_ended(id).await;
        assert_eq!((run.state, run.counts.added), (RunState::Succeeded, 2), "{status}");
        let took = run.ended_at.unwrap().0 - run.started_at.unwrap().0;
        assert!(took >= 2_000_000, "{status}: {took}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_series_is_cut_and_the_rest_is_taken() {
    let site = linking(&["/calendar/x/x", "/1"]).await;
    site.put("/1", &text("One", "the first floor"));
    // Every page of it links to the next, one part deeper.
    site.answer_missing(200, "", &(text("Day", "nothing at all") + "<a href=\"x/x\">Next</a>"));
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    let (state, counts) = crawled.crawl().await;
    assert_eq!(state, RunState::Succeeded);
    assert!(counts[0] < 15, "{counts:?}");
    assert!(paths(&crawled).await.contains(&"/1".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_every_page_is_left_out() {
    let site = Site::with(25).await;
    let banner = "<p>The town hall is open from nine to four on every weekday but Friday.</p>";
    for n in 1..=25 {
        site.put(&format!("/{n}"), &(text(&format!("Page {n}"), &format!("matter {n}")) + banner));
    }
    let crawled = CrawledWebsite::of(site, |_| {}).await;
    let _worker = crawled.worker();
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [26, 0, 0, 0, 0]));
    let stored = "select count(*) from blob_chunks where position('town hall' in encode(bytes, 'escape')) > 0";
    assert_eq!(crate::crawled::count(&crawled.harness, stored).await, 0);
    for n in 1..=25 {
        let banner = banner.replace("nine", "ten");
        crawled
            .site
            .put(&format!("/{n}"), &(text(&format!("Page {n}"), &format!("matter {n}")) + &banner));
    }
    let (state, counts) = crawled.crawl().await;
    assert_eq!((state, counts[1] + counts[2]), (RunState::Succeeded, 26));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_pages_and_bytes_end_a_run_as_partial() {
    let site = Site::with(9).await;
    let crawled = CrawledWebsite::of(site, settings(|to| to.max_pages = 4)).await;
    let _worker = crawled.worker();
    let id = crawled.start().await;
    let run = crawled.until_ended(id).await;
    let reason = run.reason.map(|reason| reason.code);
    assert_eq!((run.state, reason.as_deref()), (RunState::Partial, Some("page_limit")));
    assert_eq!(run.counts.added, 4);

    let site = Site::with(60).await;
    for n in 1..=60 {
        site.put(&format!("/{n}"), &text("Long", &format!("{n} {}", "and so on ".repeat(30_000))));
    }
    let crawled = CrawledWebsite::of(site, settings(|to| to.max_bytes = 1 << 20)).await;
    let _worker = crawled.worker();
    let id = crawled.start().await;
    let run = crawled.until_ended(id).await;
    let reason = run.reason.map(|reason| reason.code);
    assert_eq!((run.state, reason.as_deref()), (RunState::Partial, Some("byte_limit")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_within_two_seconds() {
    let crawled = CrawledWebsite::with(200).await;
    crawled.site.answer_only(60);
    let _worker = crawled.worker();
    let id = crawled.start().await;
    crawled.until_more(id, 0).await;
    let stopping = websites::stop_run(&crawled.cx, crawled.website, id).await.unwrap();
    let ended = crawled.until_ended(id).await;
    assert_eq!(ended.state, RunState::Stopped);
    let took = ended.ended_at.unwrap().0 - stopping.updated_at.0;
    assert!(took < 2_000_000, "{took} microseconds, by the database's own clock");
}
