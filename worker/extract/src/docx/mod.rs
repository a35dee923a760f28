//! Word documents: headings by style, lists by numbering, tables; text that was deleted or is drawn twice left out.

mod body;
mod numbering;
mod styles;

use crate::archive::Archive;
use crate::document::{BlockKind, Meta};
use crate::failure::Failure;
use crate::output::Output;
use crate::{Format, clean};

use numbering::Numbering;
use styles::Styles;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let mut archive = Archive::open(bytes)?;
    let main = archive.main_part()?;
    let relations = archive.relations(&main)?;
    let mut part = |kind: &str| -> Result<Option<Vec<u8>>, Failure> {
        let found = relations.iter().find(|relation| relation.kind == kind);
        found.map_or(Ok(None), |relation| archive.member(&relation.target))
    };
    let styles = part("styles")?.map_or(Ok(Styles::default()), |content| Styles::read(&content))?;
    let mut numbering = part("numbering")?.map_or(Ok(Numbering::default()), |content| Numbering::read(&content))?;
    let notes = [part("footnotes")?, part("endnotes")?];
    let title = archive.title()?;
    let content = archive.required(&main)?;

    // The title may stand in the text only, and it has to be told before the text.
    let mut blocks = Vec::new();
    let mut keep = |kind, text: &str| {
        blocks.push((kind, text.to_owned()));
        Ok(())
    };
    body::read(&content, &styles, &mut numbering, &mut keep)?;
    for notes in notes.into_iter().flatten() {
        body::read(&notes, &styles, &mut numbering, &mut keep)?;
    }
    let heading = blocks.iter().find(|(kind, _)| matches!(kind, BlockKind::Heading { level: 1 }));
    let title = title.or_else(|| heading.and_then(|(_, text)| clean::title(text)));
    out.meta(Meta { format: Format::Docx, title, page_count: None, paged: false });
    blocks.into_iter().try_for_each(|(kind, text)| out.push(kind, &text))
}
