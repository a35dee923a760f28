//! Which part of a page is its main content, and what inside it leads elsewhere.

use super::Method;
use super::outline::{Item, Outline, is_block};

/// The share of a page's words that a marked main part holds at least, in percent; less is a mark
/// in the wrong place.
const MARKED_SHARE: u32 = 25;

/// The share of a page's running text that a scored part holds at least, in percent.
const PROSE_SHARE: u32 = 80;

/// Running text, in words, from which on a page can be scored by it.
const LEAST_PROSE: u32 = 40;

/// Chooses the part: its index, and how it was found.
pub(super) fn root(outline: &Outline<'_>) -> (usize, Method) {
    let total = outline.all(0);
    let is_enough = |at: usize| {
        let all = outline.all(at);
        all.words > 0 && all.words.saturating_mul(100) >= total.words.saturating_mul(MARKED_SHARE)
    };
    if let Some(main) =
        best(outline, |tag, role, _| tag == "main" || role == "main").filter(|at| is_enough(*at))
    {
        return (main, Method::Marked);
    }
    let articles = outermost(outline, |tag, role, itemprop| {
        tag == "article" || role == "article" || itemprop == "articleBody"
    });
    if let [article] = articles.as_slice()
        && outline.all(*article).prose.saturating_mul(100) >= total.prose.saturating_mul(50)
        && is_enough(*article)
        && total.prose >= LEAST_PROSE
    {
        return (*article, Method::Marked);
    }
    match scored(outline) {
        Some(at) if at > 0 => (at, Method::Scored),
        _ => (0, Method::Body),
    }
}

/// The items that fit and stand in no other that fits.
fn outermost(outline: &Outline<'_>, fits: impl Fn(&str, &str, &str) -> bool) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(item) = outline.get(at) {
        let is_it = !item.is_dropped && fits(item.name(), item.attr("role"), item.attr("itemprop"));
        if is_it {
            found.push(at);
        }
        at = if is_it { item.end.max(at + 1) } else { at + 1 };
    }
    found
}

fn best(outline: &Outline<'_>, fits: impl Fn(&str, &str, &str) -> bool) -> Option<usize> {
    outermost(outline, fits).into_iter().max_by_key(|at| outline.all(*at).words)
}

/// The part with most plain text for its links, widened until it holds nearly all running text.
fn scored(outline: &Outline<'_>) -> Option<usize> {
    let total = outline.all(0);
    if total.prose < LEAST_PROSE {
        return None;
    }
    let mut gains: Vec<i64> = outline
        .items
        .iter()
        .map(|item| {
            let own = item.own();
            let plain = i64::from(own.words) - i64::from(own.link_words) - i64::from(own.prose);
            let gain = 10 * i64::from(own.prose) + 4 * plain - 8 * i64::from(own.link_words);
            let is_line = own.words > 0 && is_block(item.name());
            if item.is_dropped { 0 } else { gain - if is_line { 6 } else { 0 } }
        })
        .collect();
    for at in (1..outline.items.len()).rev() {
        let gain = gains.get(at).copied().unwrap_or(0);
        let parent = outline.get(at).map_or(0, |item| item.parent);
        if let Some(sum) = gains.get_mut(parent) {
            *sum += gain;
        }
    }
    // The innermost of equals: deeper items come later.
    let best = gains.iter().enumerate().max_by_key(|(at, gain)| (**gain, *at)).map(|(at, _)| at)?;
    let mut at = best;
    let is_whole = |at: usize| {
        outline.all(at).prose.saturating_mul(100) >= total.prose.saturating_mul(PROSE_SHARE)
    };
    let is_part = |at: usize| outline.get(at).is_some_and(|item| is_part(item.name()));
    while at > 0 && !(is_whole(at) && is_part(at)) {
        at = outline.get(at).map_or(0, |item| item.parent);
    }
    // The heading of the page mostly stands just before its text.
    let parent = outline.get(at).map_or(0, |item| item.parent);
    let lacks_heading = outline.get(at).is_some_and(|item| !item.has_h1);
    let widened = outline.get(parent).is_some_and(|item| item.has_h1)
        && outline.all(parent).words <= outline.all(at).words + outline.all(at).words / 4;
    Some(if lacks_heading && widened { parent } else { at })
}

