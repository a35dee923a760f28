//! Where a run begins, and what sitemaps and feeds add to it.

use std::sync::Arc;

use crawl::{PageUrl, Sitemap, SitemapKind, SitemapLimits};
use queue::Failure;
use tokio::sync::Semaphore;
use websites::{
    Outcome,
    crawling::{NewUrl, WaitingUrl},
    wire::CrawlMode,
};

use super::{Crawl, Event, Item, Seen, visits, words};

/// The priority of sitemaps and feeds: before any page.
const SITEMAP: i32 = -1;

impl Crawl<'_> {
    /// The URLs that a run begins with.
    pub(super) async fn seed(&mut self) {
        for start in self.site.starts() {
            match self.website.settings.mode {
                CrawlMode::Links | CrawlMode::Pages => self.add(&start, 0, 0),
                CrawlMode::Feed => self.add(&start, 0, SITEMAP),
                CrawlMode::Sitemap if is_sitemap(&start) => self.add(&start, 0, SITEMAP),
                CrawlMode::Sitemap => {
                    let robots = self.site.robots(&start).await;
                    let mut named = start
                        .join("/robots.txt")
                        .map(|at| robots.sitemaps(&at))
                        .unwrap_or_default();
                    if named.is_empty() {
                        named.extend(start.join("/sitemap.xml").ok());
                    }
                    for sitemap in named {
                        self.add(&sitemap, 0, SITEMAP);
                    }
                }
            }
        }
    }

    /// A URL for the frontier, unless it is there.
    pub(super) fn add(&mut self, url: &PageUrl, depth: u32, priority: i32) {
        let most = usize::try_from(self.website.settings.max_pages).unwrap_or(usize::MAX);
        if self.seen.contains_key(url.as_str()) {
            return;
        }
        if self.seen.len() >= most {
            let detail = format!(
                "the website has more than {most} pages; what was found later was left out"
            );
            self.troubles.limit.get_or_insert_with(|| words::failure("page_limit", detail));
            return;
        }
        self.seen.insert(url.as_str().to_owned(), Seen::Waits);
        self.urls.push(NewUrl { url: url.as_str().to_owned(), depth, priority });
    }

    /// A sitemap or a feed was read.
    pub(super) fn sitemap(&mut self, waiting: &WaitingUrl, sitemap: Result<Box<Sitemap>, Failure>) {
        let limits = SitemapLimits::default();
        let sitemap = match sitemap {
            Ok(sitemap) => *sitemap,
            Err(failure) => return self.fail(waiting, failure),
        };
        for entry in &sitemap.entries {
            if sitemap.kind == SitemapKind::Index {
                if waiting.depth < limits.depth {
                    self.add(&entry.url, waiting.depth + 1, SITEMAP);
                }
            } else if self.site.admit(&entry.url, 1).is_ok()
                && visits::is_wanted(&entry.url, self.website.settings.files)
                && self.shapes.admit(&entry.url, None).is_ok()
            {
                self.add(&entry.url, 1, 0);
            }
        }
        let cut = sitemap.cut.map(|cut| words::failure(cut.code(), "not all of it was read"));
        if let Some(cut) = &cut {
            self.troubles.start.get_or_insert_with(|| cut.clone());
        }
        self.note(visits::nothing(waiting, Outcome::Sitemap, cut));
    }
}

/// Reads a sitemap or a feed apart from other work, as that computes for a while and unpacks what
/// came; few at a time.
pub(super) async fn read(turns: Arc<Semaphore>, item: Box<Item>, page: Box<crawl::Page>) -> Event {
    let turn = turns.acquire_owned().await;
    let read = move || {
        let _turn = turn;
        Sitemap::read(&page.body, &page.final_url, &SitemapLimits::default())
    };
    let sitemap = match tokio::task::spawn_blocking(read).await {
        Ok(Ok(sitemap)) => Ok(Box::new(sitemap)),
        _ => {
            let detail = "expected a sitemap, RSS or Atom, or one address a line";
            Err(words::failure("not_a_sitemap", detail))
        }
    };
    Event::Sitemap(item, sitemap)
}

/// By its name: what is none may name one in its `robots.txt`.
fn is_sitemap(url: &PageUrl) -> bool {
    let path = url.as_url().path().to_ascii_lowercase();
    [".xml", ".xml.gz", ".gz", ".txt"].iter().any(|ending| path.ends_with(ending))
}
