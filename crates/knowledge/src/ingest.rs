//! Pages and chunks in: the side of the worker.
//!
//! Everything here names the lease of the job (its fence) and changes None if the lease is no
//! longer held.

use kernel::{
    Result,
    id::{BlobId, ChunkId, CollectionId, DocumentId, IndexId, SpaceId},
};
use platform::{
    Cx,
    pg::{Transaction, Value},
};
use queue::Failure;

use crate::{
    Warning,
    store::{ingest as store, reindex},
};

/// The right to work on a document.
#[derive(Clone, Debug)]
pub struct Work {
    /// The document.
    pub document: DocumentId,
    /// Job, worker and attempt of the lease.
    pub fence: [Value; 3],
}

/// What is to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// The bytes.
    pub blob: BlobId,
    /// As it was uploaded.
    pub filename: String,
    /// As far as it is known.
    pub media_type: String,
    /// Whether it is attached to a question: then it may be a picture.
    pub is_attachment: bool,
    /// The title that a person gave it; None if it is the file name still.
    pub title: Option<String>,
    /// The model that its chunks are embedded with.
    pub embedding_model: String,
    /// What its chunks belong to.
    pub index: IndexId,
}

/// Where a document stands, for news.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentState {
    /// Which.
    pub document: DocumentId,
    /// Its collection.
    pub collection: CollectionId,
    /// Its space.
    pub space: SpaceId,
    /// Its status, as the database spells it.
    pub status: String,
    /// Percent.
    pub progress: i32,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

/// What ingestion found out about a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IngestResult {
    /// Pages that were stored.
    pub pages: i32,
    /// Postgres text search configuration.
    pub language: &'static str,
    /// What could not be read or was left out.
    pub warnings: Vec<Warning>,
    /// The index that its chunks were stored in.
    pub index: IndexId,
}

/// The plain text of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPage {
    /// Counted from 1.
    pub number: i32,
    /// The text.
    pub text: String,
}

/// A chunk with its embedding.
#[derive(Clone, PartialEq, Debug)]
pub struct NewChunk {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ChunkId,
    /// Counted from 0 through the document.
    pub ordinal: i32,
    /// Page, counted from 1.
    pub page: i32,
    /// First character in the page's text, in Unicode scalar values.
    pub start: i32,
    /// One past the last.
    pub end: i32,
    /// Headings that lead to it, outermost first.
    pub heading_path: Vec<String>,
    /// The chunk.
    pub text: String,
    /// Tokens that the model reads.
    pub tokens: i32,
    /// A text search configuration of Postgres.
    pub language: String,
    /// The embedding, of length 1.
    pub embedding: Vec<f32>,
    /// The bits of its tokens, which order what is found (`late`); empty: none.
    pub token_bits: Vec<u8>,
}

/// Begins: what an earlier attempt left is removed, other jobs of the same document end. None if
/// the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn begin(cx: &Cx, work: &Work) -> Result<Option<Original>> {
    let mut tx = cx.db.begin().await?;
    let original = store::begin(&mut tx, work).await?;
    tx.commit().await?;
    Ok(original)
}

/// What the content turned out to be.
pub struct Description<'a> {
    /// Its media type.
    pub media_type: &'a str,
    /// Its own title.
    pub title: Option<&'a str>,
    /// Whether it has pages of its own.
    pub paged: bool,
}

/// Notes what the content turned out to be, and the document's own title where no one gave it
/// another.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn describe(cx: &Cx, work: &Work, meta: &Description<'_>) -> Result<()> {
    store::describe(cx, work, meta).await
}

/// Notes how far it is; None if the lease is lost. `status` is `processing` or `indexing`.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn progress(
    cx: &Cx,
    work: &Work,
    status: crate::Status,
    percent: i32,
) -> Result<Option<DocumentState>> {
    store::progress(cx, work, status, percent).await
}

/// Stores pages; false if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn store_pages(cx: &Cx, work: &Work, pages: &[NewPage]) -> Result<bool> {
    Ok(pages.is_empty() || store::insert_pages(cx, work, pages).await? > 0)
}

/// Stores chunks in an index, with the words of headings and text for full-text search; false if
/// the lease is lost. They are not found before [`finish`].
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn store_chunks(
    cx: &Cx,
    work: &Work,
    index: IndexId,
    chunks: &[NewChunk],
) -> Result<bool> {
    Ok(chunks.is_empty() || store::insert_chunks(cx, work, index, chunks).await? > 0)
}

/// Waits until no one else is at the document. What changes a document and its job begins with
/// this, which locks collection and document: deleting a collection locks them and the job in this
/// order, and in another order one of the two would be the victim of a deadlock.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn hold(tx: &mut Transaction<'_>, document: DocumentId) -> Result<()> {
    store::hold(tx, document).await
}

/// Makes the document `ready`: from here on it is found. In the transaction that ends its job. None
/// if its collection has another index meanwhile: the document is then to be ingested again.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    finished: &IngestResult,
) -> Result<Option<DocumentState>> {
    store::finish(tx, document, finished).await
}

/// Makes the document `failed`, and removes what was stored of it but the original. In the
/// transaction that ends its job.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn fail(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    failure: &Failure,
) -> Result<Option<DocumentState>> {
    store::fail(tx, document, failure).await
}

/// Puts the document back to the beginning of `processing`: it is tried again later. In the
/// transaction that queues its job again.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn put_back(
    tx: &mut Transaction<'_>,
    document: DocumentId,
) -> Result<Option<DocumentState>> {
    store::put_back(tx, document).await
}

/// Shows on documents that no one works on them any more: their job ended without them (its worker
/// died, someone cancelled it while it waited), or their bytes stopped coming in. Returns what
/// changed.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn reconcile(cx: &Cx) -> Result<Vec<DocumentState>> {
    let mut reconciled = store::reconcile_ended(cx).await?;
    reconciled.extend(store::fail_stuck_uploads(cx).await?);
    Ok(reconciled)
}

/// Removes stored bytes that no document has had for a day; returns how many files.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn remove_orphans(cx: &Cx) -> Result<u64> {
    store::remove_orphans(cx).await
}

/// Chunks of one statement of [`index_words_again`].
const REINDEXED_AT_ONCE: i64 = 200;

/// Indexes the words of one document again whose rules have changed since; false if there is none.
/// Vectors stay.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn index_words_again(cx: &Cx) -> Result<bool> {
    let mut tx = cx.db.begin().await?;
    let Some(document) = reindex::next(&mut tx).await? else { return Ok(false) };
    let mut after = None;
    while let Some(last) = reindex::chunks(&mut tx, &document, after, REINDEXED_AT_ONCE).await? {
        after = Some(last);
    }
    reindex::done(&mut tx, &document).await?;
    tx.commit().await?;
    Ok(true)
}
