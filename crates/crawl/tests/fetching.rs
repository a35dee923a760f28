//! One GET: headers, conditions, redirects, credentials, statuses.

use std::sync::Mutex;
use std::time::Duration;

use crawl::{
    Admission, BlockReason, Credentials, FailReason, FetchRequest, OutOfScope, Outcome, PageUrl,
    Validators,
};
use futures::future::BoxFuture;

use crate::site::{Reply, Site, page, redirect, status, taken};

#[tokio::test]
async fn a_page_comes_with_the_headers_that_matter() {
    let site = Site::start(|_| {
        let headers = [
            ("Content-Type", "text/html; charset=windows-1252"),
            ("ETag", "W/\"7\""),
            ("Last-Modified", "Sun, 29 Nov 2026 10:00:00 GMT"),
            ("X-Robots-Tag", "noindex"),
            ("X-Robots-Tag", "otherbot: nofollow"),
            ("Link", "</a>; rel=canonical"),
        ];
        Reply::Full(
            200,
            headers.map(|(name, value)| (name, value.to_owned())).to_vec(),
            b"\xe5".to_vec(),
        )
    })
    .await;
    let page = taken(site.get("/a?b=1").await);
    assert_eq!(page.body.as_ref(), b"\xe5", "the character set is not touched");
    assert_eq!(page.headers.content_type.as_deref(), Some("text/html; charset=windows-1252"));
    assert_eq!(page.headers.validators.etag.as_deref(), Some("W/\"7\""));
    assert_eq!(page.headers.robots_tags, ["noindex", "otherbot: nofollow"]);
    assert_eq!(page.headers.link, ["</a>; rel=canonical"]);
    let asked = &site.asked()[0];
    assert_eq!(asked.path, "/a?b=1");
    assert_eq!(asked.header("host"), Some(format!("site.test:{}", site.port).as_str()));
    assert_eq!(asked.header("user-agent"), Some("TesseraBot/1.0 (+https://example.org/bot)"));
    assert_eq!(asked.header("accept-encoding"), Some("gzip, br, deflate"));
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let site = Site::start(|asked| match asked.header("if-none-match") {
        Some("\"1\"") => Reply::Full(304, vec![("etag", "\"1\"".to_owned())], Vec::new()),
        _ => page("new"),
    })
    .await;
    let validators =
        Validators { etag: Some("\"1\"".to_owned()), last_modified: Some("yesterday".to_owned()) };
    let url = site.at("site.test", "/");
    let request = FetchRequest { validators: Some(&validators), ..FetchRequest::new(&url) };
    let outcome = site.fetcher().fetch(&request).await;
    assert!(
        matches!(outcome, Outcome::Unchanged { ref validators, .. } if validators.etag.as_deref() == Some("\"1\"")),
        "{outcome:?}"
    );
    assert_eq!(site.asked()[0].header("if-modified-since"), Some("yesterday"));
}

#[tokio::test]
async fn a_304_that_was_not_asked_for_is_a_failure() {
    let site = Site::start(|_| Reply::Full(304, Vec::new(), Vec::new())).await;
    assert_eq!(site.get("/").await, Outcome::Failed(FailReason::UnexpectedStatus(304)));
}

