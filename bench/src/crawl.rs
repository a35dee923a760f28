//! A website of 5 000 pages: its first run, a run that finds nothing new, and one that finds a page
//! in a hundred changed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};
use sqlx::Row;
use tests::{client::Client, stack::Stack};

use crate::Figure;

pub(crate) const PAGES: usize = 5_000;
/// Pages that a page links to.
const LINKS: usize = 10;
/// Of the server.
const LATENCY: Duration = Duration::from_millis(2);
/// One page in so many has changed.
const CHANGED: usize = 100;

/// What the site serves at the moment.
#[derive(Default)]
pub(crate) struct Site {
    edition: AtomicUsize,
    /// Whether pages have an ETag and unchanged ones are answered by 304.
    validates: AtomicBool,
    requests: AtomicUsize,
}

impl Site {
    /// Edition 0 of a page, or the present one if the page is among the changed.
    fn edition(&self, page: usize) -> usize {
        if page.is_multiple_of(CHANGED) { self.edition.load(Ordering::Relaxed) } else { 0 }
    }
}

/// A page among a navigation and a foot that all pages share.
fn page(number: usize, edition: usize) -> String {
    let links: String = (number * LINKS + 1..=number * LINKS + LINKS)
        .take_while(|child| *child < PAGES)
        .map(|child| {
            format!("<li><a href=\"/pages/{child}\">The decision of case {child}</a></li>")
        })
        .collect();
    let text: String = (0..6)
        .map(|n| {
            format!(
                "<p>Case {number}, part {n}, edition {edition}: the committee has heard the applicant of plot {} and the neighbours, \
                 and finds that the building may stand {} metres from the road if the drains are renewed first.</p>",
                number * 7 + n,
                number % 40 + n
            )
        })
        .collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Case {number}</title></head><body><nav><a href=\"/pages/0\">All cases</a> \
         <a href=\"/pages/1\">News</a></nav><main><h1>Case {number}</h1>{text}<ul>{links}</ul></main><footer>The committee of \
         buildings, open on weekdays</footer></body></html>"
    )
}

async fn serve(
    State(site): State<Arc<Site>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Response {
    site.requests.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(LATENCY).await;
    let edition = site.edition(number);
    let tag = format!("\"{number}-{edition}\"");
    if !site.validates.load(Ordering::Relaxed) {
        return Html(page(number, edition)).into_response();
    }
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, tag)], Html(page(number, edition))).into_response()
}

/// Serves on the port that the worker may crawl.
pub(crate) async fn start(site: Arc<Site>) -> String {
    let port =
        std::env::var("TESSERA_CRAWL_PORTS").expect("./stack bench sets TESSERA_CRAWL_PORTS");
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let routes = Router::new().route("/pages/{number}", axum::routing::get(serve)).with_state(site);
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://127.0.0.1:{port}/pages/0")
}

/// A run from its start to its end, in seconds.
async fn run(client: &Client, website: &str) -> (f64, Value) {
    let path = format!("/api/v1/websites/{website}/runs");
    let begun = Instant::now();
    let run = client.post(&path, &json!({})).await.expect(202);
    let path = format!("{path}/{}", run["id"].as_str().unwrap());
    loop {
        let run = client.get(&path).await.expect(200);
        if !["queued", "running"].contains(&run["state"].as_str().unwrap()) {
            assert_eq!(run["state"], "succeeded", "{run:#}");
            return (begun.elapsed().as_secs_f64(), run);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until every page is embedded; in seconds.
pub(crate) async fn until_indexed(connection: &mut sqlx::PgConnection) -> f64 {
    let begun = Instant::now();
    let waiting = "select count(*) from documents where status <> 'ready'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *connection).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    begun.elapsed().as_secs_f64()
}

/// Documents and chunks that were written since the last call, by the version of their rows.
async fn writes(connection: &mut sqlx::PgConnection, since: &mut i64) -> (i64, i64) {
    let sql = "select (select count(*) from documents where xmin::text::bigint >= $1) as documents,
                      (select count(*) from chunks where xmin::text::bigint >= $1) as chunks,
                      pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next";
    let row = sqlx::query(sql).bind(*since).fetch_one(connection).await.unwrap();
    *since = row.get("next");
    (row.get("documents"), row.get("chunks"))
}

/// A website that begins at `url`, in a space of its own; its id.
pub(crate) async fn create(client: &Client, url: &str) -> String {
    let space = client.create("/api/v1/spaces", &json!({ "name": "Bench" })).await;
    let settings = json!({ "start_urls": [url], "max_pages": PAGES + 10 });
    let website = json!({ "space_id": space, "name": "Cases", "settings": settings });
    let website = client.post("/api/v1/websites", &website).await.expect(201);
    website["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let site = Arc::new(Site::default());
    let url = start(site.clone()).await;
    let (client, person) = stack.person("bench").await;
    let website = create(&client, &url).await;
    let mut connection = stack.database.superuser_in(person.tenant).await;
    let mut since = 0;

    let (first, found) = run(&client, &website).await;
    assert_eq!(found["added"], PAGES, "{found:#}");
    let indexed = until_indexed(&mut connection).await;
    writes(&mut connection, &mut since).await;
    let (unchanged, _) = run(&client, &website).await;
    let of_unchanged = writes(&mut connection, &mut since).await;
    site.validates.store(true, Ordering::Relaxed);
    run(&client, &website).await;
    site.requests.store(0, Ordering::Relaxed);
    writes(&mut connection, &mut since).await;
    let (validated, _) = run(&client, &website).await;
    let of_validated = writes(&mut connection, &mut since).await;
    site.edition.store(1, Ordering::Relaxed);
    let (changed, report) = run(&client, &website).await;
    Figure {
        name: "website of 5 000 pages (2 ms server), first run; unchanged by text; unchanged by ETag; 1 % changed",
        goal: ">= 200 pages/s; <= 10 s and no writes; work as changes",
        ours: format!(
            "{first:.1} s, ready {indexed:.0} s later; {unchanged:.1} s, {of_unchanged:?} documents and chunks written; \
             {validated:.1} s, {of_validated:?}; {changed:.1} s, {} pages changed",
            report["changed"]
        ),
        theirs: String::new(),
        result: format!("{:.0} pages/s", PAGES as f64 / first),
    }
}
