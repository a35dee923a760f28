//! Crawls a website: fetches, reads and stores, and continues where the last worker was.
//!
//! ```text
//! frontier ─batches─> ready ─as hosts allow─> fetch ─> sandboxed page reader ─> batch ─one transaction─> documents, pages, frontier
//!     ^                                                     └─links─> new URLs ─────────────────┘
//!     └──────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

mod boilerplate;
mod check;
mod end;
mod failures;
mod hosts;
mod indexing;
mod known;
mod links;
mod memory;
mod reader;
mod rendering;
mod responses;
mod site;
mod sitemaps;
mod visits;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use crawl::{PageHeaders, PageUrl, ShapeCounts, TrapLimits};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use platform::Cx;
use queue::{Failure, Lease};
use websites::{
    CrawlRun, CrawlWebsite, Outcome, RunState,
    crawling::{
        self, CrawlTask, CrawledWebsite, Doubt, Finding, LastLook, NewUrl, Visit, WaitingUrl,
    },
};

use boilerplate::BoilerplateState;
pub(crate) use check::check;
use hosts::Hosts;
pub(crate) use memory::CrawlMemory;
use site::Site;

use crate::{run::Worker, task::Stop};

type StageResult<T> = std::result::Result<T, Stop>;

/// URLs that are taken from the frontier at once.
const REFILL: i64 = 200;
/// More are taken once so few are left.
const FEW: usize = 50;
/// Requests and readings at the same time.
const IN_FLIGHT: usize = 16;
/// Visits of one transaction, bytes of their content after which there are enough, and how long
/// they wait for it.
const BATCH: usize = 100;
const BATCH_BYTES: usize = 8 << 20;
const BATCH_WAIT: Duration = Duration::from_millis(700);
/// How often the run is looked at: whether it was stopped or paused.
const WATCH_EVERY: Duration = Duration::from_millis(800);
/// A run that takes longer ends as partial.
const MAX_DURATION: Duration = Duration::from_secs(10 * 3600);

/// Does a job of the kind `crawl_website`.
pub(crate) async fn run(worker: &Worker, lease: &Lease, job: &CrawlWebsite) -> StageResult<()> {
    let cx = worker.cx(lease.tenant, lease.job.to_string());
    let (run, website) = match crawling::begin(&cx, lease, job).await? {
        CrawlTask::Lost => return Err(Stop::Lost),
        CrawlTask::Nothing => return leave(worker, &cx, lease).await,
        CrawlTask::Crawl(task) => *task,
    };
    worker.events.crawl_run(lease.tenant, website.space, &run).await;
    let budget = worker.crawl_memory.of(lease.tenant);
    let site = match Site::new(&website, &worker.crawler, budget) {
        Ok(site) => Arc::new(site),
        Err(failure) => return end::fail(worker, &cx, (lease, &run, &website), failure).await,
    };
    let mut crawl = Crawl::of(worker, lease, cx, (run, website), site).await?;
    let mut work = FuturesUnordered::new();
    let last = crawl.work(&mut work).await?;
    // What is on its way is given up.
    drop(work);
    crawl.end(last).await
}

/// Ends the job of a run that continues in another job, or ends.
async fn leave(worker: &Worker, cx: &Cx, lease: &Lease) -> StageResult<()> {
    let job = crawling::leave(cx, lease).await?.ok_or(Stop::Lost)?;
    worker.events.job(lease.tenant, &job).await;
    Ok(())
}

/// How a URL of the frontier stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UrlState {
    /// It has yet to be looked at.
    Waits,
    /// It was looked at, and nothing was taken of it.
    Done,
    /// Its content was taken, or is what it was.
    Taken,
}

/// Something that was on its way.
enum Event {
    /// An origin's rules, and how its missing pages look.
    Rules(crawl::Origin, Arc<crawl::Robots>, Option<String>),
    /// A response.
    Fetched(Box<Item>, Box<crawl::Outcome>, Duration),
    /// A sitemap or a feed that was read.
    Sitemap(Box<Item>, Result<Box<crawl::Sitemap>, Failure>),
    /// A page that was read.
    Read(Box<Item>, Box<Response>, Result<Box<extract::page::WebPage>, Failure>),
}

/// A URL in hand.
struct Item {
    waiting: WaitingUrl,
    url: PageUrl,
    /// Whether the rules of its host allow it, as far as that was looked at.
    is_allowed: bool,
}

/// What the page reader was given.
struct Response {
    final_url: PageUrl,
    status: u16,
    headers: PageHeaders,
    bytes: u64,
    is_rendered: bool,
    /// Why it was not, although the website asks for it.
    missing: Option<Failure>,
}

