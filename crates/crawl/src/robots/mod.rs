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
}

impl Verdict {
    /// Whether the address may be fetched.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Self::Allowed
    }
}

/// A `robots.txt` that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RobotsTxt {
    groups: Vec<Group>,
    sitemaps: Vec<String>,
    /// Whether the file is longer than what was read.
    pub is_cut: bool,
}

/// Rules for some agents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    /// Product tokens in lower case; `*` for all others.
    agents: Vec<String>,
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

impl RobotsTxt {
    /// Reads the file. Every sequence of bytes is one: lines that make no sense are passed over.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        parse::read(bytes)
    }

    /// What the file says to the crawler with the product token `agent` about `path`, a path with
    /// its query. Groups for the same token count as one; without one, those for `*` count; without
    /// any, everything is allowed. The longest rule that matches decides, and if two are equally
    /// long, the one that allows.
    #[must_use]
    pub fn verdict(&self, agent: &str, path: &str) -> Verdict {
        let path = rules::path(path);
        if path == "/robots.txt" {
            return Verdict::Allowed;
        }
        let rules = self.groups_for(agent).flat_map(|group| &group.rules);
        let best = rules
            .filter(|rule| rule.matches(&path))
            .max_by_key(|rule| (rule.length(), rule.allows));
        match best {
            Some(rule) if !rule.allows => Verdict::Disallowed { line: rule.line },
            _ => Verdict::Allowed,
        }
    }

    /// The pause between two requests that the file asks of this agent; at most 30 s are granted.
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        self.groups_for(agent).filter_map(|group| group.crawl_delay).max()
    }

    /// The sitemaps that the file names, as they are written there: absolute addresses, if it is
    /// right.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    fn groups_for(&self, agent: &str) -> impl Iterator<Item = &Group> {
        let agent = agent.to_ascii_lowercase();
        let is_named = self.groups.iter().any(|group| group.agents.contains(&agent));
        let wanted = if is_named { agent } else { "*".to_owned() };
        self.groups.iter().filter(move |group| group.agents.contains(&wanted))
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
}

impl Robots {
    /// What the outcome of fetching `/robots.txt` means (RFC 9309, 2.3.1). It counts for the origin
    /// that was asked, wherever redirects led.
    #[must_use]
    pub fn from_outcome(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Page(page) => Self::Rules(RobotsTxt::parse(&page.body)),
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

    /// What they say to this agent about an address.
    #[must_use]
    pub fn verdict(&self, agent: &str, url: &PageUrl) -> Verdict {
        match self {
            Self::Rules(rules) => rules.verdict(agent, url.path_and_query()),
            Self::Absent => Verdict::Allowed,
            Self::Unreachable(_) => Verdict::Unreachable,
        }
    }

    /// See [`RobotsTxt::crawl_delay`].
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        match self {
            Self::Rules(rules) => rules.crawl_delay(agent),
            _ => None,
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
