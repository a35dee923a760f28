//! Reads the lines of `robots.txt`.

use std::time::Duration;

use super::rules::Rule;
use super::{Group, MAX_BYTES, RobotsTxt};

/// Bytes of a line that are read: Google's limit, eight times the longest address that browsers
/// take.
const MAX_LINE: usize = 2083 * 8;

/// Sitemaps that are kept.
const MAX_SITEMAPS: usize = 100;

/// The longest pause that is granted.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

pub(super) fn read(bytes: &[u8]) -> RobotsTxt {
    let mut file = RobotsTxt { is_cut: bytes.len() > MAX_BYTES, ..RobotsTxt::default() };
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut group = Group::default();
    // Further `User-agent` lines belong to a group until it has a rule.
    let mut is_naming = true;
    let mut number = 0_u32;
    for line in Lines(bytes) {
        number += 1;
        let line = line.get(..MAX_LINE).unwrap_or(line);
        let Some((key, value)) = key_and_value(line) else { continue };
        match key {
            Key::UserAgent => {
                if !is_naming {
                    file.groups.push(std::mem::take(&mut group));
                    is_naming = true;
                }
                group.agents.extend(product_token(&value));
            }
            Key::Allow | Key::Disallow => {
                is_naming = false;
                group.rules.extend(Rule::new(key == Key::Allow, &value, number));
                if key == Key::Allow {
                    group.rules.extend(
                        folder_of_index(&value).and_then(|folder| Rule::new(true, &folder, number)),
                    );
                }
            }
            Key::CrawlDelay => {
                // It ends no list of agents: it is no rule of the RFC.
                group.crawl_delay = delay(&value).or(group.crawl_delay);
            }
            Key::Sitemap => {
                if file.sitemaps.len() < MAX_SITEMAPS && !value.is_empty() {
                    file.sitemaps.push(value);
                }
            }
        }
    }
    file.groups.push(group);
    file.groups.retain(|group| !group.agents.is_empty());
    file
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
