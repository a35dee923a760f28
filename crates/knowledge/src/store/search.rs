//! The search statement.

use kernel::Result;
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::{GroupBy, Hit, Hits, SearchRequest, search::Evidence, store::pages::read_heading_path, words};

/// Chunks that one document may take of a list of chunks, so that a long one does not crowd out the rest.
const PASSAGES_OF_ONE_DOCUMENT: i64 = 3;

fn read(row: &Row) -> Result<Hit> {
    let title: String = row.get("title")?;
    let heading_path = read_heading_path(row, &title)?;
    let evidence = Evidence {
        cosine: row.get("dense_score")?,
        lexical_score: row.get("text_score")?,
        identifier_match: row.get("identifier_match")?,
        english: row.get("english")?,
        query_english: row.get::<f64>("query_english")? >= 0.5,
    };
    Ok(Hit {
        document_id: row.get::<String>("document_id")?.parse()?,
        chunk_id: row.get::<String>("chunk_id")?.parse()?,
        title,
        filename: row.get("filename")?,
        collection_id: row.get::<String>("collection_id")?.parse()?,
        collection_name: row.get("collection_name")?,
        space_id: row.get::<String>("space_id")?.parse()?,
        space_name: row.get("space_name")?,
        page: row.get("page")?,
        heading_path,
        content: row.get("content")?,
        snippet: String::new(),
        score: row.get("score")?,
        cosine: evidence.cosine,
        lexical_score: evidence.lexical_score,
        relevant: evidence.is_relevant(),
    })
}

/// The statement; docs/adr/0005-hybrid-retrieval.md has the measurements behind it.
const STATEMENT: &str = include_str!("../../search.sql");

/// `embedding`: of the query; none where full text alone ranks.
pub(crate) async fn search(cx: &Cx, request: &SearchRequest, embedding: Option<&[f32]>) -> Result<Hits> {
    let embedding =
        embedding.map(|vector| format!("[{}]", vector.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")));
    let collections: Vec<String> = request.collection_ids.iter().map(ToString::to_string).collect();
    let of_one_document = match request.group_by {
        GroupBy::Document => 1,
        GroupBy::Chunk => PASSAGES_OF_ONE_DOCUMENT,
    };
    let asked = words::asked(request.query.as_str());
    let params = [
        asked.words.into(),
        embedding.into(),
        cx.user()?.to_string().into(),
        collections.into(),
        request.space_id.map(|space| space.to_string()).into(),
        request.limit.into(),
        request.mode.as_str().into(),
        Value::I64(of_one_document),
        asked.alternatives.into(),
        asked.identifiers.into(),
    ];
    let rows = cx.db.query(STATEMENT, &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok(Hits { hits: rows.iter().map(read).collect::<Result<_>>()?, total })
}
