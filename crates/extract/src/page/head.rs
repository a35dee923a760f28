//! What a page says of itself: title, description, dates, language; by elements and by data for
//! machines.

use serde_json::Value;

use super::PageRobots;
use crate::clean;
use crate::html::NodeRef;
use crate::html::scope::{attr, name};

/// Characters of a description.
const MAX_DESCRIPTION: usize = 500;

/// Bytes of one block of JSON-LD that is read, and how deep.
const MAX_JSON: usize = 512 * 1024;
const MAX_JSON_DEPTH: usize = 8;

/// What stands in a page's elements, before it is weighed.
#[derive(Default)]
pub(super) struct Head {
    title: Option<String>,
    og_title: Option<String>,
    h1: Option<String>,
    h1_count: usize,
    site: Option<String>,
    pub(super) description: Option<String>,
    pub(super) language: Option<String>,
    pub(super) published: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) robots: PageRobots,
    pub(super) refresh: Option<String>,
    /// The text of an article, as data for machines.
    pub(super) article_body: Option<String>,
}

impl Head {
    /// Reads the elements of a whole page.
    pub(super) fn of(root: NodeRef<'_>, agent: &str) -> Self {
        let mut head = Self::default();
        let mut time = None;
        for node in root.descendants() {
            match name(&node) {
                Some("meta") => head.meta(&node, agent),
                Some("title") if head.title.is_none() && !is_in(&node, "svg") => {
                    head.title = clean::title(&text(&node));
                }
                Some("h1") => {
                    head.h1_count += 1;
                    head.h1 = head.h1.take().or_else(|| clean::title(&text(&node)));
                }
                Some("html") => {
                    head.language = head.language.take().or_else(|| language(attr(&node, "lang")?))
                }
                Some("time") if time.is_none() => time = attr(&node, "datetime").and_then(date),
                Some("script")
                    if attr(&node, "type").is_some_and(|kind| kind.contains("ld+json")) =>
                {
                    head.data(&text(&node));
                }
                _ => {}
            }
            match attr(&node, "itemprop") {
                Some("datePublished") => set(&mut head.published, stamp(&node)),
                Some("dateModified") => set(&mut head.modified, stamp(&node)),
                _ => {}
            }
        }
        head.published = head.published.or(time);
        head
    }

    fn meta(&mut self, node: &NodeRef<'_>, agent: &str) {
        let content = attr(node, "content").unwrap_or_default().trim();
        if content.is_empty() {
            return;
        }
        if attr(node, "http-equiv").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("refresh"))
        {
            set(&mut self.refresh, Some(content.to_owned()));
        }
        if attr(node, "http-equiv")
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("content-language"))
        {
            set(&mut self.language, language(content));
        }
        let key = attr(node, "property")
            .or_else(|| attr(node, "name"))
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        self.robots.add_meta(&key, content, agent);
        match key.as_str() {
            "og:title" => set(&mut self.og_title, clean::title(content)),
            "og:site_name" => set(&mut self.site, clean::title(content)),
            "description" | "og:description" | "dc.description" => {
                let text: String = clean::flowing(content).chars().take(MAX_DESCRIPTION).collect();
                set(&mut self.description, Some(text).filter(|text| !text.is_empty()));
            }
            "article:published_time"
            | "dc.date.issued"
            | "dcterms.issued"
            | "dcterms.created"
            | "dc.date"
            | "date"
            | "pubdate"
            | "publish-date" => set(&mut self.published, date(content)),
            "article:modified_time"
            | "og:updated_time"
            | "dcterms.modified"
            | "dc.date.modified"
            | "last-modified"
            | "revised" => set(&mut self.modified, date(content)),
            _ => {}
        }
    }

    fn data(&mut self, json: &str) {
        if json.len() <= MAX_JSON
            && let Ok(value) = serde_json::from_str(json.trim())
        {
            self.value(&value, 0);
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if depth > MAX_JSON_DEPTH {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.value(value, depth + 1)),
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str);
                set(&mut self.published, text("datePublished").and_then(date));
                set(&mut self.modified, text("dateModified").and_then(date));
                set(&mut self.article_body, text("articleBody").map(str::to_owned));
                for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                    map.get(key).into_iter().for_each(|value| self.value(value, depth + 1));
                }
            }
            _ => {}
        }
    }

    /// The title of the page, without that of the site: the only heading of level 1 if `<title>`
    /// holds it, else what is given to social networks, else `<title>` without its last part if
    /// that names the site.
    pub(super) fn title(&self) -> Option<String> {
        let Some(title) = &self.title else {
            return self.og_title.clone().or_else(|| self.h1.clone());
        };
        let holds = |part: &str| title.to_lowercase().contains(&part.to_lowercase());
        if let Some(h1) = self
            .h1
            .as_ref()
            .filter(|h1| self.h1_count == 1 && holds(h1) && Some(*h1) != self.site.as_ref())
        {
            return Some(h1.clone());
        }
        if let Some(og) = self.og_title.as_ref().filter(|og| holds(og)) {
            return Some(self.without_site(og));
        }
        Some(self.without_site(title))
    }

    fn without_site(&self, title: &str) -> String {
        let Some(site) = &self.site else { return title.to_owned() };
        for mark in [" | ", " - ", " – ", " — ", " · ", " :: ", " » ", ": "] {
            match title.rsplit_once(mark) {
                Some((before, last)) if last.eq_ignore_ascii_case(site) => {
                    return before.to_owned();
                }
                _ => {}
            }
            match title.split_once(mark) {
                Some((first, after)) if first.eq_ignore_ascii_case(site) => {
                    return after.to_owned();
                }
                _ => {}
            }
        }
        title.to_owned()
    }
}

/// The first one counts.
fn set<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

fn text(node: &NodeRef<'_>) -> String {
    node.descendants().filter_map(|inner| inner.value().as_text()).collect()
}

fn is_in(node: &NodeRef<'_>, tag: &str) -> bool {
    node.ancestors().any(|above| name(&above) == Some(tag))
}

fn stamp(node: &NodeRef<'_>) -> Option<String> {
    attr(node, "datetime").or_else(|| attr(node, "content")).and_then(date)
}

/// A day or a time in ISO 8601; other forms are not guessed.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let day = text.get(..10)?;
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let (month, of_month) =
        (day.get(5..7)?.parse::<u8>().ok()?, day.get(8..10)?.parse::<u8>().ok()?);
    let is_sound = is_day && (1..=12).contains(&month) && (1..=31).contains(&of_month);
    let rest = text.get(10..).unwrap_or_default();
    let is_time = rest.starts_with(['T', 't'])
        && rest.len() <= 25
        && rest.chars().all(|c| c.is_ascii_digit() || "Tt:.+-Zz".contains(c));
    is_sound.then(|| if is_time { text.to_owned() } else { day.to_owned() })
}

/// The primary part of a language tag.
pub(super) fn language(tag: &str) -> Option<String> {
    let primary =
        tag.trim().split(['-', '_', ',', ';', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let is_tag =
        (2..=3).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_lowercase());
    is_tag.then_some(primary)
}