#[tokio::test]
async fn statuses_say_what_they_mean() {
    let site = Site::start(|asked| status(asked.path[1..].parse().unwrap())).await;
    let url = |code: u16| site.at("site.test", &format!("/{code}"));
    for (code, expected) in [
        (404, Outcome::Gone { final_url: url(404), status: 404 }),
        (410, Outcome::Gone { final_url: url(410), status: 410 }),
        (401, Outcome::Failed(FailReason::Unauthorized)),
        (403, Outcome::Failed(FailReason::Forbidden)),
        (418, Outcome::Failed(FailReason::ClientError(418))),
        (500, Outcome::Failed(FailReason::ServerError(500))),
        (206, Outcome::Failed(FailReason::UnexpectedStatus(206))),
        (503, Outcome::Refused { status: 503, retry_after: None }),
    ] {
        assert_eq!(site.get(&format!("/{code}")).await, expected);
    }
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_and_as_a_date() {
    let site = Site::start(|asked| {
        let value = match asked.path.as_str() {
            "/seconds" => "120",
            "/past" => "Fri, 31 Dec 1999 23:59:59 GMT",
            "/future" => "Tue, 31 Dec 2199 23:59:59 GMT",
            _ => "soon",
        };
        Reply::Full(429, vec![("retry-after", value.to_owned())], Vec::new())
    })
    .await;
    let month = Duration::from_secs(30 * 24 * 3600);
    for (path, expected) in [
        ("/seconds", Some(Duration::from_secs(120))),
        ("/past", Some(Duration::ZERO)),
        ("/future", Some(month)),
        ("/soon", None),
    ] {
        assert_eq!(
            site.get(path).await,
            Outcome::Refused { status: 429, retry_after: expected },
            "{path}"
        );
    }
}

#[tokio::test]
async fn redirects_are_followed_and_told() {
    let site = Site::start(|asked| match asked.path.as_str() {
        "/a" => Reply::Full(301, vec![("location", "b".to_owned())], Vec::new()),
        "/b" => redirect("/c#part"),
        _ => page("end"),
    })
    .await;
    let page = taken(site.get("/a").await);
    assert_eq!(page.final_url, site.at("site.test", "/c"));
    let hops: Vec<(&str, bool)> = page
        .redirects
        .iter()
        .map(|redirect| (redirect.to.as_url().path(), redirect.is_permanent))
        .collect();
    assert_eq!(hops, [("/b", true), ("/c", false)]);
}

#[tokio::test]
async fn conditions_are_not_sent_after_a_redirect() {
    let site =
        Site::start(|asked| if asked.path == "/a" { redirect("/b") } else { page("b") }).await;
    let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
    let url = site.at("site.test", "/a");
    let request = FetchRequest { validators: Some(&validators), ..FetchRequest::new(&url) };
    taken(site.fetcher().fetch(&request).await);
    assert_eq!(site.asked()[1].header("if-none-match"), None);
}

#[tokio::test]
async fn loops_and_chains_of_redirects_end() {
    let site = Site::start(|asked| match asked.path.as_str() {
        "/loop" => redirect("/pool"),
        "/pool" => redirect("/loop"),
        "/self" => redirect("/self"),
        "/nowhere" => Reply::Full(302, Vec::new(), Vec::new()),
        "/broken" => redirect("http://"),
        path => redirect(&format!("{path}x")),
    })
    .await;
    assert_eq!(site.get("/loop").await, Outcome::Failed(FailReason::RedirectLoop));
    assert_eq!(site.get("/self").await, Outcome::Failed(FailReason::RedirectLoop));
    assert_eq!(site.get("/long").await, Outcome::Failed(FailReason::TooManyRedirects));
    assert_eq!(site.get("/nowhere").await, Outcome::Failed(FailReason::BadRedirect));
    assert_eq!(site.get("/broken").await, Outcome::Failed(FailReason::BadRedirect));
    assert_eq!(site.asked().iter().filter(|asked| asked.path.starts_with("/long")).count(), 11);
}

/// Refuses the hops of one path, and remembers all it was asked about.
#[derive(Default)]
struct Guard(Mutex<Vec<String>>);

impl Admission for Guard {
    fn admit<'a>(&'a self, url: &'a PageUrl) -> BoxFuture<'a, Result<(), BlockReason>> {
        self.0.lock().unwrap().push(url.as_url().path().to_owned());
        let refused = url.as_url().path() == "/secret";
        Box::pin(
            async move { if refused { Err(BlockReason::Scope(OutOfScope::Path)) } else { Ok(()) } },
        )
    }
}

#[tokio::test]
async fn the_caller_is_asked_about_every_hop() {
    let site =
        Site::start(|asked| redirect(if asked.path == "/a" { "/b" } else { "/secret" })).await;
    let (guard, url) = (Guard::default(), site.at("site.test", "/a"));
    let request = FetchRequest { admission: &guard, ..FetchRequest::new(&url) };
    let outcome = site.fetcher().fetch(&request).await;
    assert_eq!(outcome, Outcome::Blocked(BlockReason::Scope(OutOfScope::Path)));
    assert_eq!(*guard.0.lock().unwrap(), ["/b", "/secret"]);
    assert!(site.asked().iter().all(|asked| asked.path != "/secret"));
}

#[tokio::test]
async fn credentials_go_to_their_own_origin_only() {
    let port = Mutex::new(0);
    let port: &'static Mutex<u16> = Box::leak(Box::new(port));
    let site = Site::start(|asked| {
        let port = *port.lock().unwrap();
        match asked.path.as_str() {
            "/a" => redirect("/b"),
            "/b" => redirect(&format!("http://other.test:{port}/c")),
            "/c" => redirect(&format!("http://site.test:{port}/d")),
            _ => page("d"),
        }
    })
    .await;
    *port.lock().unwrap() = site.port;
    let url = site.at("site.test", "/a");
    let credentials = Credentials::Basic {
        origin: url.origin(),
        user: "anna".to_owned(),
        password: "hemlig".to_owned(),
    };
    let request = FetchRequest { credentials: Some(&credentials), ..FetchRequest::new(&url) };
    taken(site.fetcher().fetch(&request).await);
    let sent: Vec<Option<String>> =
        site.asked().iter().map(|asked| asked.header("authorization").map(str::to_owned)).collect();
    let basic = Some("Basic YW5uYTpoZW1saWc=".to_owned());
    assert_eq!(
        sent,
        [basic.clone(), basic, None, None],
        "once they stayed behind, they do not come back"
    );
}

#[tokio::test]
async fn credentials_cannot_forge_a_request() {
    let site = Site::start(|_| page("")).await;
    let url = site.at("site.test", "/");
    for (name, value) in
        [("X-Key", "a\r\nX-Evil: 1"), ("Host", "evil.test"), ("Content-Length", "5"), ("a b", "c")]
    {
        let (name, value) = (name.to_owned(), value.to_owned());
        let credentials = Credentials::Header { origin: url.origin(), name, value };
        assert!(!credentials.are_sound());
        let request = FetchRequest { credentials: Some(&credentials), ..FetchRequest::new(&url) };
        assert_eq!(
            site.fetcher().fetch(&request).await,
            Outcome::Failed(FailReason::BadCredentials)
        );
    }
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_connection_serves_the_next_request_too() {
    let site = Site::start(|_| page("x")).await;
    let fetcher = site.fetcher();
    for path in ["/a", "/b", "/c"] {
        taken(fetcher.fetch(&FetchRequest::new(&site.at("site.test", path))).await);
    }
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let site =
        Site::start(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx".to_vec()))
            .await;
    let fetcher = site.fetcher();
    for path in ["/a", "/b", "/c"] {
        taken(fetcher.fetch(&FetchRequest::new(&site.at("site.test", path))).await);
    }
}

#[tokio::test]
async fn a_host_without_a_name_or_a_server_is_told_apart() {
    let site = Site::start(|_| page("")).await;
    let fetcher = site.fetcher_with(|options| options.ports.push(1));
    let nameless = PageUrl::parse("http://nowhere.test/").unwrap();
    assert_eq!(
        fetcher.fetch(&FetchRequest::new(&nameless)).await,
        Outcome::Failed(FailReason::Dns)
    );
    let closed = PageUrl::parse("http://site.test:1/").unwrap();
    assert_eq!(
        fetcher.fetch(&FetchRequest::new(&closed)).await,
        Outcome::Failed(FailReason::Connect)
    );
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let site = Site::start(|_| page("")).await;
    let url = PageUrl::parse(&format!("https://site.test:{}/", site.port)).unwrap();
    let fetcher = site.fetcher_with(|options| options.limits.connect = Duration::from_secs(2));
    let outcome = fetcher.fetch(&FetchRequest::new(&url)).await;
    let expected = [FailReason::Tls, FailReason::ConnectTimeout].map(Outcome::Failed);
    assert!(expected.contains(&outcome), "{outcome:?}");
}
