//! A page in document order, with counts of words: what scoring and writing walk over.

use ego_tree::iter::Edge;

use crate::html::NodeRef;
use crate::html::scope::{FOREIGN, Scope, UNSEEN, attr, name};

/// Words that running text has at least; shorter lines are labels and names.
const PROSE_WORDS: u32 = 8;

/// Elements that stand in a line of text.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn",
    "em", "font", "i", "img", "ins", "kbd", "label", "mark", "math", "nobr", "picture", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "wbr",
];

/// Elements that show nothing that is read, beside those of the ordinary reader.
const SKIPPED: &[&str] = &[
    "svg", "input", "select", "textarea", "option", "optgroup", "progress", "meter", "map",
    "picture",
];

/// What an element holds, all its descendants together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) words: u32,
    /// Of these, words inside links.
    pub(super) link_words: u32,
    /// Of these, words of running text that are no links.
    pub(super) prose: u32,
    pub(super) links: u32,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.words = self.words.saturating_add(other.words);
        self.link_words = self.link_words.saturating_add(other.link_words);
        self.prose = self.prose.saturating_add(other.prose);
        self.links = self.links.saturating_add(other.links);
    }

    /// Whether at least so many percent of the words are in links.
    pub(super) fn is_linked(&self, percent: u32) -> bool {
        self.words > 0 && self.link_words.saturating_mul(100) >= self.words.saturating_mul(percent)
    }
}

/// An element or a text.
pub(super) struct Item<'a> {
    pub(super) node: NodeRef<'a>,
    pub(super) parent: usize,
    /// The first item behind it and all that it holds.
    pub(super) end: usize,
    pub(super) is_dropped: bool,
    /// What stands in its own lines of text.
    own: Count,
    pub(super) all: Count,
    /// Whether it holds an element that is no part of a line.
    pub(super) has_blocks: bool,
    pub(super) has_h1: bool,
    /// Whether it is or holds a heading.
    pub(super) has_headings: bool,
    /// Whether it is or holds what the page marks as its main part.
    pub(super) has_main: bool,
}

impl Item<'_> {
    pub(super) fn name(&self) -> &str {
        name(&self.node).unwrap_or_default()
    }

    pub(super) fn attr(&self, key: &str) -> &str {
        attr(&self.node, key).unwrap_or_default()
    }

    pub(super) fn is_text(&self) -> bool {
        self.node.value().as_text().is_some()
    }

    pub(super) fn own(&self) -> Count {
        self.own
    }
}

/// Whether an element of this name breaks the line.
pub(super) fn is_block(name: &str) -> bool {
    !name.is_empty() && !INLINE.contains(&name)
}

/// The items of a page's body; the first is the body.
pub(super) struct Outline<'a> {
    pub(super) items: Vec<Item<'a>>,
}

impl<'a> Outline<'a> {
    /// The outline of `body`. Hidden elements are left out, unless nearly everything is hidden:
    /// then a script would show it.
    pub(super) fn of(body: NodeRef<'a>, scope: &Scope) -> Self {
        let shown = Self::build(body, Some(scope));
        if shown.all(0).words >= 20 {
            return shown;
        }
        let whole = Self::build(body, None);
        if whole.all(0).words > 5 * shown.all(0).words.max(10) { whole } else { shown }
    }

    fn build(body: NodeRef<'a>, scope: Option<&Scope>) -> Self {
        let mut outline = Self { items: Vec::new() };
        let (mut open, mut passing): (Vec<usize>, _) = (Vec::new(), None);
        for edge in body.traverse() {
            match edge {
                Edge::Open(_) if passing.is_some() => {}
                Edge::Open(node) if node.id() != body.id() && is_skipped(&node, scope) => {
                    passing = Some(node.id())
                }
                Edge::Open(node) => {
                    let parent = open.last().copied().unwrap_or(0);
                    open.push(outline.items.len());
                    outline.items.push(Item {
                        node,
                        parent,
                        end: 0,
                        is_dropped: false,
                        own: Count::default(),
                        all: Count::default(),
                        has_blocks: false,
                        has_h1: false,
                        has_headings: false,
                        has_main: false,
                    });
                }
                Edge::Close(node) if passing.is_some() => {
                    if passing == Some(node.id()) {
                        passing = None;
                    }
                }
                Edge::Close(_) => {
                    let end = outline.items.len();
                    if let Some(item) = open.pop().and_then(|at| outline.items.get_mut(at)) {
                        item.end = end;
                    }
                }
            }
        }
        outline.count_lines();
        outline.look();
        outline.sum();
        outline
    }