/// Why the website was not looked at as a whole.
#[derive(Default)]
struct Troubles {
    /// A limit of settings or tenant.
    limit: Option<Failure>,
    /// A host that was given up.
    host: Option<Failure>,
    /// A start URL, a sitemap or the rules of a host that could not be read.
    start: Option<Failure>,
    /// Pages were to be rendered, and there is no browser that does it.
    rendering: Option<Failure>,
}

/// Why the work ended.
enum Last {
    Finished,
    Stopped,
    Paused,
}

type Work<'a> = FuturesUnordered<BoxFuture<'a, Event>>;

/// A run at work.
struct Crawl<'a> {
    worker: &'a Worker,
    lease: &'a Lease,
    cx: Cx,
    watch: Cx,
    run: CrawlRun,
    website: CrawledWebsite,
    site: Arc<Site>,
    hosts: Hosts,
    /// Every URL of the frontier.
    seen: HashMap<String, UrlState>,
    /// URLs that ask for a password.
    sign_ins: HashSet<String>,
    /// What pages name as their original, of those that are looked at once more after it.
    originals: HashMap<String, String>,
    shapes: ShapeCounts,
    /// The last looks at the pages that sitemaps date, once one does.
    last_looks: Option<HashMap<String, LastLook>>,
    ready: Vec<Item>,
    /// URLs that are ready, on their way, or not stored yet.
    held: HashSet<String>,
    /// Whether the frontier may have more.
    is_stale: bool,
    boilerplate: BoilerplateState,
    batch: Vec<Visit>,
    batch_bytes: usize,
    urls: Vec<NewUrl>,
    stored_at: Instant,
    began: Instant,
    troubles: Troubles,
}

