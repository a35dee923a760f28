#![doc = include_str!("../README.md")]

mod archive;
mod charset;
mod chunk;
mod clean;
mod codepages;
mod compound;
mod counting;
mod csv;
mod detect;
mod document;
mod docx;
mod drawing;
mod failure;
mod grid;
mod html;
mod language;
pub mod limits;
mod links;
mod mail;
mod markdown;
mod output;
pub mod page;
mod pdf;
mod plain;
mod pptx;
mod script;
mod table;
mod warning;
mod xml;

pub use chunk::{Chunk, ChunkOptions, Chunker, Tokens};
pub use detect::{Format, detect};
pub use document::{Block, BlockKind, Done, Event, Meta, Page, PageText, page_text, slice_chars};
pub use failure::{Code, Failure};
pub use warning::{Warning, WarningKind};

/// Reads the document `bytes` (the whole file) and hands what it finds to `emit` as it goes: one
/// [`Event::Meta`], the pages in order, and at the end [`Event::Done`] or [`Event::Failed`]. The
/// last event is returned too.
///
/// `filename` and `declared` (a media type) only help to tell one kind of text from another, see
/// [`detect()`].
///
/// # Errors
/// The failure that was emitted last.
pub fn extract(
    bytes: Vec<u8>,
    filename: &str,
    declared: Option<&str>,
    emit: &mut dyn FnMut(Event),
) -> Result<Done, Failure> {
    let result = read(bytes, filename, declared, emit);
    match &result {
        Ok(done) => emit(Event::Done(done.clone())),
        Err(failure) => emit(Event::Failed(failure.clone())),
    }
    result
}

fn read(
    bytes: Vec<u8>,
    filename: &str,
    declared: Option<&str>,
    emit: &mut dyn FnMut(Event),
) -> Result<Done, Failure> {
    let format = detect(&bytes, filename, declared)?;
    let mut out = output::Output::new(emit);
    match format {
        Format::Pdf => pdf::read(bytes, &mut out)?,
        Format::Docx => docx::read(&bytes, &mut out)?,
        Format::Pptx => pptx::read(&bytes, &mut out)?,
        Format::Html => html::read(&bytes, &mut out)?,
        Format::Markdown => markdown::read(&bytes, &mut out)?,
        Format::Text => plain::read(&bytes, &mut out)?,
        Format::Csv => csv::read(&bytes, &mut out)?,
        Format::Mail => mail::read(&bytes, &mut out)?,
    }
    let (words, hint) = without_text(format);
    out.finish(words, hint)
}

/// What a document is called that holds no text, and what its owner can do; nothing where the usual
/// advice fits.
fn without_text(format: Format) -> (&'static str, Option<&'static str>) {
    const EMPTY: &str =
        "Check that this is the right file, and that it was saved after its text was written.";
    match format {
        Format::Pdf => ("The PDF", None),
        Format::Docx => ("The Word document", Some(EMPTY)),
        Format::Pptx => ("The presentation", Some(EMPTY)),
        Format::Html => (
            "The web page",
            Some(
                "If the page is put together by a script, print it to PDF in a browser and upload that.",
            ),
        ),
        Format::Markdown => ("The Markdown file", Some(EMPTY)),
        Format::Text => ("The text file", Some(EMPTY)),
        Format::Csv => ("The table", Some(EMPTY)),
        Format::Mail => ("The mail", Some(EMPTY)),
    }
}
