//! Every SQL statement of knowledge, one file a subject.

pub(crate) mod attachments;
pub(crate) mod collections;
pub(crate) mod document_move;
pub(crate) mod documents;
pub(crate) mod embedding_models;
pub(crate) mod ingest;
pub(crate) mod mentioned;
pub(crate) mod pages;
pub(crate) mod reembed;
pub(crate) mod reindex;
pub(crate) mod search;
pub(crate) mod warnings;
