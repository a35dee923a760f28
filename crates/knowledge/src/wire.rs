//! The document as clients see it: the shape `Document` of `openapi/openapi.json`, sent by several components.

use queue::wire::{FailureBody, JobBody};
use serde::Serialize;

use crate::{Document, Warning};

/// `Document` on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DocumentBody {
    id: String,
    created_at: String,
    updated_at: String,
    collection_id: String,
    space_id: String,
    title: String,
    filename: String,
    media_type: String,
    size_bytes: i64,
    sha256: Option<String>,
    status: &'static str,
    progress: i32,
    failure: Option<FailureBody>,
    warnings: Vec<WarningBody>,
    duplicate_of: Option<String>,
    page_count: Option<i32>,
    chunk_count: i32,
    language: Option<String>,
    job_id: Option<String>,
    permissions: Vec<&'static str>,
}

impl From<&Document> for DocumentBody {
    fn from(document: &Document) -> Self {
        Self {
            id: document.id.to_string(),
            created_at: document.created_at.to_string(),
            updated_at: document.updated_at.to_string(),
            collection_id: document.collection_id.to_string(),
            space_id: document.space_id.to_string(),
            title: document.title.clone(),
            filename: document.filename.clone(),
            media_type: document.media_type.clone(),
            size_bytes: document.size_bytes,
            sha256: document.sha256.clone(),
            status: document.status.as_str(),
            progress: document.progress,
            failure: document.failure.as_ref().map(FailureBody::from),
            warnings: document.warnings.iter().map(WarningBody::from).collect(),
            duplicate_of: document.duplicate_of.map(|id| id.to_string()),
            page_count: document.page_count,
            chunk_count: document.chunk_count,
            language: document.language.clone(),
            job_id: document.job_id.map(|id| id.to_string()),
            permissions: document.access.permissions(),
        }
    }
}

/// `DocumentWarning` on the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WarningBody {
    kind: String,
    class: &'static str,
    count: i64,
    pages: Vec<u32>,
}

impl From<&Warning> for WarningBody {
    fn from(warning: &Warning) -> Self {
        let class = if warning.is_loss() { "loss" } else { "left_out" };
        Self { kind: warning.kind.clone(), class, count: warning.count, pages: warning.pages.clone() }
    }
}

/// `DocumentAccepted` on the wire: the document is stored, its job will make it searchable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DocumentAccepted {
    /// The document.
    pub document: DocumentBody,
    /// The job.
    pub job: JobBody,
}
