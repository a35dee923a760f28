//! PowerPoint presentations: a slide is a page, its title a heading, its notes at its end.

mod shape_box;
mod shapes;
mod text;

use std::collections::HashSet;

use crate::archive::{Archive, Relation};
use crate::document::{Block, BlockKind, Meta};
use crate::failure::{Code, Failure};
use crate::output::{Draft, Output};
use crate::warning::{WarningKind, Warnings};
use crate::{Format, clean, drawing, limits};

use shapes::{Part, Shapes};

/// Diagrams and charts of one slide.
const MAX_PARTS: usize = 500;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let mut archive = Archive::open(bytes)?;
    let main = archive.main_part()?;
    let slides = slides(&mut archive, &main)?;
    let count = u32::try_from(slides.len()).unwrap_or(u32::MAX);
    if count > limits::MAX_PAGES {
        let detail =
            format!("The presentation has {count} slides; at most {} are read.", limits::MAX_PAGES);
        return Err(Failure::new(Code::TooManyPages, detail));
    }
    let mut title = archive.title()?.filter(|title| title != "PowerPoint Presentation");
    let mut sent = false;
    // What stands at the foot of every slide is read where it first stands.
    let mut ornaments = HashSet::new();
    for (number, slide) in (1_u32..).zip(slides) {
        let mut draft = Slide { archive: &mut archive, ornaments: &mut ornaments }.read(&slide)?;
        for warning in draft.take_warnings().into_list() {
            out.warn(warning.kind, Some(number), warning.count);
        }
        let blocks: Vec<Block> =
            draft.blocks.iter().filter_map(|(kind, text)| Block::new(*kind, text)).collect();
        if !std::mem::replace(&mut sent, true) {
            let first = blocks
                .iter()
                .find(|block| block.is_heading())
                .and_then(|block| clean::title(&block.text));
            let title = title.take().or(first);
            out.meta(Meta { format: Format::Pptx, title, page_count: Some(count), paged: true });
        }
        out.page(blocks)?;
    }
    // The sheets behind charts say nothing that the charts do not.
    let charts = archive.count("ppt/charts/chart");
    out.warn(
        WarningKind::SkippedAttachments,
        None,
        archive.count("ppt/embeddings/").saturating_sub(charts),
    );
    out.warn(WarningKind::SkippedParts, None, archive.count("ppt/media/media"));
    Ok(())
}

/// The slides in the order in which they are shown.
fn slides(archive: &mut Archive<'_>, main: &str) -> Result<Vec<String>, Failure> {
    let relations = archive.relations(main)?;
    let content = archive.required(main)?;
    let mut reader = crate::xml::Reader::new(&content);
    let mut slides = Vec::new();
    while let Some(event) = reader.next()? {
        let crate::xml::Event::Open(element) = event else { continue };
        if element.name() != "sldId" {
            continue;
        }
        let id = element.qualified_attr("r:id").unwrap_or_default();
        let found = relations.iter().find(|relation| relation.id == id && !relation.is_outside);
        slides.extend(found.map(|relation| relation.target.clone()));
    }
    Ok(slides)
}

struct Slide<'p, 'a> {
    archive: &'p mut Archive<'a>,
    ornaments: &'p mut HashSet<String>,
}

impl Slide<'_, '_> {
    fn read(&mut self, target: &str) -> Result<Draft, Failure> {
        let content = self.archive.required(target)?;
        let relations = self.archive.relations(target)?;
        let mut draft = self.part(&content, Part::Slide, &relations)?;
        // Slides often draw the title after the rest.
        draft.blocks.sort_by_key(|(kind, _)| !matches!(kind, BlockKind::Heading { .. }));
        for relation in relations.iter().filter(|relation| !relation.is_outside) {
            match relation.kind.as_str() {
                "notesSlide" => {
                    if let Some(content) = self.archive.member(&relation.target)? {
                        let inner = self.archive.relations(&relation.target)?;
                        draft.append(self.part(&content, Part::Notes, &inner)?)?;
                    }
                }
                "comments" => {
                    draft.warn(WarningKind::SkippedComments, self.comments(&relation.target)?)
                }
                _ => {}
            }
        }
        Ok(draft)
    }

    fn part(
        &mut self,
        content: &[u8],
        part: Part,
        relations: &[Relation],
    ) -> Result<Draft, Failure> {
        let shapes = Shapes::read(content, part, relations)?;
        let mut draft = Draft::default();
        let mut lost = Warnings::default();
        let mut inserted = 0;
        for piece in shapes.in_order(&mut lost) {
            match piece {
                shapes::SlideContent::Block(kind, text) => draft.push(kind, &text)?,
                shapes::SlideContent::Ornament(text) => {
                    if self.ornaments.insert(text.clone()) {
                        draft.push(BlockKind::Paragraph, &text)?;
                    }
                }
                shapes::SlideContent::Inserted(id) => {
                    inserted += 1;
                    if inserted <= MAX_PARTS {
                        draft.append(self.inserted(&id, relations)?)?;
                    } else {
                        draft.warn(WarningKind::SkippedParts, 1);
                    }
                }
            }
        }
        draft.warn_all(lost);
        Ok(draft)
    }

    /// The text of the diagram or chart that a relationship puts on the slide.
    fn inserted(&mut self, id: &str, relations: &[Relation]) -> Result<Draft, Failure> {
        let mut draft = Draft::default();
        let relation = relations.iter().find(|relation| relation.id == id && !relation.is_outside);
        let content = match relation {
            Some(relation) => self.archive.member(&relation.target)?,
            None => None,
        };
        let kind = relation.map_or("", |relation| relation.kind.as_str());
        let read = match (kind, content) {
            ("diagramData", Some(content)) => drawing::diagram(&content, &mut draft),
            ("chart", Some(content)) => drawing::chart(&content, &mut draft),
            _ => {
                draft.warn(WarningKind::SkippedParts, 1);
                Ok(())
            }
        };
        match read {
            Err(failure) if failure.code == Code::BrokenFile => {
                draft.warn(WarningKind::SkippedParts, 1)
            }
            other => other?,
        }
        Ok(draft)
    }

    fn comments(&mut self, target: &str) -> Result<u64, Failure> {
        let Some(content) = self.archive.member(target)? else { return Ok(0) };
        let mut reader = crate::xml::Reader::new(&content);
        let mut count = 0;
        while let Ok(Some(event)) = reader.next() {
            count += u64::from(
                matches!(event, crate::xml::Event::Open(element) if element.name() == "cm"),
            );
        }
        Ok(count)
    }
}
