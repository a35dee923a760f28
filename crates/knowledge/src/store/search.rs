//! The search statement.

use kernel::Result;
use platform::{Cx, pg::Row};

use crate::{GroupBy, Hit, SearchRequest, store::passages::read_heading_path};

/// Candidates of each leg.
const CANDIDATES: i64 = 100;

fn read(row: &Row) -> Result<Hit> {
    Ok(Hit {
        document_id: row.get("document_id")?,
        chunk_id: row.get("chunk_id")?,
        title: row.get("title")?,
        page: row.get("page")?,
        heading_path: read_heading_path(row)?,
        content: row.get("content")?,
        snippet: String::new(),
        score: row.get("score")?,
    })
}

pub(crate) async fn search(cx: &Cx, request: &SearchRequest) -> Result<Vec<Hit>> {
    let sql = "with q as (
          select $1::text::halfvec(384) as embedding, websearch_to_tsquery('english', $2::text) as words
        ), allowed as (
          select m.space_id from space_members m where m.user_id = $3 and ($4::uuid is null or m.space_id = $4)
        ), v as (
          select c.id, row_number() over (order by c.embedding <=> q.embedding) as rank, 1 - (c.embedding <=> q.embedding) as cosine
            from chunks c, q
           where c.space_id in (select space_id from allowed) and (cardinality($5::text[]) = 0 or c.collection_id = any ($5::text[]::uuid[]))
             and $6::text <> 'text'
           order by c.embedding <=> q.embedding limit $7
        ), t as (
          select c.id, row_number() over (order by ts_rank_cd(c.tsv, q.words) desc) as rank
            from chunks c, q
           where c.tsv @@ q.words and c.space_id in (select space_id from allowed)
             and (cardinality($5::text[]) = 0 or c.collection_id = any ($5::text[]::uuid[])) and $6::text <> 'vector'
           order by rank limit $7
        ), fused as (
          select coalesce(v.id, t.id) as id, coalesce(1.0 / (60 + v.rank), 0) + coalesce(1.0 / (60 + t.rank), 0) as fused, v.cosine
            from v full join t on t.id = v.id
        ), best as (
          select f.*, c.document_id, row_number() over (partition by case when $8 then c.document_id else c.id end order by f.fused desc, c.id) as nth
            from fused f join chunks c on c.id = f.id
        )
        select c.document_id, c.id as chunk_id, d.title, c.page, c.heading_path, c.content, coalesce(b.cosine, 0.3)::float8 as score
          from best b join chunks c on c.id = b.id join documents d on d.id = c.document_id
         where b.nth = 1 and d.status = 'ready'
         order by b.fused desc, c.id limit $9";
    let embedding = format!("[{}]", request.embedding.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let collections: Vec<String> = request.collection_ids.iter().map(ToString::to_string).collect();
    let params = [
        embedding.into(),
        request.query.as_str().into(),
        cx.user()?.into(),
        request.space_id.into(),
        collections.into(),
        request.mode.as_str().into(),
        CANDIDATES.into(),
        (request.group_by == GroupBy::Document).into(),
        request.limit.into(),
    ];
    cx.db.query(sql, &params).await?.iter().map(read).collect()
}
