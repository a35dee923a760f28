//! The jobs of documents and collections.

use std::time::Duration;

use kernel::id::{CollectionId, DocumentId, IndexId, SpaceId};
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

/// Makes a document searchable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IngestDocument {
    /// The document.
    pub document_id: DocumentId,
    /// Where it was, if it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerCollection>,
}

/// The collection that a document was moved out of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FormerCollection {
    /// Its space, whose members see that the document left.
    pub space_id: SpaceId,
    /// None: the document is read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<ChunkTransfer>,
}

/// Chunks of a document that another index of the same embedding model takes over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChunkTransfer {
    /// The index that had them.
    pub from: IndexId,
    /// The index that answered for the collection when the document was moved there.
    pub to: IndexId,
    /// How many there are.
    pub count: i64,
}

impl Job for IngestDocument {
    const KIND: &'static str = "ingest_document";
    const LANE: Option<Lane> = None;
    // The ingestion ends itself after half an hour and says why.
    const TIMEOUT: Duration = Duration::from_secs(40 * 60);
}

/// Embeds a collection with another model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReembedCollection {
    /// The collection.
    pub collection_id: CollectionId,
    /// A row of `embedding_models`.
    pub model: String,
}

impl Job for ReembedCollection {
    const KIND: &'static str = "reembed_collection";
    const LANE: Option<Lane> = Some(Lane::Long);
    // A million chunks; each document has a timeout of its own.
    const TIMEOUT: Duration = Duration::from_secs(48 * 60 * 60);
}