impl<'a> Crawl<'a> {
    async fn of(
        worker: &'a Worker,
        lease: &'a Lease,
        cx: Cx,
        (run, website): (CrawlRun, CrawledWebsite),
        site: Arc<Site>,
    ) -> StageResult<Crawl<'a>> {
        let mut crawl = Self {
            watch: worker.cx(lease.tenant, lease.job.to_string()),
            hosts: Hosts::new(worker.crawler.pace, worker.crawler.hosts),
            boilerplate: BoilerplateState::of(website.boilerplate.as_deref()),
            seen: HashMap::new(),
            sign_ins: HashSet::new(),
            originals: HashMap::new(),
            shapes: ShapeCounts::new(TrapLimits::default()),
            last_looks: None,
            ready: Vec::new(),
            held: HashSet::new(),
            is_stale: true,
            batch: Vec::new(),
            batch_bytes: 0,
            urls: Vec::new(),
            stored_at: Instant::now(),
            began: Instant::now(),
            troubles: Troubles::default(),
            worker,
            lease,
            cx,
            run,
            website,
            site,
        };
        for known in crawling::frontier(&crawl.cx, &crawl.run).await? {
            if let Ok(parsed) = PageUrl::parse(&known.url) {
                crawl.shapes.restore(&parsed, None);
                crawl.site.restore(&known, &parsed);
            }
            let seen = match known.outcome {
                None => UrlState::Waits,
                Some(Outcome::Added | Outcome::Changed | Outcome::Unchanged) => UrlState::Taken,
                Some(_) => UrlState::Done,
            };
            if known.failure_code.is_some_and(|code| code == failures::sign_in().code) {
                crawl.sign_ins.insert(known.url.clone());
            }
            crawl.seen.insert(known.url, seen);
        }
        if crawl.seen.is_empty() {
            crawl.seed().await?;
            crawl.store().await?;
        }
        Ok(crawl)
    }

    /// Works until the frontier is empty, a limit is reached, or the run is stopped.
    async fn work(&mut self, work: &mut Work<'a>) -> StageResult<Last> {
        let mut watch = tokio::time::interval(WATCH_EVERY);
        loop {
            self.refill().await?;
            let wait = self.start(work);
            if work.is_empty() && self.ready.is_empty() {
                if !self.is_stale {
                    self.settle_boilerplate(true).await?;
                }
                if !self.batch.is_empty() || !self.urls.is_empty() {
                    self.store().await?;
                    continue;
                }
                if !self.is_stale && crawling::next_due(&self.cx, &self.run).await?.is_none() {
                    return Ok(Last::Finished);
                }
            }
            tokio::select! {
                Some(event) = work.next(), if !work.is_empty() => self.receive(event, work).await?,
                () = tokio::time::sleep(wait) => {}
                _ = watch.tick() => {
                    // What was to be tried again later may be due.
                    self.is_stale = true;
                    if let Some(last) = self.look().await? {
                        return Ok(last);
                    }
                }
            }
            if self.batch.len() >= BATCH
                || self.batch_bytes >= BATCH_BYTES
                || self.stored_at.elapsed() > BATCH_WAIT
            {
                self.store().await?;
            }
            if self.is_over() {
                return Ok(Last::Finished);
            }
        }
    }

    /// Whether the run was stopped or paused.
    async fn look(&mut self) -> StageResult<Option<Last>> {
        let state = crawling::state(&self.watch, &self.run).await?;
        self.watch.db.release().await;
        Ok(match state {
            Some(RunState::Running) => None,
            Some(RunState::Stopping) => Some(Last::Stopped),
            Some(RunState::Paused) => Some(Last::Paused),
            _ => return Err(Stop::Lost),
        })
    }

    /// Whether a limit of the run is reached.
    fn is_over(&mut self) -> bool {
        let limit = if self.run.counts.bytes >= self.website.settings.max_bytes {
            Some((
                "byte_limit",
                "the run has fetched as many bytes as the website's settings allow",
            ))
        } else if self.began.elapsed() > MAX_DURATION {
            Some(("crawl_timeout", "the run has taken as long as one may"))
        } else {
            None
        };
        if let Some((code, detail)) = limit {
            self.troubles.limit = Some(failures::failure(code, detail));
            return true;
        }
        self.troubles.limit.as_ref().is_some_and(|limit| limit.code == "quota_exceeded")
    }

    async fn refill(&mut self) -> StageResult<()> {
        if !self.is_stale || self.ready.len() > FEW {
            return Ok(());
        }
        let held = self.held.iter().cloned().collect();
        let waiting = crawling::waiting(&self.cx, (&self.run, &self.website), REFILL, held).await?;
        self.is_stale = i64::try_from(waiting.len()).unwrap_or(REFILL) >= REFILL;
        for waiting in waiting {
            self.held.insert(waiting.url.clone());
            match PageUrl::parse(&waiting.url) {
                Ok(url) => self.ready.push(Item { waiting, url, is_allowed: false }),
                Err(_) => self.fail(&waiting, failures::failed(crawl::FailReason::InvalidUrl)),
            }
        }
        Ok(())
    }

    /// Stores what came of URLs, and the URLs that were found.
    async fn store(&mut self) -> StageResult<()> {
        self.stored_at = Instant::now();
        if self.batch.is_empty() && self.urls.is_empty() {
            return Ok(());
        }
        let (visits, urls) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.urls));
        self.batch_bytes = 0;
        let of = (self.lease, &self.run, &self.website);
        let stored = crawling::store(&self.cx, of, &visits, &urls, self.seen.len())
            .await?
            .ok_or(Stop::Lost)?;
        self.run = stored.run;
        self.is_stale = true;
        for visit in &visits {
            self.held.remove(&visit.url);
        }
        if stored.documents > 0 {
            queue::wake().await;
        }
        if stored.without_room > 0 {
            let detail = "the organisation's storage is full: delete documents, or ask an administrator for more";
            self.troubles.limit = Some(failures::failure("quota_exceeded", detail));
        }
        self.worker.events.crawl_run(self.lease.tenant, self.website.space, &self.run).await;
        Ok(())
    }

    /// Notes what came of a URL.
    fn note(&mut self, visit: Visit) {
        let seen = match (&visit.found, &visit.doubt) {
            (Finding::Later { .. }, _) => None,
            (Finding::Nothing(..), _) | (_, Some(Doubt::SignIn(_))) => Some(UrlState::Done),
            (Finding::Content(_) | Finding::NotModified, _) => Some(UrlState::Taken),
        };
        if let Some(seen) = seen {
            self.seen.insert(visit.url.clone(), seen);
            self.seen.insert(visit.page_url.clone(), seen);
        }
        if let Finding::Content(content) = &visit.found {
            self.batch_bytes += content.bytes.len();
        }
        self.batch.push(visit);
    }

    /// Notes that a URL could not be looked at.
    fn fail(&mut self, waiting: &WaitingUrl, failure: Failure) {
        if waiting.depth == 0 || waiting.priority < 0 {
            self.troubles.start.get_or_insert_with(|| failure.clone());
        }
        self.follow_known(waiting);
        self.note(visits::nothing(waiting, Outcome::Failed, Some(failure)));
    }
}
