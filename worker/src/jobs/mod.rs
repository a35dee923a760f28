//! The registry of job kinds and their handlers. One file per kind.

mod check_website;
mod crawl_website;
mod export_audit;
mod import_conversations;
mod ingest_document;
mod reembed_collection;
pub(crate) mod send_email;
mod send_quota_alert;

use std::time::Duration;

use accounts::job::SendEmail;
use audit::job::ExportAudit;
use imports::ImportConversations;
use kernel::Result;
use knowledge::{IngestDocument, ReembedCollection, ingest::DocumentState};
use platform::pg::Transaction;
use queue::{Failure, Job, Lease};
use usage::job::SendQuotaAlert;
use websites::{CheckWebsite, CrawlWebsite};

use crate::{run::Worker, task::Stop};

/// The handler of a kind of job.
pub(crate) trait Handler: Job {
    /// Runs the job and ends it with success, both in one transaction if it writes.
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop>;

    /// Locks the subject of the job. Code that ends a job locks this first and the job second, so
    /// that there is no deadlock.
    async fn lock(&self, _tx: &mut Transaction<'_>) -> Result<()> {
        Ok(())
    }

    /// Records on the subject that the job ended without success.
    async fn fail(
        &self,
        _tx: &mut Transaction<'_>,
        _failure: &Failure,
    ) -> Result<Option<DocumentState>> {
        Ok(None)
    }

    /// Records on the subject that the job is queued again.
    async fn put_back(&self, _tx: &mut Transaction<'_>) -> Result<Option<DocumentState>> {
        Ok(None)
    }
}

macro_rules! registry {
    ($($job:ident),+) => {
        /// A leased job of a kind that this worker knows.
        pub(crate) enum AnyJob {
            $($job($job)),+
        }

        impl AnyJob {
            /// Parses kind and payload of a lease.
            pub(crate) fn read(lease: &Lease) -> std::result::Result<Self, Failure> {
                let payload = lease.payload.clone();
                let read = match lease.kind.as_str() {
                    $($job::KIND => serde_json::from_value(payload).map(Self::$job).map_err(|e| e.to_string()),)+
                    _ => Err("no such kind".to_owned()),
                };
                read.map_err(|why| {
                    let detail = format!(
                        "expected a kind of job that this worker knows, with its payload; got `{}`: {why}",
                        lease.kind
                    );
                    Failure::new("unknown_job", detail, "update the worker, or report it")
                })
            }

            /// [`Job::TIMEOUT`].
            pub(crate) fn timeout(&self) -> Duration {
                match self { $(Self::$job(_) => $job::TIMEOUT),+ }
            }

            /// [`Handler::run`].
            pub(crate) async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
                match self { $(Self::$job(job) => job.run(worker, lease).await),+ }
            }

            /// [`Handler::lock`].
            pub(crate) async fn lock(&self, tx: &mut Transaction<'_>) -> Result<()> {
                match self { $(Self::$job(job) => job.lock(tx).await),+ }
            }

            /// [`Handler::fail`].
            pub(crate) async fn fail(&self, tx: &mut Transaction<'_>, failure: &Failure) -> Result<Option<DocumentState>> {
                match self { $(Self::$job(job) => job.fail(tx, failure).await),+ }
            }

            /// [`Handler::put_back`].
            pub(crate) async fn put_back(&self, tx: &mut Transaction<'_>) -> Result<Option<DocumentState>> {
                match self { $(Self::$job(job) => job.put_back(tx).await),+ }
            }
        }
    };
}

registry!(
    IngestDocument,
    ReembedCollection,
    SendEmail,
    SendQuotaAlert,
    ExportAudit,
    CrawlWebsite,
    CheckWebsite,
    ImportConversations
);
