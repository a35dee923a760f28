//! The audit log.

use api::{Call, Response, Watch, wire};
use audit::{Entry, Export, Filter, Format, State, export, verify};
use http::{StatusCode, header};
use kernel::{
    Code, Problem, Result, Timestamp, hex,
    id::{self, AuditExportId},
};
use platform::{Cx, serve, task};
use queue::wire::FailureBody;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize)]
struct EntryBody {
    seq: i64,
    #[serde(serialize_with = "wire::iso")]
    at: Timestamp,
    actor: Value,
    action: String,
    resource_kind: String,
    resource_id: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    hash: String,
}

impl From<&Entry> for EntryBody {
    fn from(entry: &Entry) -> Self {
        let actor = &entry.actor;
        Self {
            seq: entry.seq,
            at: entry.at,
            actor: json!({ "kind": actor.kind, "id": actor.id.map(|id| id.to_string()), "name": actor.name }),
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

#[derive(Serialize)]
struct ExportBody {
    id: String,
    format: &'static str,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartReading {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateExport {
    reading: String,
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

pub(crate) async fn start_audit_reading(mut call: Call) -> Result<Response> {
    let body: StartReading = call.json().await?;
    let reading = audit::start_reading(call.cx()?, &body.reason).await?;
    let shown =
        json!({ "id": reading.id.to_string(), "reason": reading.reason, "expires_at": reading.expires_at.to_string() });
    api::json(StatusCode::CREATED, &shown)
}

pub(crate) async fn list_audit_entries(call: Call) -> Result<Response> {
    let reading = call.query_id("reading")?.ok_or_else(|| {
        let detail = "reading: expected the id that POST /api/v1/admin/audit/readings answers to a stated reason";
        Problem::new(Code::InvalidQuery, detail)
    })?;
    let filter = Filter::read(|name| call.query(name))?;
    let page = audit::list_entries(call.cx()?, reading, &filter, call.page()?).await?;
    api::ok(&wire::list::<_, EntryBody>("entries", &page))
}

/// How many entries to look at in this request.
fn batch(call: &Call) -> Result<i32> {
    let most = verify::BATCH;
    let Some(text) = call.query("at_most") else { return Ok(most) };
    text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        Problem::new(Code::InvalidQuery, format!("at_most: expected 1 to {most} entries to look at, got `{text}`"))
    })
}

pub(crate) async fn verify_audit_log(call: Call) -> Result<Response> {
    let (cx, limit) = (call.cx()?, batch(&call)?);
    let (verified, next) = verify::verify_step(cx, call.query("cursor").as_deref(), limit).await?;
    let (seq, hash) = &verified.head;
    api::ok(&json!({
        "ok": verified.is_whole(),
        "entries": verified.entries,
        "first_broken_seq": verified.first_broken,
        "head": { "seq": seq, "hash": hex::encode(hash) },
        "next_cursor": next,
    }))
}

pub(crate) async fn create_audit_export(mut call: Call) -> Result<Response> {
    let body: CreateExport = call.json().await?;
    let filter = json!({
        "action": body.action, "actor_id": body.actor_id, "resource": body.resource, "from": body.from, "to": body.to,
    });
    let (format, filter) = (Format::parse(&body.format)?, Filter::from_json(&filter)?);
    let export = export::create_export(call.cx()?, body.reading.parse()?, format, &filter).await?;
    let mut response = api::json(StatusCode::ACCEPTED, &ExportBody::from(&export))?;
    let location = format!("/api/v1/admin/audit/exports/{}", export.id);
    response.headers_mut().insert(header::LOCATION, location.parse().map_err(Problem::internal)?);
    Ok(response)
}

pub(crate) async fn get_audit_export(call: Call) -> Result<Response> {
    api::ok(&ExportBody::from(&export::get_export(call.cx()?, call.param("export_id")?).await?))
}

pub(crate) async fn get_audit_export_content(mut call: Call) -> Result<Response> {
    let found = export::get_export(call.cx()?, call.param("export_id")?).await?;
    let size = found.size.filter(|_| found.state == State::Ready).ok_or_else(|| id::not_found("file"))?;
    let details = json!({ "format": found.format.as_str() });
    audit::record(call.cx()?, "audit.export", "audit_export", Some(&found.id.to_string()), details).await?;
    let mut watch = Watch::of(&call)?;
    let (mut writer, body) = serve::streaming();
    let cx: Cx = call.take_cx()?;
    task::spawn(async move {
        for seq in 0.. {
            // At the end, or where the database broke; the length tells the client whether all came.
            let Ok(Some(batch)) = export::batch(&cx, found.id, seq).await else { return };
            let writing = cx.db.released_while(writer.write(batch));
            // Whoever may not read the log any more gets no further piece.
            let Ok(true) = watch.guard(&found.id, |id, cx| Box::pin(may_read(cx, *id)), writing).await else { return };
        }
    });
    let kind = match found.format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::JsonLines => "application/x-ndjson",
    };
    http::Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, size)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"audit.{}\"", found.format.as_str()))
        .body(body)
        .map_err(Problem::internal)
}

async fn may_read(cx: &Cx, export: AuditExportId) -> Result<()> {
    export::get_export(cx, export).await.map(|_| ())
}
