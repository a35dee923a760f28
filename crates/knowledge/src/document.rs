//! Documents.

use bytes::Bytes;
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, BlobId, CollectionId, DocumentId, JobId, SpaceId},
    text,
};
use platform::{Cx, pg::Row};
use queue::Failure;
use spaces::Action;

use crate::{document_move, store::documents as store};

/// How far a document is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Its bytes are coming in.
    Uploading,
    /// Its text is being read.
    Processing,
    /// Its chunks are being embedded and stored.
    Indexing,
    /// It can be found.
    Ready,
    /// It cannot be used; the failure says why.
    Failed,
}

impl Status {
    /// As the database and the wire spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Processing => "processing",
            Self::Indexing => "indexing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }

    /// Reads [`Status::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Uploading, Self::Processing, Self::Indexing, Self::Ready, Self::Failed]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// One kind of loss in a document that was read otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Stable, `snake_case`; docs/errors.md lists them.
    pub kind: String,
    /// How many in the whole document: letters, pages, fields or parts, by kind.
    pub count: i64,
    /// Page numbers, counted from 1: at most 100; empty if the document has no pages.
    pub pages: Vec<u32>,
    /// How many on each of `pages`; empty if the document was read by a version that did not count
    /// them.
    pub page_counts: Vec<i64>,
}

impl Warning {
    /// The kinds that leave out what is no part of the text: no reader misses it.
    pub(crate) const LEFT_OUT: [&'static str; 2] = ["hidden_text", "skipped_navigation"];

    /// Every kind, as the extractor names them; one that a list is filtered by is among them.
    pub const KINDS: [&'static str; 13] = [
        "unmapped_letters",
        "pages_without_text",
        "unreadable_pages",
        "invalid_bytes",
        "unread_form_fields",
        "skipped_attachments",
        "skipped_parts",
        "hidden_text",
        "skipped_columns",
        "pictures_without_text",
        "skipped_comments",
        "flattened_nesting",
        "skipped_navigation",
    ];

    /// The kind of this name.
    #[must_use]
    pub fn kind(name: &str) -> Option<&'static str> {
        Self::KINDS.into_iter().find(|kind| *kind == name)
    }

    /// Whether something that the document says is missing, and not only what was left out on
    /// purpose. Kinds that this release does not know count as missing.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        !Self::LEFT_OUT.contains(&self.kind.as_str())
    }
}

/// Where a document was fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebSource {
    /// Of the page or file.
    pub url: String,
    /// When this text was fetched: later crawls found nothing else.
    pub fetched_at: Timestamp,
    /// When the page was published, as it says: ISO 8601, a day or a time.
    pub published: Option<String>,
    /// When the page was changed, as `published`.
    pub modified: Option<String>,
}

impl WebSource {
    /// From the columns `source_url`, `source_fetched_at` (in microseconds), `source_published` and
    /// `source_modified`.
    pub(crate) fn read(row: &Row) -> Result<Option<Self>> {
        let (url, at): (Option<String>, Option<Timestamp>) =
            (row.get("source_url")?, row.get("source_fetched_at")?);
        let (published, modified) = (row.get("source_published")?, row.get("source_modified")?);
        Ok(url.zip(at).map(|(url, fetched_at)| Self { url, fetched_at, published, modified }))
    }
}

/// A document, as a member of its space sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// Ids sort by the time of creation (UUID v7).
    pub id: DocumentId,
    /// The collection it is in.
    pub collection_id: CollectionId,
    /// The space of the collection.
    pub space_id: SpaceId,
    /// The original's bytes, once they are there.
    pub blob_id: Option<BlobId>,
    /// From the document, else its file name.
    pub title: String,
    /// As it was uploaded.
    pub filename: String,
    /// Decided by content.
    pub media_type: String,
    /// Bytes of the original.
    pub size_bytes: i64,
    /// Hexadecimal, once all bytes are there.
    pub sha256: Option<String>,
    /// How far.
    pub status: Status,
    /// Percent.
    pub progress: i32,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What could not be read or was left out, once it was read.
    pub warnings: Vec<Warning>,
    /// The oldest other document of the collection with the same bytes, if it is older than this
    /// one.
    pub duplicate_of: Option<DocumentId>,
    /// Pages, once it was read.
    pub page_count: Option<i32>,
    /// Chunks.
    pub chunk_count: i32,
    /// Postgres text search configuration, once it was read.
    pub language: Option<String>,
    /// The newest job that works on it.
    pub job_id: Option<JobId>,
    /// Where it was fetched, if it is a page of a website.
    pub web_source: Option<WebSource>,
    /// The caller in the space, and what they may do there.
    pub access: access::SpaceAccess,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// Which documents to list.
