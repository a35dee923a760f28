//! The SQL of ingestion. Chunks are inserted here and nowhere else.

use kernel::{
    Result, hex,
    id::{DocumentId, IndexId},
};
use platform::{
    Cx,
    pg::{Row, Transaction, Value},
};
use queue::{Failure, holding};

use crate::{
    Status,
    ingest::{Description, DocumentState, IngestResult, NewChunk, NewPage, Original, Work},
    store::warnings,
    words,
};

macro_rules! document_state {
    () => {
        " returning d.id, d.collection_id, d.space_id, d.status, d.progress, d.failure_code, d.failure_detail, d.failure_hint,
          d.warnings::text as warnings"
    };
}

pub(crate) use document_state;

pub(crate) fn read(row: &Row) -> Result<DocumentState> {
    let code: Option<String> = row.get("failure_code")?;
    let detail: Option<String> = row.get("failure_detail")?;
    let hint = row.get("failure_hint")?;
    Ok(DocumentState {
        document: row.get("id")?,
        collection: row.get("collection_id")?,
        space: row.get("space_id")?,
        status: row.get("status")?,
        progress: row.get("progress")?,
        failure: code.map(|code| Failure { code, detail: detail.unwrap_or_default(), hint }),
        warnings: warnings::read(row)?,
    })
}

fn fenced<const N: usize>(work: &Work, others: [Value; N]) -> Vec<Value> {
    work.fence.iter().cloned().chain(others).collect()
}

/// Removes what an earlier attempt stored, in every index.
async fn clear(tx: &mut Transaction<'_>, document: DocumentId) -> Result<()> {
    tx.execute("delete from chunks where document_id = $1", &[document.into()]).await?;
    tx.execute("delete from document_pages where document_id = $1", &[document.into()]).await?;
    tx.execute("delete from reembedded_documents where document_id = $1", &[document.into()])
        .await?;
    tx.execute("delete from reembedded_pages where document_id = $1", &[document.into()]).await?;
    Ok(())
}

pub(crate) async fn hold(tx: &mut Transaction<'_>, document: DocumentId) -> Result<()> {
    // Shared: only what gives the collection another index, or deletes it, waits.
    let collection = "select 1 as held from collections where id = (select collection_id from documents where id = $1) for share";
    tx.query(collection, &[document.into()]).await?;
    tx.query("select 1 as held from documents where id = $1 for update", &[document.into()])
        .await?;
    Ok(())
}

pub(crate) async fn begin(tx: &mut Transaction<'_>, work: &Work) -> Result<Option<Original>> {
    hold(tx, work.document).await?;
    let leased = "select 1 as held from jobs where id = $1 and leased_by = $2 and attempts = $3 and status = 'running' for update";
    if tx.query(leased, &work.fence).await?.is_empty() {
        return Ok(None);
    }
    // Two jobs on one document would undo each other's work: the one that begins last continues.
    let end_others = "update jobs set status = 'cancelled', finished_at = now(), lease_until = null
        where document_id = $1 and id <> $2 and status in ('queued', 'running')";
    let [job, ..] = work.fence.clone();
    tx.execute(end_others, &[work.document.into(), job]).await?;
    clear(tx, work.document).await?;
    let sql = "update documents d set status = 'processing', progress = 0, page_count = null, chunk_count = 0,
               failure_code = null, failure_detail = null, failure_hint = null, warnings = '[]'
          from collections c
         where d.id = $1 and d.blob_id is not null and c.id = d.collection_id
        returning d.blob_id, d.filename, d.media_type, nullif(d.title, d.filename) as title, c.embedding_model, c.index_id, c.for_attachments";
    let rows = tx.query(sql, &[work.document.into()]).await?;
    let read = |row: &Row| {
        Ok(Original {
            blob: row.get("blob_id")?,
            filename: row.get("filename")?,
            media_type: row.get("media_type")?,
            is_attachment: row.get("for_attachments")?,
            title: row.get("title")?,
            embedding_model: row.get("embedding_model")?,
            index: row.get("index_id")?,
        })
    };
    rows.first().map(read).transpose()
}

