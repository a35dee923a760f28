//! Workers: each owns an instance, takes requests from the queue of its component, and ends with
//! it.
//!
//! ```text
//! Workers::answer ── Job ──> queue ──> a worker that is ready, or a new one ──> exchange ──> answer
//! ```
//!
//! A worker is ready if its policy allows one more request, and its guest does not compute: after
//! it has taken one, it is so again when that one has been answered, or everything in the instance
//! waits for something. So requests that compute spread over instances, and those that wait share
//! one.
//!
//! Whether a client still waits does not matter to a request that has begun: a guest's task cannot
//! be cancelled, so it keeps its place until it ends. One that is still in the queue is dropped.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::sync::{Notify, oneshot};
use wasmtime::Store;
use wasmtime::component::Accessor;

use crate::clocks::{Clocks, MovingTimer, Status};
use crate::exchange::{Answer, Inbound, exchange};
use crate::exports::Exports;
use crate::guest::Guest;
use crate::instance::{InstanceState, Instances, RequestState};

/// Why a component gave no response.
pub(crate) enum Failure {
    /// No instance could be created.
    NoInstance(Arc<wasmtime::Error>),
    /// No response head in time.
    TimedOut,
    /// Its instance ended.
    InstanceEnded,
    /// It returned an error, or trapped.
    Guest(wasmtime::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstance(error) => write!(f, "no instance could be created: {error:?}"),
            Self::TimedOut => f.write_str("no response head in time"),
            Self::InstanceEnded => f.write_str("its instance ended"),
            Self::Guest(error) => write!(f, "{error:?}"),
        }
    }
}

/// The workers of one component.
#[derive(Clone)]
pub(crate) struct Workers(Arc<Inner>);

struct Inner {
    instances: Instances,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Workers that take the next job.
    ready: usize,
}

struct Job {
    state: Arc<RequestState>,
    inbound: Inbound,
    answer: oneshot::Sender<Result<Answer, Failure>>,
}

impl Workers {
    pub(crate) fn new(instances: Instances) -> Self {
        let (queue, arrived) = (Mutex::default(), Notify::new());
        Self(Arc::new(Inner { instances, queue, arrived }))
    }

    /// Has a request answered.
    pub(crate) async fn answer(
        &self,
        state: Arc<RequestState>,
        inbound: Inbound,
    ) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        self.hand_over(Job { state, inbound, answer });
        answered.await.unwrap_or(Err(Failure::InstanceEnded))
    }

    fn hand_over(&self, job: Job) {
        let mut queue = self.queue();
        if queue.ready == 0 {
            drop(queue);
            return self.start(Some(job));
        }
        queue.jobs.push_back(job);
        drop(queue);
        // The last one to wait: its instance is in the caches, and others become idle and end.
        self.0.arrived.notify_last();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change is complete before anything can panic.
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a worker, with its first job or for the queue.
    fn start(&self, first: Option<Job>) {
        tokio::spawn(run(Place { workers: self.clone(), is_ready: false }, first));
    }

    /// The next job whose client still waits.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        while let Some(job) = queue.jobs.pop_front() {
            if !job.answer.is_closed() {
                return Some(job);
            }
        }
        None
    }

    fn fail(&self, first: Option<Job>, error: wasmtime::Error) {
        let error = Arc::new(error);
        // A worker without a first job was started for those in the queue.
        let jobs = match first {
            Some(job) => VecDeque::from([job]),
            None => std::mem::take(&mut self.queue().jobs),
        };
        for job in jobs {
            let _ = job.answer.send(Err(Failure::NoInstance(error.clone())));
        }
    }
}

/// A worker's place among those that are ready.
struct Place {
    workers: Workers,
    is_ready: bool,
}

impl Place {
    fn set_ready(&mut self, is_ready: bool) {
        if is_ready == self.is_ready {
            return;
        }
        self.is_ready = is_ready;
        let mut queue = self.workers.queue();
        if is_ready {
            queue.ready += 1;
            return;
        }
        queue.ready -= 1;
        let (others, jobs) = (queue.ready, queue.jobs.len());
        drop(queue);
        // Jobs that came while this one was ready must not wait for the next to come.
        match (others, jobs) {
            (_, 0) => {}
            (0, _) => self.workers.start(None),
            _ => self.workers.0.arrived.notify_last(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.set_ready(false);
    }
}

/// What the inside of an instance's event loop and its outside tell each other.
struct Turn {
    status: Mutex<(Status, Instant)>,
    /// A request was taken, and the guest has computed ever since.
    computes: AtomicBool,
    /// No request was taken only because of that.
    declined: AtomicBool,
}

impl Turn {
    fn new() -> Self {
        Self {
            status: Mutex::new((Status::Idle, Instant::now())),
            computes: AtomicBool::new(false),
            declined: AtomicBool::new(false),
        }
    }

    fn status(&self) -> (Status, Instant) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, status: Status, since: Instant) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = (status, since);
    }
}

async fn run(mut place: Place, first: Option<Job>) {
    let started = place.workers.0.instances.start().await;
    let (mut store, exports, mut clocks, state) = match started {
        Ok(started) => started,
        Err(error) => return place.workers.clone().fail(first, error),
    };
    let result = drive(&mut store, &exports, &mut clocks, &state, &mut place, first).await;
    place.set_ready(false);
    state.ended(result);
    drop(state);
}

