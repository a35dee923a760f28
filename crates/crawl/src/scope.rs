//! What a website covers: hosts, paths, depth, and patterns that include or exclude.

use std::collections::BTreeSet;
use std::fmt;

use crate::{PageUrl, Pattern, PatternError};

/// Patterns of each kind.
const MAX_PATTERNS: usize = 100;

/// What its owner says of a website.
#[derive(Debug, Clone, Default)]
pub struct ScopeOptions {
    /// Hosts beside those of the start URLs, such as `docs.example.org`; `*.example.org` for all
    /// below one.
    pub extra_hosts: Vec<String>,
    /// The pages' paths begin with this; `/` or nothing for the whole host. `/docs` covers `/docs`
    /// and `/docs/a`, but not `/docserver`. It counts for hosts of the start URLs.
    pub path_prefix: Option<String>,
    /// If there are any, a page has to match one of them. The start URLs need not.
    pub include: Vec<String>,
    /// A page that matches one of them is left out, also if it is included.
    pub exclude: Vec<String>,
    /// Links from a start URL to a page, at most; nothing for no limit.
    pub max_depth: Option<u32>,
}

/// Why options make no scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeError {
    /// No start URL.
    NoStart,
    /// A host that is none.
    Host(String),
    /// A pattern that is none.
    Pattern(String, PatternError),
    /// More than 100 patterns of one kind.
    TooManyPatterns,
    /// The path prefix does not begin with `/`.
    Prefix,
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStart => f.write_str("expected at least one start URL"),
            Self::Host(host) => {
                write!(f, "{host:?}: expected a host such as docs.example.org or *.example.org")
            }
            Self::Pattern(pattern, error) => write!(f, "{pattern:?}: {error}"),
            Self::TooManyPatterns => {
                write!(f, "expected at most {MAX_PATTERNS} patterns of each kind")
            }
            Self::Prefix => f.write_str("expected a path prefix that begins with /, such as /docs"),
        }
    }
}

impl std::error::Error for ScopeError {}

/// Why a page does not belong to a website.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutOfScope {
    /// It is on another host.
    Host,
    /// Its path is outside the prefix.
    Path,
    /// It matches no pattern that includes.
    NotIncluded,
    /// It matches a pattern that excludes.
    Excluded,
    /// It is too many links from a start URL.
    Depth,
}

impl OutOfScope {
    /// Every code, for documentation and translations.
    pub const CODES: &[&str] =
        &["other_host", "other_path", "not_included", "excluded", "too_deep"];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Host => "other_host",
            Self::Path => "other_path",
            Self::NotIncluded => "not_included",
            Self::Excluded => "excluded",
            Self::Depth => "too_deep",
        }
    }
}

/// What a website covers.
#[derive(Debug, Clone)]
pub struct Scope {
    starts: BTreeSet<PageUrl>,
    hosts: BTreeSet<String>,
    extra_hosts: BTreeSet<String>,
    /// With the leading dot.
    domains: Vec<String>,
    /// Without a slash at the end; empty for everything.
    path_prefix: String,
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    max_depth: u32,
}

impl Scope {
    /// The scope of a website with these start URLs.
    ///
    /// # Errors
    /// If a host, a prefix or a pattern is none.
    pub fn new(starts: &[PageUrl], options: &ScopeOptions) -> Result<Self, ScopeError> {
        if starts.is_empty() {
            return Err(ScopeError::NoStart);
        }
        let (mut extra_hosts, mut domains) = (BTreeSet::new(), Vec::new());
        for host in &options.extra_hosts {
            let name = host.trim().trim_start_matches("*.");
            let parsed = url::Host::parse(name).map_err(|_| ScopeError::Host(host.clone()))?;
            match host.trim().strip_prefix("*.") {
                Some(_) => domains.push(format!(".{parsed}")),
                None => {
                    extra_hosts.insert(parsed.to_string());
                }
            }
        }
        let path_prefix = options.path_prefix.as_deref().unwrap_or_default().trim();
        if !path_prefix.is_empty() && !path_prefix.starts_with('/') {
            return Err(ScopeError::Prefix);
        }
        Ok(Self {
            starts: starts.iter().cloned().collect(),
            hosts: starts.iter().map(|start| start.host().to_owned()).collect(),
            extra_hosts,
            domains,
            path_prefix: crate::address::canonical_escapes(path_prefix.trim_end_matches('/')),
            include: patterns(&options.include)?,
            exclude: patterns(&options.exclude)?,
            max_depth: options.max_depth.unwrap_or(u32::MAX),
        })
    }

    /// Whether the page, so many links from a start URL, belongs to the website. The start URLs
    /// themselves do, unless they are excluded.
    ///
    /// # Errors
    /// Why it does not.
    pub fn admit(&self, url: &PageUrl, depth: u32) -> Result<(), OutOfScope> {
        if self.exclude.iter().any(|pattern| pattern.matches(url)) {
            return Err(OutOfScope::Excluded);
        }
        if self.starts.contains(url) {
            return Ok(());
        }
        self.admit_host(url)?;
        if !self.include.is_empty() && !self.include.iter().any(|pattern| pattern.matches(url)) {
            return Err(OutOfScope::NotIncluded);
        }
        if depth > self.max_depth { Err(OutOfScope::Depth) } else { Ok(()) }
    }

    /// As [`Scope::admit`] for a page that is followed for its links only: patterns that include
    /// say what is kept, and a list page that they leave out still leads to what they take.
    ///
    /// # Errors
    /// Why not.
    pub fn admit_for_links(&self, url: &PageUrl, depth: u32) -> Result<(), OutOfScope> {
        match self.admit(url, depth) {
            Err(OutOfScope::NotIncluded) if depth <= self.max_depth => Ok(()),
            other => other,
        }
    }

    fn admit_host(&self, url: &PageUrl) -> Result<(), OutOfScope> {
        let host = url.host();
        if self.hosts.contains(host) {
            let path = url.as_url().path();
            let inside = path.strip_prefix(self.path_prefix.as_str());
            let inside = inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            return if inside { Ok(()) } else { Err(OutOfScope::Path) };
        }
        let is_extra = self.extra_hosts.contains(host)
            || self.domains.iter().any(|domain| host.ends_with(domain));
        if is_extra { Ok(()) } else { Err(OutOfScope::Host) }
    }
}

fn patterns(sources: &[String]) -> Result<Vec<Pattern>, ScopeError> {
    if sources.len() > MAX_PATTERNS {
        return Err(ScopeError::TooManyPatterns);
    }
    let read = |source: &String| {
        Pattern::parse(source).map_err(|error| ScopeError::Pattern(source.clone(), error))
    };
    sources.iter().map(read).collect()
}
