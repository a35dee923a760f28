//! Documents, search and citations.

pub(crate) mod document_warnings;
pub(crate) mod documents;
pub(crate) mod quotations;
pub(crate) mod rerank;
pub(crate) mod search;
pub(crate) mod storage;
