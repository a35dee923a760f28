//! What all requests of a run share: fetcher, scope, robots' rules and credentials.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use crawl::{
    Admission, BlockReason, Credentials, FetchOptions, FetchRequest, Fetcher, Origin, OutOfScope,
    PageUrl, Robots, Scope, ScopeOptions, Verdict, fetch_robots,
};
use futures::future::BoxFuture;
use queue::Failure;
use tokio::sync::Semaphore;
use websites::{CredentialKind, crawling::CrawledWebsite, wire::CrawlSettings};

use crate::settings::CrawlerSettings;

/// Pages of a run that are open in the browser at the same time.
const OPEN_PAGES: usize = 2;

/// What all requests of a run share.
pub(super) struct Site {
    pub(super) fetcher: Fetcher,
    /// The product token.
    pub(super) agent: String,
    pub(super) settings: CrawlSettings,
    /// Pages that may be open in the browser.
    pub(super) open_pages: Semaphore,
    credentials: Vec<Credentials>,
    options: ScopeOptions,
    starts: RwLock<(Vec<PageUrl>, Scope)>,
    robots: Mutex<HashMap<Origin, Arc<Robots>>>,
}

fn invalid(detail: impl std::fmt::Display) -> Failure {
    Failure::new("website_settings", detail.to_string(), "change the website's settings")
}

impl Site {
    /// A site that begins at the website's start URLs.
    ///
    /// # Errors
    /// Why the settings cannot be crawled by.
    pub(super) fn new(
        website: &CrawledWebsite,
        crawler: &CrawlerSettings,
    ) -> Result<Self, Failure> {
        let settings = website.settings.clone();
        let read = |url: &String| {
            PageUrl::parse(url).map_err(|error| invalid(format!("`{url}`: {error}")))
        };
        let starts: Vec<PageUrl> =
            settings.start_urls.iter().map(read).collect::<Result<_, _>>()?;
        let options = ScopeOptions {
            extra_hosts: settings.extra_hosts.clone(),
            path_prefix: Some(settings.path_prefix.clone()),
            include: settings.include.clone(),
            exclude: settings.exclude.clone(),
            max_depth: u32::try_from(settings.max_depth).ok(),
        };
        let scope = Scope::new(&starts, &options).map_err(invalid)?;
        let contacts = [crawler.contact.as_str(), settings.contact.as_str()];
        let contacts: Vec<&str> =
            contacts.into_iter().filter(|contact| !contact.is_empty()).collect();
        let mut fetch =
            FetchOptions::new(&format!("{}/1.0 (+{})", crawler.agent, contacts.join("; ")));
        fetch.networks = crawler.networks.clone();
        fetch.ports.clone_from(&crawler.ports);
        fetch.limits.body = usize::try_from(settings.max_file_bytes).unwrap_or(fetch.limits.body);
        Ok(Self {
            fetcher: Fetcher::new(fetch).map_err(invalid)?,
            agent: crawler.agent.clone(),
            open_pages: Semaphore::new(OPEN_PAGES),
            credentials: credentials(website, &starts),
            settings,
            options,
            starts: RwLock::new((starts, scope)),
            robots: Mutex::default(),
        })
    }

    pub(super) fn starts(&self) -> Vec<PageUrl> {
        self.starts.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Makes another URL a start URL: a run that is taken up knows where redirects of its start
    /// URLs led.
    pub(super) fn add_start(&self, url: &PageUrl) {
        let mut starts = self.starts.write().unwrap_or_else(PoisonError::into_inner);
        if starts.0.contains(url) {
            return;
        }
        let mut all = starts.0.clone();
        all.push(url.clone());
        if let Ok(scope) = Scope::new(&all, &self.options) {
            *starts = (all, scope);
        }
    }

    /// Whether a page at this depth is one of the website.
    pub(super) fn admit(&self, url: &PageUrl, depth: u32) -> Result<(), OutOfScope> {
        self.starts.read().unwrap_or_else(PoisonError::into_inner).1.admit(url, depth)
    }

    /// Whether a page is fetched at least for its links.
    pub(super) fn admit_for_links(&self, url: &PageUrl, depth: u32) -> Result<(), OutOfScope> {
        self.starts.read().unwrap_or_else(PoisonError::into_inner).1.admit_for_links(url, depth)
    }

    fn rules(&self) -> MutexGuard<'_, HashMap<Origin, Arc<Robots>>> {
        self.robots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules of the URL's origin, fetched once in a run.
    pub(super) async fn robots(&self, url: &PageUrl) -> Arc<Robots> {
        let origin = url.origin();
        if let Some(known) = self.rules().get(&origin) {
            return known.clone();
        }
        let robots = Arc::new(fetch_robots(&self.fetcher, url).await);
        self.rules().entry(origin).or_insert(robots).clone()
    }

    pub(super) async fn verdict(&self, url: &PageUrl) -> Verdict {
        self.robots(url).await.verdict(&self.agent, url)
    }

    /// A request that redirects within the website may follow.
    pub(super) fn request<'a>(
        &'a self,
        url: &'a PageUrl,
        admission: &'a Hops<'a>,
    ) -> FetchRequest<'a> {
        let origin = url.origin();
        let mut request = FetchRequest::new(url);
        request.credentials =
            self.credentials.iter().find(|credentials| *credentials.origin() == origin);
        request.admission = admission;
        request.language = self.settings.language.as_deref();
        request
    }
}

/// For the origins of the start URLs, each once.
fn credentials(website: &CrawledWebsite, starts: &[PageUrl]) -> Vec<Credentials> {
    let Some((kind, name, secret)) = &website.credentials else { return Vec::new() };
    let origins: BTreeSet<Origin> = starts.iter().map(PageUrl::origin).collect();
    let of = |origin| match kind {
        CredentialKind::Basic => {
            Credentials::Basic { origin, user: name.clone(), password: secret.expose().to_owned() }
        }
        CredentialKind::Header => {
            Credentials::Header { origin, name: name.clone(), value: secret.expose().to_owned() }
        }
    };
    origins.into_iter().map(of).collect()
}

/// Decides over the redirects of one request.
pub(super) struct Hops<'a> {
    pub(super) site: &'a Site,
    pub(super) from: &'a PageUrl,
    pub(super) depth: u32,
    /// Of a sitemap: it may be anywhere that the start URLs send us.
    pub(super) is_sitemap: bool,
}

impl Admission for Hops<'_> {
    fn admit<'a>(&'a self, url: &'a PageUrl) -> BoxFuture<'a, Result<(), BlockReason>> {
        Box::pin(async move {
            // The same site under another name or scheme is one site once a redirect of a start URL
            // says so.
            if self.depth == 0 && self.from.is_twin(url) {
                self.site.add_start(url);
            }
            if !self.is_sitemap {
                self.site.admit_for_links(url, self.depth).map_err(BlockReason::Scope)?;
            }
            match self.site.verdict(url).await {
                Verdict::Allowed => Ok(()),
                Verdict::Disallowed { .. } => Err(BlockReason::Robots),
                Verdict::Unreachable => Err(BlockReason::RobotsUnreachable),
            }
        })
    }
}