    pub(super) fn get(&self, at: usize) -> Option<&Item<'a>> {
        self.items.get(at)
    }

    pub(super) fn all(&self, at: usize) -> Count {
        self.items.get(at).map(|item| item.all).unwrap_or_default()
    }

    /// The items that stand above, the nearest first; the body is the last.
    pub(super) fn ancestors(&self, at: usize) -> impl Iterator<Item = &Item<'a>> {
        let mut next = (at > 0).then_some(at);
        std::iter::from_fn(move || {
            let parent = self.items.get(next?)?.parent;
            next = (parent > 0).then_some(parent);
            self.items.get(parent)
        })
    }

    /// Leaves out an item with all that it holds. [`Outline::sum`] has to follow.
    pub(super) fn drop(&mut self, at: usize) {
        let end = self.items.get(at).map_or(at, |item| item.end);
        self.items
            .get_mut(at..end)
            .unwrap_or_default()
            .iter_mut()
            .for_each(|item| item.is_dropped = true);
    }

    /// Counts the words of each line of text for the element that the line stands in.
    fn count_lines(&mut self) {
        let mut owners: Vec<usize> = Vec::with_capacity(self.items.len());
        let mut in_link: Vec<bool> = Vec::with_capacity(self.items.len());
        let mut line = Line::default();
        for at in 0..self.items.len() {
            let Some(item) = self.items.get(at) else { break };
            let tag = item.name();
            let above = |values: &[usize]| values.get(item.parent).copied().unwrap_or(0);
            let owner = if at == 0 || is_block(tag) { at } else { above(&owners) };
            let is_link = tag == "a" && attr(&item.node, "href").is_some();
            let linked = is_link || (at > 0 && in_link.get(item.parent).copied().unwrap_or(false));
            let text = item.node.value().as_text().map(|text| (words(text), has_mark(text)));
            owners.push(owner);
            in_link.push(linked);
            if is_link {
                self.add(owner, Count { links: 1, ..Count::default() });
            }
            let Some((words, has_mark)) = text else { continue };
            if line.owner != owner {
                self.end_line(&mut line);
                line.owner = owner;
            }
            line.words += words;
            line.link_words += if linked { words } else { 0 };
            line.has_mark |= has_mark;
        }
        self.end_line(&mut line);
    }

    fn end_line(&mut self, line: &mut Line) {
        let Line { owner, words, link_words, has_mark } = std::mem::take(line);
        let plain = words - link_words;
        let prose = if plain >= PROSE_WORDS && has_mark { plain } else { 0 };
        self.add(owner, Count { words, link_words, prose, links: 0 });
    }

    fn add(&mut self, owner: usize, count: Count) {
        if let Some(item) = self.items.get_mut(owner) {
            item.own.add(count);
        }
    }

    /// Notes what the elements hold.
    fn look(&mut self) {
        for at in (0..self.items.len()).rev() {
            let Some(item) = self.items.get_mut(at) else { continue };
            let tag = name(&item.node).unwrap_or_default();
            item.has_h1 |= tag == "h1";
            item.has_headings |= matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
            item.has_main |= tag == "main" || attr(&item.node, "role") == Some("main");
            let (parent, blocks) = (item.parent, item.has_blocks || is_block(tag));
            let (h1, headings, main) = (item.has_h1, item.has_headings, item.has_main);
            if let Some(parent) = self.items.get_mut(parent).filter(|_| at > 0) {
                parent.has_blocks |= blocks;
                parent.has_h1 |= h1;
                parent.has_headings |= headings;
                parent.has_main |= main;
            }
        }
    }

    /// Adds up what is not dropped.
    pub(super) fn sum(&mut self) {
        self.items
            .iter_mut()
            .for_each(|item| item.all = if item.is_dropped { Count::default() } else { item.own });
        for at in (1..self.items.len()).rev() {
            let Some((parent, all)) = self.items.get(at).map(|item| (item.parent, item.all)) else {
                continue;
            };
            if let Some(parent) = self.items.get_mut(parent).filter(|parent| !parent.is_dropped) {
                parent.all.add(all);
            }
        }
    }
}

/// A line of text as it is counted.
#[derive(Default)]
struct Line {
    owner: usize,
    words: u32,
    link_words: u32,
    has_mark: bool,
}

fn is_skipped(node: &NodeRef<'_>, scope: Option<&Scope>) -> bool {
    let Some(name) = name(node) else { return node.value().as_text().is_none() };
    UNSEEN.contains(&name)
        || FOREIGN.contains(&name)
        || SKIPPED.contains(&name)
        || scope.is_some_and(|scope| scope.is_hidden(name, node))
}

/// Words of a text; letters of scripts without blanks count half a word each.
pub(super) fn words(text: &str) -> u32 {
    let (mut words, mut letters, mut in_word) = (0_u32, 0_u32, false);
    for c in text.chars() {
        if is_ideograph(c) {
            letters += 1;
            in_word = false;
        } else if c.is_whitespace() {
            in_word = false;
        } else if c.is_alphanumeric() && !in_word {
            in_word = true;
            words += 1;
        }
    }
    words.saturating_add(letters.div_ceil(2))
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{e00}'..='\u{eff}')
}

/// Whether the text has a mark of sentences.
fn has_mark(text: &str) -> bool {
    text.contains(['.', ',', '!', '?', ':', ';', '…', '。', '、', '।', '؟', '،'])
}
