//! Reads the lines of `robots.txt`.

use std::{collections::HashMap, time::Duration};

use super::rules::Rule;
use super::{MAX_BYTES, RobotsTxt};

/// Bytes of a line that are read: Google's limit, eight times the longest address that browsers
/// take.
const MAX_LINE: usize = 2083 * 8;

/// Rules of one agent: a file with more is not judged, and forbids everything.
const MAX_RULES: usize = 5_000;

/// Sitemaps that are kept.
const MAX_SITEMAPS: usize = 100;

/// The longest pause that is granted.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// Reads the file for the crawler with the product token `agent`: what it says to others is passed
/// over.
pub(super) fn read(bytes: &[u8], agent: &str) -> RobotsTxt {
    let is_cut = bytes.len() > MAX_BYTES;
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let agent = agent.to_ascii_lowercase();
    let (mut own, mut all) = (Rules::default(), Rules::default());
    let mut sitemaps = Vec::new();
    let mut group = Group::default();
    // Further `User-agent` lines belong to a group until it has a rule.
    let mut is_naming = true;
    for (number, line) in (1_u32..).zip(Lines(bytes)) {
        let line = line.get(..MAX_LINE).unwrap_or(line);
        let Some((key, value)) = key_and_value(line) else { continue };
        match key {
            Key::UserAgent => {
                if !is_naming {
                    std::mem::take(&mut group).end(&mut own, &mut all);
                    is_naming = true;
                }
                group.name(&value, &agent);
            }
            Key::Allow | Key::Disallow => {
                is_naming = false;
                let folder = (key == Key::Allow).then(|| folder_of_index(&value)).flatten();
                for pattern in [Some(&value), folder.as_ref()].into_iter().flatten() {
                    let Some(rule) = Rule::new(key == Key::Allow, pattern) else { continue };
                    group.targets(&mut own, &mut all).for_each(|to| to.add(&rule, number));
                }
            }
            Key::CrawlDelay => {
                // It ends no list of agents: it is no rule of the RFC.
                group.crawl_delay = delay(&value).or(group.crawl_delay);
            }
            Key::Sitemap => {
                if sitemaps.len() < MAX_SITEMAPS && !value.is_empty() {
                    sitemaps.push(value);
                }
            }
        }
    }
    group.end(&mut own, &mut all);
    let rules = if own.is_named { own } else { all };
    RobotsTxt { sitemaps, is_cut, ..rules.into_file() }
}

/// The lines between a list of agents and the next one.
#[derive(Default)]
struct Group {
    is_own: bool,
    is_for_all: bool,
    crawl_delay: Option<Duration>,
}

impl Group {
    fn name(&mut self, value: &str, agent: &str) {
        match product_token(value) {
            Some(token) if token == agent => self.is_own = true,
            Some(token) if token == "*" => self.is_for_all = true,
            _ => {}
        }
    }

    fn targets<'a>(
        &self,
        own: &'a mut Rules,
        all: &'a mut Rules,
    ) -> impl Iterator<Item = &'a mut Rules> {
        [(self.is_own, own), (self.is_for_all, all)]
            .into_iter()
            .filter_map(|(counts, rules)| counts.then_some(rules))
    }

    fn end(self, own: &mut Rules, all: &mut Rules) {
        for rules in self.targets(own, all) {
            rules.is_named = true;
            rules.crawl_delay = rules.crawl_delay.max(self.crawl_delay);
        }
    }
}

/// What the groups of one agent say, each rule once.
#[derive(Default)]
struct Rules {
    is_named: bool,
    /// With the line that they stand in first.
    rules: HashMap<Rule, u32>,
    too_many: Option<u32>,
    crawl_delay: Option<Duration>,
}

impl Rules {
    fn add(&mut self, rule: &Rule, line: u32) {
        if self.too_many.is_some() || self.rules.contains_key(rule) {
            return;
        }
        if self.rules.len() >= MAX_RULES {
            self.too_many = Some(line);
            self.rules = HashMap::new();
            return;
        }
        self.rules.insert(rule.clone(), line);
    }

    fn into_file(self) -> RobotsTxt {
        let mut rules: Vec<(Rule, u32)> = self.rules.into_iter().collect();
        rules.sort_unstable_by_key(|(_, line)| *line);
        rules.shrink_to_fit();
        RobotsTxt {
            rules,
            too_many: self.too_many,
            crawl_delay: self.crawl_delay,
            ..RobotsTxt::default()
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    UserAgent,
    Allow,
    Disallow,
    CrawlDelay,
    Sitemap,
}

/// The key and value of a line. As Google's parser, it takes usual misspellings, and a blank
/// instead of the colon.
fn key_and_value(line: &[u8]) -> Option<(Key, String)> {
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim();
    let (key, value) = match line.split_once(':') {
        Some(parts) => parts,
        None => {
            let mut words = line.split_whitespace();
            let parts = (words.next()?, words.next()?);
            // Three words are a sentence, not a rule.
            words.next().is_none().then_some(parts)?
        }
    };
    let key = match key.trim().to_ascii_lowercase().as_str() {
        "user-agent" | "useragent" | "user agent" => Key::UserAgent,
        "allow" => Key::Allow,
        "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => {
            Key::Disallow
        }
        "crawl-delay" | "crawldelay" | "crawl delay" => Key::CrawlDelay,
        "sitemap" | "site-map" => Key::Sitemap,
        _ => return None,
    };
    Some((key, value.trim().to_owned()))
}

/// The product token that a `User-agent` line begins with, in lower case: what follows, such as a
/// version, says nothing.
fn product_token(value: &str) -> Option<String> {
    if value.starts_with('*') && value.chars().nth(1).is_none_or(char::is_whitespace) {
        return Some("*".to_owned());
    }
    let end = value
        .find(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '-' | '_'))
        .unwrap_or(value.len());
    let token = value.get(..end).unwrap_or_default();
    (!token.is_empty()).then(|| token.to_ascii_lowercase())
}

/// The folder, and nothing below it, that an index page stands for: Google allows it with the page.
fn folder_of_index(pattern: &str) -> Option<String> {
    let (folder, page) = pattern.rsplit_once('/')?;
    page.starts_with("index.htm").then(|| format!("{folder}/$"))
}

/// Seconds, perhaps with a fraction; at most [`LONGEST_DELAY`].
fn delay(value: &str) -> Option<Duration> {
    let seconds: f64 = value.split_whitespace().next()?.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0)
        .then(|| Duration::from_secs_f64(seconds.min(LONGEST_DELAY.as_secs_f64())))
}

/// Lines that end with CR, LF or CRLF.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let Some(at) = memchr::memchr2(b'\r', b'\n', self.0) else {
            return Some(std::mem::take(&mut self.0));
        };
        let (line, rest) = self.0.split_at(at);
        self.0 = rest.strip_prefix(b"\r\n").unwrap_or_else(|| rest.get(1..).unwrap_or_default());
        Some(line)
    }
}
