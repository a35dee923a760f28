//! The shapes of a slide or of its notes, with what they hold and where they stand.

use super::shape_box::{ShapeBox, order};
use super::text::{Counts, Paragraph};
use crate::archive::Relation;
use crate::document::BlockKind;
use crate::failure::Failure;
use crate::grid::Grid;
use crate::links;
use crate::warning::{WarningKind, Warnings};
use crate::xml::{Element, Event, Reader};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Slide,
    Notes,
}

/// What a shape is there for.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Role {
    #[default]
    Text,
    Title,
    /// A body whose paragraphs are points.
    Points,
    /// A line of text at the foot of each slide.
    Foot,
    /// Number, date, picture of the slide: no content.
    Ornament,
}

/// A piece of a slide, in reading order.
pub(super) enum SlideContent {
    Block(BlockKind, String),
    Ornament(String),
    /// A diagram or chart, by the id of its relationship.
    Inserted(String),
}

/// A shape, or a group of shapes.
#[derive(Default)]
struct Shape {
    place: Option<ShapeBox>,
    pieces: Vec<SlideContent>,
    inner: Vec<Shape>,
    is_hidden: bool,
}

/// All shapes of a part.
pub(super) struct Shapes<'r> {
    part: Part,
    relations: &'r [Relation],
    /// The part itself, the groups that are open, and the shape that is open.
    open: Vec<Shape>,
    role: Role,
    counts: Counts,
    paragraphs: Vec<Paragraph>,
    in_text: bool,
    table: Option<Table>,
    /// Inside the properties that hold a shape's place.
    in_place: bool,
    is_described: bool,
    written: u64,
    choices: Vec<u64>,
    lost: Warnings,
}

#[derive(Default)]
struct Table {
    grid: Grid,
    is_headed: bool,
    cell: String,
    columns: usize,
    rows: usize,
    /// The cell belongs to the one above it, or to the one before it.
    from_above: bool,
    from_before: bool,
}

