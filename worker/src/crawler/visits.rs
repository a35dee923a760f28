//! From a response to what is stored of it.

use std::collections::HashSet;

use bytes::Bytes;
use crawl::{Page, PageHeaders, PageUrl};
use extract::page::{PageRequest, WebPage};
use queue::Failure;
use sha2::{Digest, Sha256};
use websites::{
    Outcome,
    crawling::{Content, Doubt, Finding, Visit, WaitingUrl},
};

/// Characters of a file name.
const LONGEST_NAME: usize = 200;
/// Links of a page that are kept for a run in which it is not modified.
const KEPT_LINKS: usize = 1_000;
/// Endings of what no reader takes.
const NEVER: [&str; 42] = [
    "jpg", "jpeg", "png", "gif", "webp", "svg", "ico", "bmp", "tif", "tiff", "avif", "mp3", "mp4",
    "m4a", "m4v", "wav", "ogg", "webm", "avi", "mov", "mkv", "css", "js", "mjs", "json", "map",
    "woff", "woff2", "ttf", "otf", "eot", "zip", "gz", "tar", "7z", "rar", "exe", "dmg", "iso",
    "apk", "msi", "wasm",
];
/// Endings of files that uploads take.
const FILES: [&str; 11] =
    ["pdf", "docx", "dotx", "pptx", "pptm", "md", "txt", "csv", "tsv", "eml", "doc"];

/// What the last part of a path says of the thing behind it.
pub(super) fn is_wanted(url: &PageUrl, files: bool) -> bool {
    let last =
        url.as_url().path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let Some((_, ending)) = last.rsplit_once('.') else { return true };
    let ending = ending.to_ascii_lowercase();
    !NEVER.contains(&ending.as_str()) && (files || !FILES.contains(&ending.as_str()))
}

/// A page that was fetched and read.
pub(super) struct ReadPage {
    pub(super) waiting: WaitingUrl,
    pub(super) final_url: PageUrl,
    pub(super) status: u16,
    pub(super) headers: PageHeaders,
    pub(super) bytes: u64,
    pub(super) is_rendered: bool,
    /// Links within the website, in their order.
    pub(super) outlinks: Vec<String>,
    /// Why it may be something else than the page.
    pub(super) doubt: Option<Doubt>,
    pub(super) page: WebPage,
}

/// What the page reader is asked.
pub(super) fn request(url: &PageUrl, headers: &PageHeaders, agent: &str) -> PageRequest {
    PageRequest {
        url: url.as_str().to_owned(),
        content_type: headers.content_type.clone(),
        robots_tags: headers.robots_tags.clone(),
        link: headers.link.clone(),
        content_language: headers.content_language.clone(),
        refresh: headers.refresh.clone(),
        agent: agent.to_owned(),
    }
}

/// A visit of which nothing more is known.
pub(super) fn bare(waiting: &WaitingUrl, found: Finding) -> Visit {
    Visit {
        url: waiting.url.clone(),
        page_url: waiting.url.clone(),
        depth: waiting.depth,
        status_code: None,
        etag: None,
        last_modified: None,
        title: None,
        language: None,
        published: None,
        modified: None,
        unavailable_after: None,
        lastmod: waiting.lastmod,
        quality: None,
        outlinks: Vec::new(),
        found,
        bytes: 0,
        is_rendered: false,
        doubt: None,
    }
}

/// A URL that leads to what asks for a password.
pub(super) fn sign_in(waiting: &WaitingUrl) -> Visit {
    let failure = super::failures::sign_in();
    Visit {
        doubt: Some(Doubt::SignIn(failure.clone())),
        ..nothing(waiting, Outcome::Skipped, Some(failure))
    }
}

pub(super) fn nothing(waiting: &WaitingUrl, outcome: Outcome, failure: Option<Failure>) -> Visit {
    bare(waiting, Finding::Nothing(outcome, failure))
}

/// A file as it is.
pub(super) fn file(waiting: &WaitingUrl, page: &Page) -> Visit {
    let Page { final_url: url, status, headers, body, .. } = page;
    let sha256 = Sha256::digest(body).to_vec();
    let media_type = headers
        .content_type
        .as_deref()
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    let content = Content {
        bytes: body.clone(),
        hash: kernel::hex::encode(&sha256),
        sha256,
        media_type: if media_type.is_empty() { "application/octet-stream" } else { media_type }
            .to_owned(),
        filename: name(url, ""),
    };
    Visit {
        page_url: url.as_str().to_owned(),
        status_code: Some(*status),
        etag: headers.validators.etag.clone(),
        last_modified: headers.validators.last_modified.clone(),
        title: Some(name(url, "")),
        bytes: body.len() as u64,
        ..bare(waiting, Finding::Content(content))
    }
}

/// A page's main content, without blocks that stand on most pages of the website.
pub(super) fn page(read: &ReadPage, dropped: &HashSet<String>) -> Visit {
    let found = if read.page.words(dropped) == 0 {
        let (code, detail) = if read.page.needs_javascript {
            ("needs_javascript", "it has no text without its scripts")
        } else {
            ("no_text", "it has no text")
        };
        Finding::Nothing(Outcome::Empty, Some(super::failures::failure(code, detail)))
    } else {
        let bytes = Bytes::from(read.page.html(dropped));
        Finding::Content(Content {
            sha256: Sha256::digest(&bytes).to_vec(),
            bytes,
            hash: read.page.text_hash(dropped),
            media_type: "text/html".to_owned(),
            filename: name(&read.final_url, ".html"),
        })
    };
    Visit {
        page_url: read.final_url.as_str().to_owned(),
        status_code: Some(read.status),
        etag: read.headers.validators.etag.clone(),
        last_modified: read.headers.validators.last_modified.clone(),
        title: read.page.title.clone(),
        language: read.page.language.clone(),
        published: read.page.published.clone(),
        modified: read.page.modified.clone(),
        unavailable_after: super::indexing::unavailable_after(&read.page.robots),
        quality: Some(read.page.quality),
        outlinks: read.outlinks.iter().take(KEPT_LINKS).cloned().collect(),
        bytes: read.bytes,
        is_rendered: read.is_rendered,
        doubt: read.doubt.clone(),
        ..bare(&read.waiting, found)
    }
}

/// A page that is no content, with what is known of it.
pub(super) fn not_taken(read: &ReadPage, outcome: Outcome, failure: Option<Failure>) -> Visit {
    Visit {
        page_url: read.final_url.as_str().to_owned(),
        status_code: Some(read.status),
        title: read.page.title.clone(),
        unavailable_after: super::indexing::unavailable_after(&read.page.robots),
        bytes: read.bytes,
        doubt: read.doubt.clone(),
        ..nothing(&read.waiting, outcome, failure)
    }
}

/// A file name from a URL.
fn name(url: &PageUrl, ending: &str) -> String {
    let path = url.as_url().path().trim_matches('/');
    let last =
        path.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or_else(|| url.host());
    let clean: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    if ending.is_empty() || clean.ends_with(ending) { clean } else { format!("{clean}{ending}") }
}
