//! A page of the web as a crawler needs it: what it says of itself, where it leads, and its main
//! content.
//!
//! The worker runs this in the sandbox: `extractor FILENAME TYPE page REQUEST`, with the page on
//! standard input and one line of JSON on standard output: a [`PageEvent`].

mod boilerplate;
mod choose;
mod elements;
mod furniture;
mod head;
mod links;
mod outline;
mod quality;
mod robots;
mod script;
mod types;
mod write;

pub use boilerplate::{Boilerplate, BoilerplateOptions};
pub use types::{
    ContentBlock, Method, PageCut, PageEvent, PageLink, PageRequest, PageRobots, Refresh, WebPage,
};

use url::Url;

use crate::failure::{Code, Failure};
use crate::html::{NodeRef, scope, tree};
use crate::{charset, language};
use head::Head;
use outline::Outline;

/// Words of main content that a page for signing in has at most.
const SIGN_IN_WORDS: u32 = 80;

/// Reads a page.
///
/// # Errors
/// `empty_file`, or `broken_file` if it nests too deep or has too many elements.
pub fn read_page(bytes: &[u8], request: &PageRequest) -> Result<WebPage, Failure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::new(Code::EmptyFile, "The page is empty."));
    }
    let url = Url::parse(&request.url).map_err(|_| {
        Failure::broken(format!("Expected the page's own address, and got {:?}.", request.url))
    })?;
    let text = charset::read(bytes, named_charset(bytes, request).as_deref()).text;
    let parsed = tree::document(&text)?;
    drop(text);
    let root = parsed.tree.root();
    let base = links::base(root, &url);
    let mut head = Head::of(root, &request.agent);
    for header in &request.robots_tags {
        head.robots.add_header(header, &request.agent);
    }
    let (links, are_cut) = links::of(root, &base);
    let scope = scope::Scope::of(&parsed.tree);
    let (mut page, sample) = content(root, &scope, &head);
    page.links = links;
    page.cut.extend(are_cut.then_some(PageCut::Links));
    page.canonical = links::canonical(root, &request.link, &base, &url);
    page.refresh = match &head.refresh {
        Some(content) => links::refresh(content, &base),
        None => request.refresh.as_deref().and_then(|header| links::refresh(header, &url)),
    };
    page.fingerprint =
        quality::fingerprint(page.title.as_deref().unwrap_or_default(), &sample, &request.url);
    page.language = head
        .language
        .or_else(|| request.content_language.as_deref().and_then(head::language))
        .or_else(|| language::of(&sample));
    page.description = head.description;
    page.published = head.published;
    page.modified = head.modified;
    page.robots = head.robots;
    Ok(page)
}

/// Title and main content, and the beginning of its plain text.
fn content(root: NodeRef<'_>, scope: &scope::Scope, head: &Head) -> (WebPage, String) {
    let body = root.descendants().find(|node| scope::name(node) == Some("body")).unwrap_or(root);
    let mut outline = Outline::of(body, scope);
    let shown = outline.all(0);
    furniture::drop(&mut outline);
    let (at, mut method) = choose::root(&outline);
    choose::prune(&mut outline, at);
    let written = write::write(&outline, at, scope);
    let mut blocks = written.blocks;
    let words = |blocks: &[ContentBlock]| {
        blocks.iter().fold(0_u32, |sum, block| sum.saturating_add(block.words))
    };
    let needs_javascript = script::is_needed(root, words(&blocks));
    if needs_javascript && let Some(found) = script::fallback(root, head.article_body.as_deref()) {
        (blocks, method) = (found, Method::Data);
    }
    // A box for signing in beside the content is on every page of some sites.
    let is_aside = |node: &NodeRef<'_>| {
        node.ancestors().any(|above| {
            matches!(scope::name(&above), Some("header" | "nav" | "aside" | "footer" | "dialog"))
        })
    };
    let asks_password = |node: NodeRef<'_>| {
        scope::name(&node) == Some("input")
            && scope::attr(&node, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
            && !is_aside(&node)
    };
    let wants_sign_in = words(&blocks) < SIGN_IN_WORDS && root.descendants().any(asks_password);
    let has_heading = blocks.iter().any(|block| block.html.starts_with("<h1"));
    let quality = quality::score(words(&blocks), outline.all(at), shown, method, has_heading);
    let page = WebPage {
        title: head.title(),
        cut: written.is_cut.then_some(PageCut::Content).into_iter().collect(),
        blocks,
        method,
        quality: if needs_javascript { quality.min(0.3) } else { quality },
        needs_javascript,
        wants_sign_in,
        ..WebPage::default()
    };
    (page, written.sample)
}

/// The character set as the header names it, else as the page does. A header that claims a set of
/// bytes is believed; one that claims UTF-8 says nothing that the bytes do not show by themselves,
/// so that the page's own word counts then.
fn named_charset(bytes: &[u8], request: &PageRequest) -> Option<String> {
    let parameters = request.content_type.as_deref().unwrap_or_default().split(';').skip(1);
    let named = parameters.filter_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (key.trim().eq_ignore_ascii_case("charset") && !value.is_empty())
            .then(|| value.to_ascii_lowercase())
    });
    let named = named.filter(|named| !matches!(named.as_str(), "utf-8" | "utf8")).last();
    named.or_else(|| charset::declared(bytes))
}

/// The set for a site whose boilerplate is not known: no block is dropped.
#[must_use]
pub fn nothing_dropped() -> std::collections::HashSet<String> {
    std::collections::HashSet::new()
}
