//! Runners: each owns an instance, takes requests from the queue of its component, and ends with
//! it.
//!
//! ```text
//! Runners::respond ── Call ──> queue ──> a runner that is ready, or a new one
//!                                          ──> exchange ──> response
//! ```
//!
//! A runner is ready if its policy allows one more request, and its guest does not compute: after
//! it has taken one, it is so again when that one has its response, or everything in the instance
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

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, oneshot};
use wasmtime::Store;
use wasmtime::component::Accessor;

use crate::clocks::{Clocks, MovingTimer, Status};
use crate::cpu;
use crate::exchange::{ComponentResponse, Inbound, exchange};
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

/// The runners of one component.
#[derive(Clone)]
pub(crate) struct Runners(Arc<Inner>);

struct Inner {
    instances: Instances,
    queue: Mutex<Queue>,
    arrived: Arc<Notify>,
}

#[derive(Default)]
struct Queue {
    calls: VecDeque<Call>,
    /// Runners that take the next call.
    ready: usize,
}

struct Call {
    state: Arc<RequestState>,
    inbound: Inbound,
    response: oneshot::Sender<Result<ComponentResponse, Failure>>,
}

impl Runners {
    pub(crate) fn new(instances: Instances) -> Self {
        let (queue, arrived) = (Mutex::default(), Arc::default());
        Self(Arc::new(Inner { instances, queue, arrived }))
    }

    /// Has a request served.
    pub(crate) async fn respond(
        &self,
        state: Arc<RequestState>,
        inbound: Inbound,
    ) -> Result<ComponentResponse, Failure> {
        let (response, answered) = oneshot::channel();
        self.hand_over(Call { state, inbound, response });
        answered.await.unwrap_or(Err(Failure::InstanceEnded))
    }

    fn hand_over(&self, call: Call) {
        let mut queue = self.queue();
        if queue.ready == 0 {
            drop(queue);
            return self.start(Some(call));
        }
        queue.calls.push_back(call);
        drop(queue);
        // The last one to wait: its instance is in the caches, and others become idle and end.
        self.0.arrived.notify_last();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change is complete before anything can panic.
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a runner, with its first call or for the queue.
    fn start(&self, first: Option<Call>) {
        let runners = self.clone();
        tokio::spawn(run(ReadySlot { runners, is_ready: false, next_request: None }, first));
    }

    /// The next call whose client still waits.
    fn next(&self) -> Option<Call> {
        let mut queue = self.queue();
        while let Some(call) = queue.calls.pop_front() {
            if !call.response.is_closed() {
                return Some(call);
            }
        }
        None
    }

    fn fail(&self, first: Option<Call>, error: wasmtime::Error) {
        let error = Arc::new(error);
        // A runner without a first call was started for those in the queue.
        let calls = match first {
            Some(call) => VecDeque::from([call]),
            None => std::mem::take(&mut self.queue().calls),
        };
        for call in calls {
            let _ = call.response.send(Err(Failure::NoInstance(error.clone())));
        }
    }
}

/// A runner's place among those that are ready.
struct ReadySlot {
    runners: Runners,
    is_ready: bool,
    /// The next request, while it is awaited.
    next_request: Option<Pin<Box<OwnedNotified>>>,
}

impl ReadySlot {
    fn set_ready(&mut self, is_ready: bool) {
        if is_ready == self.is_ready {
            return;
        }
        self.is_ready = is_ready;
        let mut queue = self.runners.queue();
        if is_ready {
            queue.ready += 1;
            return;
        }
        queue.ready -= 1;
        let (others, calls) = (queue.ready, queue.calls.len());
        drop(queue);
        // Jobs that came while this one was ready must not wait for the next to come.
        match (others, calls) {
            (_, 0) => {}
            (0, _) => self.runners.start(None),
            _ => self.runners.0.arrived.notify_last(),
        }
    }

