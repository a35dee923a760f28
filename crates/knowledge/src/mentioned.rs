//! Documents that a question names: read whole if they fit, by nearness to the question if not.

use kernel::{
    Result,
    id::{self, ChunkId, CollectionId, DocumentId},
};
use models::QueryEmbedding;
use platform::Cx;

use crate::{Hit, Query, snippet, store::mentioned as store};

/// Refuses collections and documents that the caller may not read, or that are not there.
///
/// # Errors
/// `not_found`.
pub async fn require_readable(
    cx: &Cx,
    collections: &[CollectionId],
    documents: &[DocumentId],
) -> Result<()> {
    if collections.is_empty() && documents.is_empty() {
        return Ok(());
    }
    let readable = store::readable(cx, collections, documents).await?;
    if !readable.collections {
        return Err(id::not_found("collection"));
    }
    if readable.documents { Ok(()) } else { Err(id::not_found("document")) }
}

/// The models that the documents were embedded with.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn models_of_documents(cx: &Cx, documents: &[DocumentId]) -> Result<Vec<String>> {
    store::models(cx, documents).await
}

/// The chunks of the documents that the caller may read: all of them in their order if they have
/// at most `tokens` tokens together, else at most `limit`, nearest to the question first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn chunks_of_documents(
    cx: &Cx,
    documents: &[DocumentId],
    query: &Query,
    embeddings: &[QueryEmbedding],
    (tokens, limit): (i64, i64),
) -> Result<Vec<Hit>> {
    let mut hits = store::chunks(cx, documents, embeddings, (tokens, limit)).await?;
    let (words, mut steps) = (snippet::QueryWords::of(query.as_str()), 0);
    for hit in &mut hits {
        hit.snippet = words.snippet(&hit.content, &mut steps);
    }
    Ok(hits)
}

/// What stands beside a chunk on its page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeighbourChunk {
    /// The chunk beside which it is.
    pub beside: ChunkId,
    /// Its own id.
    pub chunk_id: ChunkId,
    /// Whether it is before the chunk; else it is behind it.
    pub is_before: bool,
    /// Its text, without what the chunk repeats of it.
    pub content: String,
}

/// The chunks before and behind each of these on the same page, where the caller may read them. At
/// most a hundred ids.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn neighbour_chunks(cx: &Cx, chunks: &[ChunkId]) -> Result<Vec<NeighbourChunk>> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    store::neighbours(cx, chunks).await
}

/// Those of the chunks that the caller may read and that are still there, in no order; without
/// snippets. At most a few hundred ids.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn chunks_by_id(cx: &Cx, chunks: &[ChunkId]) -> Result<Vec<Hit>> {
    if chunks.is_empty() {
        return Ok(Vec::new());
    }
    store::chunks_by_id(cx, chunks).await
}
