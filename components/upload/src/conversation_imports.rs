//! `/api/v1/conversation-imports`: conversations of other products, read by a job.

use std::collections::BTreeMap;

use api::{Call, CallWith, Json, List, NoContent, Reply, Watch, kind, multipart};
use contract::Schema;
use conversations::ImportSource;
use http::header;
use imports::{ConversationImport, FileName, ImportTarget, LIMIT_BYTES, ReportEntry};
use kernel::{Result, Timestamp, id::ConversationImportId};
use queue::wire::FailureBody;
use serde::Serialize;

use crate::{
    form::{File, Form},
    import_transfer::ImportTransfer,
    upload_document::{FORM_BYTES, too_large},
};

contract::words! {
    ImportStatusName = ["queued", "running", "succeeded", "failed", "dead", "cancelled"];
    ImportSourceName = ["chatgpt", "open_webui", "librechat", "tessera"];
    EntryOutcomeName = ["partial", "duplicate", "empty", "unknown", "too_many"];
}

contract::shape! {
    pub(crate) struct ImportParameters {
        /// The conversations are with this assistant, and can be continued with it
        #[schema(as = Uuid)]
        assistant_id: String,
        #[schema(length(min = 1, max = 255))]
        filename: Option<String>,
    }
}

/// A conversation of the file that was not taken, or not completely.
#[derive(Schema, Serialize)]
struct ReportEntryBody {
    /// Its number in the file, from 1.
    position: u32,
    title: Option<String>,
    #[schema(as = EntryOutcomeName)]
    outcome: &'static str,
    #[schema(as = Uuid)]
    conversation_id: Option<String>,
    /// Numbers of what was left out, by kind: system, tool, thinking, image, audio, file, citation,
    /// cut_text, too_many, other.
    left_out: BTreeMap<&'static str, u32>,
}

impl From<&ReportEntry> for ReportEntryBody {
    fn from(entry: &ReportEntry) -> Self {
        Self {
            position: entry.position,
            title: entry.title.clone(),
            outcome: entry.outcome.as_str(),
            conversation_id: entry.conversation_id.map(|id| id.to_string()),
            left_out: entry.left_out.iter().map(|(kind, n)| (kind.as_str(), *n)).collect(),
        }
    }
}

/// A file with conversations of another product, and what came of it.
#[derive(Schema, Serialize)]
#[schema(list = "imports")]
pub(crate) struct ConversationImportBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    assistant_id: String,
    file_name: String,
    size_bytes: i64,
    #[schema(as = ImportStatusName)]
    status: &'static str,
    /// Percent of the file that were read.
    progress: i32,
    /// Whether a running import is about to stop.
    cancel_asked: bool,
    /// The product, once it is known.
    #[schema(as = ImportSourceName)]
    source: Option<&'static str>,
    /// Conversations that were stored.
    imported: u32,
    /// Conversations that were imported before, and stay as they are.
    duplicates: u32,
    /// Entries that are no conversation, have neither question nor answer, or are more than may be
    /// imported.
    skipped: u32,
    /// Messages that were stored.
    messages: u32,
    /// Numbers of what was left out of the stored conversations, by kind.
    left_out: BTreeMap<&'static str, u32>,
    /// The first 500 conversations that were not taken, or not completely.
    report: Vec<ReportEntryBody>,
    error: Option<FailureBody>,
    #[serde(serialize_with = "api::wire::iso")]
    created_at: Timestamp,
    #[schema(as = DateTime)]
    finished_at: Option<String>,
}

impl From<&ConversationImport> for ConversationImportBody {
    fn from(import: &ConversationImport) -> Self {
        let report = &import.report;
        Self {
            id: import.id.to_string(),
            assistant_id: import.assistant_id.to_string(),
            file_name: import.file_name.clone(),
            size_bytes: import.size,
            status: import.status.as_str(),
            progress: import.progress,
            cancel_asked: import.cancel_asked,
            source: report.source.map(ImportSource::as_str),
            imported: report.imported,
            duplicates: report.duplicates,
            skipped: report.skipped,
            messages: report.messages,
            left_out: report.left_out.iter().map(|(kind, n)| (kind.as_str(), *n)).collect(),
            report: report.entries.iter().map(ReportEntryBody::from).collect(),
            error: import.failure.as_ref().map(FailureBody::from),
            created_at: import.created_at,
            finished_at: import.finished_at.map(|at| at.to_string()),
        }
    }
}

pub(crate) async fn create_conversation_import(
    mut call: CallWith<api::File>,
) -> Result<Reply<kind::WithLocation<kind::Status<202, ConversationImportBody>>>> {
    let target = ImportTarget::find(call.cx()?, call.query_id("assistant_id")?).await?;
    let declared = call.header(header::CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    if declared.is_some_and(|length: i64| length > LIMIT_BYTES + FORM_BYTES) {
        return Err(too_large(LIMIT_BYTES));
    }
    let kind = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned();
    let name = call.query("filename").map(|name| FileName::parse(&name)).transpose()?;
    let watch = Watch::of(&call)?;
    let body = call.take_body()?;
    let file = if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        File::Field(Form::new(body, &multipart::boundary(&kind)?))
    } else {
        File::body(body)
    };
    // A form does not announce the length of its file.
    let announced = declared.filter(|_| matches!(file, File::Body(_)));
    let cx = call.cx()?;
    let id = ImportTransfer { cx, target: &target, watch }.take_in(name, announced, file).await?;
    queue::wake().await;
    let import = imports::get_import(cx, id).await?;
    api::json(&ConversationImportBody::from(&import))?
        .at(&format!("/api/v1/conversation-imports/{id}"))
}

pub(crate) async fn list_conversation_imports(call: Call) -> Result<List<ConversationImportBody>> {
    api::list(&imports::list_imports(call.cx()?, call.page()?).await?)
}

pub(crate) async fn get_conversation_import(call: Call) -> Result<Json<ConversationImportBody>> {
    let import = imports::get_import(call.cx()?, id(&call)?).await?;
    api::ok(&ConversationImportBody::from(&import))
}

pub(crate) async fn cancel_conversation_import(call: Call) -> Result<Json<ConversationImportBody>> {
    let import = imports::cancel_import(call.cx()?, id(&call)?).await?;
    api::ok(&ConversationImportBody::from(&import))
}

pub(crate) async fn delete_conversation_import(call: Call) -> Result<NoContent> {
    imports::delete_import(call.cx()?, id(&call)?).await?;
    api::no_content()
}

fn id(call: &Call) -> Result<ConversationImportId> {
    call.param("import_id")
}
