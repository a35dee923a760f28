//! Which styles of a Word document are headings, and which are lists.

use std::collections::HashMap;

use crate::failure::Failure;
use crate::xml::{Event, Reader};

/// Styles that build on styles that build on … end here at the latest.
const MAX_ANCESTORS: usize = 16;

/// What a paragraph style says.
#[derive(Debug, Default, Clone)]
struct Style {
    based_on: Option<String>,
    name: String,
    /// 0 is the outermost heading, 9 and more is body text.
    outline: Option<u8>,
    /// The list its paragraphs belong to, and the level there.
    list: Option<String>,
    list_level: Option<u8>,
    /// Its text is hidden.
    is_hidden: bool,
    /// Its text is raised (above 0) or lowered.
    shift: i8,
}

/// All paragraph styles of a document, by id.
#[derive(Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

impl Styles {
    pub(super) fn read(content: &[u8]) -> Result<Self, Failure> {
        let mut styles = HashMap::new();
        let mut reader = Reader::new(content);
        let mut open: Option<(String, Style)> = None;
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) if element.name() == "style" => {
                    open = element.attr("styleId").map(|id| (id, Style::default()));
                }
                Event::Open(element) => {
                    let Some((_, style)) = &mut open else { continue };
                    let value = element.attr("val");
                    match element.name() {
                        "name" => style.name = value.unwrap_or_default().to_ascii_lowercase(),
                        "basedOn" => style.based_on = value,
                        "outlineLvl" => style.outline = value.and_then(|value| value.parse().ok()),
                        "numId" => style.list = value,
                        "ilvl" => style.list_level = value.and_then(|value| value.parse().ok()),
                        "vanish" => style.is_hidden = is_on(value.as_deref()),
                        "vertAlign" => style.shift = shift(value.as_deref()),
                        _ => {}
                    }
                }
                Event::Close(name) if name == "style" => styles.extend(open.take()),
                Event::Close(_) | Event::Text(_) => {}
            }
        }
        Ok(Self(styles))
    }

    /// The level of the heading that paragraphs of this style are.
    pub(super) fn heading(&self, id: &str) -> Option<u8> {
        self.ancestors(id).find_map(|style| {
            let named = match style.name.as_str() {
                "title" => Some(1),
                "subtitle" => Some(2),
                name => name.strip_prefix("heading ").and_then(|level| level.parse::<u8>().ok()),
            };
            named.or_else(|| style.outline.filter(|level| *level < 9).map(|level| level + 1))
        })
    }

    /// The list that paragraphs of this style belong to: its number, and the level in it where the
    /// style names one.
    pub(super) fn list(&self, id: &str) -> Option<(String, Option<u8>)> {
        let level = self.ancestors(id).find_map(|style| style.list_level);
        self.ancestors(id).find_map(|style| style.list.clone().map(|list| (list, level)))
    }

    /// True for styles whose text is hidden.
    pub(super) fn hides(&self, id: &str) -> bool {
        self.ancestors(id).any(|style| style.is_hidden)
    }

    /// Above 0 for styles that raise their text, below for those that lower it.
    pub(super) fn shift(&self, id: &str) -> i8 {
        self.ancestors(id).map(|style| style.shift).find(|shift| *shift != 0).unwrap_or(0)
    }

    /// True for styles named as lists that have no numbering of their own.
    pub(super) fn is_list(&self, id: &str) -> bool {
        self.ancestors(id).any(|style| {
            style.name.starts_with("list bullet") || style.name.starts_with("list number")
        })
    }

    fn ancestors<'a>(&'a self, id: &str) -> impl Iterator<Item = &'a Style> {
        let first = self.0.get(id);
        let next = |style: &&'a Style| style.based_on.as_ref().and_then(|id| self.0.get(id));
        std::iter::successors(first, next).take(MAX_ANCESTORS)
    }
}

/// A switch of Word's: on unless it says otherwise.
pub(super) fn is_on(value: Option<&str>) -> bool {
    !matches!(value, Some("0" | "false" | "off"))
}

/// Above 0 for raised text, below for lowered text.
pub(super) fn shift(value: Option<&str>) -> i8 {
    match value {
        Some("superscript") => 1,
        Some("subscript") => -1,
        _ => 0,
    }
}
