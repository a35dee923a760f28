//! The maintenance tasks. Each finds its tenants in one statement, and works under the tenant's
//! row-level security.

use std::time::Instant;

use kernel::{Problem, Result, id::TenantId};
use knowledge::{ingest, reembed};
use platform::log::{self, Level};
use serde_json::json;

use super::messages;
use crate::{run::Worker, store};

/// Documents per tenant and run that are indexed again after the rules have changed: users who wait
/// for an answer or a document come first.
const REINDEXED_EACH_TIME: u64 = 200;

/// Runs the task of a row of `schedules`, and logs what it changed.
pub(super) async fn run(worker: &Worker, kind: &str) -> Result<()> {
    let began = Instant::now();
    let changed = match kind {
        "reconcile" => {
            mark_dead(worker).await;
            reconcile(worker).await?
        }
        "reindex_words" => reindex_words(worker).await?,
        "embed_messages" => messages::embed(worker).await?,
        "remove_expired" => store::remove_expired(&worker.db()).await?,
        "remove_orphans" => remove_orphans(worker).await?,
        "remove_stale_indexes" => remove_stale_indexes(worker).await?,
        "purge_audit" => purge_audit(worker).await?,
        _ => {
            log::line(
                Level::Warn,
                "worker",
                "this worker does not know a maintenance",
                &[("kind", json!(kind))],
            );
            0
        }
    };
    if changed > 0 {
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let members =
            [("kind", json!(kind)), ("rows", json!(changed)), ("duration_ms", json!(took))];
        log::line(Level::Info, "worker", "maintenance done", &members);
    }
    Ok(())
}

/// Marks jobs dead that crash their workers, and reconciles the documents and exports of their
/// tenants.
pub(crate) async fn mark_dead(worker: &Worker) {
    let marked = async {
        for (tenant, job) in queue::mark_dead(&worker.db()).await? {
            if let Some(job) = queue::get(&worker.cx(tenant, "maintenance".to_owned()), job).await?
            {
                worker.events.job(tenant, &job).await;
            }
            reconcile_tenant(worker, tenant).await?;
        }
        Result::Ok(())
    };
    if let Err(problem) = marked.await {
        log::line(
            Level::Warn,
            "worker",
            "dead jobs were not marked",
            &[("cause", json!(problem.to_string()))],
        );
    }
}

/// Fails the documents and exports whose job has ended, and gives up unfinished indexes; returns
/// how many.
pub(crate) async fn reconcile(worker: &Worker) -> Result<u64> {
    let mut rows = Rows::default();
    for tenant in store::tenants_to_reconcile(&worker.db()).await? {
        rows.add(tenant, reconcile_tenant(worker, tenant).await);
    }
    rows.changed()
}

/// How many rows changed over all tenants. A failure at one tenant does not stop the others.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) changed: u64,
    fault: Option<Problem>,
}

impl Rows {
    pub(super) fn add(&mut self, tenant: TenantId, done: Result<u64>) {
        match done {
            Ok(rows) => self.changed += rows,
            Err(problem) => {
                let members = [
                    ("tenant_id", json!(tenant.to_string())),
                    ("cause", json!(problem.to_string())),
                ];
                log::line(Level::Warn, "worker", "maintenance failed for a tenant", &members);
                self.fault.get_or_insert(problem);
            }
        }
    }

    /// The total, or the first failure.
    pub(super) fn changed(self) -> Result<u64> {
        self.fault.map_or(Ok(self.changed), Err)
    }
}

async fn reconcile_tenant(worker: &Worker, tenant: TenantId) -> Result<u64> {
    let cx = worker.cx(tenant, "maintenance".to_owned());
    let mut changed = 0;
    for state in ingest::reconcile(&cx).await? {
        worker.events.document(tenant, &state).await;
        changed += 1;
    }
    changed += websites::crawling::reconcile(&cx).await?;
    changed += reembed::reconcile(&cx).await?;
    audit::export::reconcile(&cx).await?;
    Ok(changed)
}

async fn reindex_words(worker: &Worker) -> Result<u64> {
    let mut rows = Rows::default();
    for tenant in store::tenants_to_reindex(&worker.db()).await? {
        rows.add(tenant, reindex_tenant(worker, tenant).await);
    }
    rows.changed()
}

async fn reindex_tenant(worker: &Worker, tenant: TenantId) -> Result<u64> {
    let cx = worker.cx(tenant, "maintenance".to_owned());
    for documents in 0..REINDEXED_EACH_TIME {
        if !ingest::index_words_again(&cx).await? {
            return Ok(documents);
        }
    }
    Ok(REINDEXED_EACH_TIME)
}

async fn remove_orphans(worker: &Worker) -> Result<u64> {
    let mut rows = Rows::default();
    for tenant in store::tenants_with_orphans(&worker.db()).await? {
        rows.add(
            tenant,
            ingest::remove_orphans(&worker.cx(tenant, "maintenance".to_owned())).await,
        );
    }
    rows.changed()
}

/// Chunks of indexes that another one has replaced, or whose job ended before its end; returns the
/// number of statements.
async fn remove_stale_indexes(worker: &Worker) -> Result<u64> {
    let mut rows = Rows::default();
    for tenant in store::tenants_with_stale_indexes(&worker.db()).await? {
        let cx = worker.cx(tenant, "maintenance".to_owned());
        let mut statements = 0;
        let removed = loop {
            match reembed::remove_stale(&cx).await {
                Ok(true) => statements += 1,
                Ok(false) => break Ok(statements),
                Err(problem) => break Err(problem),
            }
        };
        rows.add(tenant, removed);
    }
    rows.changed()
}

/// Once a night, so it may visit all tenants: each has its own retention time.
async fn purge_audit(worker: &Worker) -> Result<u64> {
    let mut rows = Rows::default();
    for tenant in store::tenants(&worker.db()).await? {
        let gone = audit::retention::purge(&worker.cx(tenant, "maintenance".to_owned())).await;
        rows.add(tenant, gone.map(|entries| u64::try_from(entries).unwrap_or_default()));
    }
    rows.changed()
}
