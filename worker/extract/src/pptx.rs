//! PowerPoint presentations: a slide is a page, its title a heading, its notes at its end.

use crate::archive::Archive;
use crate::document::{Block, BlockKind, Meta};
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::xml::{Element, Event, Reader};
use crate::{Format, clean, limits};

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let mut archive = Archive::open(bytes)?;
    let main = archive.main_part()?;
    let slides = slides(&mut archive, &main)?;
    let count = u32::try_from(slides.len()).unwrap_or(u32::MAX);
    if count > limits::MAX_PAGES {
        let detail = format!("The presentation has {count} slides; at most {} are read.", limits::MAX_PAGES);
        return Err(Failure::new(Code::TooManyPages, detail));
    }
    let mut title = archive.title()?.filter(|title| title != "PowerPoint Presentation");
    let mut sent = false;
    for slide in slides {
        let mut blocks = blocks(&archive.required(&slide)?, Part::Slide)?;
        let relations = archive.relations(&slide)?;
        if let Some(notes) = relations.iter().find(|relation| relation.kind == "notesSlide")
            && let Some(content) = archive.member(&notes.target)?
        {
            blocks.extend(self::blocks(&content, Part::Notes)?);
        }
        if !std::mem::replace(&mut sent, true) {
            let first = blocks.iter().find(|block| block.is_heading()).and_then(|block| clean::title(&block.text));
            let title = title.take().or(first);
            out.meta(Meta { format: Format::Pptx, title, page_count: Some(count), paged: true });
        }
        out.page(blocks)?;
    }
    Ok(())
}

/// The slides in the order in which they are shown.
fn slides(archive: &mut Archive<'_>, main: &str) -> Result<Vec<String>, Failure> {
    let relations = archive.relations(main)?;
    let content = archive.required(main)?;
    let mut reader = Reader::new(&content);
    let mut slides = Vec::new();
    while let Some(event) = reader.next()? {
        let Event::Open(element) = event else { continue };
        if element.name() != "sldId" {
            continue;
        }
        let id = element.qualified_attr("r:id").unwrap_or_default();
        slides.extend(relations.iter().find(|relation| relation.id == id).map(|relation| relation.target.clone()));
    }
    Ok(slides)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
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
    /// Number, date, footer, picture of the slide: no content.
    Ornament,
}

fn blocks(content: &[u8], part: Part) -> Result<Vec<Block>, Failure> {
    let mut slide = Slide { part, ..Slide::new() };
    let mut reader = Reader::new(content);
    while let Some(event) = reader.next()? {
        match event {
            Event::Open(element) if matches!(element.name(), "Fallback" | "rPr" | "endParaRPr") => reader.skip()?,
            Event::Open(element) => slide.open(&element),
            Event::Close(name) => slide.close(&name),
            Event::Text(text) if slide.in_text => slide.text.push_str(&text),
            Event::Text(_) => {}
        }
    }
    // Slides often draw the title after the rest.
    slide.blocks.sort_by_key(|block| !block.is_heading());
    Ok(slide.blocks)
}

struct Slide {
    part: Part,
    blocks: Vec<Block>,
    role: Role,
    level: usize,
    bullet: bool,
    text: String,
    in_text: bool,
    table: Option<Table>,
}

impl Slide {
    fn new() -> Self {
        Self {
            part: Part::Slide,
            blocks: Vec::new(),
            role: Role::Text,
            level: 0,
            bullet: true,
            text: String::new(),
            in_text: false,
            table: None,
        }
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name() {
            "sp" => self.role = Role::Text,
            "ph" => self.role = role(element.attr("type").as_deref()),
            "p" => {
                self.text.clear();
                self.level = 0;
                self.bullet = true;
            }
            "pPr" => self.level = element.attr("lvl").and_then(|level| level.parse().ok()).unwrap_or(0),
            "buNone" => self.bullet = false,
            "t" => self.in_text = true,
            "br" => self.text.push('\n'),
            "tab" => self.text.push(' '),
            // PowerPoint marks the first row of a new table as its header.
            "tbl" => self.table = Some(Table::default()),
            "tblPr" => {
                let headed = element.attr("firstRow").is_some_and(|first| matches!(first.as_str(), "1" | "true"));
                if let Some(table) = &mut self.table {
                    table.headed = headed;
                }
            }
            "tr" => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(String::new());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "p" => self.paragraph(),
            "tbl" => {
                let table = self.table.take().unwrap_or_default();
                self.blocks.extend(Block::new(BlockKind::Table, &table.text()));
            }
            _ => {}
        }
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if let Some(cell) = self.table.as_mut().and_then(|table| table.rows.last_mut()).and_then(|row| row.last_mut()) {
            if !cell.is_empty() {
                cell.push(' ');
            }
            cell.push_str(&text);
            return;
        }
        if text.trim().is_empty() {
            return;
        }
        let block = match (self.part, self.role) {
            (Part::Notes, Role::Points) => Block::new(BlockKind::Paragraph, &format!("Notes: {text}")),
            (Part::Notes, _) | (_, Role::Ornament) => None,
            (Part::Slide, Role::Title) => Block::new(BlockKind::Heading { level: 1 }, &text),
            (Part::Slide, Role::Points) if self.bullet => {
                Block::new(BlockKind::ListItem, &format!("{}- {text}", "  ".repeat(self.level.min(8))))
            }
            (Part::Slide, _) => Block::new(BlockKind::Paragraph, &text),
        };
        self.blocks.extend(block);
    }
}

fn role(placeholder: Option<&str>) -> Role {
    match placeholder {
        Some("title" | "ctrTitle") => Role::Title,
        Some("sldNum" | "dt" | "ftr" | "hdr" | "sldImg" | "pic") => Role::Ornament,
        Some("subTitle") => Role::Text,
        _ => Role::Points,
    }
}
