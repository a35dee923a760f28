//! Opening a citation: the chunk within the plain text of its page.

use kernel::{
    Result,
    id::{self, ChunkId, DocumentId},
};
use platform::Cx;

use crate::{WebSource, document, store::pages as store};

/// The plain text of one page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageText {
    /// The document.
    pub document_id: DocumentId,
    /// Its title.
    pub title: String,
    /// Counted from 1.
    pub page: i32,
    /// How many there are.
    pub page_count: Option<i32>,
    /// Whether these are the document's own pages, or stretches that we made of it.
    pub paged: bool,
    /// The text.
    pub text: String,
    /// Where the document was fetched, if it is a page of a website.
    pub web_source: Option<WebSource>,
}

/// A chunk within its page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// Headings that lead to it, outermost first.
    pub heading_path: Vec<String>,
    /// First character in the page's text, in Unicode scalar values.
    pub start: i32,
    /// One past the last.
    pub end: i32,
    /// The page.
    pub page: PageText,
}

/// One page.
///
/// # Errors
/// `not_found` if the caller may not see the document, or it has no such page.
pub async fn get_page(cx: &Cx, document: DocumentId, page: i32) -> Result<PageText> {
    document::get_document(cx, document).await?;
    store::page(cx, document, page).await?.ok_or_else(|| id::not_found("page"))
}

/// One chunk.
///
/// # Errors
/// `not_found` if the caller may not see the document, or it has no such chunk (any more).
pub async fn get_chunk(cx: &Cx, document: DocumentId, chunk: ChunkId) -> Result<Chunk> {
    document::get_document(cx, document).await?;
    store::chunk(cx, document, chunk).await?.ok_or_else(|| id::not_found("passage"))
}
