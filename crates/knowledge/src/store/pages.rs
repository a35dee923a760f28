//! The SQL of pages and single chunks.

use kernel::{
    Result,
    id::{ChunkId, DocumentId},
};
use platform::{Cx, pg::Row};

use crate::{Chunk, PageText, WebSource};

fn read_page(row: &Row) -> Result<PageText> {
    Ok(PageText {
        document_id: row.get("document_id")?,
        title: row.get("title")?,
        page: row.get("page")?,
        page_count: row.get("page_count")?,
        paged: row.get("paged")?,
        text: row.get("text")?,
        web_source: WebSource::read(row)?,
    })
}

/// Headings are stored in one text, each on a line of its own. The first is often the title, which
/// need not be shown twice.
pub(crate) fn read_heading_path(row: &Row, title: &str) -> Result<Vec<String>> {
    let path: String = row.get("heading_path")?;
    Ok(path
        .lines()
        .enumerate()
        .filter(|(n, line)| *n > 0 || *line != title)
        .map(|(_, line)| line.to_owned())
        .collect())
}

pub(crate) async fn page(cx: &Cx, document: DocumentId, page: i32) -> Result<Option<PageText>> {
    let sql =
        "select d.id as document_id, d.title, d.page_count, d.paged, p.page, p.text, d.source_url,
               micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified
          from document_pages p join documents d on d.id = p.document_id
         where p.document_id = $1 and p.page = $2";
    cx.db.optional(sql, &[document.into(), page.into()]).await?.as_ref().map(read_page).transpose()
}

pub(crate) async fn chunk(cx: &Cx, document: DocumentId, chunk: ChunkId) -> Result<Option<Chunk>> {
    let sql = "select d.id as document_id, d.title, d.page_count, d.paged, p.page, p.text, d.source_url,
               micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified, c.id as chunk_id, c.heading_path, c.char_start, c.char_end
          from chunks c
          join documents d on d.id = c.document_id
          join document_pages p on p.document_id = c.document_id and p.page = c.page
         where c.document_id = $1 and c.id = $2";
    let row = cx.db.optional(sql, &[document.into(), chunk.into()]).await?;
    let read = |row: &Row| {
        Ok(Chunk {
            chunk_id: row.get("chunk_id")?,
            heading_path: read_heading_path(row, &row.get::<String>("title")?)?,
            start: row.get("char_start")?,
            end: row.get("char_end")?,
            page: read_page(row)?,
        })
    };
    row.as_ref().map(read).transpose()
}
