//! Conversations of another product are read and stored.

use imports::{
    ImportConversations,
    importing::{self, Halt, Work},
};
use kernel::Result;
use knowledge::ingest::DocumentState;
use platform::pg::Transaction;
use queue::{Failure, Lease};

use super::Handler;
use crate::{run::Worker, task::Stop};

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Failed(failure) => Self::Failed(failure),
            Halt::Problem(problem) => problem.into(),
            Halt::Lost => Self::Lost,
        }
    }
}

impl Handler for ImportConversations {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        let cx = worker.cx(lease.tenant, lease.job.to_string());
        importing::run(&cx, &Work { import: self.import_id, lease }).await?;
        let mut tx = cx.db.begin().await?;
        importing::remove_file(&mut tx, self.import_id).await?;
        queue::succeed(&mut tx, lease).await?.ok_or(Stop::Lost)?;
        Ok(tx.commit().await?)
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        _failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        importing::remove_file(tx, self.import_id).await?;
        Ok(None)
    }
}
