//! PDF: letters with their places, laid out to blocks in reading order.

mod accents;
mod attachments;
mod bidi;
mod blocks;
mod columns;
mod content;
mod fonts;
mod forms;
mod furniture;
mod glyphs;
mod grid;
mod hyphens;
mod layers;
mod layout;
mod lines;
mod mend;
mod numbered;
mod overdrawn;
mod profile;
mod reader;
mod scripts;
mod segments;
mod spacing;
mod tags;
mod unicode;
mod xfa;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::document::{BlockKind, Meta};
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::warning::WarningKind;
use crate::{Format, clean, limits};

use layout::Laid;
use profile::Profile;
use reader::{PageBlocks, Reader};

pub(crate) fn read(mut bytes: Vec<u8>, out: &mut Output<'_>) -> Result<(), Failure> {
    mend::mend(&mut bytes);
    let pdf = Pdf::new(bytes).map_err(|fault| refusal(&fault))?;
    let count = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(Failure::broken("The PDF has no pages that could be found."));
    }
    if count > limits::MAX_PAGES {
        let detail = format!("The PDF has {count} pages; at most {} are read.", limits::MAX_PAGES);
        return Err(Failure::new(Code::TooManyPages, detail));
    }
    let reader = Reader::new(&pdf);
    let mut pages = (1_i64..).zip(pdf.pages().iter());
    let sample = pages.by_ref().take(profile::SAMPLE_PAGES);
    let sample: Vec<Laid> = sample.map(|(number, page)| reader.lay_out(page, number)).collect();
    let profile = Profile::measure(&sample);
    let first = sample.first().map(|laid| reader.blocks(laid, &profile)).unwrap_or_default();
    let letters = sample
        .iter()
        .flat_map(|laid| &laid.runs)
        .flat_map(|run| &run.lines)
        .map(|line| line.text().len())
        .sum();
    attachments::check(&pdf, count, letters, out)?;
    let form = if count == 1 { xfa::blocks(&pdf, letters, out)? } else { Vec::new() };
    let first =
        if form.is_empty() { first } else { PageBlocks { blocks: form, ..PageBlocks::default() } };
    let heading =
        first.blocks.iter().find(|block| matches!(block.kind, BlockKind::Heading { level: 1 }));
    let title = title(&pdf).or_else(|| heading.and_then(|heading| clean::title(&heading.text)));
    out.meta(Meta { format: Format::Pdf, title, page_count: Some(count), paged: true });
    let mut first = Some(first);
    for laid in sample {
        let blocks = first.take().unwrap_or_else(|| reader.blocks(&laid, &profile));
        page(&laid, blocks, out)?;
    }
    for (number, pdf_page) in pages {
        let laid = reader.lay_out(pdf_page, number);
        page(&laid, reader.blocks(&laid, &profile), out)?;
    }
    Ok(())
}

/// Sends a page, with warnings of what could not be read on it.
fn page(laid: &Laid, page: PageBlocks, out: &mut Output<'_>) -> Result<(), Failure> {
    let number = u32::try_from(laid.number).ok();
    let is_picture = laid.is_picture && page.blocks.is_empty();
    for (kind, count) in [
        (WarningKind::UnmappedLetters, laid.unmapped),
        (WarningKind::HiddenText, laid.hidden),
        (WarningKind::PagesWithoutText, u64::from(is_picture)),
        (WarningKind::UnreadablePages, u64::from(laid.is_cut || page.is_cut)),
        (WarningKind::SkippedColumns, page.skipped_columns),
        (WarningKind::UnreadFormFields, laid.unread.fields),
        (WarningKind::SkippedComments, laid.unread.comments),
        (WarningKind::SkippedAttachments, laid.unread.files),
    ] {
        out.warn(kind, number, count);
    }
    out.page(page.blocks)
}

fn refusal(fault: &LoadPdfError) -> Failure {
    match fault {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            Failure::new(Code::Encrypted, "The PDF is protected with a password.")
        }
        LoadPdfError::Decryption(_) => {
            Failure::new(Code::Encrypted, "The PDF is encrypted in a way that can't be read.")
        }
        LoadPdfError::Invalid => {
            Failure::broken("The PDF is cut off or damaged: its pages can't be found.")
        }
    }
}

/// The title in the document's properties, unless it is only the name of the program's file.
fn title(pdf: &Pdf) -> Option<String> {
    let raw = pdf.metadata().title.as_deref()?;
    let title = clean::title(&text_string(raw))?;
    let lower = title.to_ascii_lowercase();
    let is_file = [
        ".doc", ".docx", ".indd", ".tex", ".dvi", ".qxd", ".rtf", ".odt", ".xls", ".xlsx", ".ppt",
        ".pptx",
    ]
    .iter()
    .any(|ending| lower.ends_with(ending));
    let is_nothing = matches!(lower.as_str(), "untitled" | "(anonymous)" | "about:blank")
        || lower.starts_with("microsoft word - ");
    (!is_file && !is_nothing).then_some(title)
}

/// A text string of a PDF: UTF-16 or UTF-8 with a mark, else PDFDocEncoding, which for letters is
/// Windows-1252.
fn text_string(raw: &[u8]) -> String {
    crate::charset::decode(raw, Some("windows-1252"))
}
