//! Collections, documents, chunks, hybrid search.
