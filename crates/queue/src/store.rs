//! Every SQL statement of jobs.

use kernel::{
    Problem, Result, Timestamp,
    id::{JobId, TenantId},
};
use platform::{
    Cx,
    pg::{Db, Row, Transaction, Value},
    telemetry::TraceContext,
};
use uuid::Uuid;

use crate::{
    Failure, FreeSlots, HeartbeatOutcome, JobRecord, Lane, Lease, Outcome, QueueState, Status,
};

/// The columns of `jobs j` that [`JobRecord::read`] reads.
#[macro_export]
macro_rules! job_columns {
    () => {
        "j.id, j.kind, j.status, j.progress, j.step, j.attempts, j.max_attempts, j.error_code, j.error_detail, j.error_hint,
         j.cancel_asked_at is not null as cancel_asked, j.document_id, j.space_id, micros(j.run_at) as run_at,
         micros(j.started_at) as started_at, micros(j.finished_at) as finished_at, micros(j.created_at) as created_at,
         micros(j.updated_at) as updated_at"
    };
}

/// The beginning of a worker's statement that may only write while its lease is held: the row
/// `held`. [`Lease::fence`] gives its parameters 1 to 3; the lease cannot change hands before the
/// statement ends.
#[macro_export]
macro_rules! holding {
    () => {
        "with held as (select 1 from jobs where id = $1 and leased_by = $2 and attempts = $3 and status = 'running' for share)"
    };
}

/// The job of a lease that is still held; parameters 1 to 3.
macro_rules! held {
    () => {
        " where j.id = $1 and j.leased_by = $2 and j.attempts = $3 and j.status = 'running'"
    };
}

