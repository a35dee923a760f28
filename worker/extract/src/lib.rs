#![doc = include_str!("../README.md")]

mod archive;
mod charset;
mod chunk;
mod clean;
mod csv;
mod detect;
mod document;
mod docx;
mod failure;
mod html;
mod language;
pub mod limits;
mod markdown;
mod output;
mod pdf;
mod plain;
mod pptx;
mod table;
mod warning;
mod xml;

pub use chunk::{Chunk, ChunkOptions, Chunker, Tokens};
pub use detect::{Format, detect};
pub use document::{Block, BlockKind, Done, Event, Meta, Page, PageText, page_text, slice_chars};
pub use failure::{Code, Failure};
pub use warning::{Warning, WarningKind};

/// Reads the document `bytes` (the whole file) and hands what it finds to `emit` as it goes: one [`Event::Meta`], the
/// pages in order, and at the end [`Event::Done`] or [`Event::Failed`]. The last event is returned too.
///
/// `filename` and `declared` (a media type) only help to tell one kind of text from another, see [`detect()`].
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

fn read(bytes: Vec<u8>, filename: &str, declared: Option<&str>, emit: &mut dyn FnMut(Event)) -> Result<Done, Failure> {
    let format = detect(&bytes, filename, declared)?;
    let mut out = output::Output::new(emit);
    let words = match format {
        Format::Pdf => {
            pdf::read(bytes, &mut out)?;
            "The PDF"
        }
        Format::Docx => {
            docx::read(&bytes, &mut out)?;
            "The Word document"
        }
        Format::Pptx => {
            pptx::read(&bytes, &mut out)?;
            "The presentation"
        }
        Format::Html => {
            html::read(&bytes, &mut out)?;
            "The web page"
        }
        Format::Markdown => {
            markdown::read(&bytes, &mut out)?;
            "The Markdown file"
        }
        Format::Text => {
            plain::read(&bytes, &mut out)?;
            "The text file"
        }
        Format::Csv => {
            csv::read(&bytes, &mut out)?;
            "The table"
        }
    };
    out.finish(words)
}