impl<'r> Shapes<'r> {
    pub(super) fn read(
        content: &[u8],
        part: Part,
        relations: &'r [Relation],
    ) -> Result<Self, Failure> {
        let mut shapes = Self {
            part,
            relations,
            open: vec![Shape::default()],
            role: Role::Text,
            counts: Counts::default(),
            paragraphs: Vec::new(),
            in_text: false,
            table: None,
            in_place: false,
            is_described: false,
            written: 0,
            choices: Vec::new(),
            lost: Warnings::default(),
        };
        let mut reader = Reader::new(content);
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) if shapes.skips(&element) => reader.skip()?,
                Event::Open(element) => shapes.open(&element),
                Event::Close(name) => shapes.close(&name),
                Event::Text(text) => shapes.text(&text),
            }
        }
        while shapes.open.len() > 1 {
            shapes.end_shape();
        }
        Ok(shapes)
    }

    /// What the shapes hold, as people read it.
    pub(super) fn in_order(mut self, lost: &mut Warnings) -> Vec<SlideContent> {
        let mut pieces = Vec::new();
        if let Some(root) = self.open.pop() {
            root.write(&mut pieces, &mut self.lost);
        }
        lost.add_all(self.lost);
        pieces
    }

    fn skips(&self, element: &Element<'_>) -> bool {
        match element.name() {
            "Fallback" => self.choices.last().is_some_and(|before| self.written > *before),
            "endParaRPr" | "lstStyle" | "extLst" | "timing" | "transition" => true,
            _ => false,
        }
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name() {
            "AlternateContent" => self.choices.push(self.written),
            "sp" | "grpSp" | "pic" | "graphicFrame" | "cxnSp" | "contentPart" => {
                self.role = Role::Text;
                self.counts = Counts::default();
                self.open.push(Shape::default());
            }
            "cNvPr" => self.describe(element),
            "ph" => self.role = role(element.attr("type").as_deref()),
            "xfrm" => self.in_place = true,
            "off" | "ext" if self.in_place => self.measure(element),
            "blip" if !self.is_described => {
                self.lost.add(WarningKind::PicturesWithoutText, None, 1)
            }
            "relIds" => self.insert(element.qualified_attr("r:dm")),
            "chart" => self.insert(element.qualified_attr("r:id")),
            "tbl" | "tblPr" | "tr" | "tc" => self.table_part(element),
            _ => self.paragraph_part(element),
        }
    }

    fn paragraph_part(&mut self, element: &Element<'_>) {
        if element.name() == "p" {
            self.paragraphs.push(Paragraph::default());
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match element.name() {
            "t" => self.in_text = true,
            "br" => paragraph.text.push('\n'),
            "tab" => paragraph.text.push(' '),
            "r" => (paragraph.baseline, paragraph.link) = (0, None),
            "rPr" => {
                paragraph.baseline =
                    element.attr("baseline").and_then(|shift| shift.parse().ok()).unwrap_or(0);
            }
            "hlinkClick" => {
                let id = element.qualified_attr("r:id").unwrap_or_default();
                let target =
                    self.relations.iter().find(|relation| relation.id == id && relation.is_outside);
                paragraph.link = target.map(|target| (target.target.clone(), paragraph.text.len()));
            }
            "fld" => {
                let kind = element.attr("type").unwrap_or_default();
                paragraph.in_field = kind.starts_with("slidenum") || kind.starts_with("datetime");
            }
            _ => paragraph.properties(element),
        }
    }

    fn table_part(&mut self, element: &Element<'_>) {
        let is_on = |name: &str| {
            element.attr(name).is_some_and(|value| matches!(value.as_str(), "1" | "true"))
        };
        let number = |name: &str| {
            element.attr(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(1)
        };
        if element.name() == "tbl" {
            self.table = Some(Table::default());
        }
        let Some(table) = &mut self.table else { return };
        match element.name() {
            // PowerPoint marks the first row of a new table as its header.
            "tblPr" => table.is_headed = is_on("firstRow"),
            "tr" => table.grid.row(),
            "tc" => {
                (table.columns, table.rows) = (number("gridSpan"), number("rowSpan"));
                (table.from_above, table.from_before) = (is_on("vMerge"), is_on("hMerge"));
                table.cell.clear();
            }
            _ => {}
        }
    }

    /// The description of a picture is what it says; hidden shapes say nothing.
    fn describe(&mut self, element: &Element<'_>) {
        let description =
            element.attr("descr").filter(|description| !description.trim().is_empty());
        self.is_described = description.is_some();
        let is_hidden =
            element.attr("hidden").is_some_and(|hidden| matches!(hidden.as_str(), "1" | "true"));
        if let Some(shape) = self.open.last_mut() {
            shape.is_hidden = is_hidden;
            shape.pieces.extend(
                description
                    .map(|description| SlideContent::Block(BlockKind::Paragraph, description)),
            );
        }
    }

    fn measure(&mut self, element: &Element<'_>) {
        let number = |name: &str| {
            element.attr(name).and_then(|value| value.parse::<i64>().ok()).unwrap_or(0)
        };
        let Some(shape) = self.open.last_mut() else { return };
        let place = shape.place.get_or_insert_default();
        if element.name() == "off" {
            (place.left, place.top) = (number("x"), number("y"));
        } else {
            (place.width, place.height) = (number("cx"), number("cy"));
        }
    }

    fn insert(&mut self, id: Option<String>) {
        if let (Some(id), Some(shape)) = (id, self.open.last_mut()) {
            self.written += 1;
            shape.pieces.push(SlideContent::Inserted(id));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(paragraph) =
            self.paragraphs.last_mut().filter(|paragraph| self.in_text && !paragraph.in_field)
        else {
            return;
        };
        self.written += text.len() as u64;
        paragraph.write(text);
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "AlternateContent" => drop(self.choices.pop()),
            "xfrm" => self.in_place = false,
            "r" | "fld" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.in_field = false;
                    if let Some((target, start)) = paragraph.link.take() {
                        links::append(&mut paragraph.text, start, &target);
                    }
                }
            }
            "p" => self.paragraph(),
            "tc" => self.cell(),
            "tbl" => self.end_table(),
            "sp" | "grpSp" | "pic" | "graphicFrame" | "cxnSp" | "contentPart"
                if self.open.len() > 1 =>
            {
                self.end_shape();
            }
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let text = paragraph.text.trim();
        if let Some(table) = &mut self.table {
            if !table.cell.is_empty() {
                table.cell.push(' ');
            }
            table.cell.push_str(text);
            return;
        }
        if text.is_empty() {
            return;
        }
        let is_point = self.role == Role::Points;
        let mark = self.counts.mark(paragraph.level, &paragraph.bullet, is_point);
        let piece = match (self.part, self.role) {
            (_, Role::Ornament) => return,
            (Part::Notes, Role::Points) => {
                SlideContent::Block(BlockKind::Paragraph, format!("Notes: {text}"))
            }
            (Part::Notes, _) => return,
            (Part::Slide, Role::Foot) => SlideContent::Ornament(text.to_owned()),
            (Part::Slide, Role::Title) => {
                SlideContent::Block(BlockKind::Heading { level: 1 }, text.to_owned())
            }
            (Part::Slide, _) => match mark {
                Some(mark) => {
                    let indent = "  ".repeat(paragraph.level.min(8));
                    SlideContent::Block(BlockKind::ListItem, format!("{indent}{mark} {text}"))
                }
                None => SlideContent::Block(BlockKind::Paragraph, text.to_owned()),
            },
        };
        if let Some(shape) = self.open.last_mut() {
            shape.pieces.push(piece);
        }
    }

    fn cell(&mut self) {
        let Some(table) = &mut self.table else { return };
        let text = std::mem::take(&mut table.cell);
        if table.from_before {
            // The cell before it has taken its column already.
        } else if table.from_above && text.is_empty() {
            table.grid.cell_from_above(table.columns);
        } else {
            table.grid.cell(&text, table.columns, 1);
        }
    }

    fn end_table(&mut self) {
        let Some(mut table) = self.table.take() else { return };
        table.grid.end_group();
        self.lost.add(WarningKind::SkippedColumns, None, table.grid.skipped_columns);
        let text = table.grid.text(usize::from(table.is_headed));
        if let Some(shape) = self.open.last_mut() {
            shape.pieces.push(SlideContent::Block(BlockKind::Table, text));
        }
    }

    fn end_shape(&mut self) {
        let Some(shape) = self.open.pop() else { return };
        self.role = Role::Text;
        if let Some(group) = self.open.last_mut() {
            group.inner.push(shape);
        }
    }
}

