//! What a reader of the page sees as its content, and what only frames it or is hidden.

use std::collections::HashSet;

use ego_tree::{NodeId, Tree};

use super::NodeRef;
use super::style::Sheet;
use super::tree::Node;
use crate::warning::{WarningKind, Warnings};

/// Elements that are no text of the page.
pub(crate) const UNSEEN: &[&str] =
    &["script", "style", "noscript", "template", "head", "datalist", "meta", "link", "base"];

/// Elements that show something from elsewhere, which is never fetched.
pub(crate) const FOREIGN: &[&str] =
    &["iframe", "object", "embed", "canvas", "audio", "video", "applet", "frame"];

/// Elements that lead to other pages, and the same by ARIA role.
const NAVIGATION: &[&str] = &["nav"];
const NAVIGATION_ROLES: &[&str] = &["navigation", "search", "menu", "menubar", "toolbar"];

/// The content of the page that `main` elements hold at least, as a share of all: a hundredth part
/// times this.
const MAIN_SHARE: usize = 30;

/// Letters a marked main part must hold to be believed.
const LEAST: usize = 80;

pub(crate) fn name<'a>(node: &NodeRef<'a>) -> Option<&'a str> {
    node.value().name()
}

pub(crate) fn attr<'a>(node: &NodeRef<'a>, name: &str) -> Option<&'a str> {
    node.value().attr(name)
}

/// What is known of a page before it is read.
#[derive(Default)]
pub(crate) struct Scope {
    sheet: Sheet,
    /// Ids of parts that open when their button or tab is chosen.
    opened: HashSet<String>,
    /// The main parts and all that they stand in, where the page has main parts.
    main: HashSet<NodeId>,
    around_main: HashSet<NodeId>,
}

impl Scope {
    pub(crate) fn of(page: &Tree<Node>) -> Self {
        let mut scope = Self::default();
        let (mut main, mut articles) = (Vec::new(), Vec::new());
        for node in page.root().descendants() {
            match name(&node) {
                Some("style") => {
                    node.children()
                        .filter_map(|child| child.value().as_text())
                        .for_each(|text| scope.sheet.add(text));
                }
                Some("main") => main.push(node),
                Some("article") => articles.push(node),
                Some(_) if attr(&node, "role") == Some("main") => main.push(node),
                _ => {}
            }
            // A tab is a link to the part that it opens.
            let is_tab = matches!(attr(&node, "role"), Some("tab" | "button"));
            let targets = ["aria-controls", "data-target", "data-bs-target", "href"];
            for target in targets.into_iter().filter(|target| *target != "href" || is_tab) {
                let ids = attr(&node, target).unwrap_or_default().split_whitespace();
                scope.opened.extend(ids.map(|id| id.trim_start_matches('#').to_owned()));
            }
        }
        let least = |share: usize| LEAST.max(letters(&page.root()) * share / 100);
        let held = |nodes: &[NodeRef<'_>]| nodes.iter().map(letters).sum::<usize>();
        // An article is the main part only where it is nearly all there is; a card is not.
        let articles =
            if articles.len() == 1 && held(&articles) >= least(70) { articles } else { Vec::new() };
        let main =
            if !main.is_empty() && held(&main) >= least(MAIN_SHARE) { main } else { articles };
        for node in main {
            scope.around_main.extend(node.ancestors().map(|ancestor| ancestor.id()));
            scope.main.insert(node.id());
        }
        scope
    }

    /// True for an element that is left out with all it holds; what is lost thereby is counted.
    pub(crate) fn passes_over(&self, node: &NodeRef<'_>, lost: &mut Warnings) -> bool {
        let Some(name) = name(node) else { return false };
        if UNSEEN.contains(&name) {
            return true;
        }
        if FOREIGN.contains(&name) {
            lost.add(WarningKind::SkippedParts, None, 1);
            return true;
        }
        if self.is_form_field(name, node) {
            lost.add(WarningKind::UnreadFormFields, None, 1);
            return true;
        }
        if matches!(name, "input") || is_drawing(name, node) {
            return true;
        }
        if self.is_hidden(name, node) {
            lost.add(WarningKind::HiddenText, None, characters(node));
            return true;
        }
        if self.is_frame(name, node) {
            lost.add(WarningKind::SkippedNavigation, None, characters(node));
            return true;
        }
        false
    }

    fn is_form_field(&self, name: &str, node: &NodeRef<'_>) -> bool {
        // The button that sends a form says nothing of its content.
        matches!(name, "select" | "textarea")
            || (name == "button" && matches!(attr(node, "type"), Some("submit" | "reset")))
    }

    /// True if styles or attributes hide the element, and no button of the page shows it.
    pub(crate) fn is_hidden(&self, name: &str, node: &NodeRef<'_>) -> bool {
        let by_attribute = attr(node, "hidden").is_some_and(|value| value != "until-found");
        let is_closed = name == "dialog" && attr(node, "open").is_none();
        (by_attribute || is_closed || self.sheet.hides(node)) && !self.can_be_opened(node)
    }

    /// Answers under the questions of an accordion, and the parts behind tabs, are there to be
    /// read.
    fn can_be_opened(&self, node: &NodeRef<'_>) -> bool {
        let named = attr(node, "id").is_some_and(|id| self.opened.contains(id));
        let is_button = |node: &NodeRef<'_>| {
            matches!(name(node), Some("button" | "summary")) || attr(node, "role") == Some("button")
        };
        let before = node.prev_siblings().find(|sibling| name(sibling).is_some());
        let after_button = before.is_some_and(|before| {
            is_button(&before) || before.children().any(|inner| is_button(&inner))
        });
        named || attr(node, "role") == Some("tabpanel") || after_button
    }

