//! The audit log.

use api::{Call, CallWith, Json, List, Reply, Watch, kind, wire};
use audit::{Entry, Export, Filter, Format, State, export, verify};
use contract::Schema;
use http::header;
use kernel::{
    Code, Problem, Result, Timestamp, hex,
    id::{self, AuditExportId},
};
use platform::{Cx, serve, task};
use queue::wire::FailureBody;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

contract::words! {
    FormatName = ["csv", "jsonl"];
    StateName = ["queued", "ready", "failed"];
}

contract::shape! {
    pub(crate) struct EntriesParameters {
        /// From POST /api/v1/admin/audit/readings.
        #[schema(as = Uuid)]
        reading: String,
        /// How it begins: `user` or `user.update`.
        #[schema(length(min = 1, max = 100))]
        action: Option<String>,
        /// Who did it.
        #[schema(as = Uuid)]
        actor_id: Option<String>,
        /// The id of what it was done to.
        #[schema(length(min = 1, max = 100))]
        resource: Option<String>,
        /// Not before: a day or a time in UTC.
        #[schema(length(min = 1, max = 100))]
        from: Option<String>,
        /// Before: a day or a time in UTC.
        #[schema(length(min = 1, max = 100))]
        to: Option<String>,
    }

    pub(crate) struct VerificationParameters {
        /// How many entries to look at.
        #[schema(range(min = 1, max = verify::BATCH), extend("default" = verify::BATCH))]
        at_most: Option<i64>,
        /// The `next_cursor` of an answer of the last hour.
        cursor: Option<String>,
    }
}

#[derive(Schema, Serialize)]
#[schema(name = "AuditActor")]
pub(crate) struct ActorBody {
    /// `user`, `api_key`, `operator`, `scim`, `worker`, `anonymous` or `system`.
    kind: String,
    id: Option<String>,
    name: Option<String>,
}

/// A stated reason to read the audit log, good for an hour.
#[derive(Schema, Serialize)]
pub(crate) struct AuditReading {
    #[schema(as = Uuid)]
    id: String,
    reason: String,
    #[serde(serialize_with = "wire::iso")]
    expires_at: Timestamp,
}

#[derive(Schema, Serialize)]
pub(crate) struct AuditVerification {
    /// Whether the whole chain was walked and every entry fits.
    ok: bool,
    /// How many were looked at, by the requests before with their cursors too.
    entries: i64,
    /// The first entry that was changed, is missing, or was put in between.
    first_broken_seq: Option<i64>,
    head: HeadBody,
    /// Where to continue; null at the end of the chain and where it is broken.
    next_cursor: Option<String>,
}

#[derive(Schema, Serialize)]
#[schema(name = "AuditHead")]
pub(crate) struct HeadBody {
    seq: i64,
    hash: String,
}

/// An entry of the audit log.
#[derive(Schema, Serialize)]
#[schema(name = "AuditEntry", list = "entries")]
pub(crate) struct EntryBody {
    seq: i64,
    #[serde(serialize_with = "wire::iso")]
    at: Timestamp,
    actor: ActorBody,
    action: String,
    resource_kind: String,
    resource_id: Option<String>,
    /// The changed members as they were; secrets are masked, and of a text of more than 2 000
    /// characters there is an object: how it `begins`, how many `characters`, its `sha256`.
    before: Option<Value>,
    /// As they are.
    after: Option<Value>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    /// SHA-256 over this entry and the hash of the one before.
    hash: String,
}

impl From<&Entry> for EntryBody {
    fn from(entry: &Entry) -> Self {
        let actor = &entry.actor;
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: ActorBody {
                kind: actor.kind.clone(),
                id: actor.id.map(|id| id.to_string()),
                name: actor.name.clone(),
            },
            action: entry.action.clone(),
            resource_kind: entry.resource_kind.clone(),
            resource_id: entry.resource_id.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
            address: entry.address.clone(),
            user_agent: entry.user_agent.clone(),
            request_id: entry.request_id.clone(),
            hash: hex::encode(&entry.hash),
        }
    }
}

/// The audit log as a file, kept seven days.
#[derive(Schema, Serialize)]
#[schema(name = "AuditExport")]
pub(crate) struct ExportBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = FormatName)]
    format: &'static str,
    #[schema(as = StateName)]
    state: &'static str,
    rows: Option<i64>,
    size_bytes: Option<i64>,
    error: Option<FailureBody>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

impl From<&Export> for ExportBody {
    fn from(export: &Export) -> Self {
        Self {
            id: export.id.to_string(),
            format: export.format.as_str(),
            state: export.state.as_str(),
            rows: export.rows,
            size_bytes: export.size,
            error: export.failure.as_ref().map(FailureBody::from),
            created_at: export.created_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "StartAuditReading")]
pub(crate) struct StartReading {
    #[schema(length(min = 5, max = 500))]
    reason: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "CreateAuditExport")]
