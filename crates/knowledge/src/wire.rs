//! The document as clients see it: the shape `Document` of `openapi/openapi.json`, sent by several
//! components.

use contract::Schema;
use queue::wire::{FailureBody, JobBody};
use serde::Serialize;

use crate::{Document, Warning, WebSource};

contract::words! {
    /// How a document stands.
    pub DocumentStatus = ["uploading", "processing", "indexing", "ready", "failed"];
    /// Whether something is missing.
    pub WarningClass = ["loss", "left_out"];
    /// What is missing; docs/errors.md says what each counts.
    pub WarningKind = Warning::KINDS;
}

/// One document of a collection.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
#[schema(list = "documents")]
pub struct DocumentBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = DateTime)]
    created_at: String,
    #[schema(as = DateTime)]
    updated_at: String,
    #[schema(as = Uuid)]
    collection_id: String,
    #[schema(as = Uuid)]
    space_id: String,
    title: String,
    filename: String,
    media_type: String,
    size_bytes: i64,
    sha256: Option<String>,
    #[schema(as = DocumentStatus)]
    status: &'static str,
    /// Percent, 0-100.
    progress: i32,
    failure: Option<FailureBody>,
    /// What could not be read or was left out; empty where nothing is known to be missing.
    warnings: Vec<WarningBody>,
    /// The oldest other document of the collection with the same bytes.
    #[schema(as = Uuid)]
    duplicate_of: Option<String>,
    /// Null where the document has no pages of its own, or they are not known yet.
    page_count: Option<i32>,
    chunk_count: i32,
    language: Option<String>,
    #[schema(as = Uuid)]
    job_id: Option<String>,
    /// Where it was fetched, if it is a page of a website.
    web_source: Option<WebSourceBody>,
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
            web_source: document.web_source.as_ref().map(WebSourceBody::from),
            permissions: document.access.permissions(),
        }
    }
}

/// Where a document was fetched: a page of a website, or a file of it.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
pub struct WebSourceBody {
    url: String,
    /// When this text was fetched: later crawls found nothing else.
    #[schema(as = DateTime)]
    fetched_at: String,
    /// When the page was published, as it says: ISO 8601, a day or a time.
    published: Option<String>,
    /// When the page was changed, as it says: ISO 8601, a day or a time.
    modified: Option<String>,
}

impl From<&WebSource> for WebSourceBody {
    fn from(source: &WebSource) -> Self {
        Self {
            url: source.url.clone(),
            fetched_at: source.fetched_at.to_string(),
            published: source.published.clone(),
            modified: source.modified.clone(),
        }
    }
}

/// One kind of loss in a document that was read otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
#[schema(name = "DocumentWarning")]
pub struct WarningBody {
    /// Stable; docs/errors.md lists the kinds.
    kind: String,
    /// `loss`: something that the document says is missing; `left_out`: left out on purpose, as it
    /// is no part of the text.
    #[schema(as = WarningClass)]
    class: &'static str,
    /// Letters, pages, fields or parts in the whole document, by kind.
    count: i64,
    /// Page numbers, at most 100; empty where the document has no pages.
    pages: Vec<u32>,
    /// How many on each of `pages`; empty if the document was read by a version that did not count
    /// them.
    page_counts: Vec<i64>,
}

impl From<&Warning> for WarningBody {
    fn from(warning: &Warning) -> Self {
        let class = if warning.is_loss() { "loss" } else { "left_out" };
        Self {
            kind: warning.kind.clone(),
            class,
            count: warning.count,
            pages: warning.pages.clone(),
            page_counts: warning.page_counts.clone(),
        }
    }
}

/// 202: stored; the job makes it searchable.
#[derive(Clone, PartialEq, Eq, Debug, Schema, Serialize)]
pub struct DocumentAccepted {
    /// The document.
    pub document: DocumentBody,
    /// The job.
    pub job: JobBody,
}