impl JobRecord {
    /// Reads a row of [`job_columns!`].
    ///
    /// # Errors
    /// `internal` if the row has another shape.
    pub fn read(row: &Row) -> Result<Self> {
        let status: String = row.get("status")?;
        let code: Option<String> = row.get("error_code")?;
        let failure = match code {
            Some(code) => Some(Failure {
                code,
                detail: row.get::<Option<String>>("error_detail")?.unwrap_or_default(),
                hint: row.get("error_hint")?,
            }),
            None => None,
        };
        Ok(Self {
            id: row.get("id")?,
            kind: row.get("kind")?,
            status: Status::parse(&status)
                .ok_or_else(|| Problem::internal(format!("jobs: unknown status `{status}`")))?,
            progress: row.get("progress")?,
            step: row.get("step")?,
            attempts: row.get("attempts")?,
            max_attempts: row.get("max_attempts")?,
            failure,
            cancel_asked: row.get("cancel_asked")?,
            document_id: row.get("document_id")?,
            space_id: row.get("space_id")?,
            run_at: row.get("run_at")?,
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

fn first(rows: &[Row]) -> Result<Option<JobRecord>> {
    rows.first().map(JobRecord::read).transpose()
}

pub(crate) async fn get_any(cx: &Cx, job: JobId) -> Result<Option<JobRecord>> {
    first(
        &cx.db
            .query(
                concat!("select ", job_columns!(), " from jobs j where j.id = $1"),
                &[job.into()],
            )
            .await?,
    )
}

pub(crate) async fn lease(
    db: &Db,
    worker: Uuid,
    free: FreeSlots,
    seconds: i32,
) -> Result<Vec<Lease>> {
    let slots: serde_json::Map<_, _> = Lane::ALL
        .iter()
        .map(|&lane| (lane.as_str().to_owned(), serde_json::json!(free.of(lane))))
        .collect();
    let params = [worker.into(), serde_json::Value::Object(slots).into(), seconds.into()];
    let rows = db.query("select * from lookup.lease_jobs($1, $2, $3)", &params).await?;
    let read = |row: &Row| {
        let (payload, lane): (String, String) = (row.get("payload")?, row.get("lane")?);
        Ok(Lease {
            tenant: row.get("tenant_id")?,
            job: row.get("job_id")?,
            worker,
            attempt: row.get("attempts")?,
            crashes: row.get("crashes")?,
            max_attempts: row.get("max_attempts")?,
            lane: Lane::parse(&lane)
                .ok_or_else(|| Problem::internal(format!("jobs: unknown lane `{lane}`")))?,
            kind: row.get("kind")?,
            payload: serde_json::from_str(&payload)
                .map_err(|e| Problem::internal(format!("jobs: payload: {e}")))?,
            trace: row
                .get::<Option<String>>("traceparent")?
                .as_deref()
                .and_then(TraceContext::parse),
        })
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn state(db: &Db) -> Result<Vec<QueueState>> {
    let read = |row: &Row| {
        let (lane, status): (Option<String>, String) = (row.get("lane")?, row.get("status")?);
        Ok(QueueState {
            kind: row.get("kind")?,
            lane: lane.as_deref().and_then(Lane::parse),
            status: Status::parse(&status)
                .ok_or_else(|| Problem::internal(format!("jobs: unknown status `{status}`")))?,
            jobs: row.get("jobs")?,
            oldest_seconds: row.get("oldest_seconds")?,
        })
    };
    db.query("select * from lookup.queue_state()", &[]).await?.iter().map(read).collect()
}

pub(crate) async fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.one("select lookup.next_due() as due", &[]).await?.get("due")
}

pub(crate) async fn mark_dead(db: &Db) -> Result<Vec<(TenantId, JobId)>> {
    let rows = db.query("select * from lookup.bury_jobs()", &[]).await?;
    rows.iter().map(|row| Ok((row.get("tenant_id")?, row.get("job_id")?))).collect()
}

pub(crate) async fn extend_lease(cx: &Cx, lease: &Lease, seconds: i32) -> Result<HeartbeatOutcome> {
    let sql = concat!(
        "update jobs j set lease_until = now() + make_interval(secs => $4::int4)",
        held!(),
        " returning j.cancel_asked_at is not null as cancel_asked"
    );
    let [job, worker, attempt] = lease.fence();
    Ok(match cx.db.optional(sql, &[job, worker, attempt, seconds.into()]).await? {
        None => HeartbeatOutcome::Lost,
        Some(row) if row.get("cancel_asked")? => HeartbeatOutcome::CancelAsked,
        Some(_) => HeartbeatOutcome::Held,
    })
}

pub(crate) async fn hold(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<bool>> {
    let sql = concat!(
        "select j.cancel_asked_at is not null as cancel_asked from jobs j",
        held!(),
        " for update"
    );
    let rows = tx.query(sql, &lease.fence()).await?;
    rows.first().map(|row| row.get("cancel_asked")).transpose()
}

pub(crate) async fn progress(
    cx: &Cx,
    lease: &Lease,
    percent: i32,
    step: &str,
) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set progress = $4, step = $5",
        held!(),
        " returning ",
        job_columns!()
    );
    let [job, worker, attempt] = lease.fence();
    first(&cx.db.query(sql, &[job, worker, attempt, percent.into(), step.into()]).await?)
}

pub(crate) async fn succeed(tx: &mut Transaction<'_>, lease: &Lease) -> Result<Option<JobRecord>> {
    let sql =
        concat!(
        "update jobs j set status = 'succeeded', progress = 100, step = null, finished_at = now(), lease_until = null,
               error_code = null, error_detail = null, error_hint = null", held!(), " returning ", job_columns!()
    );
    first(&tx.query(sql, &lease.fence()).await?)
}

pub(crate) async fn end(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    outcome: Outcome,
    failure: Option<&Failure>,
) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set status = $4, run_at = now() + $5::float8 * interval '1 second',
               finished_at = case $4 when 'queued' then null else now() end, lease_until = null, step = null, progress = case $4 when 'queued' then 0 else j.progress end,
               error_code = $6, error_detail = $7, error_hint = $8",
        held!(),
        " returning ",
        job_columns!()
    );
    let (status, pause) = match outcome {
        Outcome::Retry(pause) => (Status::Queued, pause.as_secs_f64()),
        Outcome::Failed => (Status::Failed, 0.0),
        Outcome::Dead => (Status::Dead, 0.0),
        Outcome::Cancelled => (Status::Cancelled, 0.0),
    };
    let [job, worker, attempt] = lease.fence();
    let text = |part: fn(&Failure) -> Option<&str>| Value::from(failure.and_then(part));
    let (code, detail, hint) =
        (text(|f| Some(&f.code)), text(|f| Some(&f.detail)), text(|f| f.hint.as_deref()));
    first(
        &tx.query(
            sql,
            &[job, worker, attempt, status.as_str().into(), pause.into(), code, detail, hint],
        )
        .await?,
    )
}

pub(crate) async fn release(
    tx: &mut Transaction<'_>,
    lease: &Lease,
    lane: Option<Lane>,
) -> Result<Option<JobRecord>> {
    let sql = concat!(
        "update jobs j set status = 'queued', attempts = j.attempts - 1, progress = 0, step = null, run_at = now(), lease_until = null, leased_by = null,
               lane = coalesce($4::text, j.lane)",
        held!(),
        " returning ",
        job_columns!()
    );
    let [job, worker, attempt] = lease.fence();
    first(&tx.query(sql, &[job, worker, attempt, lane.map(Lane::as_str).into()]).await?)
}

pub(crate) async fn heartbeat(db: &Db, worker: Uuid) -> Result<()> {
    let sql = "with gone as (delete from worker_heartbeats where seen_at < now() - interval '1 day')
        insert into worker_heartbeats (worker_id) values ($1) on conflict (worker_id) do update set seen_at = now()";
    db.execute(sql, &[worker.into()]).await?;
    Ok(())
}

pub(crate) async fn remove_heartbeat(db: &Db, worker: Uuid) -> Result<()> {
    db.execute("delete from worker_heartbeats where worker_id = $1", &[worker.into()]).await?;
    Ok(())
}

pub(crate) async fn got_further(tx: &mut Transaction<'_>, lease: &Lease) -> Result<bool> {
    let sql = concat!(
        "update jobs j set max_attempts = greatest(j.max_attempts, j.attempts + 2), crashes = 0, crashes_alone = 0, alone = false",
        held!()
    );
    Ok(tx.execute(sql, &lease.fence()).await? == 1)
}
