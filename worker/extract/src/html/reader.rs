//! Walks a page's elements and writes their text as blocks.

use ego_tree::iter::Edge;

use super::{NodeRef, scope};
use crate::document::BlockKind;
use crate::output::Output;
use crate::table::Table;
use crate::{Failure, clean};

/// Elements that begin and end a block of text.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "form",
    "header",
    "hgroup",
    "hr",
    "legend",
    "main",
    "p",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

/// A cell longer than this holds a layout, not a value.
const LONGEST_CELL: usize = 2000;

pub(super) fn read(root: NodeRef<'_>, out: &mut Output<'_>) -> Result<(), Failure> {
    let mut reader = Reader { out, text: String::new(), kind: BlockKind::Paragraph, lists: Vec::new() };
    // The element that is being passed over, until it closes.
    let mut passing: Option<ego_tree::NodeId> = None;
    for edge in root.traverse() {
        match edge {
            Edge::Open(_) if passing.is_some() => {}
            Edge::Open(node) if node.id() != root.id() && scope::is_skipped(&node) => passing = Some(node.id()),
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
    reader.flush()
}

struct Reader<'a, 'o> {
    out: &'a mut Output<'o>,
    text: String,
    kind: BlockKind,
    /// For each open list the number of its next item, or nothing where it has bullets.
    lists: Vec<Option<u64>>,
}

impl Reader<'_, '_> {
    /// True where the element has been read whole.
    fn open(&mut self, node: &NodeRef<'_>) -> Result<bool, Failure> {
        if let Some(text) = node.value().as_text() {
            self.text.push_str(text);
            return Ok(false);
        }
        let Some(name) = scope::name(node) else { return Ok(false) };
        match name {
            "br" => self.text.push('\n'),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush()?;
                self.kind = BlockKind::Heading { level: level(name) };
            }
            "ul" | "ol" => {
                self.flush()?;
                let first = scope::attr(node, "start").and_then(|start| start.parse().ok()).unwrap_or(1);
                self.lists.push((name == "ol").then_some(first));
            }
            "li" => self.item()?,
            "pre" => {
                self.flush()?;
                self.out.push(BlockKind::Code, &inner_text(node))?;
                return Ok(true);
            }
            "table" => {
                self.flush()?;
                if let Some(table) = data_table(node) {
                    self.out.push(BlockKind::Paragraph, &caption(node))?;
                    self.out.push(BlockKind::Table, &table.text())?;
                    return Ok(true);
                }
            }
            // The first paragraph of an item goes on its marker.
            name if BLOCKS.contains(&name) && !self.is_only_marker() => self.flush()?,
            _ => {}
        }
        Ok(false)
    }

    fn close(&mut self, node: &NodeRef<'_>) -> Result<(), Failure> {
        match scope::name(node) {
            Some("ul" | "ol") => {
                self.flush()?;
                self.lists.pop();
                self.kind = BlockKind::Paragraph;
            }
            Some("li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                self.flush()?;
                self.kind = BlockKind::Paragraph;
            }
            Some(name) if BLOCKS.contains(&name) => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    fn item(&mut self) -> Result<(), Failure> {
        self.flush()?;
        self.kind = BlockKind::ListItem;
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{indent}{}. ", *number - 1)
            }
            _ => format!("{indent}- "),
        };
        self.text = mark;
        Ok(())
    }

    fn is_only_marker(&self) -> bool {
        let text = self.text.trim();
        self.kind == BlockKind::ListItem
            && (text == "-" || text.strip_suffix('.').is_some_and(|number| number.parse::<u64>().is_ok()))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let text = std::mem::take(&mut self.text);
        match self.kind {
            // Blanks between elements are no indentation, and a marker without text is no item.
            BlockKind::ListItem if matches!(text.trim(), "" | "-") => Ok(()),
            BlockKind::ListItem => self.out.push(BlockKind::ListItem, text.trim_start_matches(['\n', '\t', '\r'])),
            kind => self.out.push(kind, &text),
        }
    }
}

fn level(heading: &str) -> u8 {
    heading.bytes().last().map_or(1, |digit| digit.saturating_sub(b'0').clamp(1, 6))
}

fn inner_text(node: &NodeRef<'_>) -> String {
    let mut text = String::new();
    for edge in node.traverse() {
        let Edge::Open(node) = edge else { continue };
        if let Some(part) = node.value().as_text() {
            text.push_str(part);
        } else if matches!(scope::name(&node), Some("br" | "p" | "div" | "li")) {
            text.push('\n');
        }
    }
    text
}

fn caption(table: &NodeRef<'_>) -> String {
    table.children().find(|node| scope::name(node) == Some("caption")).map_or(String::new(), |node| inner_text(&node))
}

/// The table's rows, or nothing where the table only lays out the page.
fn data_table(node: &NodeRef<'_>) -> Option<Table> {
    if node.descendants().skip(1).any(|inner| matches!(scope::name(&inner), Some("table" | "h1" | "h2" | "h3" | "h4")))
    {
        return None;
    }
    let mut table = Table::default();
    for row in node.descendants().filter(|inner| scope::name(inner) == Some("tr")) {
        let mut cells = Vec::new();
        let mut only_names = true;
        for cell in row.children().filter(|inner| matches!(scope::name(inner), Some("td" | "th"))) {
            only_names &= scope::name(&cell) == Some("th");
            let text = clean::flowing(&inner_text(&cell));
            if text.len() > LONGEST_CELL {
                return None;
            }
            cells.push(text);
            let span = scope::attr(&cell, "colspan").and_then(|span| span.parse::<usize>().ok()).unwrap_or(1);
            cells.extend(std::iter::repeat_n(String::new(), span.clamp(1, 64) - 1));
        }
        if table.rows.is_empty() && only_names && cells.len() > 1 {
            table.headed = true;
        }
        if !cells.is_empty() {
            table.rows.push(cells);
        }
    }
    (table.width() > 1).then_some(table)
}
