//! Every SQL statement of imports. Row-level security separates tenants; `user_id` separates users.

#[cfg(not(target_family = "wasm"))]
pub(crate) mod importing;

use access::CredentialId;
use conversations::ImportSource;
use kernel::{
    PageRequest, Problem, Result,
    id::{AssistantId, BlobId, ConversationImportId, JobId, SpaceId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use queue::{Failure, NewJob, Status};
use serde::de::DeserializeOwned;

use crate::{ConversationImport, ImportConversations, Report};

/// The columns that [`read`] needs of an import `i` and its job `j`.
macro_rules! columns {
    () => {
        "i.id, i.assistant_id, i.file_name, i.size_bytes, i.source, i.imported, i.duplicates, i.skipped, i.messages, i.left_out, i.report,
               j.status, j.progress, j.cancel_asked_at is not null as cancel_asked, j.error_code, j.error_detail, j.error_hint,
               micros(i.created_at) as created_at, micros(j.finished_at) as finished_at"
    };
}

fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T> {
    serde_json::from_value(row.get(column)?).map_err(Problem::internal)
}

fn count(row: &Row, column: &str) -> Result<u32> {
    Ok(u32::try_from(row.get::<i32>(column)?).unwrap_or_default())
}

fn read(row: &Row) -> Result<ConversationImport> {
    let status: String = row.get("status")?;
    let code: Option<String> = row.get("error_code")?;
    let failure = |code| {
        let detail = row.get::<Option<String>>("error_detail")?.unwrap_or_default();
        Ok::<_, Problem>(Failure { code, detail, hint: row.get("error_hint")? })
    };
    Ok(ConversationImport {
        id: row.get("id")?,
        assistant_id: row.get("assistant_id")?,
        file_name: row.get("file_name")?,
        size: row.get("size_bytes")?,
        status: Status::parse(&status)
            .ok_or_else(|| Problem::internal(format!("jobs.status: `{status}`")))?,
        progress: row.get("progress")?,
        cancel_asked: row.get("cancel_asked")?,
        failure: code.map(failure).transpose()?,
        report: Report {
            source: row.get::<Option<String>>("source")?.as_deref().and_then(ImportSource::parse),
            imported: count(row, "imported")?,
            duplicates: count(row, "duplicates")?,
            skipped: count(row, "skipped")?,
            messages: count(row, "messages")?,
            left_out: json(row, "left_out")?,
            entries: json(row, "report")?,
        },
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
    })
}

/// Number of the caller's imports that have not ended.
pub(crate) async fn unfinished(cx: &Cx) -> Result<i64> {
    let sql = "select count(*) as n from conversation_imports i join jobs j on j.id = i.job_id
         where i.user_id = $1 and j.status in ('queued', 'running')";
    cx.db.one(sql, &[cx.user()?.into()]).await?.get("n")
}

pub(crate) struct NewImport<'a> {
    pub(crate) id: ConversationImportId,
    pub(crate) space: SpaceId,
    pub(crate) assistant: AssistantId,
    pub(crate) blob: BlobId,
    pub(crate) file_name: &'a str,
    pub(crate) size: i64,
    /// The roles that may ask the assistant, if it is published and if it is not.
    pub(crate) roles: [Vec<String>; 2],
    /// The most imports of the caller that have not ended.
    pub(crate) most: i64,
}

/// Writes the import and queues its job. False, and nothing is written, if too many imports of the
/// caller have not ended, the caller may not ask the assistant any more, or the credential is not
/// valid any more. `import_slot_free` holds a lock until the statement commits, so that concurrent
/// uploads do not pass the bound together.
pub(crate) async fn insert(cx: &Cx, new: &NewImport<'_>, credential: CredentialId) -> Result<bool> {
    let sql = "with go as (
          select from assistants a join space_roles r on r.space_id = a.space_id and r.user_id = $1
           where a.id = $8 and a.space_id = $7 and a.deleted_at is null
             and r.role = any (case when a.published then $13::text[] else $14::text[] end)
             and lookup.credential_is_live($1, $2::uuid, $3::uuid) and import_slot_free($1::uuid, $4::int8)
        ), job as (
          select enqueue_job($5) from go
        )
        insert into conversation_imports (id, tenant_id, user_id, space_id, assistant_id, job_id, blob_id, file_name, size_bytes)
        select $6, app_tenant(), $1, $7, $8, $9, $10, $11, $12 from job";
    let job: JobId = cx.new_id()?;
    let queued =
        NewJob::new(job, &ImportConversations { import_id: new.id }).created_by(cx.user()?);
    let [published, unpublished] = new.roles.clone();
    let params = [
        cx.user()?.into(),
        credential.session().into(),
        credential.api_key().into(),
        new.most.into(),
        queued.into(),
        new.id.into(),
        new.space.into(),
        new.assistant.into(),
        job.into(),
        new.blob.into(),
        new.file_name.into(),
        new.size.into(),
        published.into(),
        unpublished.into(),
    ];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<ConversationImport>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from conversation_imports a where a.user_id = $4) as total
          from conversation_imports i join jobs j on j.id = i.job_id
         where i.user_id = $4 and before_cursor(i.created_at, i.id, $2, $3)
         order by i.created_at desc, i.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let rows = cx.db.query(sql, &[limit, at, id, cx.user()?.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(
    cx: &Cx,
    import: ConversationImportId,
) -> Result<Option<ConversationImport>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from conversation_imports i join jobs j on j.id = i.job_id where i.id = $1 and i.user_id = $2"
    );
    cx.db.optional(sql, &[import.into(), cx.user()?.into()]).await?.as_ref().map(read).transpose()
}

/// Cancels the job: a queued one at once, with its file, a running one as soon as its worker
/// notices. False if it has ended.
pub(crate) async fn cancel(cx: &Cx, import: ConversationImportId) -> Result<bool> {
    let sql = "with cancelled as (
          update jobs j set cancel_asked_at = coalesce(j.cancel_asked_at, now()),
                 status = case j.status when 'queued' then 'cancelled' else j.status end,
                 finished_at = case j.status when 'queued' then now() end
            from conversation_imports i
           where i.id = $1 and i.user_id = $2 and j.id = i.job_id and j.status in ('queued', 'running')
          returning j.status, i.blob_id
        ), file as (
          delete from blobs b using cancelled c where c.status = 'cancelled' and b.id = c.blob_id
        )
        select count(*) as n from cancelled";
    Ok(cx.db.one(sql, &[import.into(), cx.user()?.into()]).await?.get::<i64>("n")? == 1)
}

/// Deletes an import that has ended, and its file if that is still there.
pub(crate) async fn delete(cx: &Cx, import: ConversationImportId) -> Result<bool> {
    let sql = "with gone as (
          delete from conversation_imports i using jobs j
           where i.id = $1 and i.user_id = $2 and j.id = i.job_id and j.status not in ('queued', 'running')
          returning i.blob_id
        ), file as (
          delete from blobs b using gone g where b.id = g.blob_id
        )
        select count(*) as n from gone";
    Ok(cx.db.one(sql, &[import.into(), cx.user()?.into()]).await?.get::<i64>("n")? == 1)
}