pub(crate) async fn describe(cx: &Cx, work: &Work, meta: &Description<'_>) -> Result<()> {
    let sql = concat!(
        holding!(),
        " update documents d set media_type = $5, paged = $7,
                title = case when d.title = d.filename then coalesce($6::text, d.title) else d.title end
           from held where d.id = $4"
    );
    let params = fenced(
        work,
        [work.document.into(), meta.media_type.into(), meta.title.into(), meta.paged.into()],
    );
    cx.db.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn progress(
    cx: &Cx,
    work: &Work,
    status: Status,
    percent: i32,
) -> Result<Option<DocumentState>> {
    let sql = concat!(
        holding!(),
        " update documents d set status = $5, progress = $6 from held where d.id = $4",
        document_state!()
    );
    let params = fenced(work, [work.document.into(), status.as_str().into(), percent.into()]);
    cx.db.optional(sql, &params).await?.as_ref().map(read).transpose()
}

pub(crate) async fn insert_pages(cx: &Cx, work: &Work, pages: &[NewPage]) -> Result<u64> {
    let sql = concat!(
        holding!(),
        " insert into document_pages (tenant_id, document_id, page, text)
          select app_tenant(), $4, p.page, p.text from held, unnest($5::text[]::int[], $6::text[]) as p (page, text)"
    );
    let numbers: Vec<String> = pages.iter().map(|p| p.number.to_string()).collect();
    let texts: Vec<String> = pages.iter().map(|p| p.text.clone()).collect();
    Ok(cx
        .db
        .execute(sql, &fenced(work, [work.document.into(), numbers.into(), texts.into()]))
        .await?)
}

pub(crate) async fn insert_chunks(
    cx: &Cx,
    work: &Work,
    index: IndexId,
    chunks: &[NewChunk],
) -> Result<u64> {
    let sql = concat!(
        holding!(),
        " insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, heading_path, content,
                              token_count, embedding, token_bits, language, tsv)
          select c.id, d.tenant_id, d.space_id, $5::uuid, d.id, c.ordinal, c.page, c.char_start, c.char_end, c.heading_path, c.content,
                 c.token_count, c.embedding::halfvec(384), nullif(decode(c.token_bits, 'hex'), ''), c.language,
                 -- The title is searched by documents.names: where it heads the path, it would be found here after it has changed.
                 setweight(to_tsvector(c.language::regconfig,
                           case when split_part(c.heading_path, E'\n', 1) = d.title then c.headings_below else c.headings end), 'B')
                 || setweight(to_tsvector(c.language::regconfig, c.words), 'D')
                 -- The scope of the chunk as words of its own: the GIN index then skips other tenants' and collections' chunks.
                 || array_to_tsvector(array['@' || d.tenant_id, '@' || $5::uuid])
            from held, documents d,
                 unnest($6::text[]::uuid[], $7::text[]::int[], $8::text[]::int[], $9::text[]::int[], $10::text[]::int[], $11::text[], $12::text[],
                        $13::text[]::int[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[])
                   as c (id, ordinal, page, char_start, char_end, heading_path, content, token_count, embedding, headings, headings_below, words,
                         language, token_bits)
           where d.id = $4"
    );
    let column = |of: fn(&NewChunk) -> String| Value::TextArray(chunks.iter().map(of).collect());
    let params = fenced(
        work,
        [
            work.document.into(),
            index.into(),
            column(|p| p.id.to_string()),
            column(|p| p.ordinal.to_string()),
            column(|p| p.page.to_string()),
            column(|p| p.start.to_string()),
            column(|p| p.end.to_string()),
            // One heading a line; the search reads it back so.
            column(|p| p.heading_path.join("\n")),
            column(|p| p.text.clone()),
            column(|p| p.tokens.to_string()),
            column(|p| vector(&p.embedding)),
            column(|p| words::indexed_in(&p.language, &p.heading_path.join("\n"))),
            column(|p| {
                words::indexed_in(
                    &p.language,
                    &p.heading_path.get(1..).unwrap_or_default().join("\n"),
                )
            }),
            column(|p| words::indexed_in(&p.language, &p.text)),
            column(|p| p.language.clone()),
            column(|p| hex::encode(&p.token_bits)),
        ],
    );
    Ok(cx.db.execute(sql, &params).await?)
}

/// As pgvector reads it. Half precision keeps three digits, so six after the point lose nothing.
fn vector(values: &[f32]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(values.len() * 10 + 2);
    for value in values {
        out.push(if out.is_empty() { '[' } else { ',' });
        // Writing to a string does not fail.
        let _ = write!(out, "{value:.6}");
    }
    out.push(']');
    out
}

pub(crate) async fn finish(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    finished: &IngestResult,
) -> Result<Option<DocumentState>> {
    // Held, so that a title that changes meanwhile is not missed.
    let named = tx
        .query("select title, filename from documents where id = $1 for update", &[document.into()])
        .await?;
    let Some(named) = named.first() else { return Ok(None) };
    let names = words::of_names(
        finished.language,
        &named.get::<String>("title")?,
        &named.get::<String>("filename")?,
    );
    let sql = concat!(
        "update documents d set status = 'ready', progress = 100, page_count = $2, language = $3, warnings = $4::text::jsonb,
                chunk_count = (select count(*) from chunks c where c.document_id = d.id and c.index_id = $7),
                names = setweight(to_tsvector($3::text::regconfig, $5), 'A') || array_to_tsvector(array['@' || d.tenant_id, '@' || d.collection_id]),
                words_version = $6
          where d.id = $1 and exists (select from collections c where c.id = d.collection_id and c.index_id = $7)",
        document_state!()
    );
    let params = [
        document.into(),
        finished.pages.into(),
        finished.language.into(),
        warnings::written(&finished.warnings).into(),
        names.into(),
        words::VERSION.into(),
        finished.index.into(),
    ];
    tx.query(sql, &params).await?.first().map(read).transpose()
}

pub(crate) async fn fail(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    failure: &Failure,
) -> Result<Option<DocumentState>> {
    clear(tx, document).await?;
    let sql = concat!(
        "update documents d set status = 'failed', page_count = null, chunk_count = 0, failure_code = $2, failure_detail = $3, failure_hint = $4
          where d.id = $1",
        document_state!()
    );
    let params = [
        document.into(),
        failure.code.as_str().into(),
        failure.detail.as_str().into(),
        failure.hint.as_deref().into(),
    ];
    tx.query(sql, &params).await?.first().map(read).transpose()
}

pub(crate) async fn put_back(
    tx: &mut Transaction<'_>,
    document: DocumentId,
) -> Result<Option<DocumentState>> {
    let sql = concat!(
        "update documents d set status = 'processing', progress = 0 where d.id = $1",
        document_state!()
    );
    tx.query(sql, &[document.into()]).await?.first().map(read).transpose()
}

pub(crate) async fn reconcile_ended(cx: &Cx) -> Result<Vec<DocumentState>> {
    let sql = concat!(
        "with ended as (
           select distinct on (j.document_id) j.document_id, j.status, j.error_code, j.error_detail, j.error_hint
             from jobs j join documents d on d.id = j.document_id
            where d.status in ('processing', 'indexing') order by j.document_id, j.created_at desc
         ), gone as (
           delete from chunks c using ended e where c.document_id = e.document_id and e.status in ('failed', 'dead', 'cancelled')
         )
         update documents d set status = 'failed', chunk_count = 0,
                failure_code = coalesce(e.error_code, 'cancelled'),
                failure_detail = coalesce(e.error_detail, 'the processing was cancelled'),
                failure_hint = case when e.error_code is null then 'process the document again, or delete it' else e.error_hint end
           from ended e
          where d.id = e.document_id and e.status in ('failed', 'dead', 'cancelled') and d.status in ('processing', 'indexing')",
        document_state!()
    );
    cx.db.query(sql, &[]).await?.iter().map(read).collect()
}