/// Runs an instance to its end.
async fn drive(
    store: &mut Store<Guest>,
    exports: &Exports,
    clocks: &mut Clocks,
    state: &InstanceState,
    place: &mut Place,
    first: Option<Job>,
) -> wasmtime::Result<()> {
    let turn = Turn::new();
    let mut inside = pin!(store.run_concurrent(async |accessor| {
        serve(accessor, exports, state, place, &turn, first).await
    }));
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = inside.as_mut().poll(cx) {
                return Poll::Ready(ended.and_then(|ended| ended));
            }
            let (status, since) = turn.status();
            if clocks.poll(cx, status, since).is_ready() {
                return Poll::Ready(match status {
                    Status::Idle => Ok(()),
                    _ => Err(wasmtime::format_err!("a clock ended the instance")),
                });
            }
            // Everything in the instance waits.
            turn.computes.store(false, Relaxed);
            if !turn.declined.swap(false, Relaxed) {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Takes requests and has them answered, within the event loop of the instance.
async fn serve(
    accessor: &Accessor<Guest>,
    exports: &Exports,
    state: &InstanceState,
    place: &mut Place,
    turn: &Turn,
    mut first: Option<Job>,
) -> wasmtime::Result<()> {
    let begin = |job: Job| {
        let (request, since) = (job.state.clone(), Instant::now());
        turn.set(Status::Requests, since);
        turn.computes.store(true, Relaxed);
        let call =
            Box::pin(
                async move { exchange(accessor, exports, state, &job.state, job.inbound).await },
            );
        Running { call, request, since, answer: job.answer }
    };
    let function = *exports.service.wasi_http_handler().func_handle().func();
    let mut running = Requests { all: Vec::new(), deadline: MovingTimer::new() };
    let (mut taken, mut takes_more) = (0, true);
    let workers = place.workers.clone();
    let mut arrival = pin!(workers.0.arrived.notified());
    let mut awaits_arrival = false;
    poll_fn(|cx| {
        loop {
            // First: a request whose time is over ends the taking of others.
            takes_more &= running.poll(cx, state, turn);
            let has_room = accessor.poll_ready_for_concurrent_call(function, cx).is_ready();
            takes_more &= taken < state.policy().reuse;
            let computes = !running.all.is_empty() && turn.computes.load(Relaxed);
            let may_take = takes_more && has_room && running.all.len() < state.policy().concurrent;
            place.set_ready(may_take && !computes);
            turn.declined.store(may_take && computes, Relaxed);
            let next = || place.is_ready.then(|| workers.next()).flatten();
            if let Some(job) = first.take().or_else(next) {
                taken += 1;
                running.all.push(begin(job));
                continue;
            }
            if place.is_ready {
                awaits_arrival = arrival.as_mut().poll(cx).is_pending();
                if !awaits_arrival {
                    arrival.set(workers.0.arrived.notified());
                    continue;
                }
            } else if std::mem::take(&mut awaits_arrival) {
                // An arrival that was announced to this worker is announced to another.
                arrival.set(workers.0.arrived.notified());
            }
            if !running.all.is_empty() {
                return Poll::Pending;
            }
            // Work that the guest goes on with after its responses.
            ready!(accessor.poll_no_interesting_tasks(cx));
            if !(takes_more && has_room) {
                return Poll::Ready(Ok(()));
            }
            if turn.status().0 != Status::Idle {
                turn.set(Status::Idle, Instant::now());
            }
            return Poll::Pending;
        }
    })
    .await
}

/// A request in the instance, until its response head.
struct Running<F> {
    call: Pin<Box<F>>,
    request: Arc<RequestState>,
    since: Instant,
    answer: oneshot::Sender<Result<Answer, Failure>>,
}

/// The requests in the instance.
struct Requests<F> {
    all: Vec<Running<F>>,
    deadline: MovingTimer,
}

impl<F: Future<Output = wasmtime::Result<Answer>>> Requests<F> {
    /// Sends the answers that are there, and ends requests whose time is over: false if there was
    /// one.
    fn poll(&mut self, cx: &mut Context<'_>, state: &InstanceState, turn: &Turn) -> bool {
        let before = self.all.len();
        let mut at = 0;
        while let Some(one) = self.all.get_mut(at) {
            match one.call.as_mut().poll(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(answered) => {
                    let one = self.all.swap_remove(at);
                    let _ = one.answer.send(answered.map_err(Failure::Guest));
                }
            }
        }
        let is_in_time = self.end_late(cx, state);
        if self.all.len() != before {
            match self.all.iter().map(|one| one.since).max() {
                Some(latest) => turn.set(Status::Requests, latest),
                None => turn.set(Status::PostReturn, Instant::now()),
            }
        }
        is_in_time
    }

    fn end_late(&mut self, cx: &mut Context<'_>, state: &InstanceState) -> bool {
        let limit = state.policy().request;
        let deadline = |one: &Running<F>| one.request.last_activity() + limit;
        let Some(earliest) = self.all.iter().map(deadline).min() else { return true };
        if self.deadline.poll(cx, earliest).is_pending() {
            return true;
        }
        let now = Instant::now();
        let late = self.all.extract_if(.., |one| one.request.last_activity() + limit <= now);
        for one in late {
            // The guest's task goes on: it cannot be cancelled.
            let _ = one.answer.send(Err(Failure::TimedOut));
        }
        false
    }
}
