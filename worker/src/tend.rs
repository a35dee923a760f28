//! What has to be done now and then, for each tenant: showing what died, removing what has run out.

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

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Documents of a tenant whose words are indexed again each time, after the rules have changed.
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

/// Tends every minute.
pub(crate) async fn forever(worker: Arc<Worker>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        bury(&worker).await;
        if let Err(problem) = tenants(&worker).await {
            log::line(Level::Warn, "worker", "tending was cut short", &[("cause", json!(problem.to_string()))]);
        }
    }
}

/// Declares the jobs dead whose worker died on the last attempt, and shows it on their documents and exports.
pub(crate) async fn bury(worker: &Worker) {
    let buried = async {
        let dead = queue::bury(&worker.db()).await?;
        for (tenant, job) in dead {
            worker.tenants.remember(tenant);
            if let Some(job) = queue::get(&worker.cx(tenant, "tend".to_owned()), job).await? {
                worker.news.job(tenant, &job).await;
            }
            settle(worker, tenant).await?;
        }
        Result::Ok(())
    };
    if let Err(problem) = buried.await {
        log::line(Level::Warn, "worker", "dead jobs were not buried", &[("cause", json!(problem.to_string()))]);
    }
}

async fn tenants(worker: &Worker) -> Result<()> {
    for tenant in store::tenants(&worker.db()).await? {
        worker.tenants.remember(tenant);
    }
    for tenant in worker.tenants.all() {
        settle(worker, tenant).await?;
        let cx = worker.cx(tenant, "tend".to_owned());
        store::remove_expired(&cx).await?;
        ingest::remove_orphans(&cx).await?;
        audit::keep::purge(&cx).await?;
        // A few each time: whoever waits for an answer or a document comes first.
        for _ in 0..REINDEXED_EACH_TIME {
            if !ingest::index_words_again(&cx).await? {
                break;
            }
        }
    }
    Ok(())
}

/// As [`settle`], for every tenant that this worker knows of.
pub(crate) async fn settle_known(worker: &Worker) {
    for tenant in worker.tenants.all() {
        if let Err(problem) = settle(worker, tenant).await {
            log::line(Level::Warn, "worker", "documents were not settled", &[("cause", json!(problem.to_string()))]);
        }
    }
}

/// Shows on documents and exports of the log that nobody works on them any more.
async fn settle(worker: &Worker, tenant: TenantId) -> Result<()> {
    let cx = worker.cx(tenant, "tend".to_owned());
    for standing in ingest::settle(&cx).await? {
        worker.news.document(tenant, &standing).await;
    }
    audit::export::settle(&cx).await
}
