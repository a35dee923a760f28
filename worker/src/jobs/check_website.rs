//! One page of a website is looked at beforehand.

use kernel::Result;
use knowledge::ingest::DocumentState;
use platform::pg::Transaction;
use queue::{Failure, Lease};
use websites::{CheckWebsite, crawling};

use super::Handler;
use crate::{crawler, run::Worker, task::Stop};

impl Handler for CheckWebsite {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        crawler::check(worker, lease, self.website_id).await
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        crawling::fail_check(tx, self.website_id, failure).await?;
        Ok(None)
    }
}
