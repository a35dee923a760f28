//! How the elements of the main content are written: which stay, which only break lines, and with
//! which attributes.

use super::outline::{Item, is_block};
use super::types::escape;
use crate::html::cells;
use crate::html::scope::Scope;
use crate::warning::Warnings;

/// Words of a row that reads as one line.
const LINE_WORDS: u32 = 60;

/// How an element is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A block of its own, with this tag.
    Block(&'static str),
    /// Inside a block, with this tag.
    Inner(&'static str),
    /// Only a break between lines.
    Container,
    /// In the line, with this tag or none.
    Inline(&'static str),
}

/// Tags that stand in a line.
pub(super) const INLINE_TAGS: &[&str] = &["a", "sub", "sup", "b"];

/// How an item is written, inside a block or a table or not.
pub(super) fn form(item: &Item<'_>, in_block: bool, in_table: bool, scope: &Scope) -> Form {
    let tag = known(item.name());
    match tag {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" if !in_block => Form::Block(tag),
        "p" if !in_block && !item.has_blocks => Form::Block("p"),
        "ul" | "ol" | "dl" | "blockquote" if !in_block && !item.has_headings => Form::Block(tag),
        "tr" if !in_block && is_line(item) => Form::Block("p"),
        "table" if is_data(item, scope) => {
            if in_block {
                Form::Inner("table")
            } else {
                Form::Block("table")
            }
        }
        "pre" | "ul" | "ol" | "dl" | "blockquote" | "li" | "dt" | "dd" if in_block => {
            Form::Inner(tag)
        }
        "p" if in_block && !item.has_blocks => Form::Inner("p"),
        "tr" | "td" | "th" | "thead" | "tbody" | "tfoot" | "caption" if in_table => {
            Form::Inner(tag)
        }
        "sub" | "sup" if !item.has_blocks => Form::Inline(tag),
        "b" | "strong" if !item.has_blocks && in_block => Form::Inline("b"),
        "a" if !item.has_blocks && is_reachable(item.attr("href")) => Form::Inline("a"),
        _ if is_block(item.name()) => Form::Container,
        _ => Form::Inline(""),
    }
}

/// Whether a table holds data; otherwise it lays out the page, or is a list of links with a line
/// for each.
fn is_data(item: &Item<'_>, scope: &Scope) -> bool {
    let is_list = item.all.links >= 5 && item.all.is_linked(40);
    !is_list && cells::data_table(&item.node, scope, &mut Warnings::default()).is_some()
}

/// Whether a row outside a table of data reads as one line: it is short, and its cells hold nothing
/// but text.
fn is_line(item: &Item<'_>) -> bool {
    let holds_parts = || {
        item.node.descendants().take(300).filter_map(|inner| inner.value().name()).any(|tag| {
            matches!(tag, "p" | "ul" | "ol" | "dl" | "table" | "pre" | "blockquote" | "math")
                || known(tag).starts_with('h')
        })
    };
    item.all.words <= LINE_WORDS && !holds_parts()
}

/// Mail and telephone: an address that a text such as "write to us" does not say. Addresses of
/// pages stay out, they would stand in the text.
fn is_reachable(target: &str) -> bool {
    let target = target.trim().to_ascii_lowercase();
    (target.starts_with("mailto:") || target.starts_with("tel:")) && target.len() < 200
}

/// The attributes that are kept, as they stand in the tag.
pub(super) fn attributes(item: &Item<'_>, tag: &str) -> String {
    let names: &[&str] = match tag {
        "a" => &["href"],
        "td" | "th" => &["colspan", "rowspan"],
        "ol" => &["start", "type", "reversed"],
        "li" => &["value"],
        _ => &[],
    };
    let mut out = String::new();
    for name in names {
        let value = item.attr(name).trim();
        let is_sound = *name == "href"
            || (value.len() <= 6 && value.chars().all(|c| c.is_ascii_alphanumeric()));
        if !value.is_empty() && is_sound {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, &mut out);
            out.push('"');
        }
    }
    out
}

/// The tag as a constant; nothing for those that are not written.
fn known(tag: &str) -> &'static str {
    const TAGS: &[&str] = &[
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "pre",
        "blockquote",
        "sub",
        "sup",
        "b",
        "strong",
        "a",
    ];
    TAGS.iter().find(|known| **known == tag).copied().unwrap_or_default()
}