    /// The next call if this runner is ready; without one it is woken when one comes.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Option<Call> {
        if !self.is_ready {
            // A request that was announced to this runner is then announced to another.
            self.next_request = None;
            return None;
        }
        loop {
            if let Some(call) = self.runners.next() {
                return Some(call);
            }
            let arrived = &self.runners.0.arrived;
            let next_request =
                self.next_request.get_or_insert_with(|| Box::pin(arrived.clone().notified_owned()));
            if next_request.as_mut().poll(cx).is_pending() {
                return None;
            }
            self.next_request = None;
        }
    }
}

impl Drop for ReadySlot {
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

async fn run(mut place: ReadySlot, first: Option<Call>) {
    let started = place.runners.0.instances.start().await;
    let (mut store, exports, mut clocks, state) = match started {
        Ok(started) => started,
        Err(error) => return place.runners.clone().fail(first, error),
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
    place: &mut ReadySlot,
    first: Option<Call>,
) -> wasmtime::Result<()> {
    let turn = Turn::new();
    let mut inside = pin!(store.run_concurrent(async |accessor| {
        serve(accessor, exports, state, place, &turn, first).await
    }));
    poll_fn(|cx| {
        // What this thread did before is not the instance's.
        cpu::lap();
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

/// Takes requests and has them served, within the event loop of the instance.
async fn serve(
    accessor: &Accessor<Guest>,
    exports: &Exports,
    state: &InstanceState,
    place: &mut ReadySlot,
    turn: &Turn,
    mut first: Option<Call>,
) -> wasmtime::Result<()> {
    let begin = |call: Call| {
        let since = Instant::now();
        turn.set(Status::Requests, since);
        turn.computes.store(true, Relaxed);
        let Call { state: request, inbound, response } = call;
        let call = Box::pin(exchange(accessor, exports, state, request.clone(), inbound));
        Running { call, request, since, response }
    };
    let function = *exports.service.wasi_http_handler().func_handle().func();
    let mut running = Requests { all: Vec::new(), deadline: MovingTimer::new() };
    let (mut taken, mut takes_more) = (0, true);
    poll_fn(|cx| {
        loop {
            // First: a request whose time is over ends the taking of others.
            takes_more &= running.poll(cx, state, turn) && taken < state.policy().reuse;
            takes_more &= !accessor.with(|mut access| access.get().memory.is_half_full());
            let has_room = accessor.poll_ready_for_concurrent_call(function, cx).is_ready();
            let may_take = takes_more && has_room && running.all.len() < state.policy().concurrent;
            let computes = !running.all.is_empty() && turn.computes.load(Relaxed);
            place.set_ready(may_take && !computes);
            turn.declined.store(may_take && computes, Relaxed);
            if let Some(call) = first.take().or_else(|| place.poll_next(cx)) {
                taken += 1;
                running.all.push(begin(call));
                continue;
            }
            if !running.all.is_empty() {
                return Poll::Pending;
            }
            // Work that the guest continues with after its responses.
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
    response: oneshot::Sender<Result<ComponentResponse, Failure>>,
}

/// The requests in the instance.
struct Requests<F> {
    all: Vec<Running<F>>,
    deadline: MovingTimer,
}

impl<F: Future<Output = wasmtime::Result<ComponentResponse>>> Requests<F> {
    /// Sends the responses that are there, and ends requests whose time is over: false if there was
    /// one.
    fn poll(&mut self, cx: &mut Context<'_>, state: &InstanceState, turn: &Turn) -> bool {
        let before = self.all.len();
        let mut at = 0;
        while let Some(one) = self.all.get_mut(at) {
            match one.call.as_mut().poll(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(answered) => {
                    let one = self.all.swap_remove(at);
                    let _ = one.response.send(answered.map_err(Failure::Guest));
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
            // The guest's task continues: it cannot be cancelled.
            let _ = one.response.send(Err(Failure::TimedOut));
        }
        false
    }
}