pub(crate) struct CreateExport {
    #[schema(as = Uuid)]
    reading: String,
    #[schema(as = FormatName)]
    format: String,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    actor_id: Option<String>,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

pub(crate) async fn start_audit_reading(
    mut call: CallWith<StartReading>,
) -> Result<Reply<kind::Status<201, AuditReading>>> {
    let body: StartReading = call.json().await?;
    let reading = audit::start_reading(call.cx()?, &body.reason).await?;
    api::json(&AuditReading {
        id: reading.id.to_string(),
        reason: reading.reason,
        expires_at: reading.expires_at,
    })
}

pub(crate) async fn list_audit_entries(call: Call) -> Result<List<EntryBody>> {
    let reading = call.query_id("reading")?.ok_or_else(|| {
        let detail = "reading: expected the id that POST /api/v1/admin/audit/readings answers to a stated reason";
        Problem::new(Code::InvalidQuery, detail)
    })?;
    let filter = Filter::read(|name| call.query(name))?;
    let page = audit::list_entries(call.cx()?, reading, &filter, call.page()?).await?;
    api::list(&page)
}

/// How many entries to look at in this request.
fn batch(call: &Call) -> Result<i32> {
    let most = verify::BATCH;
    let Some(text) = call.query("at_most") else { return Ok(most) };
    text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        Problem::new(
            Code::InvalidQuery,
            format!("at_most: expected 1 to {most} entries to look at, got `{text}`"),
        )
    })
}

pub(crate) async fn verify_audit_log(call: Call) -> Result<Json<AuditVerification>> {
    let (cx, limit) = (call.cx()?, batch(&call)?);
    let (verified, next) = verify::verify_step(cx, call.query("cursor").as_deref(), limit).await?;
    let (seq, hash) = &verified.head;
    api::ok(&AuditVerification {
        ok: verified.is_whole(),
        entries: verified.entries,
        first_broken_seq: verified.first_broken,
        head: HeadBody { seq: *seq, hash: hex::encode(hash) },
        next_cursor: next,
    })
}

pub(crate) async fn create_audit_export(
    mut call: CallWith<CreateExport>,
) -> Result<Reply<kind::WithLocation<kind::Status<202, ExportBody>>>> {
    let body: CreateExport = call.json().await?;
    let filter = json!({
        "action": body.action, "actor_id": body.actor_id, "resource": body.resource, "from": body.from, "to": body.to,
    });
    let (format, filter) = (Format::parse(&body.format)?, Filter::from_json(&filter)?);
    let export = export::create_export(call.cx()?, body.reading.parse()?, format, &filter).await?;
    api::json(&ExportBody::from(&export))?.at(&format!("/api/v1/admin/audit/exports/{}", export.id))
}

pub(crate) async fn get_audit_export(call: Call) -> Result<Json<ExportBody>> {
    api::ok(&ExportBody::from(&export::get_export(call.cx()?, call.param("export_id")?).await?))
}

pub(crate) async fn get_audit_export_content(
    mut call: Call,
) -> Result<Reply<(kind::Bytes<kind::Csv>, kind::Bytes<kind::JsonLines>)>> {
    let found = export::get_export(call.cx()?, call.param("export_id")?).await?;
    let size =
        found.size.filter(|_| found.state == State::Ready).ok_or_else(|| id::not_found("file"))?;
    let details = json!({ "format": found.format.as_str() });
    audit::record(call.cx()?, "audit.export", "audit_export", Some(&found.id.to_string()), details)
        .await?;
    let mut watch = Watch::of(&call)?;
    let (mut writer, body) = serve::streaming();
    let cx: Cx = call.take_cx()?;
    task::spawn(async move {
        for seq in 0.. {
            // At the end, or when the database failed; the length tells the client whether all
            // bytes came.
            let Ok(Some(batch)) = export::batch(&cx, found.id, seq).await else { return };
            let writing = cx.db.released_while(writer.write(batch));
            // A caller who may no longer read the log gets no further part.
            let Ok(true) =
                watch.guard(&found.id, |id, cx| Box::pin(may_read(cx, *id)), writing).await
            else {
                return;
            };
        }
    });
    http::Response::builder()
        .header(header::CONTENT_TYPE, media_type(found.format))
        .header(header::CONTENT_LENGTH, size)
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"audit.{}\"", found.format.as_str()),
        )
        .body(body)
        .map(Reply::new)
        .map_err(Problem::internal)
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::JsonLines => "application/x-ndjson",
    }
}

async fn may_read(cx: &Cx, export: AuditExportId) -> Result<()> {
    export::get_export(cx, export).await.map(|_| ())
}
