//! The SQL of documents.

use access::CredentialId;
use kernel::{
    PageRequest, Problem, Result,
    id::{BlobId, DocumentId, JobId, SpaceId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use queue::{Failure, NewJob};
use spaces::Role;

use crate::{
    Collection, Document, DocumentFilter, IngestDocument, Status, Warning, WebSource, attachments,
    store::warnings, words,
};

/// The column `duplicate_of` of a document `d`.
macro_rules! duplicate_of {
    () => {
        "(select o.id from documents o
            where o.collection_id = d.collection_id and o.sha256 = d.sha256 and (o.created_at, o.id) < (d.created_at, d.id)
            order by o.created_at, o.id limit 1) as duplicate_of"
    };
}

fn read(cx: &Cx, row: &Row) -> Result<Document> {
    let status: String = row.get("status")?;
    let code: Option<String> = row.get("failure_code")?;
    let failure = |code| {
        Ok::<_, Problem>(Failure {
            code,
            detail: row.get::<Option<String>>("failure_detail")?.unwrap_or_default(),
            hint: row.get("failure_hint")?,
        })
    };
    Ok(Document {
        id: row.get("id")?,
        collection_id: row.get("collection_id")?,
        space_id: row.get("space_id")?,
        blob_id: row.get("blob_id")?,
        title: row.get("title")?,
        filename: row.get("filename")?,
        media_type: row.get("media_type")?,
        size_bytes: row.get("size_bytes")?,
        sha256: row.get("sha256")?,
        status: Status::parse(&status)
            .ok_or_else(|| Problem::internal(format!("documents.status: `{status}`")))?,
        progress: row.get("progress")?,
        failure: code.map(failure).transpose()?,
        warnings: warnings::read(row)?,
        duplicate_of: row.get("duplicate_of")?,
        page_count: row.get("page_count")?,
        chunk_count: row.get("chunk_count")?,
        language: row.get("language")?,
        job_id: row.get("job_id")?,
        web_source: WebSource::read(row)?,
        access: cx.space_access(Role::parse(&row.get::<String>("role")?))?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    filter: DocumentFilter,
    request: PageRequest,
) -> Result<(Vec<Document>, i64)> {
    let sql = concat!(
        "with mine as (
          select d.*, m.role from documents d join space_roles m on m.space_id = d.space_id and m.user_id = $4
           where case when $5::uuid is null then not exists (select from collections c where c.id = d.collection_id and c.for_attachments)
                      else d.collection_id = $5 end and ($6::text is null or d.status = $6)
             and ($7::bool is null
                  or exists (select 1 from jsonb_array_elements(d.warnings) w where w ->> 'kind' <> all ($8::text[])) = $7)
             and ($9::text is null or d.warnings @> jsonb_build_array(jsonb_build_object('kind', $9::text)))
        )
        select d.id, d.collection_id, d.space_id, d.blob_id, d.title, d.filename, d.media_type, d.size_bytes, encode(d.sha256, 'hex') as sha256,
               d.status, d.progress, d.failure_code, d.failure_detail, d.failure_hint, d.warnings::text as warnings,
               ",
        duplicate_of!(),
        ", case when d.paged then d.page_count end as page_count, d.chunk_count, d.language, d.source_url,
               micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified, d.role,
               (select j.id from jobs j where j.document_id = d.id order by j.created_at desc limit 1) as job_id,
               micros(d.created_at) as created_at, micros(d.updated_at) as updated_at, (select count(*) from mine) as total
          from mine d where before_cursor(d.created_at, d.id, $2, $3)
         order by d.created_at desc, d.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let params = [
        limit,
        at,
        id,
        cx.user()?.into(),
        filter.collection.into(),
        filter.status.map(Status::as_str).into(),
        filter.has_warnings.into(),
        Warning::LEFT_OUT.map(str::to_owned).to_vec().into(),
        filter.warning.into(),
    ];
    let rows = cx.db.query(sql, &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(cx, row)).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, document: DocumentId) -> Result<Option<Document>> {
    let sql = concat!(
        "select d.id, d.collection_id, d.space_id, d.blob_id, d.title, d.filename, d.media_type, d.size_bytes, encode(d.sha256, 'hex') as sha256,
               d.status, d.progress, d.failure_code, d.failure_detail, d.failure_hint, d.warnings::text as warnings,
               ",
        duplicate_of!(),
        ", case when d.paged then d.page_count end as page_count, d.chunk_count, d.language, d.source_url,
               micros(d.source_fetched_at) as source_fetched_at, d.source_published, d.source_modified, m.role,
               (select j.id from jobs j where j.document_id = d.id order by j.created_at desc limit 1) as job_id,
               micros(d.created_at) as created_at, micros(d.updated_at) as updated_at
          from documents d join space_roles m on m.space_id = d.space_id and m.user_id = $2
         where d.id = $1"
    );
    cx.db
        .optional(sql, &[document.into(), cx.user()?.into()])
        .await?
        .as_ref()
        .map(|row| read(cx, row))
        .transpose()
}

/// What is left of the tenant's storage quota, in bytes.
pub(crate) async fn free_bytes(cx: &Cx) -> Result<i64> {
    let sql = "select t.storage_quota_bytes - coalesce((select sum(b.size_bytes) from blobs b), 0)::bigint as free from tenants t";
    cx.db.one(sql, &[]).await?.get("free")
}

/// What came of the beginning of an upload.
pub(crate) enum InsertOutcome {
    /// The document is there, `uploading`.
    Done,
    /// The caller has as many uploads open as one may have.
    TooManyUploads,
    /// The conversation has as many attachments as it may have.
    TooManyAttachments,
}

/// Both functions hold a lock until the statement commits, so concurrent uploads do not pass a
/// bound together.
pub(crate) async fn insert(
    cx: &Cx,
    id: DocumentId,
    collection: &Collection,
    blob: BlobId,
    filename: &str,
) -> Result<InsertOutcome> {
    let sql = "with slot as materialized (
          select upload_slot_free($7::uuid, $8::int4) as upload, attachment_slot_free($4::uuid, $9::int8) as attachment
        ), made as (
          insert into documents (id, tenant_id, space_id, collection_id, blob_id, title, filename, created_by)
          select $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::text, $6::text, $7::uuid from slot where upload and attachment
        )
        select upload, attachment from slot";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        collection.space_id.into(),
        collection.id.into(),
        blob.into(),
        filename.into(),
        cx.user()?.into(),
        blobs::MOST_AT_ONCE.into(),
        attachments::MOST.into(),
    ];
    let row = cx.db.one(sql, &params).await?;
    Ok(match (row.get("upload")?, row.get("attachment")?) {
        (true, true) => InsertOutcome::Done,
        (false, _) => InsertOutcome::TooManyUploads,
        (true, false) => InsertOutcome::TooManyAttachments,
    })
}

/// False if the document is gone, or who uploads it has no such role in its space any more, or the
/// credential has ended.
pub(crate) async fn complete(
    cx: &Cx,
    id: DocumentId,
    job: JobId,
    written: &blobs::BlobDigest,
    roles: Vec<String>,
    credential: CredentialId,
) -> Result<bool> {
    let sql = "with d as (
          update documents d set size_bytes = $3, sha256 = $4, status = 'processing'
            from space_roles r
           where d.id = $1 and d.status = 'uploading' and r.space_id = d.space_id and r.user_id = $5 and r.role = any($6::text[])
             and lookup.credential_is_live($5, $7::uuid, $8::uuid)
          returning d.space_id
        )
        select enqueue_job($2 || jsonb_build_object('space_id', d.space_id)) from d";
    let params = [
        id.into(),
        ingestion(cx, id, job)?.into(),
        written.size.into(),
        written.sha256.clone().into(),
        cx.user()?.into(),
        roles.into(),
        credential.session().into(),
        credential.api_key().into(),
    ];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

/// False if it has not failed, or its bytes never arrived.
pub(crate) async fn retry(cx: &Cx, document: &Document, job: JobId) -> Result<bool> {
    let sql = "with d as (
          update documents set status = 'processing', progress = 0, failure_code = null, failure_detail = null, failure_hint = null
           where id = $1 and status = 'failed' and sha256 is not null and space_id = $3
          returning space_id
        )
        select enqueue_job($2 || jsonb_build_object('space_id', d.space_id)) from d";
    let new = ingestion(cx, document.id, job)?;
    let params = [document.id.into(), new.into(), document.space_id.into()];
    Ok(cx.db.optional(sql, &params).await?.is_some())
}

