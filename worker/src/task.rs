//! One job from lease to end: the work, the heartbeat beside it, and its outcome.

use std::time::{Duration, Instant};

use kernel::{Code, Kind, Problem, Result};
use platform::{
    Cx,
    log::{self, Level},
    telemetry::{self, Span, SpanKind, TraceContext, Traces},
};
use queue::{Failure, HeartbeatOutcome, Lane, Lease, Outcome};
use serde_json::{Value, json};

use crate::{dispatch::LEASE_SECONDS, jobs::AnyJob, run::Worker};

/// How often the lease is extended.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// Pause between attempts to store how a job ended.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// Why a job stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The input is at fault: a retry would not help.
    Failed(Failure),
    /// Something else is at fault: the job is retried.
    Transient(Problem),
    /// A user cancelled it.
    Cancelled,
    /// The lease is lost: another worker has the job, or it is gone.
    Lost,
    /// The worker stops.
    Shutdown,
    /// The job belongs in another lane, and is queued there.
    OtherLane(Lane),
    /// The collection was moved to another embedding model meanwhile: the job begins again.
    OtherIndex,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        match problem.kind() {
            Kind::Unavailable | Kind::Limited | Kind::Internal => Self::Transient(problem),
            _ => Self::Failed(Failure {
                code: problem.code.as_str().to_owned(),
                detail: problem.detail.into_owned(),
                hint: None,
            }),
        }
    }
}

impl From<platform::pg::Error> for Stop {
    fn from(error: platform::pg::Error) -> Self {
        Problem::from(error).into()
    }
}

/// Does a job and writes down how it ended, in the trace that queued it.
pub(crate) async fn run(worker: &Worker, lease: &Lease) {
    let root = || worker.traces.as_ref().map_or_else(TraceContext::root, Traces::root);
    let trace = lease.trace.map_or_else(root, TraceContext::child);
    let recorded = worker.traces.as_ref().filter(|_| trace.is_sampled());
    let span = recorded.map(|traces| (traces, span(lease, trace)));
    let outcome = telemetry::scope(Some(trace), attempt(worker, lease)).await;
    if let Some((traces, mut span)) = span {
        span.set("tessera.job.outcome", outcome);
        if matches!(outcome, "failed" | "transient" | "lease_lost") {
            span.fail();
        }
        traces.record(span.end());
    }
}

fn span(lease: &Lease, trace: TraceContext) -> Span {
    let name = format!("job {}", lease.kind).into();
    Span::begin(trace, lease.trace, SpanKind::Consumer, name)
        .with("tessera.job.kind", lease.kind.clone())
        .with("tessera.job.lane", lease.lane.as_str())
        .with("tessera.job.attempt", lease.attempt)
        .with("tessera.job.id", lease.job.to_string())
}

/// How it ended.
async fn attempt(worker: &Worker, lease: &Lease) -> &'static str {
    let began = Instant::now();
    let job = AnyJob::read(lease);
    let mut shutdown = worker.shutdown.clone();
    let done = match &job {
        Err(failure) => Err(Stop::Failed(failure.clone())),
        Ok(job) => tokio::select! {
            done = work(worker, lease, job) => done,
            stop = keep_lease(worker, lease) => Err(stop),
            () = shutdown.asked() => Err(Stop::Shutdown),
        },
    };
    let mut members = about(lease);
    members.push((
        "duration_ms",
        json!(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)),
    ));
    let outcome = outcome(&done);
    if let Some(metrics) = &worker.metrics {
        metrics.attempt(&lease.kind, lease.lane, outcome, began.elapsed());
    }
    match done {
        Ok(()) => log::line(Level::Info, "worker", "job succeeded", &members),
        Err(stop) => {
            members.push(("reason", json!(reason(&stop))));
            log::line(Level::Warn, "worker", "job stopped", &members);
            write_down(worker, lease, job.ok().as_ref(), &stop).await;
        }
    }
    outcome
}

/// Releases a leased job that has not begun.
pub(crate) async fn put_back(worker: &Worker, lease: &Lease) {
    write_down(worker, lease, AnyJob::read(lease).ok().as_ref(), &Stop::Shutdown).await;
}

fn about(lease: &Lease) -> Vec<(&'static str, Value)> {
    vec![
        ("tenant_id", json!(lease.tenant.to_string())),
        ("job_id", json!(lease.job.to_string())),
        ("kind", json!(lease.kind)),
        ("attempt", json!(lease.attempt)),
    ]
}

fn outcome(done: &std::result::Result<(), Stop>) -> &'static str {
    match done {
        Ok(()) => "succeeded",
        Err(Stop::Failed(_)) => "failed",
        Err(Stop::Transient(_)) => "transient",
        Err(Stop::Cancelled) => "cancelled",
        Err(Stop::Lost) => "lease_lost",
        Err(Stop::Shutdown) => "shutdown",
        Err(Stop::OtherLane(_)) => "other_lane",
        Err(Stop::OtherIndex) => "other_index",
    }
}

