//! Walks a page's elements and writes their text as blocks.

use ego_tree::iter::Edge;

use super::flow::{BLOCKS, Flow, inner_text};
use super::scope::{self, Scope, attr, name};
use super::{NodeRef, cells};
use crate::Failure;
use crate::counting::{self, PastZ, Style};
use crate::document::BlockKind;
use crate::output::Draft;
use crate::warning::Warnings;

pub(super) fn read(root: NodeRef<'_>, scope: &Scope, out: &mut Draft) -> Result<(), Failure> {
    let mut reader = Reader {
        out,
        scope,
        lost: Warnings::default(),
        flow: Flow::default(),
        kind: BlockKind::Paragraph,
        lists: Vec::new(),
        marker: String::new(),
    };
    // The element that is being passed over, until it closes.
    let mut passing: Option<ego_tree::NodeId> = None;
    for edge in root.traverse() {
        match edge {
            Edge::Open(_) if passing.is_some() => {}
            Edge::Open(node)
                if node.id() != root.id() && scope.passes_over(&node, &mut reader.lost) =>
            {
                passing = Some(node.id());
            }
            Edge::Open(node) => {
                if reader.open(&node)? {
                    passing = Some(node.id());
                }
            }
            Edge::Close(node) if passing.is_some() => {
                if passing == Some(node.id()) {
                    passing = None;
                }
            }
            Edge::Close(node) => reader.close(&node)?,
        }
    }
    reader.flush()?;
    reader.out.warn_all(std::mem::take(&mut reader.lost));
    Ok(())
}

/// A list that is open.
struct List {
    /// How its items are numbered; nothing where they have bullets.
    style: Option<Style>,
    next: i64,
    step: i64,
}

struct Reader<'a> {
    out: &'a mut Draft,
    scope: &'a Scope,
    lost: Warnings,
    flow: Flow,
    kind: BlockKind,
    lists: Vec<List>,
    /// The mark of the item that is open.
    marker: String,
}

impl Reader<'_> {
    /// True where the element has been read whole.
    fn open(&mut self, node: &NodeRef<'_>) -> Result<bool, Failure> {
        let Some(name) = name(node) else {
            self.flow.open(node, &mut self.lost);
            return Ok(false);
        };
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush()?;
                self.kind = BlockKind::Heading { level: level(name) };
                self.flow.is_heading = true;
            }
            "ul" | "ol" => {
                self.flush()?;
                self.lists.push(list(node));
            }
            "li" => self.item(node)?,
            "pre" => {
                self.flush()?;
                let text = inner_text(node, self.scope, &mut self.lost);
                self.out.push(BlockKind::Code, &text)?;
                return Ok(true);
            }
            "table" => {
                self.flush()?;
                if let Some(text) = cells::data_table(node, self.scope, &mut self.lost) {
                    let caption = self.caption(node);
                    self.out.push(BlockKind::Paragraph, &caption)?;
                    self.out.push(BlockKind::Table, &text)?;
                    return Ok(true);
                }
            }
            "text" => self.flush()?,
            // A button in a heading is the heading; the first paragraph of an item goes on its
            // marker.
            "button" if self.flow.is_heading => {}
            name if BLOCKS.contains(&name) && !self.is_only_marker() => self.flush()?,
            _ => return Ok(self.flow.open(node, &mut self.lost)),
        }
        Ok(false)
    }

    fn close(&mut self, node: &NodeRef<'_>) -> Result<(), Failure> {
        match name(node) {
            Some("ul" | "ol") => {
                self.flush()?;
                self.lists.pop();
                self.kind = if self.lists.is_empty() { BlockKind::Paragraph } else { self.kind };
            }
            Some("li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                self.flush()?;
                self.kind = BlockKind::Paragraph;
                self.flow.is_heading = false;
                for address in std::mem::take(&mut self.flow.aside) {
                    self.out.push(BlockKind::Paragraph, &address)?;
                }
            }
            Some("button") if self.flow.is_heading => {}
            Some("text") => self.flush()?,
            Some(name) if BLOCKS.contains(&name) => self.flush()?,
            _ => self.flow.close(node),
        }
        Ok(())
    }

    fn item(&mut self, node: &NodeRef<'_>) -> Result<(), Failure> {
        self.flush()?;
        self.kind = BlockKind::ListItem;
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
        self.marker = match self.lists.last_mut() {
            Some(list) => list.mark(attr(node, "value")),
            None => "-".to_owned(),
        };
        self.flow.text = format!("{indent}{} ", self.marker);
        Ok(())
    }

    fn is_only_marker(&self) -> bool {
        self.kind == BlockKind::ListItem
            && !self.marker.is_empty()
            && self.flow.text.trim() == self.marker
    }

    fn caption(&mut self, table: &NodeRef<'_>) -> String {
        let caption = table.children().find(|node| scope::name(node) == Some("caption"));
        let caption = caption.filter(|caption| !self.scope.passes_over(caption, &mut self.lost));
        caption.map_or(String::new(), |node| inner_text(&node, self.scope, &mut self.lost))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let only_marker = self.is_only_marker();
        let text = self.flow.take();
        if self.kind != BlockKind::ListItem {
            return self.out.push(self.kind, &text);
        }
        self.marker.clear();
        // Blanks between elements are no indentation, and a marker without text is no item.
        let text = text.trim_start_matches(['\n', '\t', '\r']);
        if only_marker { Ok(()) } else { self.out.push(BlockKind::ListItem, text) }
    }
}

impl List {
    /// The mark of the next item; `value` is the number that it is given.
    fn mark(&mut self, value: Option<&str>) -> String {
        let Some(style) = self.style else { return "-".to_owned() };
        let number = value.and_then(|value| value.trim().parse().ok()).unwrap_or(self.next);
        self.next = number.saturating_add(self.step);
        format!("{}.", counting::number(number, style, PastZ::CountOn))
    }
}

fn list(node: &NodeRef<'_>) -> List {
    if name(node) != Some("ol") {
        return List { style: None, next: 1, step: 1 };
    }
    let by_style = attr(node, "style").unwrap_or_default();
    let style = match attr(node, "type").unwrap_or_default() {
        "a" => Style::LowerLetter,
        "A" => Style::UpperLetter,
        "i" => Style::LowerRoman,
        "I" => Style::UpperRoman,
        _ if by_style.contains("lower-alpha") || by_style.contains("lower-latin") => {
            Style::LowerLetter
        }
        _ if by_style.contains("upper-alpha") || by_style.contains("upper-latin") => {
            Style::UpperLetter
        }
        _ if by_style.contains("lower-roman") => Style::LowerRoman,
        _ if by_style.contains("upper-roman") => Style::UpperRoman,
        _ => Style::Decimal,
    };
    let is_reversed = attr(node, "reversed").is_some();
    let items = node.children().filter(|child| name(child) == Some("li")).count();
    let first = if is_reversed { i64::try_from(items).unwrap_or(1) } else { 1 };
    let next = attr(node, "start").and_then(|start| start.trim().parse().ok()).unwrap_or(first);
    List { style: Some(style), next, step: if is_reversed { -1 } else { 1 } }
}

fn level(heading: &str) -> u8 {
    heading.bytes().last().map_or(1, |digit| digit.saturating_sub(b'0').clamp(1, 6))
}
