//! Jobs from the statement that queues them to their end.

use std::time::Duration;

use kernel::id::{JobId, TenantId};
use platform::{Actor, Cx, pg::Db};
use queue::{Failure, FreeSlots, HeartbeatOutcome, Job, Lane, Lease, NewJob, Outcome, Status};
use serde::{Deserialize, Serialize};
use testkit::{Database, Person};

#[derive(Debug, Serialize, Deserialize)]
struct Count {
    to: u32,
}

impl Job for Count {
    const KIND: &'static str = "count";
    const LANE: Option<Lane> = Some(Lane::Short);
    const TIMEOUT: Duration = Duration::from_secs(1);
}

struct Fixture {
    db: Database,
    person: Person,
}

impl Fixture {
    async fn new() -> Self {
        let db = Database::fresh().await;
        let person = db.colleague(db.person("admin").await.tenant, "user", "user").await;
        Self { db, person }
    }

    /// Queues a job as a component does.
    async fn queue(&self) -> JobId {
        let cx = self.db.cx(&self.person, "tessera_upload").await;
        let id: JobId = cx.new_id().unwrap();
        let job = NewJob::new(id, &Count { to: 3 }).created_by(self.person.user);
        cx.db.one("select enqueue_job($1) as id", &[job.into()]).await.unwrap();
        id
    }

    async fn db(&self, role: &str) -> Db {
        Db::new(self.db.source(role).await, None)
    }

    async fn lease(&self) -> Vec<Lease> {
        let worker = platform::random::id().unwrap();
        queue::lease(&self.db("tessera_worker").await, worker, SHORT, 60).await.unwrap()
    }

    async fn worker(&self, tenant: TenantId) -> Cx {
        let source = self.db.source("tessera_worker").await;
        Cx::new(source, Some(tenant), Actor::Worker, "test".to_owned())
    }
}

const SHORT: FreeSlots = FreeSlots { short: 4, ..FreeSlots::NONE };

/// Nothing that a worker writes with this lease changes the job.
async fn assert_lost(cx: &Cx, lease: &Lease) {
    assert_eq!(queue::extend_lease(cx, lease, 60).await, Ok(HeartbeatOutcome::Lost));
    assert_eq!(queue::progress(cx, lease, 50, "counting").await, Ok(None));
    let mut tx = cx.db.begin().await.unwrap();
    assert_eq!(queue::hold(&mut tx, lease).await, Ok(None));
    assert_eq!(queue::succeed(&mut tx, lease).await, Ok(None));
    assert_eq!(queue::end(&mut tx, lease, Outcome::Failed, None).await, Ok(None));
    assert_eq!(queue::release(&mut tx, lease, None).await, Ok(None));
    assert_eq!(queue::got_further(&mut tx, lease).await, Ok(false));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_job_of_a_plain_user_is_leased_with_its_payload() {
    let fixture = Fixture::new().await;
    let id = fixture.queue().await;
    let lease = fixture.lease().await.remove(0);
    assert_eq!((lease.job, lease.tenant, lease.attempt), (id, fixture.person.tenant, 1));
    assert_eq!((lease.kind.as_str(), &lease.payload["to"]), ("count", &3.into()));
}

#[tokio::test]
async fn one_worker_at_a_time_holds_a_job() {
    let fixture = Fixture::new().await;
    fixture.queue().await;
    let lease = fixture.lease().await.remove(0);
    assert_eq!(fixture.lease().await, []);
    let cx = fixture.worker(lease.tenant).await;
    assert_lost(&cx, &Lease { worker: platform::random::id().unwrap(), ..lease.clone() }).await;
    assert_lost(&cx, &Lease { attempt: 2, ..lease.clone() }).await;
    assert_eq!(queue::extend_lease(&cx, &lease, 60).await, Ok(HeartbeatOutcome::Held));
    let mut tx = cx.db.begin().await.unwrap();
    let done = queue::succeed(&mut tx, &lease).await.unwrap().expect("the lease is held");
    tx.commit().await.unwrap();
    assert_eq!((done.status, done.progress), (Status::Succeeded, 100));
}

#[tokio::test]
async fn a_worker_in_another_tenant_sees_and_changes_no_job() {
    let fixture = Fixture::new().await;
    let id = fixture.queue().await;
    let lease = fixture.lease().await.remove(0);
    let stranger = fixture.db.person("stranger").await;
    let elsewhere = fixture.worker(stranger.tenant).await;
    assert_eq!(queue::get(&elsewhere, id).await, Ok(None));
    assert_lost(&elsewhere, &lease).await;
    let found = queue::get(&fixture.worker(lease.tenant).await, id).await.unwrap().unwrap();
    assert_eq!((found.status, found.progress), (Status::Running, 0));
}

#[tokio::test]
async fn no_component_leases_jobs_or_looks_at_the_whole_queue() {
    let fixture = Fixture::new().await;
    fixture.queue().await;
    for role in ["tessera_upload", "tessera_events", "tessera_scheduler"] {
        let db = fixture.db(role).await;
        let worker = platform::random::id().unwrap();
        assert!(queue::lease(&db, worker, SHORT, 60).await.is_err(), "{role}");
        assert!(queue::state(&db).await.is_err(), "{role}");
        assert!(queue::mark_dead(&db).await.is_err(), "{role}");
    }
    assert_eq!(fixture.lease().await.len(), 1);
}

#[tokio::test]
async fn a_failed_attempt_is_retried_later_and_the_last_one_is_dead() {
    let fixture = Fixture::new().await;
    let id = fixture.queue().await;
    let cx = fixture.worker(fixture.person.tenant).await;
    let failure = Failure::new("unavailable", "no answer", "try again");
    for (outcome, status) in
        [(Outcome::Retry(Duration::ZERO), Status::Queued), (Outcome::Dead, Status::Dead)]
    {
        let lease = fixture.lease().await.remove(0);
        let mut tx = cx.db.begin().await.unwrap();
        let ended = queue::end(&mut tx, &lease, outcome, Some(&failure)).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!((ended.id, ended.status, ended.failure), (id, status, Some(failure.clone())));
    }
    assert_eq!(fixture.lease().await, []);
}
