//! Moving a document to another collection (ADR 65).

use kernel::{
    Problem, ReasonCode, Result,
    id::{CollectionId, DocumentId, JobId},
};
use platform::{Cx, pg::Transaction};
use spaces::Action;

use crate::{
    ChunkTransfer, Document, TargetCollection, collection,
    ingest::{DocumentState, Work},
    store::document_move::{self as store, MoveOutcome},
};

/// Moves a document that the caller may change; nothing happens if it is there already.
pub(crate) async fn move_document(
    cx: &Cx,
    document: &Document,
    collection: CollectionId,
) -> Result<()> {
    if document.collection_id == collection {
        return Ok(());
    }
    collection::require(cx, collection, Action::EditKnowledge).await?.open_to_moves()?;
    collection::get_collection(cx, document.collection_id).await?.open_to_moves()?;
    let (job, roles): (JobId, _) = (cx.new_id()?, TargetCollection::roles(cx)?);
    let (reason, detail) = match store::move_document(cx, document, collection, job, roles).await? {
        MoveOutcome::Queued => return Ok(()),
        MoveOutcome::Busy => (
            ReasonCode::DocumentBusy,
            "the document is being read; move it when it is ready or has failed",
        ),
        MoveOutcome::Incomplete => (
            ReasonCode::DocumentIncomplete,
            "the file did not arrive completely; delete the document and upload the file to the other collection",
        ),
        MoveOutcome::Reembedding => (
            ReasonCode::ReembedRunning,
            "one of the two collections is being embedded with another model; wait until that is done, or cancel its job",
        ),
        MoveOutcome::Changed => (
            ReasonCode::ChangedMeanwhile,
            "the document, a collection or a right to edit it changed meanwhile; load the document again",
        ),
    };
    Err(Problem::conflict(reason, detail))
}

/// Gives at most `limit` chunks of a moved document to the index of its collection; returns how
/// many. 0 also if the lease is lost, the document was read again since, or its collection has
/// another index.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn move_chunks(
    cx: &Cx,
    work: &Work,
    transfer: &ChunkTransfer,
    limit: i64,
) -> Result<u64> {
    let mut tx = cx.db.begin().await?;
    let moved = store::move_chunks(&mut tx, work, transfer, limit).await?;
    tx.commit().await?;
    Ok(moved)
}

/// Makes a moved document `ready`. In the transaction that ends its job, and that holds the
/// document. None if the index of its collection does not have all its chunks: it is then to be
/// ingested.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn finish(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    transfer: &ChunkTransfer,
) -> Result<Option<DocumentState>> {
    store::finish(tx, document, transfer).await
}
