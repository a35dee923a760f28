//! What frames a page: menus, headers and footers, notices, share bars. Told by elements, roles,
//! and the words of classes.

use super::outline::{Item, Outline};

/// Words of a class or id that name furniture wherever it stands.
const NAMES: &[&str] = &[
    "addthis",
    "adsbygoogle",
    "advert",
    "advertisement",
    "annons",
    "breadcrumb",
    "breadcrumbs",
    "brodsmula",
    "brodsmulor",
    "cookie",
    "cookies",
    "consent",
    "crumbs",
    "footer",
    "gdpr",
    "hamburger",
    "headerlink",
    "kakor",
    "lineno",
    "linenos",
    "masthead",
    "megamenu",
    "nav",
    "navbar",
    "navigation",
    "navigering",
    "onetrust",
    "pagination",
    "paginering",
    "popup",
    "sharing",
    "sidebar",
    "sidfot",
    "sidhuvud",
    "sidomeny",
    "skiplink",
    "skiplinks",
    "sponsored",
    "tagcloud",
    "topbar",
    "undermeny",
];

/// Words that name furniture if it is short or leads elsewhere; a page may be about them as well.
const DOUBTFUL: &[&str] = &[
    "ads",
    "facets",
    "feedback",
    "filters",
    "menu",
    "meny",
    "modal",
    "newsletter",
    "nyhetsbrev",
    "pager",
    "print",
    "paging",
    "promo",
    "recommended",
    "related",
    "relaterat",
    "share",
    "sidebox",
    "sitemap",
    "social",
    "sorting",
    "subscribe",
    "toc",
    "toolbar",
];

/// Words that are short.
const SHORT: u32 = 30;

/// Words that say of a class that it is about furniture, not furniture itself: `has-sidebar`,
/// `no-menu`.
const ABOUT: &[&str] =
    &["has", "with", "no", "without", "is", "hide", "show", "open", "closed", "col", "row"];

/// Classes of text for screen readers.
const UNSEEN_CLASSES: &[&str] = &[
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "screen-reader-text",
    "skip-link",
    "u-hidden",
];

/// Roles of furniture.
const ROLES: &[&str] = &[
    "alertdialog",
    "banner",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
    "tablist",
];

/// Words of a cookie notice, and words that a notice has at most.
const NOTICE: &[&str] = &["cookie", "kakor", "gdpr"];
const NOTICE_WORDS: u32 = 150;

/// Elements inside a small one, and above one, that are looked at: hostile pages nest without end.
const MAX_SCAN: usize = 500;
const MAX_ABOVE: usize = 64;

/// Words that a form has at most that is no content.
const FORM_WORDS: u32 = 60;

/// Drops the furniture of a page.
pub(super) fn drop(outline: &mut Outline<'_>) {
    let total = outline.all(0);
    let mut at = 1;
    while let Some(item) = outline.get(at) {
        let end = item.end;
        // What holds most of the running text, or the main part, is no furniture whatever it is
        // called.
        let is_content = item.has_main || item.all.prose.saturating_mul(2) > total.prose.max(20);
        if !item.is_text() && !is_content && is_furniture(outline, at, item) {
            outline.drop(at);
            at = end;
        } else {
            at += 1;
        }
    }
    outline.sum();
}

fn is_furniture(outline: &Outline<'_>, at: usize, item: &Item<'_>) -> bool {
    let tag = item.name();
    if matches!(tag, "html" | "body" | "main" | "article" | "h1" | "h2") {
        return false;
    }
    if tag == "nav"
        || tag == "dialog"
        || ROLES.contains(&item.attr("role"))
        || item.attr("aria-hidden") == "true"
    {
        return true;
    }
    if item.attr("class").split_whitespace().any(|class| UNSEEN_CLASSES.contains(&class)) {
        return true;
    }
    let inside = outline
        .ancestors(at)
        .take(MAX_ABOVE)
        .any(|above| matches!(above.name(), "main" | "article") || above.attr("role") == "main");
    match tag {
        "button" | "label" | "legend" if !is_in_heading(outline, at) => return true,
        // A page without a main part may have its only title in its header.
        "header" if !inside && item.has_h1 && has_one_title(outline) => return false,
        "header" => return !inside || (item.all.is_linked(60) && !item.has_h1),
        "footer" => return !inside || item.all.is_linked(40) || item.all.prose == 0,
        "aside" => return !inside || item.all.is_linked(40) || names_furniture(item),
        "form" => return item.all.words <= FORM_WORDS && item.all.prose < 20,
        // A sign that links to its own heading.
        "a" => return says_nothing(item) || names_furniture(item),
        _ => {}
    }
    if item.has_h1 {
        return false;
    }
    // What readers say below an article; in a forum they say most of the page.
    if names_one_of(item, &["comments", "kommentarer", "respond", "disqus"])
        && item.all.prose * 2 < outline.all(0).prose
    {
        return true;
    }
    names_furniture(item) || (!inside && is_site_header(outline, at, item)) || is_notice(item)
}

