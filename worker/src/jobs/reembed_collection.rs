//! A collection is moved to another embedding model.

use kernel::Result;
use knowledge::{ReembedCollection, ingest::DocumentState, reembed};
use platform::pg::Transaction;
use queue::{Failure, Lease};

use super::Handler;
use crate::{ingest, run::Worker, task::Stop};

impl Handler for ReembedCollection {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        ingest::reembed(worker, lease, self).await
    }

    async fn lock(&self, tx: &mut Transaction<'_>) -> Result<()> {
        reembed::hold(tx, self.collection_id).await.map(|_| ())
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        _failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        reembed::abandon_ended(tx, Some(self.collection_id)).await?;
        Ok(None)
    }
}