impl Shape {
    /// Writes what the shape and those inside it hold. Groups inside groups are as deep as XML may
    /// be.
    fn write(self, out: &mut Vec<SlideContent>, lost: &mut Warnings) {
        if self.is_hidden {
            lost.add(WarningKind::HiddenText, None, self.characters());
            return;
        }
        out.extend(self.pieces);
        let places: Vec<Option<ShapeBox>> = self.inner.iter().map(|shape| shape.place).collect();
        let mut inner: Vec<Option<Self>> = self.inner.into_iter().map(Some).collect();
        for at in order(&places) {
            if let Some(shape) = inner.get_mut(at).and_then(Option::take) {
                shape.write(out, lost);
            }
        }
    }

    fn characters(&self) -> u64 {
        let own = self.pieces.iter().map(|piece| match piece {
            SlideContent::Block(_, text) | SlideContent::Ornament(text) => {
                text.chars().count() as u64
            }
            SlideContent::Inserted(_) => 1,
        });
        own.sum::<u64>() + self.inner.iter().map(Self::characters).sum::<u64>()
    }
}

fn role(placeholder: Option<&str>) -> Role {
    match placeholder {
        Some("title" | "ctrTitle") => Role::Title,
        Some("ftr" | "hdr") => Role::Foot,
        Some("sldNum" | "dt" | "sldImg" | "pic") => Role::Ornament,
        Some("subTitle") => Role::Text,
        _ => Role::Points,
    }
}