fn has_one_title(outline: &Outline<'_>) -> bool {
    let has_main = outline.get(0).is_some_and(|body| body.has_main);
    !has_main && outline.items.iter().filter(|item| item.name() == "h1").take(2).count() == 1
}

fn is_in_heading(outline: &Outline<'_>, at: usize) -> bool {
    outline
        .ancestors(at)
        .take(4)
        .any(|above| matches!(above.name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary"))
        || outline
            .get(at)
            .is_some_and(|item| !item.attr("aria-controls").is_empty() && item.all.links == 0)
}

/// Whether a word of the class or the id names furniture.
fn names_furniture(item: &Item<'_>) -> bool {
    let named = [item.attr("class"), item.attr("id")];
    named.iter().flat_map(|names| names.split_whitespace()).any(|name| {
        let words = words_of(name);
        let is_about =
            words.first().is_some_and(|first| ABOUT.contains(&first.as_str())) && words.len() > 1;
        let names = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let leads_away = item.all.links > 1 && item.all.is_linked(40);
        let ends =
            |ends: &[&str]| words.iter().any(|word| ends.iter().any(|end| word.ends_with(end)));
        let is_menu = leads_away && ends(&["nav", "menu", "meny", "sidebar", "navigation"]);
        !is_about
            && (is_menu
                || names(NAMES)
                || (names(DOUBTFUL)
                    && (leads_away || item.all.words - item.all.link_words <= SHORT)))
    })
}

fn names_one_of(item: &Item<'_>, list: &[&str]) -> bool {
    let named = [item.attr("class"), item.attr("id")];
    named
        .iter()
        .flat_map(|names| names.split_whitespace())
        .flat_map(words_of)
        .any(|word| list.contains(&word.as_str()))
}

/// A header of the site, as pages have it that know no `<header>`.
fn is_site_header(outline: &Outline<'_>, at: usize, item: &Item<'_>) -> bool {
    let words: Vec<String> = [item.attr("class"), item.attr("id")]
        .iter()
        .flat_map(|names| names.split_whitespace())
        .flat_map(words_of)
        .collect();
    let is_header =
        words.iter().any(|word| matches!(word.as_str(), "header" | "banner" | "logo" | "sitehead"));
    is_header
        && outline.ancestors(at).take(3).count() <= 2
        && item.all.prose < 20
        && item.all.words < 200
}

/// The words of a name: `siteHeader`, `site-header` and `site_header` have the same.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase());
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// Whether a link has no word, as `¶` and pictures have none. Words of a line count for the block
/// that it stands in, so they are looked for here.
fn says_nothing(item: &Item<'_>) -> bool {
    !item
        .node
        .descendants()
        .filter_map(|inner| inner.value().as_text())
        .any(|text| text.contains(char::is_alphanumeric))
}

/// A notice about cookies that no class gives away: short, about them, and with a button to accept.
fn is_notice(item: &Item<'_>) -> bool {
    if !matches!(item.name(), "div" | "section" | "aside" | "form")
        || !(3..=NOTICE_WORDS).contains(&item.all.words)
    {
        return false;
    }
    let has_button = item.node.descendants().take(MAX_SCAN).any(|inner| {
        matches!(crate::html::scope::name(&inner), Some("button" | "input"))
            || crate::html::scope::attr(&inner, "role") == Some("button")
    });
    has_button && {
        let texts =
            item.node.descendants().take(MAX_SCAN).filter_map(|inner| inner.value().as_text());
        let text: String =
            texts.take(200).flat_map(|text| text.chars().flat_map(char::to_lowercase)).collect();
        NOTICE.iter().any(|word| text.contains(word))
    }
}