#[derive(Clone, Copy, Default, Debug)]
pub struct DocumentFilter {
    /// Of one collection.
    pub collection: Option<CollectionId>,
    /// With one status.
    pub status: Option<Status>,
    /// With a warning that is a loss ([`Warning::is_loss`]), or without one.
    pub has_warnings: Option<bool>,
    /// With a warning of this kind, be it a loss or left out on purpose.
    pub warning: Option<&'static str>,
}

/// The documents of the caller's spaces, newest first.
///
/// # Errors
/// `not_found` if the collection is not the caller's.
pub async fn list_documents(
    cx: &Cx,
    filter: DocumentFilter,
    request: PageRequest,
) -> Result<Page<Document>> {
    if let Some(collection) = filter.collection {
        crate::collection::require(cx, collection, Action::ReadKnowledge).await?;
    }
    let (items, total) = store::list(cx, filter, request).await?;
    Ok(Page::cut(items, total, request, |d| Cursor { at: d.created_at, id: d.id.0 }))
}

/// One document.
///
/// # Errors
/// `not_found` if the caller is not a member of its space.
pub async fn get_document(cx: &Cx, document: DocumentId) -> Result<Document> {
    store::get(cx, document).await?.ok_or_else(|| id::not_found("document"))
}

async fn require(cx: &Cx, document: DocumentId, action: Action) -> Result<Document> {
    let found = get_document(cx, document).await?;
    spaces::require(cx, found.space_id, action).await?;
    Ok(found)
}

/// What of a document is changed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DocumentChange<'a> {
    /// 1 to 300 characters.
    pub title: Option<&'a str>,
    /// The collection that it is moved to.
    pub collection: Option<CollectionId>,
}

/// Retitles a document, or moves it to another collection. The document of a page of a website gets
/// its own title again when the page changes.
///
/// A moved document is in the other collection at once, and found there when its job is done: its
/// chunks become those of the collection, or it is ingested again if that has another embedding
/// model or the document had failed.
///
/// # Errors
/// `not_found`, `not_allowed`, also for the other collection; `invalid_body`. `conflict` if the
/// document is being ingested or its bytes never arrived, if one of the collections is filled by a
/// website, holds attachments or is being re-embedded, or if the document changed meanwhile.
pub async fn update_document(
    cx: &Cx,
    document: DocumentId,
    change: DocumentChange<'_>,
) -> Result<Document> {
    if change == DocumentChange::default() {
        let detail = "expected at least one of title and collection_id, got none";
        return Err(Problem::refused_field("", ReasonCode::NothingToChange, detail));
    }
    let mut found = require(cx, document, Action::EditKnowledge).await?;
    let title = change.title.map(|title| text::line("/title", title, 1, 300)).transpose()?;
    if let Some(collection) = change.collection {
        document_move::move_document(cx, &found, collection).await?;
        found = get_document(cx, document).await?;
    }
    if let Some(title) = title
        && !store::update_title(cx, &found, &title).await?
    {
        let detail = "the document was moved or deleted meanwhile; load the document again";
        return Err(Problem::conflict(ReasonCode::ChangedMeanwhile, detail));
    }
    get_document(cx, document).await
}

/// Deletes a document with its original and its chunks. A job that works on it ends by itself.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it is a page of a website: the next crawl would bring
/// it back.
pub async fn delete_document(cx: &Cx, document: DocumentId) -> Result<()> {
    let found = require(cx, document, Action::EditKnowledge).await?;
    if found.web_source.is_some() {
        let detail =
            "the document is a page of a website; exclude its address in the website's settings";
        return Err(Problem::conflict(ReasonCode::DocumentBusy, detail));
    }
    // It may have been moved to another space since.
    if store::delete(cx, document, Some(found.space_id)).await? {
        return Ok(());
    }
    Err(id::not_found("document"))
}

/// Queues a failed document again; document and job change in one statement.
///
/// # Errors
/// `not_found`, `not_allowed`; `conflict` if it has not failed or its bytes never arrived.
pub async fn retry_document(cx: &Cx, document: DocumentId) -> Result<JobId> {
    let found = require(cx, document, Action::EditKnowledge).await?;
    let job: JobId = cx.new_id()?;
    if store::retry(cx, &found, job).await? {
        return Ok(job);
    }
    Err(Problem::conflict(
        ReasonCode::NotFailed,
        "expected a document that has failed after all its bytes had arrived; upload it again otherwise",
    ))
}

/// The next piece of the original, counted from 0; nothing after the last.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn original(cx: &Cx, blob: BlobId, part: i32) -> Result<Option<Bytes>> {
    blobs::part(cx, blob, part).await
}
