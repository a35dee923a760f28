//! Walks the text of a part of a Word document.

use super::cells::{OpenTable, TableContent};
use super::fields::{Ending, Field};
use super::math::Equation;
use super::paragraph::Paragraph;
use super::run::Run;
use super::{PartKind, Parts, symbols};
use crate::document::BlockKind;
use crate::failure::Failure;
use crate::output::Draft;
use crate::warning::WarningKind;
use crate::xml::{Element, Event, Reader};
use crate::{clean, script};

/// Elements whose content is no text of the document: what was before a change, and how things
/// look.
const SKIPPED: &[&str] = &[
    "delText",
    "delInstrText",
    "pPrChange",
    "rPrChange",
    "sectPrChange",
    "tblPrChange",
    "tblPrExChange",
    "tblGridChange",
    "trPrChange",
    "tcPrChange",
    "numberingChange",
    "sectPr",
    "tblGrid",
    "tabs",
    "rt",
    "binData",
];

pub(super) struct Body<'p, 'a, 'b> {
    parts: &'p mut Parts<'a, 'b>,
    place: PartKind,
    pub(super) draft: Draft,
    /// The text of the first heading of the first level, without its number.
    pub(super) title: Option<String>,
    /// More than one is open where a text box stands inside a paragraph.
    paragraphs: Vec<Paragraph>,
    count: usize,
    run: Run,
    /// More than one is open where a table stands inside a cell.
    tables: Vec<OpenTable>,
    fields: Vec<Field>,
    equation: Option<Equation>,
    /// The elements of properties that are open: of a paragraph, a run, a row, a field to be filled
    /// in.
    properties: Vec<String>,
    /// By open field to be filled in: whether it shows its placeholder.
    placeholders: Vec<bool>,
    in_text: bool,
    in_instruction: bool,
    is_described: bool,
    /// Characters written so far: a drawing's second version is read where its first one wrote
    /// none.
    written: u64,
    choices: Vec<u64>,
    /// What a paragraph leaves to the next one.
    carried: String,
}

impl<'p, 'a, 'b> Body<'p, 'a, 'b> {
    pub(super) fn new(place: PartKind, parts: &'p mut Parts<'a, 'b>) -> Self {
        Self {
            parts,
            place,
            draft: Draft::default(),
            title: None,
            paragraphs: Vec::new(),
            count: 0,
            run: Run::default(),
            tables: Vec::new(),
            fields: Vec::new(),
            equation: None,
            properties: Vec::new(),
            placeholders: Vec::new(),
            in_text: false,
            in_instruction: false,
            is_described: false,
            written: 0,
            choices: Vec::new(),
            carried: String::new(),
        }
    }

