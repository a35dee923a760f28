//! Publishes the events of jobs and documents. They are hints, not authoritative: a failure to
//! publish is only logged.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kernel::id::{SpaceId, TenantId};
use knowledge::{ingest::DocumentState, wire::WarningBody};
use platform::{
    Actor, Cx,
    log::{self, Level},
    pg::Source,
    redis::Redis,
};
use queue::{
    JobRecord, events,
    wire::{FailureBody, JobBody},
};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use websites::{CrawlRun, wire::RunBody};

/// Timeout of one event, including the connection.
const TIMEOUT: Duration = Duration::from_secs(2);

/// One connection to Redis, reopened when it breaks, and the Redis namespaces of tenants.
pub(crate) struct EventPublisher {
    source: Source,
    redis: Mutex<Option<Arc<Redis>>>,
    namespaces: Mutex<HashMap<TenantId, String>>,
}

impl EventPublisher {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, redis: Mutex::default(), namespaces: Mutex::default() }
    }

    /// Publishes a change of a job.
    pub(crate) async fn job(&self, tenant: TenantId, job: &JobRecord) {
        // No user may see a job without a space (an email).
        let Some(space) = job.space_id.map(|id| id.to_string()) else { return };
        self.publish(
            tenant,
            &json!({ "type": "job", "space_id": space, "job": JobBody::from(job) }),
        )
        .await;
    }

    /// A run of a website has begun, got further, or ended.
    pub(crate) async fn crawl_run(&self, tenant: TenantId, space: SpaceId, run: &CrawlRun) {
        let event = json!({ "type": "crawl_run", "space_id": space.to_string(), "run": RunBody::from(run) });
        self.publish(tenant, &event).await;
    }

    /// Publishes a change of a document.
    pub(crate) async fn document(&self, tenant: TenantId, state: &DocumentState) {
        let failure = state.failure.as_ref().map(FailureBody::from);
        let warnings: Vec<WarningBody> = state.warnings.iter().map(WarningBody::from).collect();
        let event = json!({
            "type": "document",
            "space_id": state.space.to_string(),
            "document_id": state.document.to_string(),
            "collection_id": state.collection.to_string(),
            "status": state.status,
            "progress": state.progress,
            "failure": failure,
            "warnings": warnings,
        });
        self.publish(tenant, &event).await;
    }

    async fn publish(&self, tenant: TenantId, event: &Value) {
        let published = tokio::time::timeout(TIMEOUT, async {
            let namespace = self.namespace(tenant).await?;
            let (redis, is_new) = self.connection().await?;
            let published = events::publish(&redis, &namespace, event).await;
            if published.is_ok() || is_new {
                return published;
            }
            // Redis may have been started again since: then only the connection is broken.
            self.close(&redis).await;
            let (redis, _) = self.connection().await?;
            events::publish(&redis, &namespace, event).await
        });
        let cause = match published.await {
            Ok(Ok(_)) => return,
            Ok(Err(problem)) => problem.to_string(),
            Err(_) => format!("no answer within {} s", TIMEOUT.as_secs()),
        };
        self.redis.lock().await.take();
        log::line(
            Level::Warn,
            "worker",
            "an event was not published",
            &[("cause", json!(cause)), ("tenant_id", json!(tenant.to_string()))],
        );
    }

    async fn namespace(&self, tenant: TenantId) -> kernel::Result<String> {
        if let Some(known) = self.namespaces.lock().await.get(&tenant) {
            return Ok(known.clone());
        }
        let cx = Cx::new(self.source.clone(), Some(tenant), Actor::Worker, "events".to_owned());
        cx.db.enter().await?;
        let namespace = cx.redis_namespace()?.to_owned();
        self.namespaces.lock().await.insert(tenant, namespace.clone());
        Ok(namespace)
    }

    /// The connection, and whether it was opened for this call.
    async fn connection(&self) -> kernel::Result<(Arc<Redis>, bool)> {
        let mut redis = self.redis.lock().await;
        if let Some(redis) = &*redis {
            return Ok((redis.clone(), false));
        }
        let opened = Arc::new(Redis::open().await?);
        *redis = Some(opened.clone());
        Ok((opened, true))
    }

    /// Closes a connection that broke, unless another publisher has already replaced it.
    async fn close(&self, broken: &Arc<Redis>) {
        let mut redis = self.redis.lock().await;
        if redis.as_ref().is_some_and(|current| Arc::ptr_eq(current, broken)) {
            redis.take();
        }
    }
}
