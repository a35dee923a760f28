//! Word documents: headings, lists with the numbers that are shown, tables, headers and footers,
//! text boxes, diagrams and charts; text that was deleted, is hidden or is drawn twice left out.

mod body;
mod cells;
mod fields;
mod math;
mod numbering;
mod paragraph;
mod run;
mod styles;
mod symbols;

use std::collections::HashSet;

use crate::archive::{Archive, Relation};
use crate::document::Meta;
use crate::failure::Failure;
use crate::output::{Draft, Output};
use crate::warning::WarningKind;
use crate::{Format, charset, drawing, html, mail, plain};

use body::Body;
use numbering::Numbering;
use styles::Styles;

/// Documents inside documents that are read.
const MAX_INSERTED: usize = 3;

/// Parts of one kind, or put into one document, that are read; others are counted.
const MAX_PARTS: usize = 1_000;

/// Where text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartKind {
    Body,
    /// A header or footer.
    Edge,
    Comments,
}

/// What the text of a part refers to.
struct Parts<'p, 'a> {
    archive: &'p mut Archive<'a>,
    styles: &'p Styles,
    numbering: &'p mut Numbering,
    relations: Vec<Relation>,
    /// Documents that stand around this one.
    depth: usize,
    inserted: usize,
}

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let (title, draft) = document(bytes, 0)?;
    out.meta(Meta { format: Format::Docx, title, page_count: None, paged: false });
    draft.write(out)
}

fn document(bytes: &[u8], depth: usize) -> Result<(Option<String>, Draft), Failure> {
    let mut archive = Archive::open(bytes)?;
    let main = archive.main_part()?;
    let relations = archive.relations(&main)?;
    let targets = |kind: &str| -> Vec<String> {
        let found =
            relations.iter().filter(|relation| relation.kind == kind && !relation.is_outside);
        found.map(|relation| relation.target.clone()).take(MAX_PARTS).collect()
    };
    let count =
        |kind: &str| relations.iter().filter(|relation| relation.kind == kind).count() as u64;
    let beyond = ["header", "footer", "footnotes", "endnotes", "comments"]
        .map(|kind| count(kind).saturating_sub(MAX_PARTS as u64));
    let mut first = |kind: &str| match targets(kind).first() {
        Some(target) => archive.member(target),
        None => Ok(None),
    };
    let styles =
        first("styles")?.map_or(Ok(Styles::default()), |content| Styles::read(&content))?;
    let mut numbering = first("numbering")?
        .map_or(Ok(Numbering::default()), |content| Numbering::read(&content))?;
    let title = archive.title()?;

    let mut draft = Draft::default();
    draft.warn(WarningKind::SkippedParts, beyond.iter().sum());
    let mut reader =
        Document { archive: &mut archive, styles: &styles, numbering: &mut numbering, depth };
    let headers = reader.edges(&targets("header"))?;
    let footers = reader.edges(&targets("footer"))?;
    draft.append(headers)?;
    let (heading, body) = reader.part(&main, PartKind::Body)?;
    draft.append(body)?;
    for kind in ["footnotes", "endnotes"] {
        for target in targets(kind) {
            draft.append(reader.optional(&target, PartKind::Body)?)?;
        }
    }
    draft.append(footers)?;
    for target in targets("comments") {
        draft.warn_all(reader.optional(&target, PartKind::Comments)?.take_warnings());
    }
    draft.warn(
        WarningKind::SkippedAttachments,
        archive.count("word/embeddings/").saturating_sub(archive.count("word/charts/chart")),
    );
    Ok((title.or(heading), draft))
}

struct Document<'p, 'a> {
    archive: &'p mut Archive<'a>,
    styles: &'p Styles,
    numbering: &'p mut Numbering,
    depth: usize,
}

