//! Makes a document searchable.

use kernel::Result;
use knowledge::{
    IngestDocument,
    ingest::{self as documents, DocumentState},
};
use platform::pg::Transaction;
use queue::{Failure, Lease};

use super::Handler;
use crate::{ingest, run::Worker, task::Stop};

impl Handler for IngestDocument {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        ingest::run(worker, lease, self).await
    }

    async fn lock(&self, tx: &mut Transaction<'_>) -> Result<()> {
        documents::hold(tx, self.document_id).await
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        documents::fail(tx, self.document_id, failure).await
    }

    async fn put_back(&self, tx: &mut Transaction<'_>) -> Result<Option<DocumentState>> {
        documents::put_back(tx, self.document_id).await
    }
}
