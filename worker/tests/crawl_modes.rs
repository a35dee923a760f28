//! How pages are found: by links, sitemaps, feeds or a list; and files.

use platform::config::Settings;
use websites::{
    CreateWebsite, CredentialKind, NewCredentials, RunState,
    wire::{CrawlMode, CrawlSettings},
};

use crate::{
    crawled::{CrawledWebsite, count, documents},
    site::{Site, text},
};

/// Crawls once; the paths that became documents.
async fn taken(crawled: &CrawledWebsite) -> Vec<String> {
    let _worker = crawled.worker();
    let (state, counts) = crawled.crawl().await;
    assert_eq!((state, counts[4]), (RunState::Succeeded, 0));
    let origin = crawled.site.url("");
    documents(&crawled.harness)
        .await
        .into_iter()
        .map(|document| document.0.replace(&origin, ""))
        .collect()
}

fn settings(change: impl FnOnce(&mut CrawlSettings)) -> impl FnOnce(&mut CreateWebsite) {
    |new| change(&mut new.settings)
}

const KEY: &str = "the-master-key-of-these-tests-0123456789abcdef";

/// A crawled site with credentials, sealed with [`KEY`].
async fn with_credentials(site: Site) -> CrawledWebsite {
    let secret = "a long password of the site".to_owned();
    let credentials =
        NewCredentials { kind: CredentialKind::Basic, name: "reader".to_owned(), secret };
    let change = |new: &mut CreateWebsite| new.credentials = Some(credentials);
    let key = Settings::new([("master_key", KEY.to_owned())]);
    key.scope(CrawledWebsite::of(site, change)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_that_robots_txt_names_lists_the_pages() {
    let site = Site::with(4).await;
    site.file(
        "/robots.txt",
        "text/plain",
        format!("User-agent: *\nDisallow:\nSitemap: {}\n", site.url("/maps.xml")),
    );
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        site.url("/map-1.xml")
    );
    site.file("/maps.xml", "application/xml", index);
    let listed =
        ["/2", "/4"].map(|path| format!("<url><loc>{}</loc></url>", site.url(path))).concat();
    site.file("/map-1.xml", "application/xml", format!("<urlset>{listed}</urlset>"));
    let crawled = CrawledWebsite::of(site, settings(|to| to.mode = CrawlMode::Sitemap)).await;
    assert_eq!(taken(&crawled).await, ["/2", "/4"], "and no link is followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_names_the_pages() {
    let site = Site::with(4).await;
    let items = ["/1", "/3"]
        .map(|path| format!("<item><title>News</title><link>{}</link></item>", site.url(path)))
        .concat();
    site.file(
        "/feed.xml",
        "application/rss+xml",
        format!("<rss version=\"2.0\"><channel>{items}</channel></rss>"),
    );
    let start = site.url("/feed.xml");
    let crawled = CrawledWebsite::of(
        site,
        settings(|to| {
            to.mode = CrawlMode::Feed;
            to.start_urls = vec![start];
        }),
    )
    .await;
    assert_eq!(taken(&crawled).await, ["/1", "/3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_pages_are_taken_and_their_links_are_not_followed() {
    let site = Site::with(4).await;
    let starts = ["/1", "/2"].map(|path| site.url(path)).to_vec();
    let crawled = CrawledWebsite::of(
        site,
        settings(|to| {
            to.mode = CrawlMode::Pages;
            to.start_urls = starts;
        }),
    )
    .await;
    assert_eq!(taken(&crawled).await, ["/1", "/2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn depth_paths_and_patterns_bound_what_is_taken() {
    let site = Site::with(0).await;
    site.put(
        "/",
        &(text("Start", "the beginning")
            + "<a href=\"/in/1\">1</a> <a href=\"/in/skip\">2</a> <a href=\"/out/1\">3</a>"),
    );
    site.put("/in/1", &(text("One", "the first floor") + "<a href=\"/in/2\">Next</a>"));
    site.put("/in/2", &text("Two", "the second floor"));
    for path in ["/in/skip", "/out/1"] {
        site.put(path, &text(path, "something that nobody asked for"));
    }
    let crawled = CrawledWebsite::of(
        site,
        settings(|to| {
            to.path_prefix = "/in/".to_owned();
            to.exclude = vec!["**/skip".to_owned()];
            to.max_depth = 1;
        }),
    )
    .await;
    assert_eq!(taken(&crawled).await, ["/", "/in/1"], "and the start");
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_files_are_taken_only_where_the_website_says_so() {
    for files in [false, true] {
        let site = Site::with(0).await;
        site.put(
            "/",
            &(text("Start", "the papers of the board") + "<a href=\"/minutes.txt\">Minutes</a>"),
        );
        site.file(
            "/minutes.txt",
            "text/plain",
            "Minutes of the board: the roof of the granary is to be renewed.",
        );
        let crawled = CrawledWebsite::of(site, settings(|to| to.files = files)).await;
        let expected: &[&str] = if files { &["/", "/minutes.txt"] } else { &["/"] };
        assert_eq!(taken(&crawled).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_go_to_the_origin_of_the_website_and_to_no_other() {
    let (site, other) = (Site::with(1).await, Site::with(0).await);
    let elsewhere =
        format!("<a href=\"{}\">Elsewhere</a> <a href=\"/moved\">Moved</a>", other.url("/linked"));
    site.put("/", &(text("Start", "the beginning") + "<a href=\"/1\">One</a>" + &elsewhere));
    site.answer("/moved", 302, format!("location: {}\r\n", other.url("/redirected")), "");
    for path in ["/linked", "/redirected"] {
        other.put(path, &text(path, "something on another port"));
    }
    let crawled = with_credentials(site).await;
    let ports = format!("{},{}", crawled.site.port, other.port);
    let _worker =
        crawled.worker_with(&[("TESSERA_MASTER_KEY", KEY), ("TESSERA_CRAWL_PORTS", &ports)]);
    crawled.crawl().await;

    let basic = "Basic cmVhZGVyOmEgbG9uZyBwYXNzd29yZCBvZiB0aGUgc2l0ZQ==";
    // robots.txt is for everyone.
    let own: Vec<_> =
        crawled.site.requests().into_iter().filter(|(path, _)| path != "/robots.txt").collect();
    assert!(own.iter().any(|(path, _)| path == "/1"), "{own:?}");
    assert!(own.iter().all(|(_, credentials)| credentials.as_deref() == Some(basic)), "{own:?}");
    let others = other.requests();
    assert!(others.iter().any(|(path, _)| path == "/redirected"), "{others:?}");
    assert!(others.iter().all(|(_, credentials)| credentials.is_none()), "{others:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_too_many_hosts_ends_with_that_limit() {
    let site = Site::with(1).await;
    let other = site.url("/1").replace("127.0.0.1", "127.0.0.2");
    site.put("/", &(text("Start", "the beginning") + &format!("<a href=\"{other}\">Other</a>")));
    let crawled =
        CrawledWebsite::of(site, settings(|to| to.extra_hosts = vec!["127.0.0.2".to_owned()]))
            .await;
    let _worker = crawled.worker_with(&[("TESSERA_CRAWL_HOSTS", "1")]);
    let id = crawled.start().await;
    let run = crawled.until_ended(id).await;
    let reason = run.reason.map(|reason| reason.code);
    assert_eq!((run.state, reason.as_deref()), (RunState::Partial, Some("host_limit")));
    assert_eq!(run.counts.added, 1, "what is on the first host is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_go_only_to_the_origins_that_they_were_sealed_for() {
    let (site, evil) = (Site::with(0).await, Site::with(0).await);
    let crawled = with_credentials(site).await;
    let starts = serde_json::json!([crawled.site.url("/"), evil.url("/")]).to_string();
    sqlx::query("update websites set settings = jsonb_set(settings, '{start_urls}', $1::jsonb)")
        .bind(starts)
        .execute(&mut *crawled.harness.db.lock().await)
        .await
        .unwrap();
    let ports = format!("{},{}", crawled.site.port, evil.port);
    let _worker =
        crawled.worker_with(&[("TESSERA_MASTER_KEY", KEY), ("TESSERA_CRAWL_PORTS", &ports)]);
    crawled.crawl().await;
    let shown = |site: &Site| {
        let pages = site.requests().into_iter().filter(|(path, _)| path == "/");
        pages.map(|(_, credentials)| credentials.is_some()).collect::<Vec<_>>()
    };
    assert_eq!((shown(&crawled.site), shown(&evil)), (vec![true], vec![false]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sitemap_elsewhere_widens_no_scope_after_a_pause() {
    let site = Site::with(1).await;
    let elsewhere = |path: &str| site.url(path).replace("127.0.0.1", "127.0.0.2");
    site.file(
        "/robots.txt",
        "text/plain",
        format!("User-agent: *\nDisallow:\nSitemap: {}\n", elsewhere("/maps.xml")),
    );
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        elsewhere("/map-1.xml")
    );
    site.file("/maps.xml", "application/xml", index);
    let listed = [site.url("/1"), elsewhere("/")].map(|url| format!("<url><loc>{url}</loc></url>"));
    site.file("/map-1.xml", "application/xml", format!("<urlset>{}</urlset>", listed.concat()));
    // The rules of both hosts, and the index.
    site.answer_only(3);
    let crawled = CrawledWebsite::of(site, settings(|to| to.mode = CrawlMode::Sitemap)).await;
    let harness = &crawled.harness;
    let _worker = crawled.worker();
    let id = crawled.start().await;
    let is_asked =
        async || crawled.site.requests().iter().any(|(path, _)| path == "/map-1.xml").then_some(());
    harness.until("the second sitemap is asked for", is_asked).await;
    websites::pause_run(&crawled.cx, crawled.website, id).await.unwrap();
    let crawls = "select count(*) from jobs where kind = 'crawl_website' and status = 'running'";
    harness
        .until("its job has ended", async || (count(harness, crawls).await == 0).then_some(()))
        .await;
    crawled.site.answer_all();
    websites::resume_run(&crawled.cx, crawled.website, id).await.unwrap();
    harness.wake().await;
    assert_eq!(crawled.until_ended(id).await.state, RunState::Succeeded);
    let taken = documents(harness).await.into_iter().map(|document| document.0);
    assert_eq!(taken.collect::<Vec<_>>(), [crawled.site.url("/1")]);
}
