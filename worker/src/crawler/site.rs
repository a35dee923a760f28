//! What all requests of a run share: fetcher, scope, robots' rules and credentials.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use crawl::{
    Admission, BlockReason, BodyBudget, Credentials, FetchOptions, FetchRequest, Fetcher, Origin,
    OutOfScope, PageUrl, Robots, Scope, ScopeOptions, Verdict, fetch_robots,
};
use futures::future::BoxFuture;
use queue::Failure;
use tokio::sync::Semaphore;
use websites::{
    CredentialKind,
    crawling::{CrawledWebsite, KnownUrl, SiteCredentials},
    wire::CrawlSettings,
};

use super::known::KnownRules;
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
    robots: KnownRules,
}

fn invalid(detail: impl std::fmt::Display) -> Failure {
    Failure::new("website_settings", detail.to_string(), "change the website's settings")
}

impl Site {
    /// A site that begins at the website's start URLs; its bodies take their memory from `budget`.
    ///
    /// # Errors
    /// Why the settings cannot be crawled by.
    pub(super) fn new(
        website: &CrawledWebsite,
        crawler: &CrawlerSettings,
        budget: Arc<BodyBudget>,
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
        fetch.budget = budget;
        fetch.limits.body = usize::try_from(settings.max_file_bytes).unwrap_or(fetch.limits.body);
        Ok(Self {
            fetcher: Fetcher::new(fetch).map_err(invalid)?,
            agent: crawler.agent.clone(),
            open_pages: Semaphore::new(OPEN_PAGES),
            credentials: credentials(website, &starts)?,
            settings,
            options,
            starts: RwLock::new((starts, scope)),
            robots: KnownRules::of(crawler.hosts),
        })
    }

    pub(super) fn starts(&self) -> Vec<PageUrl> {
        self.starts.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(super) fn is_start(&self, url: &PageUrl) -> bool {
        self.starts.read().unwrap_or_else(PoisonError::into_inner).0.contains(url)
    }

    /// Takes up a URL of the frontier: the site under another name, where a redirect of a start URL
    /// led, is the website's again. Where a sitemap is says nothing of the website.
    pub(super) fn restore(&self, known: &KnownUrl, url: &PageUrl) {
        let is_page = known.depth == 0 && known.priority >= 0;
        if is_page && self.starts().iter().any(|start| start.is_twin(url)) {
            self.add_start(url);
        }
    }

    /// Makes another URL a start URL.
    fn add_start(&self, url: &PageUrl) {
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

    /// The rules of the URL's origin, fetched once in a run.
    pub(super) async fn robots(&self, url: &PageUrl) -> Arc<Robots> {
        let origin = url.origin();
        if let Some(known) = self.robots.get(&origin) {
            return known;
        }
        let robots = fetch_robots(&self.fetcher, url, &self.agent).await;
        self.robots.put(origin, robots)
    }

    pub(super) async fn verdict(&self, url: &PageUrl) -> Verdict {
        self.robots(url).await.verdict(url)
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

/// For the origins of the start URLs that they were entered for, each once.
fn credentials(website: &CrawledWebsite, starts: &[PageUrl]) -> Result<Vec<Credentials>, Failure> {
    let Some(SiteCredentials { kind, name, secret, origins }) = &website.credentials else {
        return Ok(Vec::new());
    };
    let Some(entered_for) = origins else {
        let detail = "the website's credentials were entered in an older version, which did not note where they may be sent";
        return Err(Failure::new(
            "website_settings",
            detail.to_owned(),
            "enter the credentials again",
        ));
    };
    let entered_for: BTreeSet<Origin> = entered_for
        .iter()
        .filter_map(|origin| PageUrl::parse(origin).ok())
        .map(|url| url.origin())
        .collect();
    let origins: BTreeSet<Origin> =
        starts.iter().map(PageUrl::origin).filter(|origin| entered_for.contains(origin)).collect();
    let of = |origin| match kind {
        CredentialKind::Basic => {
            Credentials::Basic { origin, user: name.clone(), password: secret.expose().to_owned() }
        }
        CredentialKind::Header => {
            Credentials::Header { origin, name: name.clone(), value: secret.expose().to_owned() }
        }
    };
    Ok(origins.into_iter().map(of).collect())
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
            // says so. A sitemap that robots.txt names is no start URL.
            if self.depth == 0 && self.site.is_start(self.from) && self.from.is_twin(url) {
                self.site.add_start(url);
            }
            if !self.is_sitemap {
                self.site.admit_for_links(url, self.depth).map_err(BlockReason::Scope)?;
            }
            match self.site.verdict(url).await {
                Verdict::Allowed => Ok(()),
                Verdict::Disallowed { .. } => Err(BlockReason::Robots),
                Verdict::Unreachable => Err(BlockReason::RobotsUnreachable),
                Verdict::NotFetched => Err(BlockReason::HostLimit),
            }
        })
    }
}