    pub(super) fn read(&mut self, content: &[u8]) -> Result<(), Failure> {
        let mut reader = Reader::new(content);
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) if self.skips(&element) => reader.skip()?,
                Event::Open(element) => self.open(&element)?,
                Event::Close(name) => self.close(&name)?,
                Event::Text(text) => self.text(&text),
            }
        }
        let carried = std::mem::take(&mut self.carried);
        self.draft.push(BlockKind::Paragraph, &carried)
    }

    fn skips(&mut self, element: &Element<'_>) -> bool {
        match element.name() {
            name if SKIPPED.contains(&name) => true,
            // In the properties of a row or of a paragraph's end it says that they were deleted.
            "del" | "moveFrom" if self.properties.is_empty() => {
                self.draft.warn(WarningKind::SkippedComments, 1);
                true
            }
            "sdtContent" => self.placeholders.last() == Some(&true),
            "Fallback" => self.choices.last().is_some_and(|before| self.written > *before),
            // Word's own separators between text and notes are notes of a type.
            "footnote" | "endnote" => element.attr("type").is_some_and(|kind| kind != "normal"),
            _ => false,
        }
    }

    fn open(&mut self, element: &Element<'_>) -> Result<(), Failure> {
        if let Some(equation) = &mut self.equation {
            equation.open(element);
            return Ok(());
        }
        match element.name() {
            name @ ("pPr" | "rPr" | "trPr" | "sdtPr") => {
                self.properties.push(name.to_owned());
                if name == "rPr" && !self.properties.iter().any(|open| open == "pPr") {
                    self.run = Run::default();
                }
            }
            _ if !self.properties.is_empty() => self.property(element),
            "p" => self.begin_paragraph(),
            "r" => self.run = Run::default(),
            "t" => self.in_text = true,
            "instrText" => self.in_instruction = true,
            "oMath" => self.equation = Some(Equation::default()),
            "tbl" => self.tables.push(OpenTable::new()),
            "sdt" => self.placeholders.push(false),
            "AlternateContent" => self.choices.push(self.written),
            "tr" | "tc" | "tblPr" | "gridSpan" | "vMerge" | "tblStyle" | "tblLook" => {
                if let Some(table) = self.tables.last_mut() {
                    table.open(element);
                }
            }
            _ => return self.content(element),
        }
        Ok(())
    }

    /// What stands in a run besides text.
    fn content(&mut self, element: &Element<'_>) -> Result<(), Failure> {
        let (paragraph, at) = self.position();
        match element.name() {
            "tab" | "ptab" => self.text_now("\t"),
            "br" | "cr" => self.text_now("\n"),
            "noBreakHyphen" => self.text_now("-"),
            "sym" => {
                match symbols::of(element.attr("font").as_deref(), element.attr("char").as_deref())
                {
                    Some(symbol) => self.text_now(symbol),
                    None => self.draft.warn(WarningKind::UnmappedLetters, 1),
                }
            }
            "hyperlink" => {
                let id = element.qualified_attr("r:id").unwrap_or_default();
                let target = self.parts.link(&id).unwrap_or_default();
                self.fields.push(Field::link(&target, paragraph, at));
            }
            "fldSimple" => {
                let instruction = element.attr("instr").unwrap_or_default();
                self.fields.push(Field::begun(instruction, paragraph, at));
            }
            "fldChar" => match element.attr("fldCharType").as_deref() {
                Some("begin") => self.fields.push(Field::new()),
                Some("separate") => {
                    if let Some(field) = self.fields.last_mut() {
                        field.begin(paragraph, at);
                    }
                }
                Some("end") => self.end_field(),
                _ => {}
            },
            "docPr" => self.describe(element.attr("descr")),
            "textpath" => self.describe(element.attr("string")),
            "pic" | "imagedata" if !self.is_described => {
                self.draft.warn(WarningKind::PicturesWithoutText, 1)
            }
            "comment" if self.place == PartKind::Comments => {
                self.draft.warn(WarningKind::SkippedComments, 1)
            }
            "relIds" => self.insert(element.qualified_attr("r:dm"))?,
            "chart" | "altChunk" => self.insert(element.qualified_attr("r:id"))?,
            _ => {}
        }
        Ok(())
    }

    fn property(&mut self, element: &Element<'_>) {
        let within = |name: &str| self.properties.iter().any(|open| open == name);
        if within("sdtPr") {
            if element.name() == "showingPlcHdr"
                && let Some(shows) = self.placeholders.last_mut()
            {
                *shows = super::styles::is_on(element.attr("val").as_deref());
            }
            return;
        }
        if within("trPr") {
            let Some(table) = self.tables.last_mut() else { return };
            match element.name() {
                "del" => table.delete_row(),
                _ => table.open(element),
            }
            return;
        }
        if !within("pPr") {
            self.run.property(element);
            return;
        }
        let in_mark = within("rPr");
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        let value = element.attr("val");
        match element.name() {
            "del" if in_mark => paragraph.goes_on = true,
            _ if in_mark => {}
            "pStyle" => paragraph.style = value,
            "outlineLvl" => paragraph.outline = value.and_then(|value| value.parse().ok()),
            "numId" => paragraph.list = value,
            "ilvl" => paragraph.level = value.and_then(|value| value.parse().ok()),
            _ => {}
        }
    }

    fn begin_paragraph(&mut self) {
        self.count += 1;
        let text = std::mem::take(&mut self.carried);
        self.paragraphs.push(Paragraph { number: self.count, text, ..Paragraph::default() });
    }

    fn text(&mut self, text: &str) {
        if let Some(equation) = &mut self.equation {
            equation.text(text);
        } else if self.in_text {
            self.text_now(text);
        } else if self.in_instruction
            && let Some(field) = self.fields.last_mut()
        {
            field.instruct(text);
        }
    }

    fn text_now(&mut self, text: &str) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if self.run.is_hidden(paragraph.style.as_deref(), self.parts.styles) {
            self.draft.warn(WarningKind::HiddenText, text.trim().chars().count() as u64);
            return;
        }
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        paragraph.letters += letters;
        paragraph.bold += if self.run.is_bold { letters } else { 0 };
        self.written += letters as u64;
        self.run.write(&mut paragraph.text, text, self.parts.styles);
    }

    /// The description of a picture or drawing, where it has one, is what it says.
    fn describe(&mut self, description: Option<String>) {
        let description = description.filter(|description| !description.trim().is_empty());
        self.is_described = description.is_some();
        if let Some(description) = description {
            self.text_now(&format!(" {description} "));
        }
    }

    fn position(&self) -> (usize, usize) {
        self.paragraphs.last().map_or((0, 0), |paragraph| (paragraph.number, paragraph.text.len()))
    }

    fn end_field(&mut self) {
        let Some(field) = self.fields.pop() else { return };
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        if let Ending::PageNumber(start) = field.end(paragraph.number, &mut paragraph.text)
            && self.place == PartKind::Edge
        {
            paragraph.text.truncate(start);
            paragraph.has_page_number = true;
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Failure> {
        if let Some(equation) = &mut self.equation {
            equation.close(name);
            if name == "oMath" {
                self.end_equation();
            }
            return Ok(());
        }
        if self.properties.last().is_some_and(|open| open == name) {
            self.properties.pop();
            return Ok(());
        }
        match name {
            "t" => self.in_text = false,
            "instrText" => self.in_instruction = false,
            "hyperlink" | "fldSimple" => self.end_field(),
            "sdt" => drop(self.placeholders.pop()),
            "AlternateContent" => drop(self.choices.pop()),
            "drawing" | "pict" | "object" => self.is_described = false,
            "p" => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.paragraph(paragraph)?;
                }
            }
            "tc" | "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.close(name);
                }
            }
            "tbl" => self.table()?,
            _ => {}
        }
        Ok(())
    }

    fn end_equation(&mut self) {
        let text = self.equation.take().map(Equation::finish).unwrap_or_default();
        if let Some(paragraph) = self.paragraphs.last_mut() {
            self.written += text.len() as u64;
            script::join(&mut paragraph.text, &text);
        } else {
            self.carried.push_str(&text);
        }
    }

    fn paragraph(&mut self, paragraph: Paragraph) -> Result<(), Failure> {
        if paragraph.goes_on {
            self.carried = paragraph.text;
            return Ok(());
        }
        if paragraph.is_page_number() {
            return Ok(());
        }
        if let Some(table) = self.tables.last_mut() {
            table.weigh(paragraph.is_bold());
        }
        let Some((mut kind, text)) = paragraph.block(self.parts.styles, self.parts.numbering)
        else {
            return Ok(());
        };
        if self.place == PartKind::Edge && matches!(kind, BlockKind::Heading { .. }) {
            kind = BlockKind::Paragraph;
        }
        if kind == (BlockKind::Heading { level: 1 }) && self.title.is_none() {
            self.title = clean::title(&paragraph.text);
        }
        self.push(kind, &text)
    }

    /// Adds a block to the open cell, or to the document.
    fn push(&mut self, kind: BlockKind, text: &str) -> Result<(), Failure> {
        if self.tables.last_mut().is_some_and(|table| table.push(kind, text)) {
            return Ok(());
        }
        self.draft.push(kind, text)
    }

    fn table(&mut self) -> Result<(), Failure> {
        let Some(table) = self.tables.pop() else { return Ok(()) };
        match table.finish() {
            TableContent::Layout(blocks) => {
                blocks.iter().try_for_each(|(kind, text)| self.push(*kind, text))
            }
            TableContent::Data { text, skipped_columns } => {
                self.draft.warn(WarningKind::SkippedColumns, skipped_columns);
                self.push(BlockKind::Table, &text)
            }
        }
    }

    /// Reads the part of the archive that stands here: a diagram, a chart, another document.
    fn insert(&mut self, id: Option<String>) -> Result<(), Failure> {
        let Some(id) = id else { return Ok(()) };
        let mut part = self.parts.inserted(&id)?;
        self.draft.warn_all(part.take_warnings());
        self.written += part.blocks.len() as u64;
        part.blocks.iter().try_for_each(|(kind, text)| self.push(*kind, text))
    }
}