    fn is_frame(&self, name: &str, node: &NodeRef<'_>) -> bool {
        let role = attr(node, "role");
        if NAVIGATION.contains(&name) || role.is_some_and(|role| NAVIGATION_ROLES.contains(&role)) {
            return true;
        }
        if self.main.is_empty() {
            // A footer that only leads elsewhere is a menu; one that says something is read.
            return (name == "footer" || role == Some("contentinfo")) && is_mostly_links(node);
        }
        let is_outside = !self.around_main.contains(&node.id())
            && node.parent().is_some_and(|parent| self.around_main.contains(&parent.id()));
        if !is_outside || self.main.contains(&node.id()) {
            return false;
        }
        // Beside the main part, headers hold dates and numbers, and boxes hold facts.
        (is_mostly_links(node) || !matches!(name, "header" | "aside" | "h1" | "h2"))
            && !matches!(name, "html" | "body")
    }
}

/// Text in a drawing is read; its title, descriptions and shapes are not.
fn is_drawing(name: &str, node: &NodeRef<'_>) -> bool {
    if name == "svg" {
        return !node
            .descendants()
            .any(|inner| matches!(self::name(&inner), Some("text" | "foreignObject")));
    }
    matches!(name, "title" | "desc" | "metadata" | "defs" | "symbol")
}

fn is_mostly_links(node: &NodeRef<'_>) -> bool {
    let links = node.descendants().filter(|inner| self::name(inner) == Some("a"));
    let linked: usize = links.map(|link| letters(&link)).sum();
    linked * 2 > letters(node)
}

/// Letters of an element's text that may be seen.
fn letters(node: &NodeRef<'_>) -> usize {
    let seen = |node: &NodeRef<'_>| {
        !node
            .parent()
            .and_then(|parent| parent.value().name())
            .is_some_and(|name| UNSEEN.contains(&name) || name == "title")
    };
    let texts = node.descendants().filter(seen);
    texts.filter_map(|node| node.value().as_text().map(|text| text.trim().len())).sum()
}

/// Characters that are left out with an element.
fn characters(node: &NodeRef<'_>) -> u64 {
    let seen = |node: &NodeRef<'_>| {
        !node
            .parent()
            .and_then(|parent| parent.value().name())
            .is_some_and(|name| UNSEEN.contains(&name))
    };
    let texts = node.descendants().filter(seen);
    texts
        .filter_map(|node| node.value().as_text().map(|text| text.trim().chars().count() as u64))
        .sum()
}