/// What came of them goes, too: nothing can be made of it, and it counts against the quota. Older
/// versions kept it. A row that another transaction has locked is being deleted, or its upload is
/// finishing after all.
pub(crate) async fn fail_stuck_uploads(cx: &Cx) -> Result<Vec<DocumentState>> {
    let sql = concat!(
        "with stuck as (
           select d.id, d.blob_id from documents d
            where (d.status = 'uploading' and d.updated_at < now() - interval '1 hour')
               or (d.failure_code = 'upload_broken_off' and d.blob_id is not null)
              for update skip locked
         ), gone as (
           delete from blobs b using stuck s where b.id = s.blob_id
         )
         update documents d set status = 'failed', blob_id = null, failure_code = 'upload_broken_off',
                failure_detail = 'the upload stopped before all bytes had arrived', failure_hint = 'upload the file again'
           from stuck s where d.id = s.id",
        document_state!()
    );
    cx.db.query(sql, &[]).await?.iter().map(read).collect()
}

pub(crate) async fn remove_orphans(cx: &Cx) -> Result<u64> {
    let left = "delete from collections where for_attachments and conversation_id is null";
    let removed = cx.db.execute_at_length(left, &[]).await?;
    let sql = "delete from blobs b where b.updated_at < now() - interval '1 day'
        and not exists (select from documents d where d.blob_id = b.id)
        and not exists (select from conversation_imports i join jobs j on j.id = i.job_id
                         where i.blob_id = b.id and j.status in ('queued', 'running'))";
    Ok(removed + cx.db.execute(sql, &[]).await?)
}
