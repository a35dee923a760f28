//! Text, pages and structure out of documents.
