//! A website is crawled.

use kernel::Result;
use knowledge::ingest::DocumentState;
use platform::pg::Transaction;
use queue::{Failure, Lease};
use websites::{CrawlWebsite, crawling};

use super::Handler;
use crate::{crawler, run::Worker, task::Stop};

impl Handler for CrawlWebsite {
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        crawler::run(worker, lease, self).await
    }

    async fn lock(&self, tx: &mut Transaction<'_>) -> Result<()> {
        crawling::lock(tx, self.website_id).await
    }

    async fn fail(
        &self,
        tx: &mut Transaction<'_>,
        failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        crawling::fail(tx, self.website_id, failure).await?;
        Ok(None)
    }

    async fn put_back(&self, tx: &mut Transaction<'_>) -> Result<Option<DocumentState>> {
        crawling::put_back(tx, self.website_id).await?;
        Ok(None)
    }
}
