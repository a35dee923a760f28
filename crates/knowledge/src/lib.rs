#![doc = include_str!("../README.md")]

pub mod attachments;
mod characters;
mod chunk;
pub mod collection;
mod compounds;
pub mod document;
pub mod document_move;
mod embedding_model;
mod evidence;
pub mod ingest;
mod job;
mod late;
mod mentioned;
mod numbers;
pub mod reembed;
mod rerank;
mod search;
mod snippet;
mod store;
mod swedish;
mod upload;
pub mod wire;
mod words;

pub use attachments::Attachment;
pub use blobs::MOST_AT_ONCE;
pub use chunk::{Chunk, PageText, get_chunk, get_page};
pub use collection::{
    Collection, Reembedding, create_collection, delete_collection, get_collection,
    list_collections, update_collection,
};
pub use document::{
    Document, DocumentChange, DocumentFilter, Status, Warning, WebSource, delete_document,
    get_document, list_documents, original, retry_document, update_document,
};
pub use embedding_model::{EmbeddingModel, list_embedding_models};
pub use job::{ChunkTransfer, FormerCollection, IngestDocument, ReembedCollection};
pub use mentioned::{
    NeighbourChunk, chunks_by_id, chunks_of_documents, models_of_documents, neighbour_chunks,
    require_readable,
};
pub use reembed::reembed_collection;
pub use rerank::{OrderedHits, Reranker, Reranking, SkipReason, search_reranked};
pub use search::{GroupBy, Hit, Hits, Mode, Query, SearchRequest, embedding_models, search};
pub use snippet::snippet;
pub use upload::{DEFAULT_LIMIT_BYTES, TargetCollection, Upload, UploadName, UploadReceipt};
