//! Maintenance, for each tenant: marks dead jobs, reconciles documents and exports with their jobs, removes expired rows.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jobs::queue;
use kernel::{Result, id::TenantId};
use knowledge::ingest;
use platform::log::{self, Level};
use serde_json::json;

use crate::{run::Worker, store};

/// Interval of maintenance.
const EVERY: Duration = Duration::from_secs(60);

/// Documents of a tenant whose words are indexed again in one run, after the rules have changed.
const REINDEXED_EACH_TIME: usize = 200;

/// The tenants that this worker knows of.
#[derive(Default)]
pub(crate) struct Tenants(Mutex<BTreeSet<TenantId>>);

impl Tenants {
    /// Adds one.
    pub(crate) fn remember(&self, tenant: TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }

    fn all(&self) -> Vec<TenantId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

/// Runs maintenance every minute.
pub(crate) async fn run_maintenance(worker: Arc<Worker>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        mark_dead(&worker).await;
        if let Err(problem) = tenants(&worker).await {
            log::line(
                Level::Warn,
                "worker",
                "maintenance failed; it is tried again in a minute",
                &[("cause", json!(problem.to_string()))],
            );
        }
    }
}

/// Marks jobs dead that crash their workers, and reconciles their documents and exports.
pub(crate) async fn mark_dead(worker: &Worker) {
    let marked = async {
        let dead = queue::mark_dead(&worker.db()).await?;
        for (tenant, job) in dead {
            worker.tenants.remember(tenant);
            if let Some(job) = queue::get(&worker.cx(tenant, "maintenance".to_owned()), job).await? {
                worker.events.job(tenant, &job).await;
            }
            reconcile(worker, tenant).await?;
        }
        Result::Ok(())
    };
    if let Err(problem) = marked.await {
        log::line(Level::Warn, "worker", "dead jobs were not marked", &[("cause", json!(problem.to_string()))]);
    }
}

async fn tenants(worker: &Worker) -> Result<()> {
    for tenant in store::tenants(&worker.db()).await? {
        worker.tenants.remember(tenant);
    }
    for tenant in worker.tenants.all() {
        reconcile(worker, tenant).await?;
        let cx = worker.cx(tenant, "maintenance".to_owned());
        store::remove_expired(&cx).await?;
        ingest::remove_orphans(&cx).await?;
        audit::retention::purge(&cx).await?;
        // A few each time: users who wait for an answer or a document come first.
        for _ in 0..REINDEXED_EACH_TIME {
            if !ingest::index_words_again(&cx).await? {
                break;
            }
        }
    }
    Ok(())
}

/// As [`reconcile`], for every tenant that this worker knows of.
pub(crate) async fn reconcile_known(worker: &Worker) {
    for tenant in worker.tenants.all() {
        if let Err(problem) = reconcile(worker, tenant).await {
            log::line(Level::Warn, "worker", "documents were not reconciled", &[("cause", json!(problem.to_string()))]);
        }
    }
}

/// Fails the documents and exports of a tenant whose job has ended.
async fn reconcile(worker: &Worker, tenant: TenantId) -> Result<()> {
    let cx = worker.cx(tenant, "maintenance".to_owned());
    for state in ingest::reconcile(&cx).await? {
        worker.events.document(tenant, &state).await;
    }
    audit::export::reconcile(&cx).await
}
