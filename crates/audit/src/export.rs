//! The log as a file: requested by an administrator, written by the worker.

use kernel::{
    Problem, ReasonCode, Result, Timestamp, hex,
    id::{self, AuditExportId, AuditReadingId},
};
use platform::{
    Cx,
    pg::{Transaction, Value as Param},
};
use queue::Failure;
use serde_json::{Value, json};

use crate::{Entry, Filter, log, store::exports as store};

/// The format of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Comma-separated, RFC 4180, with a header line.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Format {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    /// Parses [`Format::as_str`].
    ///
    /// # Errors
    /// `invalid_body`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(Problem::refused_field(
                "/format",
                ReasonCode::UnknownValue,
                "expected csv or jsonl",
            )),
        }
    }
}

/// The state of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The worker has not written it yet.
    Queued,
    /// It can be downloaded.
    Ready,
    /// It could not be written.
    Failed,
}

impl State {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "ready" => Self::Ready,
            "failed" => Self::Failed,
            _ => Self::Queued,
        }
    }
}

/// An export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Ids sort by the time of creation (UUID v7).
    pub id: AuditExportId,
    /// File format.
    pub format: Format,
    /// State.
    pub state: State,
    /// Number of entries, once written.
    pub rows: Option<i64>,
    /// Size in bytes, once written.
    pub size: Option<i64>,
    /// Why it could not be written.
    pub failure: Option<Failure>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
}

/// Requests an export; a job writes it.
///
/// # Errors
/// `not_allowed`; `not_found` if the reading is not the caller's or has expired.
pub async fn create_export(
    cx: &Cx,
    reading: AuditReadingId,
    format: Format,
    filter: &Filter,
) -> Result<Export> {
    log::require_reading(cx, reading).await?;
    let id: AuditExportId = cx.new_id()?;
    store::insert(cx, id, reading, format, filter).await?;
    get(cx, id).await
}

/// One of the caller's exports.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_export(cx: &Cx, export: AuditExportId) -> Result<Export> {
    cx.require(access::Action::ReadAudit)?;
    get(cx, export).await
}

async fn get(cx: &Cx, export: AuditExportId) -> Result<Export> {
    store::get(cx, export).await?.ok_or_else(|| id::not_found("export"))
}

/// One part of the file, counted from 0; None after the last.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn batch(cx: &Cx, export: AuditExportId, seq: i32) -> Result<Option<String>> {
    store::batch(cx, export, seq).await
}

/// Entries per part.
const BATCH: i64 = 2_000;

/// The right to write an export.
#[derive(Clone, Debug)]
pub struct Work {
    /// The export.
    pub export: AuditExportId,
    /// Job, worker and attempt of the lease.
    pub fence: [Param; 3],
}

/// The size of an export.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ExportSize {
    /// Entries.
    pub rows: i64,
    /// Bytes.
    pub size: i64,
}

/// Writes an export part by part; starts over if an earlier worker died. None if the export no
/// longer exists or the lease is lost: what another worker writes stays.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn write(cx: &Cx, work: &Work) -> Result<Option<ExportSize>> {
    let Some((format, filter, newest)) = store::begin(cx, work).await? else { return Ok(None) };
    let mut written = ExportSize::default();
    let (mut seq, mut after) = (0, 0);
    loop {
        let entries =
            crate::store::oldest(cx, &Filter::from_json(&filter)?, after, newest, BATCH).await?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        let mut text = if seq == 0 && format == Format::Csv { head() } else { String::new() };
        for entry in &entries {
            match format {
                Format::Csv => text.push_str(&csv(entry)),
                Format::JsonLines => text.push_str(&format!("{}\n", object(entry))),
            }
        }
        written.rows += i64::try_from(entries.len()).unwrap_or_default();
        written.size += i64::try_from(text.len()).unwrap_or_default();
        if !store::insert_piece(cx, work, seq, &text).await? {
            return Ok(None);
        }
        seq += 1;
    }
    Ok(Some(written))
}

/// Makes an export `ready`, in the transaction that ends its job.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish(
    tx: &mut Transaction<'_>,
    export: AuditExportId,
    written: ExportSize,
) -> Result<()> {
    store::finish(tx, export, written).await
}

/// Marks an export failed, in the transaction that ends its job for good.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn fail(
    tx: &mut Transaction<'_>,
    export: AuditExportId,
    failure: &Failure,
) -> Result<()> {
    store::fail(tx, export, failure).await
}

/// Fails the exports whose job ended because its worker died.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn reconcile(cx: &Cx) -> Result<()> {
    store::reconcile(cx).await
}

fn head() -> String {
    "seq,at,actor_kind,actor_id,actor_name,action,resource_kind,resource_id,before,after,address,user_agent,request_id,hash\r\n".to_owned()
}

fn object(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "at": entry.at.to_string(),
        "actor": { "kind": entry.actor.kind, "id": entry.actor.id.map(|id| id.to_string()), "name": entry.actor.name },
        "action": entry.action,
        "resource_kind": entry.resource_kind,
        "resource_id": entry.resource_id,
        "before": entry.before,
        "after": entry.after,
        "address": entry.address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "hash": hex::encode(&entry.hash),
    })
}

fn csv(entry: &Entry) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    let fields = [
        entry.seq.to_string(),
        entry.at.to_string(),
        entry.actor.kind.clone(),
        entry.actor.id.map(|id| id.to_string()).unwrap_or_default(),
        text(&entry.actor.name),
        entry.action.clone(),
        entry.resource_kind.clone(),
        text(&entry.resource_id),
        json(&entry.before),
        json(&entry.after),
        text(&entry.address),
        text(&entry.user_agent),
        text(&entry.request_id),
        hex::encode(&entry.hash),
    ];
    let fields: Vec<String> = fields.iter().map(|field| kernel::csv::quoted(field)).collect();
    format!("{}\r\n", fields.join(","))
}