/// Elements that can be the main part: not a paragraph, a list or a row.
fn is_part(tag: &str) -> bool {
    matches!(
        tag,
        "div"
            | "section"
            | "article"
            | "td"
            | "body"
            | "form"
            | "center"
            | "main"
            | "font"
            | "table"
    )
}

/// Leaves out lists and boxes inside the main part that only lead elsewhere. In a page of running
/// text these are all that consist of links; in a page that is itself a list, only menus of short
/// words, and never half of it.
pub(super) fn prune(outline: &mut Outline<'_>, root: usize) {
    let before = outline.all(root);
    let is_text = before.prose.saturating_mul(2) > before.words;
    let mut dropped = Vec::new();
    let mut is_before_heading = outline.get(root).is_some_and(|item| item.has_h1);
    let (mut at, end) = (root + 1, outline.get(root).map_or(0, |item| item.end));
    while let Some(item) = outline.get(at).filter(|_| at < end) {
        let all = item.all;
        let is_box = matches!(
            item.name(),
            "ul" | "ol" | "div" | "section" | "table" | "aside" | "dl" | "p" | "header" | "footer"
        );
        let is_part = all.words.saturating_mul(3) < before.words && !item.has_h1;
        let leads_away = if is_text {
            all.links >= 2 && all.is_linked(70)
        } else {
            all.links >= 4
                && all.is_linked(90)
                && all.words.saturating_mul(10) <= all.links.saturating_mul(22)
        };
        is_before_heading &= item.name() != "h1";
        let leads_on = (is_before_heading && is_trail(item)) || is_pager(item);
        if !item.is_dropped
            && is_box
            && is_part
            && (leads_away || leads_on)
            && !is_in_data(outline, at, root)
        {
            dropped.push(at);
            at = item.end;
        } else {
            at += 1;
        }
    }
    let lost: u32 = dropped.iter().map(|at| outline.all(*at).words).sum();
    if lost.saturating_mul(2) < before.words {
        dropped.into_iter().for_each(|at| outline.drop(at));
        outline.sum();
    }
}

/// `Start › News › This page`, above the heading.
fn is_trail(item: &Item<'_>) -> bool {
    let separates = |text: &str| text.contains(['›', '»', '→', '>', '/', '|']);
    item.all.links > 0
        && item.all.words <= 25
        && (separates(&plain(item)) || item.all.is_linked(60))
}

/// Numbers of pages, with words for the next and the one before.
fn is_pager(item: &Item<'_>) -> bool {
    const WORDS: &[&str] = &[
        "page",
        "sida",
        "next",
        "previous",
        "prev",
        "nästa",
        "föregående",
        "older",
        "newer",
        "äldre",
        "nyare",
        "first",
        "last",
        "första",
        "sista",
    ];
    let is_step = |word: &str| {
        WORDS.contains(&word) || (word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit()))
    };
    item.all.links >= 2
        && item.all.words <= 30
        && item.all.is_linked(50)
        && plain(item)
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(is_step)
}

/// The text of a small item.
fn plain(item: &Item<'_>) -> String {
    let texts =
        item.node.descendants().take(1_000).filter_map(|inner| inner.value().as_text()).take(200);
    texts.flat_map(|text| [text, " "]).collect()
}

/// Whether the item stands in a cell of a table: there a list of links is a value.
fn is_in_data(outline: &Outline<'_>, at: usize, root: usize) -> bool {
    let root = outline.get(root).map(|item| item.node.id());
    outline
        .ancestors(at)
        .take(64)
        .take_while(|above| Some(above.node.id()) != root)
        .any(|above| matches!(above.name(), "td" | "th" | "dd") && above.all.words < 60)
}