impl Document<'_, '_> {
    /// Headers or footers, each text once: most stand in three parts, for first, odd and even
    /// pages.
    fn edges(&mut self, targets: &[String]) -> Result<Draft, Failure> {
        let mut seen = HashSet::new();
        let mut all = Draft::default();
        for target in targets {
            let mut part = self.optional(target, PartKind::Edge)?;
            part.blocks.retain(|block| seen.insert(block.1.clone()));
            all.append(part)?;
        }
        Ok(all)
    }

    /// A part that the document can do without.
    fn optional(&mut self, target: &str, place: PartKind) -> Result<Draft, Failure> {
        match self.part(target, place) {
            Ok((_, draft)) => Ok(draft),
            Err(failure) if failure.code == crate::Code::BrokenFile => {
                let mut draft = Draft::default();
                draft.warn(WarningKind::SkippedParts, 1);
                Ok(draft)
            }
            Err(failure) => Err(failure),
        }
    }

    fn part(&mut self, target: &str, place: PartKind) -> Result<(Option<String>, Draft), Failure> {
        let content = self.archive.required(target)?;
        let relations = self.archive.relations(target)?;
        let mut parts = Parts {
            archive: self.archive,
            styles: self.styles,
            numbering: self.numbering,
            relations,
            depth: self.depth,
            inserted: 0,
        };
        let mut body = Body::new(place, &mut parts);
        body.read(&content)?;
        let (title, draft) = (body.title.take(), std::mem::take(&mut body.draft));
        Ok((title, draft))
    }
}

impl Parts<'_, '_> {
    /// Where the link of this relationship leads.
    fn link(&self, id: &str) -> Option<String> {
        let relation = self.relations.iter().find(|relation| relation.id == id)?;
        relation.is_outside.then(|| relation.target.clone())
    }

    /// The text of the part that a relationship puts into the document.
    fn inserted(&mut self, id: &str) -> Result<Draft, Failure> {
        let mut draft = Draft::default();
        self.inserted += 1;
        let found =
            self.relations.iter().find(|relation| relation.id == id && !relation.is_outside);
        let relation = found.map(|relation| (relation.kind.clone(), relation.target.clone()));
        let Some((kind, target)) = relation.filter(|_| self.inserted <= MAX_PARTS) else {
            draft.warn(WarningKind::SkippedParts, 1);
            return Ok(draft);
        };
        let Some(content) = self.archive.member(&target)? else {
            draft.warn(WarningKind::SkippedParts, 1);
            return Ok(draft);
        };
        let read = match kind.as_str() {
            "diagramData" => drawing::diagram(&content, &mut draft),
            "chart" => drawing::chart(&content, &mut draft),
            "aFChunk" => self.chunk(&content, &mut draft),
            _ => {
                draft.warn(WarningKind::SkippedParts, 1);
                Ok(())
            }
        };
        match read {
            Err(failure) if failure.code == crate::Code::BrokenFile => {
                draft.warn(WarningKind::SkippedParts, 1)
            }
            other => other?,
        }
        Ok(draft)
    }

    /// A document of another kind that Word would convert when it opens this one.
    fn chunk(&mut self, content: &[u8], draft: &mut Draft) -> Result<(), Failure> {
        if content.starts_with(b"PK") && self.depth < MAX_INSERTED {
            return draft.append(document(content, self.depth + 1)?.1);
        }
        let text = charset::sniff(content).unwrap_or_default();
        let lower = text
            .trim_start()
            .get(..512.min(text.trim_start().len()))
            .unwrap_or(&text)
            .to_ascii_lowercase();
        if mail::begins(content, false, false) || lower.starts_with("mime-version") {
            mail::page_part(content, draft)
        } else if lower.contains('<')
            && ["<html", "<body", "<!doctype", "<p", "<div", "<head"]
                .iter()
                .any(|tag| lower.contains(tag))
        {
            draft.append(html::page(content, None)?.draft)
        } else if text.is_empty() || lower.starts_with("{\\rtf") {
            draft.warn(WarningKind::SkippedParts, 1);
            Ok(())
        } else {
            plain::part(&charset::decode(content, None), draft)
        }
    }
}
