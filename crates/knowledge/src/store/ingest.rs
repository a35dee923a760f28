//! The SQL of ingestion.
