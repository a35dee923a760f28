//! Pages that a script puts together: how they look without it, and what they say nevertheless.

use super::outline::{Outline, words};
use super::{ContentBlock, write};
use crate::html::NodeRef;
use crate::html::scope::{Scope, attr, name};
use crate::html::tree;

/// Words that a page has at most that shows nothing without its script.
const FEW: u32 = 40;

/// Words from which on data for machines is worth keeping.
const WORTH: u32 = 30;

/// Ids of the element that a script fills.
const MOUNTS: &[&str] = &[
    "root",
    "app",
    "__next",
    "__nuxt",
    "gatsby",
    "___gatsby",
    "svelte",
    "main-app",
    "ember-app",
    "q-app",
    "react-root",
];

/// Whether the page, which shows so many words, seems to need its script.
pub(super) fn is_needed(root: NodeRef<'_>, shown: u32) -> bool {
    if shown > FEW {
        return false;
    }
    let (mut scripts, mut has_mount, mut asks) = (0, false, false);
    for node in root.descendants() {
        match name(&node) {
            Some("script") if attr(&node, "type").is_none_or(|kind| !kind.contains("json")) => {
                scripts += 1
            }
            Some("noscript") => asks |= says_script(&node),
            Some(tag) => {
                let is_mount = attr(&node, "id").is_some_and(|id| MOUNTS.contains(&id))
                    || tag.starts_with("app-");
                has_mount |= is_mount;
            }
            None => {}
        }
    }
    let shows_request = shown > 0
        && root.descendants().any(|node| name(&node) == Some("body") && says_script(&node));
    scripts > 0 && (has_mount || asks || shows_request)
}

fn says_script(node: &NodeRef<'_>) -> bool {
    let text: String =
        node.descendants().filter_map(|inner| inner.value().as_text()).take(500).collect();
    text.to_lowercase().contains("javascript")
}

/// What the page says to clients without scripts, or to machines, if that is worth keeping.
pub(super) fn fallback(root: NodeRef<'_>, article_body: Option<&str>) -> Option<Vec<ContentBlock>> {
    if let Some(body) = article_body.filter(|body| words(body) >= WORTH) {
        let mut html = String::new();
        for paragraph in body.split('\n').map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            html.push_str("<p>");
            super::types::escape(paragraph, &mut html);
            html.push_str("</p>");
        }
        return blocks(&html);
    }
    let texts = root.descendants().filter(|node| name(node) == Some("noscript"));
    let html: String = texts
        .flat_map(|node| node.descendants())
        .filter_map(|node| node.value().as_text())
        .collect();
    blocks(&html).filter(|blocks| blocks.iter().map(|block| block.words).sum::<u32>() >= WORTH)
}

fn blocks(html: &str) -> Option<Vec<ContentBlock>> {
    let parsed = tree::fragment(html).ok()?;
    let scope = Scope::of(&parsed.tree);
    let outline = Outline::of(parsed.tree.root(), &scope);
    Some(write::write(&outline, 0, &scope).blocks)
}