fn reason(stop: &Stop) -> String {
    match stop {
        Stop::Failed(failure) => failure.code.clone(),
        Stop::Transient(problem) => problem.to_string(),
        Stop::Cancelled => "cancelled".to_owned(),
        Stop::Lost => "lease lost".to_owned(),
        Stop::Shutdown => "the worker stops".to_owned(),
        Stop::OtherLane(lane) => format!("moved to the {} lane", lane.as_str()),
        Stop::OtherIndex => "the collection has another embedding model now".to_owned(),
    }
}

async fn work(worker: &Worker, lease: &Lease, job: &AnyJob) -> std::result::Result<(), Stop> {
    let timeout = job.timeout();
    tokio::time::timeout(timeout, job.run(worker, lease)).await.unwrap_or_else(|_| {
        let detail = format!("the job took longer than {} s and was stopped", timeout.as_secs());
        Err(Stop::Transient(Problem::new(Code::Unavailable, detail)))
    })
}

/// Extends the lease until there is a reason to stop.
async fn keep_lease(worker: &Worker, lease: &Lease) -> Stop {
    let cx = worker.cx(lease.tenant, lease.job.to_string());
    let mut last = Instant::now();
    let mut every = tokio::time::interval(HEARTBEAT_EVERY);
    every.tick().await;
    loop {
        every.tick().await;
        match queue::extend_lease(&cx, lease, LEASE_SECONDS).await {
            Ok(HeartbeatOutcome::Held) => last = Instant::now(),
            Ok(HeartbeatOutcome::CancelAsked) => return Stop::Cancelled,
            Ok(HeartbeatOutcome::Lost) => return Stop::Lost,
            // The database is away; the lease may expire meanwhile.
            Err(_) if last.elapsed().as_secs() < LEASE_SECONDS.unsigned_abs().into() => {}
            Err(_) => return Stop::Lost,
        }
        cx.db.release().await;
    }
}

/// Stores how a job ended; retries for as long as the lease may be held.
async fn write_down(worker: &Worker, lease: &Lease, job: Option<&AnyJob>, stop: &Stop) {
    let began = Instant::now();
    let cx = worker.cx(lease.tenant, lease.job.to_string());
    while let Err(problem) = end(worker, &cx, (lease, job), stop).await {
        let mut members = about(lease);
        members.push(("cause", json!(problem.to_string())));
        log::line(Level::Warn, "worker", "the end of a job was not written", &members);
        if worker.shutdown.is_asked()
            || began.elapsed().as_secs() > LEASE_SECONDS.unsigned_abs().into()
        {
            return;
        }
        tokio::time::sleep(WRITE_AGAIN).await;
    }
}

/// What happens to the job.
enum Verdict {
    /// Back into the queue, in this lane; None: the same lane.
    Release(Option<Lane>),
    End(Outcome, Option<Failure>),
}

/// None if this worker does not hold the job any more.
fn verdict(lease: &Lease, stop: &Stop, cancel_asked: bool) -> Result<Option<Verdict>> {
    Ok(Some(match stop {
        Stop::Lost => return Ok(None),
        Stop::Failed(failure) => Verdict::End(Outcome::Failed, Some(failure.clone())),
        Stop::Cancelled => Verdict::End(Outcome::Cancelled, None),
        // The attempt stopped before the worker noticed the cancellation; there is no other
        // attempt.
        _ if cancel_asked => Verdict::End(Outcome::Cancelled, None),
        Stop::Shutdown | Stop::OtherIndex => Verdict::Release(None),
        Stop::OtherLane(lane) => Verdict::Release(Some(*lane)),
        Stop::Transient(problem) => {
            let [chance] = platform::random::bytes::<1>()?;
            let hint = "it is tried again by itself; retry it if it gave up";
            let failure = Failure::new(problem.code.as_str(), problem.detail.clone(), hint);
            Verdict::End(
                Outcome::of(true, lease.failable_attempt(), lease.max_attempts, chance),
                Some(failure),
            )
        }
    }))
}

/// Updates the job and its subject in one transaction.
async fn end(
    worker: &Worker,
    cx: &Cx,
    (lease, job): (&Lease, Option<&AnyJob>),
    stop: &Stop,
) -> Result<()> {
    if let Stop::Lost = stop {
        return Ok(());
    }
    let mut tx = cx.db.begin().await?;
    if let Some(job) = job {
        job.lock(&mut tx).await?;
    }
    let Some(cancel_asked) = queue::hold(&mut tx, lease).await? else {
        return Ok(tx.rollback().await?);
    };
    let Some(verdict) = verdict(lease, stop, cancel_asked)? else {
        return Ok(tx.rollback().await?);
    };
    let record = match &verdict {
        Verdict::Release(lane) => queue::release(&mut tx, lease, *lane).await?,
        Verdict::End(outcome, failure) => {
            queue::end(&mut tx, lease, *outcome, failure.as_ref()).await?
        }
    };
    let Some(record) = record else { return Ok(tx.rollback().await?) };
    let state = match (verdict, job) {
        (_, None) => None,
        (Verdict::End(outcome, failure), Some(job)) if outcome.is_final() => {
            job.fail(&mut tx, &failure.unwrap_or_else(Failure::cancelled)).await?
        }
        (_, Some(job)) => job.put_back(&mut tx).await?,
    };
    tx.commit().await?;
    worker.events.job(lease.tenant, &record).await;
    if let Some(state) = state {
        worker.events.document(lease.tenant, &state).await;
    }
    Ok(())
}
