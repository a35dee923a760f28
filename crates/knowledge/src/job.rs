//! The jobs of documents.

use std::time::Duration;

use kernel::id::DocumentId;
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

/// Makes a document searchable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IngestDocument {
    /// The document.
    pub document_id: DocumentId,
}

impl Job for IngestDocument {
    const KIND: &'static str = "ingest_document";
    const LANE: Option<Lane> = None;
    // The ingestion ends itself after half an hour and says why.
    const TIMEOUT: Duration = Duration::from_secs(40 * 60);
}
