//! `robots.txt` (RFC 9309): reading it, and what it says of a path.

mod parse;
mod rules;

use std::time::Duration;

use crate::{FailReason, Outcome, PageUrl};
use rules::Rule;

/// Bytes of a `robots.txt` that are read; the rest is ignored.
pub(crate) const MAX_BYTES: usize = 500 * 1024;

/// What `robots.txt` says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No rule forbids it.
    Allowed,
    /// The rule in this line (counted from 1) forbids it.
    Disallowed {
        /// The line of the file.
        line: u32,
    },
    /// The file could not be read, which forbids everything.
    Unreachable,
    /// The file was not asked for, which forbids everything.
    NotFetched,
}

impl Verdict {
    /// Whether the address may be fetched.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Self::Allowed
    }
}

/// A `robots.txt` that was read for one crawler: what it says to others is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RobotsTxt {
    /// Each with its line, counted from 1.
    rules: Vec<(Rule, u32)>,
    /// The line of a rule that is one too many.
    too_many: Option<u32>,
    crawl_delay: Option<Duration>,
    sitemaps: Vec<String>,
    /// Whether the file is longer than what was read.
    pub is_cut: bool,
}

impl RobotsTxt {
    /// Reads what the file says to the crawler with the product token `agent`. Every sequence of
    /// bytes is a file: lines that make no sense are passed over. Groups for the same token count
    /// as one; without one, those for `*` count.
    #[must_use]
    pub fn parse(bytes: &[u8], agent: &str) -> Self {
        parse::read(bytes, agent)
    }

    /// What the file says about `path`, a path with its query. Without a rule everything is
    /// allowed. The longest rule that matches decides, and if two are equally long, the one that
    /// allows. With more than 5 000 rules everything is forbidden.
    #[must_use]
    pub fn verdict(&self, path: &str) -> Verdict {
        let path = rules::path(path);
        if path == "/robots.txt" {
            return Verdict::Allowed;
        }
        if let Some(line) = self.too_many {
            return Verdict::Disallowed { line };
        }
        let best = self
            .rules
            .iter()
            .filter(|(rule, _)| rule.matches(&path))
            .max_by_key(|(rule, _)| (rule.length(), rule.allows));
        match best {
            Some((rule, line)) if !rule.allows => Verdict::Disallowed { line: *line },
            _ => Verdict::Allowed,
        }
    }

    /// The pause between two requests that the file asks for; at most 30 s are granted.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The sitemaps that the file names, as they are written there: absolute addresses, if it is
    /// right.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// Bytes of memory that it takes, roughly.
    #[must_use]
    pub fn size(&self) -> usize {
        let rules: usize = self.rules.iter().map(|(rule, _)| rule.size()).sum();
        rules + self.sitemaps.iter().map(String::len).sum::<usize>()
    }
}

/// What is known of the rules of an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Robots {
    /// The file was read.
    Rules(RobotsTxt),
    /// There is none (a status from 400 to 499, save 429): everything is allowed.
    Absent,
    /// It could not be read (5xx, 429, no connection): everything is forbidden until it can.
    Unreachable(FailReason),
    /// It was not asked for, as the run has the rules of as many hosts as it may: everything is
    /// forbidden.
    NotFetched,
}

impl Robots {
    /// What the outcome of fetching `/robots.txt` means (RFC 9309, 2.3.1). It counts for the origin
    /// that was asked, wherever redirects led.
    #[must_use]
    pub fn from_outcome(outcome: &Outcome, agent: &str) -> Self {
        match outcome {
            Outcome::Page(page) => Self::Rules(RobotsTxt::parse(&page.body, agent)),
            Outcome::Gone { .. }
            | Outcome::Failed(
                FailReason::ClientError(_)
                | FailReason::Unauthorized
                | FailReason::Forbidden
                // RFC 9309, 2.3.1.2: after five redirects a crawler may assume that there is none.
                | FailReason::TooManyRedirects
                | FailReason::RedirectLoop
                | FailReason::BadRedirect,
            ) => Self::Absent,
            Outcome::Refused { status, .. } => Self::Unreachable(FailReason::ServerError(*status)),
            Outcome::Failed(reason) => Self::Unreachable(*reason),
            Outcome::Unchanged { .. } => Self::Unreachable(FailReason::UnexpectedStatus(304)),
            Outcome::Blocked(_) => Self::Unreachable(FailReason::BadRedirect),
        }
    }

    /// What they say about an address.
    #[must_use]
    pub fn verdict(&self, url: &PageUrl) -> Verdict {
        match self {
            Self::Rules(rules) => rules.verdict(url.path_and_query()),
            Self::Absent => Verdict::Allowed,
            Self::Unreachable(_) => Verdict::Unreachable,
            Self::NotFetched => Verdict::NotFetched,
        }
    }

    /// See [`RobotsTxt::crawl_delay`].
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        match self {
            Self::Rules(rules) => rules.crawl_delay(),
            _ => None,
        }
    }

    /// See [`RobotsTxt::size`].
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Rules(rules) => rules.size(),
            _ => 0,
        }
    }

    /// The sitemaps that are named, absolute.
    #[must_use]
    pub fn sitemaps(&self, robots_txt: &PageUrl) -> Vec<PageUrl> {
        match self {
            Self::Rules(rules) => {
                rules.sitemaps().iter().filter_map(|named| robots_txt.join(named).ok()).collect()
            }
            _ => Vec::new(),
        }
    }
}
