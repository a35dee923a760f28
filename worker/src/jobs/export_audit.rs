//! Writes the audit log to a file.

use audit::{export, job::ExportAudit};
use kernel::Result;
use knowledge::ingest::DocumentState;
use platform::pg::Transaction;
use queue::{Failure, Lease};

use super::Handler;
use crate::{run::Worker, task::Stop};

impl Handler for ExportAudit {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        let cx = worker.cx(lease.tenant, lease.job.to_string());
        let work = export::Work { export: self.export_id, fence: lease.fence() };
        // If the lease is lost and not the export, the end of the job changes nothing either.
        let written = export::write(&cx, &work).await?.ok_or(Stop::Cancelled)?;
        let mut tx = cx.db.begin().await?;
        queue::succeed(&mut tx, lease).await?.ok_or(Stop::Lost)?;
        export::finish(&mut tx, self.export_id, written).await?;
        Ok(tx.commit().await?)
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        export::fail(tx, self.export_id, failure).await?;
        Ok(None)
    }
}
