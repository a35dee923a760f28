//! The plain text of pages, and the passage that a citation names.

use api::{Call, Response};
use kernel::{
    Result,
    id::{self, ChunkId, DocumentId},
};
use serde::Serialize;

#[derive(Serialize)]
struct PageBody {
    document_id: String,
    title: String,
    page: i32,
    page_count: Option<i32>,
    paged: bool,
    text: String,
}

#[derive(Serialize)]
struct PassageBody {
    document_id: String,
    chunk_id: String,
    title: String,
    page: i32,
    page_count: Option<i32>,
    paged: bool,
    heading_path: Vec<String>,
    text: String,
    start: i32,
    end: i32,
}

pub(crate) async fn get_document_page(call: Call) -> Result<Response> {
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
    })
}

pub(crate) async fn get_passage(call: Call) -> Result<Response> {
    let (document, chunk): (DocumentId, ChunkId) = (call.param("document_id")?, call.param("chunk_id")?);
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
    })
}
