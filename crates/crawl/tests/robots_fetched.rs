//! What fetching robots.txt means for its origin (RFC 9309, 2.3.1).

use crawl::{FailReason, Robots, Verdict, fetch_robots};

use crate::site::{Reply, Site, page, redirect, status};

async fn verdict(site: &Site, path: &str) -> Verdict {
    let url = site.at("site.test", path);
    fetch_robots(&site.fetcher(), &url, "TesseraBot").await.verdict(&url)
}

#[tokio::test]
async fn the_rules_are_read_from_the_origin() {
    let site = Site::start(|_| page("User-agent: TesseraBot\nDisallow: /private")).await;
    assert!(verdict(&site, "/public").await.is_allowed());
    assert_eq!(verdict(&site, "/private/1").await, Verdict::Disallowed { line: 2 });
    assert!(site.asked().iter().all(|asked| asked.path == "/robots.txt"));
}

#[tokio::test]
async fn no_file_allows_everything() {
    for code in [400, 401, 403, 404, 410, 418] {
        let site = Site::start(move |_| status(code)).await;
        assert_eq!(verdict(&site, "/x").await, Verdict::Allowed, "{code}");
    }
}

#[tokio::test]
async fn a_server_that_fails_forbids_everything() {
    for code in [429, 500, 502, 503, 504] {
        let site = Site::start(move |_| status(code)).await;
        assert_eq!(verdict(&site, "/x").await, Verdict::Unreachable, "{code}");
    }
    let site = Site::start(|_| Reply::Raw(b"rubbish".to_vec())).await;
    assert_eq!(verdict(&site, "/x").await, Verdict::Unreachable);
}

#[tokio::test]
async fn five_redirects_count_for_the_origin_that_was_asked() {
    let site = Site::start(|asked| match asked.path.as_str() {
        "/robots.txt" => redirect("/1"),
        "/1" => redirect("/2"),
        "/2" => redirect("/3"),
        "/3" => redirect("/4"),
        "/4" => redirect("/5"),
        _ => page("User-agent: *\nDisallow: /private"),
    })
    .await;
    assert!(!verdict(&site, "/private").await.is_allowed());
}

#[tokio::test]
async fn after_more_redirects_there_is_no_file() {
    let site = Site::start(|asked| redirect(&format!("{}x", asked.path))).await;
    let url = site.at("site.test", "/x");
    assert_eq!(fetch_robots(&site.fetcher(), &url, "TesseraBot").await, Robots::Absent);
    assert_eq!(site.asked().len(), 6);
}

#[tokio::test]
async fn a_file_of_600_kib_is_cut_and_counts() {
    let file = format!("User-agent: *\nDisallow: /private\n{}", "# long\n".repeat(90_000));
    let site = Site::start(move |_| page(&file)).await;
    assert!(!verdict(&site, "/private").await.is_allowed());
}

#[tokio::test]
async fn rules_of_a_host_that_is_blocked_forbid() {
    let site = Site::start(|_| redirect("http://10.0.0.1/robots.txt")).await;
    let url = site.at("site.test", "/x");
    assert_eq!(
        fetch_robots(&site.fetcher(), &url, "TesseraBot").await,
        Robots::Unreachable(FailReason::BadRedirect)
    );
}
