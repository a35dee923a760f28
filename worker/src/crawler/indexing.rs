//! Whether the owner of a page wants it in an index.

use crawl::{DateSpan, Page};
use extract::page::PageRobots;
use kernel::Timestamp;
use platform::clock;
use queue::Failure;
use websites::{
    Outcome,
    crawling::{Finding, WaitingUrl},
};

use super::{Crawl, failures, visits};

/// After this it is to be in no index: the first of its dates. What is no date is ignored.
pub(super) fn unavailable_after(robots: &PageRobots) -> Option<Timestamp> {
    let dates = robots.unavailable_after.iter().filter_map(|date| DateSpan::parse(date));
    dates.map(|date| date.end).min()
}

/// Why its owner wants it in no index now.
pub(super) fn refusal(robots: &PageRobots) -> Option<Failure> {
    if robots.noindex {
        return Some(failures::failure("noindex", "its owner wants it in no index"));
    }
    let until = unavailable_after(robots).filter(|until| *until <= clock::now())?;
    let detail = format!("its owner wanted it in no index after {until}");
    Some(failures::failure("unavailable_after", detail))
}

impl Crawl<'_> {
    /// Takes a file, unless its owner wants it in no index.
    pub(super) fn file(&mut self, waiting: &WaitingUrl, page: &Page) {
        let robots = PageRobots::of_headers(&page.headers.robots_tags, &self.site.agent);
        let mut visit = visits::file(waiting, page);
        visit.unavailable_after = unavailable_after(&robots);
        if let Some(failure) = refusal(&robots) {
            visit.found = Finding::Nothing(Outcome::Noindex, Some(failure));
        }
        self.note(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robots(dates: &[&str]) -> PageRobots {
        PageRobots {
            unavailable_after: dates.iter().map(|date| (*date).to_owned()).collect(),
            ..PageRobots::default()
        }
    }

    #[test]
    fn the_first_date_counts_and_what_is_no_date_does_not() {
        assert_eq!(unavailable_after(&robots(&["never", ""])), None);
        let robots = robots(&["2030-01-01T00:00:00Z", "soon", "25 Jun 2026"]);
        assert_eq!(unavailable_after(&robots), Timestamp::parse("2026-06-26"));
    }

    #[test]
    fn a_page_is_refused_once_its_date_has_passed() {
        let code = |dates: &[&str]| refusal(&robots(dates)).map(|failure| failure.code);
        assert_eq!(code(&["2020-06-25"]).as_deref(), Some("unavailable_after"));
        assert_eq!(code(&["Friday, 25-Jun-20 15:00:00 GMT"]).as_deref(), Some("unavailable_after"));
        assert_eq!(code(&["9998-06-25"]), None);
        assert_eq!(code(&["2020-06-31"]), None, "no such day");
        let both = PageRobots { noindex: true, ..robots(&["2020-06-25"]) };
        assert_eq!(refusal(&both).map(|failure| failure.code).as_deref(), Some("noindex"));
    }
}