/// Its space is known to the statement that queues it.
fn ingestion(cx: &Cx, document: DocumentId, job: JobId) -> Result<NewJob> {
    Ok(NewJob::new(job, &IngestDocument { document_id: document, former: None })
        .about(document)
        .created_by(cx.user()?))
}

/// What finds the document changes with its title, in the same statement. The language is read
/// where the row is held: it may just have been told. False if the document is not in its space any
/// more.
pub(crate) async fn update_title(cx: &Cx, document: &Document, title: &str) -> Result<bool> {
    let sql = "update documents d set title = $2,
            names = setweight(to_tsvector(coalesce(d.language, 'simple')::regconfig, case d.language when 'swedish' then $4 else $3 end), 'A')
                    || array_to_tsvector(array['@' || d.tenant_id, '@' || d.collection_id])
      where d.id = $1 and d.space_id = $5";
    let names = |language| words::of_names(language, title, &document.filename);
    let params = [
        document.id.into(),
        title.into(),
        names(language::SIMPLE).into(),
        names("swedish").into(),
        document.space_id.into(),
    ];
    Ok(cx.db.execute(sql, &params).await? > 0)
}

/// False if it is gone, or not in the space where the caller was allowed to delete it.
pub(crate) async fn delete(cx: &Cx, id: DocumentId, space: Option<SpaceId>) -> Result<bool> {
    let sql = "delete from documents where id = $1 and ($2::uuid is null or space_id = $2)";
    Ok(cx.db.execute_at_length(sql, &[id.into(), space.into()]).await? > 0)
}
