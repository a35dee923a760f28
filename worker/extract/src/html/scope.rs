//! Which part of a web page is its content.

use ego_tree::Tree;
use ego_tree::iter::Edge;

use super::NodeRef;
use super::tree::Node;
use crate::{Failure, limits};

/// Elements whose content a reader of the page never sees as text.
const UNSEEN: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "canvas", "audio", "video",
    "head", "select", "datalist", "textarea", "button", "input", "dialog",
];

/// Elements that frame the content.
const FRAME: &[&str] = &["nav", "footer", "aside", "menu"];

/// The same by ARIA role.
const FRAME_ROLES: &[&str] = &["navigation", "contentinfo", "complementary", "search", "menu", "menubar", "dialog"];

/// Letters a marked main part must hold to be believed.
const LEAST: usize = 80;

pub(super) fn name<'a>(node: &NodeRef<'a>) -> Option<&'a str> {
    node.value().name()
}

pub(super) fn attr<'a>(node: &NodeRef<'a>, name: &str) -> Option<&'a str> {
    node.value().attr(name)
}

/// The page's `main`, or its only `article`, where it holds text; else all of it.
pub(super) fn main_content(page: &Tree<Node>) -> NodeRef<'_> {
    let root = page.root();
    let is_main = |node: &NodeRef<'_>| name(node) == Some("main") || attr(node, "role") == Some("main");
    let main = root.descendants().find(is_main);
    let mut articles = root.descendants().filter(|node| name(node) == Some("article"));
    let article = articles.next().filter(|_| articles.next().is_none());
    main.into_iter().chain(article).find(|node| letters(node) >= LEAST).unwrap_or(root)
}

fn letters(node: &NodeRef<'_>) -> usize {
    let texts = node.descendants().filter_map(|node| node.value().as_text().map(|text| text.trim().len()));
    texts.sum()
}

/// True for an element that is to be left out with all it holds.
pub(super) fn is_skipped(node: &NodeRef<'_>) -> bool {
    let Some(name) = name(node) else { return false };
    if UNSEEN.contains(&name) || FRAME.contains(&name) {
        return true;
    }
    if name == "header" {
        // A site's banner; a header that holds the page's heading is content.
        return !node.descendants().any(|inner| matches!(self::name(&inner), Some("h1" | "h2")));
    }
    let hidden = attr(node, "hidden").is_some() || attr(node, "aria-hidden") == Some("true");
    hidden || attr(node, "role").is_some_and(|role| FRAME_ROLES.contains(&role))
}

/// Elements thousands deep are an attack or a fault; a reader of them would also be.
pub(super) fn refuse_depth(page: &Tree<Node>) -> Result<(), Failure> {
    let mut depth = 0_usize;
    for edge in page.root().traverse() {
        match edge {
            Edge::Open(_) => depth += 1,
            Edge::Close(_) => depth = depth.saturating_sub(1),
        }
        if depth > limits::MAX_DEPTH {
            let detail = format!("The page nests its elements more than {} deep.", limits::MAX_DEPTH);
            return Err(Failure::broken(detail));
        }
    }
    Ok(())
}
