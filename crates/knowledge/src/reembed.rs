//! Moving a collection to another embedding model: a next index is made beside the one that
//! answers, and takes its place in one statement.

use kernel::{
    Problem, ReasonCode, Result,
    id::{CollectionId, DocumentId, IndexId, JobId},
};
use platform::{Cx, pg::Transaction};
use spaces::Action;

use crate::{
    ReembedCollection, collection, embedding_model,
    ingest::{NewPage, Original, Work},
    store::reembed as store,
};

/// Queues the job that embeds a collection with another model.
///
/// # Errors
/// `not_found`, `not_allowed`; `invalid_body` for a model that is none of the installation's;
/// `conflict` if the collection has that model already, or is being moved to one.
pub async fn reembed_collection(cx: &Cx, collection: CollectionId, model: &str) -> Result<JobId> {
    let found = collection::require(cx, collection, Action::EditKnowledge).await?;
    let models = embedding_model::list_embedding_models(cx).await?;
    if !models.iter().any(|known| known.id == model) {
        let known: Vec<&str> = models.iter().map(|known| known.id.as_str()).collect();
        return Err(Problem::refused_field(
            "/model",
            ReasonCode::ModelUnknown,
            format!("expected one of {}", known.join(", ")),
        ));
    }
    let job: JobId = cx.new_id()?;
    if store::queue(cx, &found, model, job).await? {
        return Ok(job);
    }
    let (reason, detail) = if found.embedding_model == model {
        (ReasonCode::EmbeddingModelSame, "the collection is embedded with this model already")
    } else {
        let detail = "the collection is being embedded with another model: wait until that is done, or cancel its job";
        (ReasonCode::ReembedRunning, detail)
    };
    Err(Problem::conflict(reason, detail))
}

/// Where a re-embedding stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReembeddingProgress {
    /// Documents that are complete in the next index.
    pub documents: i64,
    /// Documents that are searched now.
    pub of_documents: i64,
    /// Chunks that the complete ones have in the index that answers.
    pub chunks: i64,
    /// All its chunks.
    pub of_chunks: i64,
}

/// A document that the next index lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NextDocument {
    /// The document.
    pub id: DocumentId,
    /// Its chunks in the index that answers.
    pub chunks: i64,
    /// A text search configuration.
    pub language: String,
    /// How far the others are.
    pub before: ReembeddingProgress,
}

/// Waits until no one else is at the collection; false if it is gone. This comes before the job and
/// its documents.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn hold(tx: &mut Transaction<'_>, collection: CollectionId) -> Result<bool> {
    store::hold(tx, collection).await
}

/// Begins or continues; the next index. None if the collection has the model already, is gone, or
/// another job re-embeds it. In a transaction that holds the collection and the job.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn begin(
    tx: &mut Transaction<'_>,
    job: &ReembedCollection,
    id: JobId,
) -> Result<Option<IndexId>> {
    store::begin(tx, job, id).await
}

/// A document that is searched and that the index lacks.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn next_document(
    cx: &Cx,
    collection: CollectionId,
    index: IndexId,
) -> Result<Option<NextDocument>> {
    store::next_document(cx, collection, index).await
}

/// Begins a document: what an earlier attempt left of it in the index is removed. None if it is not
/// searched any more.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn begin_document(
    cx: &Cx,
    work: &Work,
    index: IndexId,
    model: &str,
) -> Result<Option<Original>> {
    let mut tx = cx.db.begin().await?;
    let original = store::begin_document(&mut tx, work, index, model).await?;
    tx.commit().await?;
    Ok(original)
}

/// Stores those pages that are not as they were stored before; false if the lease is lost.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn store_pages(cx: &Cx, work: &Work, index: IndexId, pages: &[NewPage]) -> Result<bool> {
    Ok(pages.is_empty() || store::insert_pages(cx, work, index, pages).await?)
}

/// Notes that a document of so many pages is complete in the index, if it is searched still.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish_document(cx: &Cx, work: &Work, index: IndexId, pages: i32) -> Result<()> {
    let mut tx = cx.db.begin().await?;
    store::finish_document(&mut tx, work, index, pages).await?;
    Ok(tx.commit().await?)
}

/// Makes the index the one that answers; false if it lacks a document. In the transaction that ends
/// the job, and that holds the collection.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn switch(
    tx: &mut Transaction<'_>,
    collection: CollectionId,
    index: IndexId,
) -> Result<bool> {
    store::switch(tx, collection, index).await
}

/// Gives up next indexes whose job has ended, of one collection or of all; returns how many.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn abandon_ended(
    tx: &mut Transaction<'_>,
    collection: Option<CollectionId>,
) -> Result<u64> {
    store::abandon_ended(tx, collection).await
}

/// As [`abandon_ended`], of all collections.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn reconcile(cx: &Cx) -> Result<u64> {
    let mut tx = cx.db.begin().await?;
    let abandoned = store::abandon_ended(&mut tx, None).await?;
    tx.commit().await?;
    Ok(abandoned)
}

/// Removes some chunks of an index that answers no more; false if there was nothing to remove.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn remove_stale(cx: &Cx) -> Result<bool> {
    let mut tx = cx.db.begin().await?;
    let removed = store::remove_stale(&mut tx).await?;
    tx.commit().await?;
    Ok(removed)
}
