//! The SQL of moving a collection to another embedding model.

use kernel::{
    Result,
    id::{CollectionId, DocumentId, IndexId, JobId},
};
use platform::{
    Cx,
    pg::{Row, Transaction},
};
use queue::{NewJob, holding};

use crate::{
    Collection, ReembedCollection,
    ingest::{NewPage, Original, Work},
    reembed::{NextDocument, ReembeddingProgress},
    store::ingest as ingestion,
};

/// Chunks that are removed in one statement.
const REMOVED_AT_ONCE: i64 = 1_000;

/// False if the collection has the model already, or a next index.
pub(crate) async fn queue(
    cx: &Cx,
    collection: &Collection,
    model: &str,
    job: JobId,
) -> Result<bool> {
    let payload = ReembedCollection { collection_id: collection.id, model: model.to_owned() };
    let new = NewJob::new(job, &payload).in_space(collection.space_id).created_by(cx.user()?);
    // With the model that it has, if its chunks lack the bits of tokens that this one makes.
    let sql = "with queued as (
          update collections c set next_index_id = gen_random_uuid(), next_embedding_model = $2, reembed_job_id = $3
           where c.id = $1 and c.next_index_id is null and (c.embedding_model <> $2 or (
                   exists (select from embedding_models m where m.id = $2 and m.late_interaction)
                   and exists (select from chunks k where k.index_id = c.index_id and k.token_bits is null)))
          returning c.id
        )
        select enqueue_job($4) from queued";
    Ok(cx
        .db
        .optional(sql, &[collection.id.into(), model.into(), job.into(), new.into()])
        .await?
        .is_some())
}

pub(crate) async fn hold(tx: &mut Transaction<'_>, collection: CollectionId) -> Result<bool> {
    let sql = "select 1 as held from collections where id = $1 for update";
    Ok(!tx.query(sql, &[collection.into()]).await?.is_empty())
}

pub(crate) async fn begin(
    tx: &mut Transaction<'_>,
    job: &ReembedCollection,
    id: JobId,
) -> Result<Option<IndexId>> {
    // A job that ended without success and was retried makes another index.
    // Whether the model makes bits was asked when it was queued.
    let sql = "update collections c set next_index_id = coalesce(c.next_index_id, gen_random_uuid()), next_embedding_model = $2, reembed_job_id = $3
         where c.id = $1 and (c.next_index_id is null or c.reembed_job_id = $3)
           and (c.embedding_model <> $2 or exists (select from chunks k where k.index_id = c.index_id and k.token_bits is null))
        returning c.next_index_id";
    let rows =
        tx.query(sql, &[job.collection_id.into(), job.model.as_str().into(), id.into()]).await?;
    rows.first().map(|row| row.get("next_index_id")).transpose()
}

pub(crate) async fn next_document(
    cx: &Cx,
    collection: CollectionId,
    index: IndexId,
) -> Result<Option<NextDocument>> {
    let sql = "with d as (
          select d.id, d.chunk_count, coalesce(d.language, 'simple') as language, d.created_at, r.document_id is not null as is_done
            from documents d
            left join reembedded_documents r on r.index_id = $2 and r.document_id = d.id
           where d.collection_id = $1 and d.status = 'ready' and d.media_type not like 'image/%'
        )
        select n.id, n.chunk_count::bigint as chunk_count, n.language,
               (select count(*) from d where is_done) as documents, (select count(*) from d) as of_documents,
               (select coalesce(sum(chunk_count), 0)::bigint from d where is_done) as chunks,
               (select coalesce(sum(chunk_count), 0)::bigint from d) as of_chunks
          from d n where not n.is_done order by n.created_at, n.id limit 1";
    let read = |row: &Row| {
        Ok(NextDocument {
            id: row.get("id")?,
            chunks: row.get("chunk_count")?,
            language: row.get("language")?,
            before: ReembeddingProgress {
                documents: row.get("documents")?,
                of_documents: row.get("of_documents")?,
                chunks: row.get("chunks")?,
                of_chunks: row.get("of_chunks")?,
            },
        })
    };
    cx.db.optional(sql, &[collection.into(), index.into()]).await?.as_ref().map(read).transpose()
}

/// Removes what the index has of a document.
async fn clear(tx: &mut Transaction<'_>, document: DocumentId, index: IndexId) -> Result<()> {
    let params = [document.into(), index.into()];
    tx.execute("delete from chunks where document_id = $1 and index_id = $2", &params).await?;
    tx.execute("delete from reembedded_pages where document_id = $1 and index_id = $2", &params)
        .await?;
    tx.execute(
        "delete from reembedded_documents where document_id = $1 and index_id = $2",
        &params,
    )
    .await?;
    Ok(())
}

pub(crate) async fn begin_document(
    tx: &mut Transaction<'_>,
    work: &Work,
    index: IndexId,
    model: &str,
) -> Result<Option<Original>> {
    ingestion::hold(tx, work.document).await?;
    if tx.query(concat!(holding!(), " select 1 as held from held"), &work.fence).await?.is_empty() {
        return Ok(None);
    }
    clear(tx, work.document, index).await?;
    let sql =
        "select blob_id, filename, media_type, nullif(title, filename) as title from documents
        where id = $1 and status = 'ready' and blob_id is not null";
    let read = |row: &Row| {
        Ok(Original {
            blob: row.get("blob_id")?,
            filename: row.get("filename")?,
            media_type: row.get("media_type")?,
            is_attachment: false,
            title: row.get("title")?,
            embedding_model: model.to_owned(),
            index,
        })
    };
    tx.query(sql, &[work.document.into()]).await?.first().map(read).transpose()
}

