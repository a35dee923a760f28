//! The SQL of documents that a question names.

use kernel::{
    Result,
    id::{ChunkId, CollectionId, DocumentId},
};
use models::QueryEmbedding;
use platform::{Cx, pg::Row};

use crate::{Hit, NeighbourChunk, WebSource, store::pages::read_heading_path};

pub(crate) struct Readable {
    pub(crate) collections: bool,
    pub(crate) documents: bool,
}

/// Ids as a parameter.
pub(crate) fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Whether the caller may read all of them.
pub(crate) async fn readable(
    cx: &Cx,
    collections: &[CollectionId],
    documents: &[DocumentId],
) -> Result<Readable> {
    let sql = "select
        not exists (select from unnest($2::text[]::uuid[]) as n(id) where not exists (
          select from collections c join space_roles r on r.space_id = c.space_id and r.user_id = $1 where c.id = n.id)) as collections,
        not exists (select from unnest($3::text[]::uuid[]) as n(id) where not exists (
          select from documents d join space_roles r on r.space_id = d.space_id and r.user_id = $1 where d.id = n.id)) as documents";
    let params = [cx.user()?.into(), texts(collections).into(), texts(documents).into()];
    let row = cx.db.one(sql, &params).await?;
    Ok(Readable { collections: row.get("collections")?, documents: row.get("documents")? })
}

pub(crate) async fn models(cx: &Cx, documents: &[DocumentId]) -> Result<Vec<String>> {
    let sql = "select distinct c.embedding_model as model
          from documents d join collections c on c.id = d.collection_id join space_roles r on r.space_id = d.space_id and r.user_id = $1
         where d.id = any ($2::text[]::uuid[]) order by 1";
    let rows = cx.db.query(sql, &[cx.user()?.into(), texts(documents).into()]).await?;
    rows.iter().map(|row| row.get("model")).collect()
}

/// Chunks without a comparable embedding are as far as can be.
pub(crate) async fn chunks(
    cx: &Cx,
    documents: &[DocumentId],
    embeddings: &[QueryEmbedding],
    (tokens, limit): (i64, i64),
) -> Result<Vec<Hit>> {
    let sql = "with query as materialized (
          select q.model, q.embedding::halfvec as embedding from unnest($3::text[], $4::text[]) as q(embedding, model)
        ), part as materialized (
          select c.id, c.document_id, c.ordinal, n.place, coalesce(1 - (c.embedding <=> q.embedding), 0) as near,
                 sum(c.token_count) over () <= $5::int8 as fits
            from (select u.id, min(u.place) as place from unnest($2::text[]::uuid[]) with ordinality as u(id, place) group by u.id) n
            join documents d on d.id = n.id and d.status = 'ready'
            join space_roles r on r.space_id = d.space_id and r.user_id = $1
            join collections k on k.id = d.collection_id
            join chunks c on c.document_id = d.id and c.index_id = k.index_id
            left join query q on q.model = k.embedding_model
        )
        select p.document_id, p.id as chunk_id, d.title, d.filename, d.source_url, micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified,
               d.collection_id, k.name as collection_name, d.space_id, s.name as space_name, case when d.paged then c.page end as page,
               c.heading_path, c.content, greatest(0, least(1, p.near))::float8 as score
          from part p
          join chunks c on c.id = p.id
          join documents d on d.id = p.document_id
          join collections k on k.id = d.collection_id
          join spaces s on s.id = d.space_id
         order by case when p.fits then 0 else p.near end desc, p.place, p.ordinal limit $6::int8";
    let vector = |embedding: &QueryEmbedding| {
        let numbers: Vec<String> = embedding.vector.iter().map(ToString::to_string).collect();
        format!("[{}]", numbers.join(","))
    };
    let vectors: Vec<String> = embeddings.iter().map(vector).collect();
    let models: Vec<String> = embeddings.iter().map(|embedding| embedding.model.clone()).collect();
    let params = [
        cx.user()?.into(),
        texts(documents).into(),
        vectors.into(),
        models.into(),
        tokens.into(),
        limit.into(),
    ];
    cx.db.query(sql, &params).await?.iter().map(read_named).collect()
}

pub(crate) async fn chunks_by_id(cx: &Cx, chunks: &[ChunkId]) -> Result<Vec<Hit>> {
    let sql = "select c.document_id, c.id as chunk_id, d.title, d.filename, d.source_url, micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified,
               d.collection_id, k.name as collection_name, d.space_id, '' as space_name, case when d.paged then c.page end as page,
               c.heading_path, c.content, 1::float8 as score
          from chunks c
          join documents d on d.id = c.document_id
          join space_roles r on r.space_id = d.space_id and r.user_id = $1
          join collections k on k.id = d.collection_id
         where c.id = any ($2::text[]::uuid[])";
    let params = [cx.user()?.into(), texts(chunks).into()];
    cx.db.query(sql, &params).await?.iter().map(read_named).collect()
}

/// The contents of chunks are stretches of their page, so what two of them share is known by place.
pub(crate) async fn neighbours(cx: &Cx, chunks: &[ChunkId]) -> Result<Vec<NeighbourChunk>> {
    let sql = "select c.id as beside, n.id as chunk_id, n.ordinal < c.ordinal as is_before,
               case when n.ordinal < c.ordinal then left(n.content, greatest(0, c.char_start - n.char_start))
                    else right(n.content, greatest(0, n.char_end - greatest(n.char_start, c.char_end))) end as content
          from chunks c
          join documents d on d.id = c.document_id and d.status = 'ready'
          join space_roles r on r.space_id = d.space_id and r.user_id = $1
          join chunks n on n.document_id = c.document_id and n.index_id = c.index_id and n.page = c.page
                       and n.ordinal between c.ordinal - 1 and c.ordinal + 1 and n.id <> c.id
         where c.id = any ($2::text[]::uuid[])
         order by c.id, n.ordinal";
    let read = |row: &Row| {
        Ok(NeighbourChunk {
            beside: row.get("beside")?,
            chunk_id: row.get("chunk_id")?,
            is_before: row.get("is_before")?,
            content: row.get("content")?,
        })
    };
    let params = [cx.user()?.into(), texts(chunks).into()];
    cx.db.query(sql, &params).await?.iter().map(read).collect()
}

/// A chunk of a document that a question names or has attached: it is relevant.
pub(crate) fn read_named(row: &Row) -> Result<Hit> {
    let title: String = row.get("title")?;
    Ok(Hit {
        document_id: row.get("document_id")?,
        chunk_id: row.get("chunk_id")?,
        heading_path: read_heading_path(row, &title)?,
        title,
        filename: row.get("filename")?,
        web_source: WebSource::read(row)?,
        collection_id: row.get("collection_id")?,
        collection_name: row.get("collection_name")?,
        space_id: row.get("space_id")?,
        space_name: row.get("space_name")?,
        page: row.get("page")?,
        content: row.get("content")?,
        snippet: String::new(),
        score: row.get("score")?,
        cosine: row.get("score")?,
        lexical_score: 0.0,
        nearness: None,
        relevant: true,
    })
}
