//! The plain text of pages, and the passage that a citation names.

use api::{Call, Json};
use contract::Schema;
use kernel::{
    Result,
    id::{self, ChunkId, DocumentId},
};
use knowledge::wire::WebSourceBody;
use serde::Serialize;

/// One page's plain text.
#[derive(Schema, Serialize)]
pub(crate) struct PageBody {
    #[schema(as = Uuid)]
    document_id: String,
    title: String,
    /// Counted from 1.
    page: i32,
    page_count: Option<i32>,
    /// Whether these are pages of the document itself, or stretches of a document that has none.
    paged: bool,
    text: String,
    /// Where the document was fetched, if it is a page of a website.
    web_source: Option<WebSourceBody>,
}

/// A cited passage within the plain text of its page.
#[derive(Schema, Serialize)]
pub(crate) struct PassageBody {
    #[schema(as = Uuid)]
    document_id: String,
    #[schema(as = Uuid)]
    chunk_id: String,
    title: String,
    /// Counted from 1.
    page: i32,
    page_count: Option<i32>,
    /// Whether these are pages of the document itself, or stretches of a document that has none.
    paged: bool,
    heading_path: Vec<String>,
    /// The whole page's plain text.
    text: String,
    /// First character of the passage in text, in Unicode scalar values.
    start: i32,
    /// One past the last character.
    end: i32,
    /// Where the document was fetched, if it is a page of a website.
    web_source: Option<WebSourceBody>,
}

contract::shape! {
    pub(crate) struct PageParameters {
        #[schema(range(min = 1))]
        page: i64,
    }
}

pub(crate) async fn get_document_page(call: Call) -> Result<Json<PageBody>> {
    let document: DocumentId = call.param("document_id")?;
    let number = call.text_param("page")?.parse().map_err(|_| id::not_found("page"))?;
    let page = knowledge::get_page(call.cx()?, document, number).await?;
    api::ok(&PageBody {
        document_id: page.document_id.to_string(),
        title: page.title,
        page: page.page,
        page_count: page.page_count,
        paged: page.paged,
        text: page.text,
        web_source: page.web_source.as_ref().map(WebSourceBody::from),
    })
}

pub(crate) async fn get_passage(call: Call) -> Result<Json<PassageBody>> {
    let (document, chunk): (DocumentId, ChunkId) =
        (call.param("document_id")?, call.param("chunk_id")?);
    let passage = knowledge::get_chunk(call.cx()?, document, chunk).await?;
    api::ok(&PassageBody {
        document_id: passage.page.document_id.to_string(),
        chunk_id: passage.chunk_id.to_string(),
        title: passage.page.title,
        page: passage.page.page,
        page_count: passage.page.page_count,
        paged: passage.page.paged,
        heading_path: passage.heading_path,
        text: passage.page.text,
        start: passage.start,
        end: passage.end,
        web_source: passage.page.web_source.as_ref().map(WebSourceBody::from),
    })
}