/// False if the lease is lost.
pub(crate) async fn insert_pages(
    cx: &Cx,
    work: &Work,
    index: IndexId,
    pages: &[NewPage],
) -> Result<bool> {
    let sql = concat!(
        holding!(),
        ", inserted as (
            insert into reembedded_pages (tenant_id, index_id, document_id, page, text)
            select app_tenant(), $5::uuid, $4::uuid, p.page, p.text
              from held, unnest($6::text[]::int[], $7::text[]) as p (page, text)
              left join document_pages o on o.document_id = $4 and o.page = p.page
             where o.text is distinct from p.text
          )
          select 1 as held from held"
    );
    let numbers: Vec<String> = pages.iter().map(|p| p.number.to_string()).collect();
    let texts: Vec<String> = pages.iter().map(|p| p.text.clone()).collect();
    let [job, worker, attempt] = work.fence.clone();
    let params =
        [job, worker, attempt, work.document.into(), index.into(), numbers.into(), texts.into()];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

pub(crate) async fn finish_document(
    tx: &mut Transaction<'_>,
    work: &Work,
    index: IndexId,
    pages: i32,
) -> Result<()> {
    ingestion::hold(tx, work.document).await?;
    let sql = concat!(
        holding!(),
        " insert into reembedded_documents (tenant_id, index_id, document_id, page_count, chunk_count)
          select d.tenant_id, $5::uuid, d.id, $6::int4, (select count(*) from chunks c where c.document_id = d.id and c.index_id = $5)
            from held, documents d where d.id = $4 and d.status = 'ready'"
    );
    let [job, worker, attempt] = work.fence.clone();
    let params = [job, worker, attempt, work.document.into(), index.into(), pages.into()];
    if tx.execute(sql, &params).await? == 0 {
        // It is processed again, or failed, meanwhile.
        clear(tx, work.document, index).await?;
    }
    Ok(())
}

pub(crate) async fn switch(
    tx: &mut Transaction<'_>,
    collection: CollectionId,
    index: IndexId,
) -> Result<bool> {
    // What the documents have in the other index comes with it, so that no one sees one without the
    // other.
    let sql = "with former as (
          select c.id, c.index_id from collections c
           where c.id = $1 and c.next_index_id = $2
             and not exists (select from documents d where d.collection_id = c.id and d.status = 'ready'
                                and not exists (select from reembedded_documents r where r.index_id = $2 and r.document_id = d.id))
        ), stale as (
          insert into stale_indexes (tenant_id, index_id) select app_tenant(), f.index_id from former f
        ), counted as (
          update documents d set chunk_count = r.chunk_count, page_count = r.page_count
            from former f, reembedded_documents r where r.index_id = $2 and d.id = r.document_id and d.status = 'ready'
        ), pages as (
          insert into document_pages (tenant_id, document_id, page, text)
          select r.tenant_id, r.document_id, r.page, r.text from former f, reembedded_pages r where r.index_id = $2
          on conflict (tenant_id, document_id, page) do update set text = excluded.text
        ), beyond as (
          delete from document_pages p using former f, reembedded_documents r
           where r.index_id = $2 and p.document_id = r.document_id and p.page > r.page_count
        )
        update collections c set index_id = c.next_index_id, embedding_model = c.next_embedding_model,
               next_index_id = null, next_embedding_model = null, reembed_job_id = null
          from former f where c.id = f.id";
    if tx.execute(sql, &[collection.into(), index.into()]).await? == 0 {
        return Ok(false);
    }
    forget_progress(tx, index).await?;
    Ok(true)
}

/// What was noted while the index was made.
async fn forget_progress(tx: &mut Transaction<'_>, index: IndexId) -> Result<()> {
    tx.execute("delete from reembedded_documents where index_id = $1", &[index.into()]).await?;
    tx.execute("delete from reembedded_pages where index_id = $1", &[index.into()]).await?;
    Ok(())
}

pub(crate) async fn abandon_ended(
    tx: &mut Transaction<'_>,
    collection: Option<CollectionId>,
) -> Result<u64> {
    let sql = "with ended as (
          select c.id, c.next_index_id from collections c
           where ($1::uuid is null or c.id = $1) and c.next_index_id is not null
             and not exists (select from jobs j where j.id = c.reembed_job_id and j.status in ('queued', 'running'))
             for update
        ), stale as (
          insert into stale_indexes (tenant_id, index_id) select app_tenant(), e.next_index_id from ended e
        )
        update collections c set next_index_id = null, next_embedding_model = null, reembed_job_id = null from ended e where c.id = e.id";
    Ok(tx.execute(sql, &[collection.into()]).await?)
}

/// False if no index is stale. One worker at a time does this.
pub(crate) async fn remove_stale(tx: &mut Transaction<'_>) -> Result<bool> {
    let rows =
        tx.query("select index_id from stale_indexes order by created_at limit 1", &[]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let index: IndexId = row.get("index_id")?;
    forget_progress(tx, index).await?;
    // First, so that the trigger of the chunks finds nothing to count down.
    tx.execute("delete from collection_lexemes where index_id = $1", &[index.into()]).await?;
    let sql = "delete from chunks where id in (select id from chunks where index_id = $1 limit $2)";
    if tx.execute(sql, &[index.into(), REMOVED_AT_ONCE.into()]).await? == 0 {
        tx.execute("delete from stale_indexes where index_id = $1", &[index.into()]).await?;
    }
    Ok(true)
}
