//! What is asked of the page reader, and what it answers.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Failure;

/// What the reader is given beside the bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// The address that answered, after redirects; links count against it.
    pub url: String,
    /// The header `Content-Type`.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The headers `X-Robots-Tag`, in their order.
    #[serde(default)]
    pub robots_tags: Vec<String>,
    /// The headers `Link`, in their order.
    #[serde(default)]
    pub link: Vec<String>,
    /// The header `Content-Language`.
    #[serde(default)]
    pub content_language: Option<String>,
    /// The header `Refresh`.
    #[serde(default)]
    pub refresh: Option<String>,
    /// The crawler's product token: what pages say to it goes before what they say to all robots.
    #[serde(default)]
    pub agent: String,
}

/// The one line that the command writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PageEvent {
    /// The page was read.
    WebPage(Box<WebPage>),
    /// It can't be read.
    Failed(Failure),
}

/// A page that was read. All addresses are absolute and have no fragment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WebPage {
    /// `og:title`, `<title>` without the site's name, or the first heading; at most 300 characters.
    pub title: Option<String>,
    /// The language as the page says, or as its main text looks; `en`, `sv`.
    pub language: Option<String>,
    /// When it was published, as the page says: ISO 8601, a day or a time.
    pub published: Option<String>,
    /// When it was changed, as the page says: ISO 8601, a day or a time.
    pub modified: Option<String>,
    /// Its own summary; at most 500 characters.
    pub description: Option<String>,
    /// `rel=canonical`, if it names another address than the one that answered.
    pub canonical: Option<String>,
    /// What it says to robots.
    pub robots: PageRobots,
    /// Where it sends its visitors, if it does.
    pub refresh: Option<Refresh>,
    /// The links of the whole page, in its order, each address once.
    pub links: Vec<PageLink>,
    /// The main content, block by block; see [`WebPage::html`].
    pub blocks: Vec<ContentBlock>,
    /// How the main content was found.
    pub method: Method,
    /// How likely the main content is right and whole, from 0 to 1; under 0.4 an owner should look
    /// at it.
    pub quality: f32,
    /// Whether the page seems to be put together by a script: little text, and what such pages
    /// have.
    pub needs_javascript: bool,
    /// Whether it mostly asks for a password: after a redirect, a page for signing in and not what
    /// was asked for.
    pub wants_sign_in: bool,
    /// Equal for pages with the same title and the same words in the same order, numbers and
    /// addresses left out: compared with that of an address that does not exist, it shows a page
    /// that says so with status 200.
    pub fingerprint: String,
    /// What was left out because there was too much of it.
    pub cut: Vec<PageCut>,
}

/// A block of the main content: a heading, a paragraph, a list, a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentBlock {
    /// A hash of its kind and its words, as 32 hexadecimal digits; equal on all pages that have the
    /// block.
    pub hash: String,
    /// Clean HTML, well-formed by itself: no scripts, styles, classes, handlers, pictures or forms.
    pub html: String,
    /// Words of its text.
    pub words: u32,
}

/// What a page says to robots, by `<meta>` and by headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRobots {
    /// It must not be kept.
    pub noindex: bool,
    /// Its links must not be followed.
    pub nofollow: bool,
    /// After the first of these it must not be kept, as they are written: dates in many forms.
    pub unavailable_after: Vec<String>,
}

/// Where a page sends its visitors, and after how many seconds. 0 is a redirect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// Seconds.
    pub seconds: u32,
    /// The address.
    pub url: String,
}

/// A link of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    /// The address.
    pub url: String,
    /// `rel=nofollow`, `ugc` or `sponsored`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nofollow: bool,
}

/// How the main content was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The part with most text for its links.
    Scored,
    /// What the page marks as `<main>` or `<article>`.
    Marked,
    /// Everything but menus, headers, footers and notices.
    #[default]
    Body,
    /// Data for scripts (JSON-LD), as the page itself shows nothing.
    Data,
}

/// What there was too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageCut {
    /// Links.
    Links,
    /// Main content.
    Content,
}

impl WebPage {
    /// The main content as a whole HTML document, without the blocks whose hashes are in `dropped`:
    /// what is stored, and read by the ordinary HTML reader. Pure text work, safe outside the
    /// sandbox.
    #[must_use]
    pub fn html(&self, dropped: &HashSet<String>) -> String {
        let mut out = String::from("<!DOCTYPE html>\n<html");
        if let Some(language) = &self.language {
            out.push_str(" lang=\"");
            escape(language, &mut out);
            out.push('"');
        }
        out.push_str("><head><meta charset=\"utf-8\"><title>");
        escape(self.title.as_deref().unwrap_or_default(), &mut out);
        out.push_str("</title></head><body><main>\n");
        for block in self.blocks.iter().filter(|block| !dropped.contains(&block.hash)) {
            out.push_str(&block.html);
            out.push('\n');
        }
        out.push_str("</main></body></html>\n");
        out
    }

    /// The hash of the extracted text, as 64 hexadecimal digits: title, and all blocks that are not
    /// dropped, in order. What decides whether a page has changed.
    #[must_use]
    pub fn text_hash(&self, dropped: &HashSet<String>) -> String {
        let mut hash = Sha256::new();
        hash.update(self.title.as_deref().unwrap_or_default());
        for block in self.blocks.iter().filter(|block| !dropped.contains(&block.hash)) {
            hash.update([0]);
            hash.update(&block.hash);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Words of the main content without the dropped blocks.
    #[must_use]
    pub fn words(&self, dropped: &HashSet<String>) -> u32 {
        self.blocks
            .iter()
            .filter(|block| !dropped.contains(&block.hash))
            .fold(0, |words, block| words.saturating_add(block.words))
    }
}

/// Text as it stands in HTML, in elements and in quoted attributes.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
