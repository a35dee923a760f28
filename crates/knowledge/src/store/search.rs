//! The search statement.

use kernel::Result;
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::{GroupBy, Hit, SearchRequest, store::passages::read_heading_path};

/// Passages that one document may take of a list of passages, so that a long one does not crowd out the rest.
const PASSAGES_OF_ONE_DOCUMENT: i64 = 3;

fn read(row: &Row) -> Result<Hit> {
    let title: String = row.get("title")?;
    let heading_path = read_heading_path(row, &title)?;
    Ok(Hit {
        document_id: row.get::<String>("document_id")?.parse()?,
        chunk_id: row.get::<String>("chunk_id")?.parse()?,
        title,
        page: row.get("page")?,
        heading_path,
        content: row.get("content")?,
        snippet: String::new(),
        score: row.get("score")?,
        cosine: row.get("dense_score")?,
        wording: row.get("text_score")?,
    })
}

/// The statement; docs/adr/0005-hybrid-retrieval.md has the measurements behind it.
const STATEMENT: &str = include_str!("../../search.sql");

pub(crate) async fn search(cx: &Cx, request: &SearchRequest) -> Result<Vec<Hit>> {
    let embedding = format!("[{}]", request.embedding.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let collections: Vec<String> = request.collection_ids.iter().map(ToString::to_string).collect();
    let of_one_document = match request.group_by {
        GroupBy::Document => 1,
        GroupBy::Chunk => PASSAGES_OF_ONE_DOCUMENT,
    };
    let params = [
        request.query.as_str().into(),
        embedding.into(),
        cx.user()?.to_string().into(),
        collections.into(),
        request.space_id.map(|space| space.to_string()).into(),
        request.limit.into(),
        request.mode.as_str().into(),
        Value::I64(of_one_document),
    ];
    cx.db.query(STATEMENT, &params).await?.iter().map(read).collect()
}
