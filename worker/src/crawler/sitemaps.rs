//! Where a run begins, and what sitemaps and feeds add to it.

use std::{collections::HashMap, sync::Arc};

use crawl::{DateSpan, Entry, PageUrl, Sitemap, SitemapKind, SitemapLimits};
use queue::Failure;
use tokio::sync::Semaphore;
use websites::{
    Outcome,
    crawling::{self, LastLook, NewUrl, WaitingUrl},
    wire::CrawlMode,
};

use super::{Crawl, Event, Item, StageResult, UrlState, failures, site::Hops, visits};

/// The priority of sitemaps and feeds: before any page.
const SITEMAP: i32 = -1;
/// Priorities of the pages of a sitemap with dates.
const CHANGED: i32 = 0;
const UNDATED: i32 = 1;
const UNCHANGED: i32 = 2;
/// Bytes of a sitemap.
pub(super) const LARGEST: usize = 50 << 20;
/// Start URLs that are fetched to see whether they are sitemaps.
const SNIFFED_STARTS: usize = 5;
/// Pages that a feed does not name any more and that are looked at again in one run.
const REVISITED: usize = 100;
/// Pages that are noted in one run because the settings leave them out now.
const LEFT_OUT: usize = 1_000;

impl Crawl<'_> {
    /// The URLs that a run begins with.
    pub(super) async fn seed(&mut self) -> StageResult<()> {
        for (place, start) in self.site.starts().into_iter().enumerate() {
            match self.website.settings.mode {
                CrawlMode::Links | CrawlMode::Pages => self.add(&start, 0, 0),
                CrawlMode::Feed => self.add(&start, 0, SITEMAP),
                CrawlMode::Sitemap
                    if is_sitemap(&start)
                        || (place < SNIFFED_STARTS && self.holds_sitemap(&start).await) =>
                {
                    self.add(&start, 0, SITEMAP);
                }
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
        match self.website.settings.mode {
            CrawlMode::Feed => self.revisit().await,
            _ => Ok(()),
        }
    }

    /// Whether a URL that is not called one is a sitemap: programs make them, too. The first page
    /// of a host is none.
    async fn holds_sitemap(&self, url: &PageUrl) -> bool {
        if url.path_and_query() == "/" || !self.site.verdict(url).await.is_allowed() {
            return false;
        }
        let hops = Hops { site: &self.site, from: url, depth: 0, is_sitemap: true };
        let mut request = self.site.request(url, &hops);
        request.max_body = Some(LARGEST);
        let crawl::Outcome::Page(page) = self.site.fetcher.fetch(&request).await else {
            return false;
        };
        read_file(self.worker.crawl_memory.sitemaps.clone(), page).await.is_some()
    }

    /// A feed names what is new: pages that it named before are looked at by themselves, those
    /// first that were not for longest. What the settings leave out now is gone.
    async fn revisit(&mut self) -> StageResult<()> {
        let most = usize::try_from(self.website.settings.max_pages).unwrap_or(usize::MAX);
        let (mut again, mut left_out) = (REVISITED.min(most / 2), LEFT_OUT);
        for known in crawling::urls_with_documents(&self.cx, self.website.id).await? {
            let Ok(url) = PageUrl::parse(&known) else { continue };
            let failure = match self.site.admit(&url, 1) {
                Ok(()) if visits::is_wanted(&url, self.website.settings.files) => None,
                Ok(()) => Some(failures::failure("excluded", "the settings leave files out")),
                Err(out) => Some(failures::failure(out.code(), "the settings leave it out")),
            };
            match failure {
                None if again > 0 => {
                    again -= 1;
                    self.add(&url, 1, 0);
                }
                Some(failure) if left_out > 0 => {
                    left_out -= 1;
                    let waiting = WaitingUrl::new(known, 1, 0);
                    self.note(visits::nothing(&waiting, Outcome::Gone, Some(failure)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A URL for the frontier, unless it is there.
    pub(super) fn add(&mut self, url: &PageUrl, depth: u32, priority: i32) {
        self.add_dated(url, depth, priority, None);
    }

    fn add_dated(&mut self, url: &PageUrl, depth: u32, priority: i32, date: Option<DateSpan>) {
        let most = usize::try_from(self.website.settings.max_pages).unwrap_or(usize::MAX);
        if self.seen.contains_key(url.as_str()) {
            return;
        }
        if self.seen.len() >= most {
            let detail = format!(
                "the website has more than {most} pages; what was found later was left out"
            );
            self.troubles.limit.get_or_insert_with(|| failures::failure("page_limit", detail));
            return;
        }
        self.seen.insert(url.as_str().to_owned(), UrlState::Waits);
        let lastmod = date.map(|date| date.start);
        self.urls.push(NewUrl { url: url.as_str().to_owned(), depth, priority, lastmod });
    }

    /// A sitemap or a feed was read.
    pub(super) async fn sitemap(
        &mut self,
        waiting: &WaitingUrl,
        sitemap: Result<Box<Sitemap>, Failure>,
    ) -> StageResult<()> {
        let limits = SitemapLimits::default();
        let sitemap = match sitemap {
            Ok(sitemap) => *sitemap,
            Err(failure) => {
                self.fail(waiting, failure);
                return Ok(());
            }
        };
        let is_dated = sitemap.kind == SitemapKind::Urls
            && sitemap.entries.iter().any(|entry| entry.modified.is_some());
        if is_dated && self.last_looks.is_none() {
            let looks = crawling::last_looks(&self.cx, self.website.id).await?;
            self.last_looks = Some(looks);
        }
        for entry in &sitemap.entries {
            if sitemap.kind == SitemapKind::Index {
                if waiting.depth < limits.depth {
                    self.add(&entry.url, waiting.depth + 1, SITEMAP);
                }
            } else if self.site.admit(&entry.url, 1).is_ok()
                && visits::is_wanted(&entry.url, self.website.settings.files)
                && self.shapes.admit(&entry.url, None).is_ok()
            {
                let looks = self.last_looks.as_ref().filter(|_| is_dated);
                let priority = looks.map_or(0, |looks| priority(entry, looks));
                self.add_dated(&entry.url, 1, priority, entry.modified.filter(|_| is_dated));
            }
        }
        let cut = sitemap.cut.map(|cut| failures::failure(cut.code(), "not all of it was read"));
        if let Some(cut) = &cut {
            self.troubles.start.get_or_insert_with(|| cut.clone());
        }
        self.note(visits::nothing(waiting, Outcome::Sitemap, cut));
        Ok(())
    }
}

/// When a page that a sitemap lists is asked for, among the others: first what is new or dated after
/// our last look, last what is not and whose sitemap's dates have proved true. A date decides over
/// nothing else: every page is asked for, and its server and its text say whether it has changed.
fn priority(entry: &Entry, looks: &HashMap<String, LastLook>) -> i32 {
    let Some(last) = looks.get(entry.url.as_str()) else { return CHANGED };
    match entry.modified {
        None => UNDATED,
        // On the day of our last look it may have changed after it.
        Some(date) if date.end > last.fetched_at => CHANGED,
        Some(_) if last.is_lastmod_honest => UNCHANGED,
        Some(_) => UNDATED,
    }
}

/// Reads a sitemap or a feed apart from other work, as that computes for a while and unpacks what
/// came; few at a time.
pub(super) async fn read(turns: Arc<Semaphore>, item: Box<Item>, page: Box<crawl::Page>) -> Event {
    let sitemap = read_file(turns, page).await.ok_or_else(|| {
        let detail = "expected a sitemap, RSS or Atom, or one address a line";
        failures::failure("not_a_sitemap", detail)
    });
    Event::Sitemap(item, sitemap)
}

/// None: it is neither a sitemap nor a feed.
async fn read_file(turns: Arc<Semaphore>, page: Box<crawl::Page>) -> Option<Box<Sitemap>> {
    let turn = turns.acquire_owned().await;
    let read = move || {
        let _turn = turn;
        Sitemap::read(&page.body, &page.final_url, &SitemapLimits::default())
    };
    tokio::task::spawn_blocking(read).await.ok()?.ok().map(Box::new)
}

/// By its name: what is none may name one in its `robots.txt`.
fn is_sitemap(url: &PageUrl) -> bool {
    let path = url.as_url().path().to_ascii_lowercase();
    [".xml", ".xml.gz", ".gz", ".txt"].iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;

    /// The priority of a page with this date that was looked at on the 20th at noon.
    fn of(modified: &str, is_lastmod_honest: bool) -> i32 {
        let url = PageUrl::parse("https://example.org/a").unwrap();
        let fetched_at = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        let looks = HashMap::from([(url.to_string(), LastLook { fetched_at, is_lastmod_honest })]);
        priority(&Entry { url, modified: DateSpan::parse(modified), title: None }, &looks)
    }

    #[test]
    fn what_changed_after_the_last_look_comes_first_and_what_did_not_last() {
        assert_eq!(of("2026-11-21", true), CHANGED);
        assert_eq!(of("2026-11-20T12:00:01Z", false), CHANGED);
        assert_eq!(of("2026-11-20", true), CHANGED, "perhaps in the afternoon");
        assert_eq!(of("2026-11-20T11:59:59Z", true), UNCHANGED);
        assert_eq!(of("2026-11-19", true), UNCHANGED);
        assert_eq!(of("2026-11-19", false), UNDATED, "dates that have not proved true");
        assert_eq!(of("2027", true), CHANGED, "a date of the future");
        assert_eq!(of("the other day", true), UNDATED);
    }

    #[test]
    fn a_new_page_comes_first() {
        let url = PageUrl::parse("https://example.org/new").unwrap();
        let entry = Entry { url, modified: DateSpan::parse("2020"), title: None };
        assert_eq!(priority(&entry, &HashMap::new()), CHANGED);
    }
}
