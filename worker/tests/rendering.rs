//! Pages as their scripts write them, in a real Chromium; and what scripts do not reach.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::net::TcpListener;
use websites::{
    CreateWebsite, RunState,
    wire::{CheckResult, CrawlMode},
};

use crate::{
    crawled::{CrawledWebsite, count, documents},
    harness::Worker,
    site::{Site, text},
};

/// The browser of the tests.
fn chromium() -> String {
    let found =
        std::env::var("TESSERA_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    assert!(Path::new(&found).exists(), "{found} is missing: run the tests through ./stack test");
    found
}

fn rendering(new: &mut CreateWebsite) {
    new.settings.render = true;
}

/// A worker with a browser, in which a page may load so long.
fn worker(crawled: &CrawledWebsite, seconds: &str, networks: &str) -> Worker {
    crawled.worker_with(&[
        ("TESSERA_CHROMIUM", &chromium()),
        ("TESSERA_RENDER_SECONDS", seconds),
        ("TESSERA_CRAWL_NETWORKS", networks),
    ])
}

/// What a check of the first page finds.
async fn check(crawled: &CrawledWebsite) -> CheckResult {
    websites::start_check(&crawled.cx, crawled.website, None).await.unwrap();
    crawled.harness.wake().await;
    let done = async || websites::get_check(&crawled.cx, crawled.website).await.unwrap().result;
    crawled.harness.until("the check is done", done).await
}

/// A page whose text a script asks for at `/data`.
const BY_SCRIPT: &str = "<div id=\"app\"></div><script>
    fetch('/data').then(answer => answer.text()).then(html => { app.innerHTML = html; });
    </script>";

/// Paths that were asked for, but for those that the crawler itself looks at first.
fn asked(site: &Site) -> BTreeSet<String> {
    let paths = site.requests().into_iter().map(|(path, _)| path);
    paths.filter(|path| path != "/robots.txt" && !path.starts_with("/tessera-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_scripts_write_is_read_and_a_change_of_it_is_seen() {
    let site = Site::with(0).await;
    site.answer("/", 200, "etag: \"always the same\"\r\n", BY_SCRIPT);
    site.put("/linked", &text("Linked", "a page that only a script links to"));
    let said = |about: &str| text("Hall", about) + "<a href=\"/linked\">Linked</a>";
    site.file("/data", "text/plain", said("the opening of the granary"));
    let crawled = CrawledWebsite::of(site, rendering).await;
    let _worker = worker(&crawled, "10", "127.0.0.1");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
    let kept =
        "select count(*) from blob_chunks where position('granary' in encode(bytes, 'escape')) > 0";
    assert_eq!(count(&crawled.harness, kept).await, 1);

    crawled.site.file("/data", "text/plain", said("the closing of the mill"));
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 1, 1, 0, 0]));
    let found = check(&crawled).await;
    assert!(found.rendered && found.text.contains("the closing of the mill"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_leaves_nothing_behind_when_its_worker_is_killed() {
    let crawled = CrawledWebsite::of(Site::with(0).await, rendering).await;
    let folder = std::env::temp_dir().join(format!("t-{}", crawled.site.port));
    std::fs::create_dir(&folder).unwrap();
    let profiles = || std::fs::read_dir(&folder).unwrap().count();
    let worker = crawled
        .worker_with(&[("TESSERA_CHROMIUM", &chromium()), ("TMPDIR", folder.to_str().unwrap())]);
    assert_eq!(crawled.crawl().await.0, RunState::Succeeded);
    assert_eq!(profiles(), 1);
    worker.kill();
    let gone = async || (profiles() == 0).then_some(());
    crawled.harness.until("the browser has ended", gone).await;
    std::fs::remove_dir(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_reach_nothing_that_the_crawler_may_not() {
    // One in a network that is not listed, one on a port that is not.
    let (private, port) = (listener("127.0.0.2").await, listener("127.0.0.1").await);
    let site = Site::with(0).await;
    let attempts = format!(
        "<script>
        for (const url of ['{}', '{}']) {{
            fetch(url, {{ mode: 'no-cors' }}).catch(() => {{}});
            new WebSocket(url.replace('http', 'ws'));
            new Image().src = url;
            navigator.sendBeacon(url, 'x');
        }}
        fetch('/post', {{ method: 'POST', body: 'x' }}).catch(() => {{}});
        new WebSocket(location.href.replace('http', 'ws') + 'socket');
        new Worker('/worker.js');
        open('/popup');
        const frame = document.createElement('iframe');
        frame.src = '/frame';
        document.body.append(frame, Object.assign(new Image(), {{ src: '/image.png' }}));
        </script>",
        private.url, port.url
    );
    site.put("/", &(BY_SCRIPT.to_owned() + &attempts));
    site.file("/data", "text/plain", text("Hall", "the opening of the granary"));
    let crawled = CrawledWebsite::of(site, |new| {
        rendering(new);
        new.settings.mode = CrawlMode::Pages;
    })
    .await;
    let _worker = worker(&crawled, "10", "127.0.0.1");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [1, 0, 0, 0, 0]));
    assert_eq!(asked(&crawled.site), ["/", "/data"].map(str::to_owned).into());
    assert_eq!((private.reached(), port.reached()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_never_end_are_cut_at_their_time() {
    let site = Site::with(0).await;
    let forever = "<script>for (;;) {}</script>";
    site.put("/busy", &(text("Busy", "the mill that never stops") + forever));
    let polling = "<script>setInterval(() => fetch('/busy'), 20)</script>";
    site.put("/polling", &(text("Polling", "the clock that always asks") + polling));
    let starts = vec![site.url("/busy"), site.url("/polling")];
    let crawled = CrawledWebsite::of(site, |new| {
        rendering(new);
        new.settings.mode = CrawlMode::Pages;
        new.settings.start_urls = starts;
    })
    .await;
    let _worker = worker(&crawled, "1", "127.0.0.1");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_its_scripts_leave_is_a_redirect() {
    let site = Site::with(0).await;
    site.put("/", &(text("Moved", "the old address") + "<script>location.href = '/new'</script>"));
    site.put("/new", &text("New", "the address of the granary"));
    let crawled = CrawledWebsite::of(site, rendering).await;
    let _worker = worker(&crawled, "10", "127.0.0.1");
    assert_eq!(crawled.crawl().await, (RunState::Succeeded, [1, 0, 0, 0, 0]));
    assert_eq!(documents(&crawled.harness).await[0].0, crawled.site.url("/new"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_browser_pages_are_read_as_they_came_and_the_run_says_so() {
    let crawled = CrawledWebsite::of(Site::with(1).await, rendering).await;
    for (program, code) in [("", "chromium_missing"), ("/bin/false", "chromium_failed")] {
        let _worker = crawled.worker_with(&[("TESSERA_CHROMIUM", program)]);
        let id = crawled.start().await;
        let run = crawled.until_ended(id).await;
        assert_eq!(run.state, RunState::Partial);
        assert_eq!(run.reason.map(|reason| reason.code).as_deref(), Some(code));
        assert_eq!(documents(&crawled.harness).await.len(), 2);
        let found = check(&crawled).await;
        assert!(!found.rendered && found.failure_code.is_none(), "{found:?}");
        assert_eq!(found.rendering_failure_code.as_deref(), Some(code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_scripts_wrote_stays_while_the_browser_is_missing() {
    for shell in [BY_SCRIPT.to_owned(), text("Shell", "JavaScript, which is off") + BY_SCRIPT] {
        let site = Site::with(0).await;
        site.put("/", &shell);
        site.put("/linked", &(text("Linked", "a page that only a script links to") + BY_SCRIPT));
        let said = text("Hall", "the opening of the granary") + "<a href=\"/linked\">Linked</a>";
        site.file("/data", "text/plain", said);
        let crawled = CrawledWebsite::of(site, rendering).await;
        let browser = worker(&crawled, "10", "127.0.0.1");
        assert_eq!(crawled.crawl().await, (RunState::Succeeded, [2, 0, 0, 0, 0]));
        let first = documents(&crawled.harness).await;
        drop(browser);

        let blind = crawled.worker_with(&[("TESSERA_CHROMIUM", "")]);
        for _ in 0..2 {
            let id = crawled.start().await;
            let run = crawled.until_ended(id).await;
            assert_eq!((run.state, run.counts.failed), (RunState::Partial, 2));
            assert_eq!(run.reason.map(|reason| reason.code).as_deref(), Some("chromium_missing"));
        }
        assert_eq!(documents(&crawled.harness).await, first);
        drop(blind);

        let _browser = worker(&crawled, "10", "127.0.0.1");
        assert_eq!(crawled.crawl().await, (RunState::Succeeded, [0, 0, 2, 0, 0]));
        assert_eq!(documents(&crawled.harness).await, first);
    }
}

/// Something that listens and counts who comes.
struct Listener {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    fn reached(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

async fn listener(host: &str) -> Listener {
    let socket = TcpListener::bind((host, 0)).await.unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let connections = Arc::<AtomicUsize>::default();
    let counter = connections.clone();
    tokio::spawn(async move {
        while socket.accept().await.is_ok() {
            counter.fetch_add(1, Relaxed);
        }
    });
    Listener { url, connections }
}
