//! Walks the text of a Word document.

use super::numbering::Numbering;
use super::styles::Styles;
use crate::document::BlockKind;
use crate::failure::Failure;
use crate::table::Table;
use crate::xml::{Element, Event, Reader};

/// Elements whose content is no text of the document, or is there twice (the fallback of a drawing).
const SKIPPED: &[&str] = &["del", "moveFrom", "instrText", "delText", "Fallback", "sectPr", "rPr", "tblGrid", "pict"];

/// What takes the blocks that are read.
type Sink<'s> = dyn FnMut(BlockKind, &str) -> Result<(), Failure> + 's;

pub(super) fn read(
    content: &[u8],
    styles: &Styles,
    numbering: &mut Numbering,
    sink: &mut Sink<'_>,
) -> Result<(), Failure> {
    let mut body = Body { styles, numbering, sink, paragraphs: Vec::new(), tables: Vec::new(), in_text: false };
    let mut reader = Reader::new(content);
    while let Some(event) = reader.next()? {
        match event {
            Event::Open(element) if SKIPPED.contains(&element.name()) => reader.skip()?,
            // Word's own separators between text and notes are notes of a type.
            Event::Open(element)
                if matches!(element.name(), "footnote" | "endnote") && element.attr("type").is_some() =>
            {
                reader.skip()?;
            }
            Event::Open(element) => body.open(&element),
            Event::Close(name) => body.close(&name)?,
            Event::Text(text) => body.text(&text),
        }
    }
    Ok(())
}

#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    outline: Option<u8>,
    list: Option<String>,
    level: u8,
}

#[derive(Default)]
struct OpenTable {
    table: Table,
    /// The first row is marked as header, or the table's look says that it has one.
    header_marked: bool,
    span: usize,
}

struct Body<'a, 's> {
    styles: &'a Styles,
    numbering: &'a mut Numbering,
    sink: &'a mut Sink<'s>,
    /// More than one is open where a text box stands inside a paragraph.
    paragraphs: Vec<Paragraph>,
    /// More than one is open where a table stands inside a cell.
    tables: Vec<OpenTable>,
    in_text: bool,
}

impl Body<'_, '_> {
    fn open(&mut self, element: &Element<'_>) {
        match element.name() {
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tab" | "ptab" => self.text_now("\t"),
            "br" | "cr" => self.text_now("\n"),
            "noBreakHyphen" => self.text_now("-"),
            "pStyle" | "outlineLvl" | "numId" | "ilvl" => self.property(element),
            "tbl" => self.tables.push(OpenTable::default()),
            "tr" => self.with_table(|open| open.table.rows.push(Vec::new())),
            "tc" => self.with_table(|open| {
                open.span = 1;
                if let Some(row) = open.table.rows.last_mut() {
                    row.push(String::new());
                }
            }),
            "gridSpan" => {
                let span = element.attr("val").and_then(|span| span.parse::<usize>().ok()).unwrap_or(1);
                self.with_table(|open| open.span = span.clamp(1, 64));
            }
            "tblHeader" => self.with_table(|open| open.header_marked |= open.table.rows.len() == 1),
            "tblLook" => {
                let says = element.attr("firstRow").is_some_and(|first| matches!(first.as_str(), "1" | "true"));
                self.with_table(|open| open.header_marked |= says);
            }
            _ => {}
        }
    }

    fn property(&mut self, element: &Element<'_>) {
        let value = element.attr("val");
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match element.name() {
            "pStyle" => paragraph.style = value,
            "outlineLvl" => paragraph.outline = value.and_then(|value| value.parse().ok()),
            "numId" => paragraph.list = value,
            _ => paragraph.level = value.and_then(|value| value.parse().ok()).unwrap_or(0),
        }
    }

    fn with_table(&mut self, change: impl FnOnce(&mut OpenTable)) {
        if let Some(open) = self.tables.last_mut() {
            change(open);
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_text {
            self.text_now(text);
        }
    }

    fn text_now(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.push_str(text);
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Failure> {
        match name {
            "t" => self.in_text = false,
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.paragraph(&paragraph)?;
                }
            }
            "tc" => self.with_table(|open| {
                let blanks = open.span.saturating_sub(1);
                if let Some(row) = open.table.rows.last_mut() {
                    row.extend(std::iter::repeat_n(String::new(), blanks));
                }
            }),
            "tbl" => self.table()?,
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self, paragraph: &Paragraph) -> Result<(), Failure> {
        if let Some(cell) =
            self.tables.last_mut().and_then(|open| open.table.rows.last_mut()).and_then(|row| row.last_mut())
        {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&paragraph.text);
            return Ok(());
        }
        if paragraph.text.trim().is_empty() {
            return Ok(());
        }
        let style = paragraph.style.as_deref().unwrap_or_default();
        let heading = paragraph.outline.filter(|level| *level < 9).map(|level| level + 1);
        if let Some(level) = heading.or_else(|| self.styles.heading(style)) {
            return (self.sink)(BlockKind::Heading { level: level.clamp(1, 6) }, &paragraph.text);
        }
        // The list numbered 0 takes a paragraph out of the list that its style names.
        let own = paragraph.list.as_ref().map(|list| (list.clone(), paragraph.level));
        let list = own.or_else(|| self.styles.list(style)).filter(|(list, _)| list != "0");
        let Some((list, level)) = list else {
            return if self.styles.is_list(style) {
                (self.sink)(BlockKind::ListItem, &format!("- {}", paragraph.text))
            } else {
                (self.sink)(BlockKind::Paragraph, &paragraph.text)
            };
        };
        let mark = self.numbering.mark(&list, level);
        let indent = "  ".repeat(usize::from(level.min(8)));
        (self.sink)(BlockKind::ListItem, &format!("{indent}{mark} {}", paragraph.text))
    }

    fn table(&mut self) -> Result<(), Failure> {
        let Some(mut open) = self.tables.pop() else { return Ok(()) };
        open.table.headed = open.header_marked && open.table.rows.first().is_some_and(|row| names_columns(row));
        let text = open.table.text();
        if let Some(cell) =
            self.tables.last_mut().and_then(|outer| outer.table.rows.last_mut()).and_then(|row| row.last_mut())
        {
            // A table in a cell becomes part of the cell.
            cell.push(' ');
            cell.push_str(&text.replace('\n', "; "));
            return Ok(());
        }
        // A table of one column frames a text.
        let kind = if open.table.width() > 1 { BlockKind::Table } else { BlockKind::Paragraph };
        (self.sink)(kind, &text)
    }
}

/// Word marks the first row by default, also where it holds values: a header's cells are short, and most are filled.
fn names_columns(row: &[String]) -> bool {
    let filled = row.iter().filter(|cell| !cell.trim().is_empty()).count();
    row.len() > 1 && filled * 2 > row.len() && row.iter().all(|cell| cell.chars().count() <= 80)
}
