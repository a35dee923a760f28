//! What links of pages add to the frontier.

use crawl::PageUrl;
use websites::{crawling::WaitingUrl, wire::CrawlMode};

use super::{Crawl, visits};

impl Crawl<'_> {
    /// Follows the links that a page had when it was read last: it is not read now, and what is
    /// behind it is not gone for that.
    pub(super) fn follow_known(&mut self, waiting: &WaitingUrl) {
        let Ok(from) = PageUrl::parse(&waiting.url) else { return };
        let links: Vec<PageUrl> =
            waiting.outlinks.iter().filter_map(|link| PageUrl::parse(link).ok()).collect();
        self.links(&from, waiting.depth, &links);
    }

    /// Whether two pages name each other as the original, and this is the one that is not taken:
    /// the same one in every run.
    pub(super) fn yields(&self, page: &PageUrl, original: &PageUrl) -> bool {
        self.originals.get(original.as_str()).is_some_and(|named| named == page.as_str())
            && original.as_str() < page.as_str()
    }

    /// Puts links within the website into the frontier; gives all of them, for a run in which the
    /// page is not modified.
    pub(super) fn links(&mut self, from: &PageUrl, depth: u32, links: &[PageUrl]) -> Vec<String> {
        let follows = self.website.settings.mode == CrawlMode::Links;
        let mut within = Vec::new();
        for link in links {
            if self.site.admit_for_links(link, depth + 1).is_err()
                || !visits::is_wanted(link, self.website.settings.files)
            {
                continue;
            }
            within.push(link.as_str().to_owned());
            if follows
                && !self.seen.contains_key(link.as_str())
                && self.shapes.admit(link, Some(from)).is_ok()
            {
                self.add(link, depth + 1, 0);
            }
        }
        within
    }
}
