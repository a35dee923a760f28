//! Instances: how they are made, how many requests they take, which clocks end them.

use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::HeaderValue;
use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;
use wasmtime::component::GuestTaskId;
use wasmtime::{Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};

use crate::component::Component;
use crate::cpu::{self, CpuAccounts, CpuBudget};
use crate::guest::Guest;
use crate::runtime_config::ComponentPolicy;
use crate::shared::Shared;

const FAR: Duration = Duration::from_secs(86_400 * 365);

/// One request, from the server to the instance that takes it.
pub(crate) struct RequestMark {
    /// The request id.
    pub(crate) id: HeaderValue,
    meter: OnceLock<Arc<Meter>>,
    moved: LastMove,
    /// Its CPU time; known once an instance has taken it.
    cpu: OnceLock<Arc<CpuBudget>>,
}

/// When something last moved.
struct LastMove {
    since: Instant,
    ms: AtomicU64,
}

impl LastMove {
    fn new() -> Self {
        Self { since: Instant::now(), ms: AtomicU64::new(0) }
    }

    fn set(&self) {
        self.ms.store(millis(self.since.elapsed()), Relaxed);
    }

    fn at(&self) -> Instant {
        self.since + Duration::from_millis(self.ms.load(Relaxed))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl RequestMark {
    pub(crate) fn new(id: HeaderValue) -> Arc<Self> {
        Arc::new(Self { id, meter: OnceLock::new(), moved: LastMove::new(), cpu: OnceLock::new() })
    }

    /// The id as text.
    pub(crate) fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// The meter of the instance that took the request.
    pub(crate) fn meter(&self) -> Option<&Arc<Meter>> {
        self.meter.get()
    }

    /// More of the request body has arrived: the clock of the request begins anew.
    pub(crate) fn made_progress(&self) {
        self.moved.set();
        if let Some(meter) = self.meter.get() {
            meter.made_progress();
        }
    }

    /// So many bytes of a body went into the instance or came out of it.
    pub(crate) fn moved_bytes(&self, bytes: usize) {
        if let Some(cpu) = self.cpu.get() {
            cpu.moved(bytes);
        }
    }

    /// Whether the request itself used up its CPU time, and no neighbour of it.
    pub(crate) fn used_up_cpu(&self) -> bool {
        self.cpu.get().is_some_and(|cpu| cpu.is_used_up())
    }
}

/// Ends when a request has waited for its response head for too long, not counting the arrival of its body.
struct RequestClock {
    mark: Arc<RequestMark>,
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Future for RequestClock {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(cx).is_ready() {
            let deadline = self.mark.moved.at() + self.limit;
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline.into());
        }
        Poll::Pending
    }
}

/// Why the host ended an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Ended {
    /// It was not ended by a clock.
    No = 0,
    /// A request had no response head in time.
    Request = 1,
    /// One of its requests used up its CPU time.
    Cpu = 2,
    /// Work after the response went on for too long.
    PostReturn = 3,
}

/// What one instance has used, shared with the bodies that flow through it.
pub(crate) struct Meter {
    moved: LastMove,
    cpu: CpuAccounts,
    ended: AtomicU8,
}

impl Meter {
    fn new() -> Arc<Self> {
        Arc::new(Self { moved: LastMove::new(), cpu: CpuAccounts::default(), ended: AtomicU8::new(0) })
    }

    /// A body was read or written: the guest does not merely compute.
    pub(crate) fn made_progress(&self) {
        self.moved.set();
    }

    /// Which clock ended the instance.
    pub(crate) fn ended(&self) -> Ended {
        match self.ended.load(Relaxed) {
            1 => Ended::Request,
            2 => Ended::Cpu,
            3 => Ended::PostReturn,
            _ => Ended::No,
        }
    }

    fn end(&self, why: Ended) {
        let _ = self.ended.compare_exchange(0, why as u8, Relaxed, Relaxed);
    }
}

/// Makes the instances of one component.
pub(crate) struct Instances {
    component: Arc<Component>,
    shared: Arc<Shared>,
}

impl Instances {
    pub(crate) fn new(component: Arc<Component>, shared: Arc<Shared>) -> Self {
        Self { component, shared }
    }

    fn store(&self, meter: &Arc<Meter>) -> wasmtime::Result<Store<Guest>> {
        let guest = Guest::new(self.component.clone(), self.shared.clone())?;
        let mut store = Store::new(&self.shared.engine, guest);
        store.limiter(|guest| &mut guest.limits);
        store.set_epoch_deadline(1);
        let meter = meter.clone();
        store.epoch_deadline_callback(move |mut store| {
            // The oldest task of the call stack is the request's own.
            let task = store.async_call_stack()?.last();
            if meter.cpu.charge(task, cpu::lap()) {
                meter.end(Ended::Cpu);
                return Ok(UpdateDeadline::Interrupt);
            }
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
        Ok(store)
    }
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Clocks;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Clocks, Reuse>> {
        let meter = Meter::new();
        let mut store = self.store(&meter)?;
        let service = self.component.service.instantiate_async(&mut store).await?;
        let policy = self.component.policy.clone();
        let reuse = Reuse { component: self.component.clone(), meter: meter.clone(), requests: Mutex::default() };
        let sleep = Box::pin(tokio::time::sleep(FAR));
        let stopped = Box::pin(self.shared.stopped.clone().cancelled_owned());
        let clocks = Clocks { policy, meter, stopped, sleep };
        Ok(Instance { store, proxy: Proxy::P3(service), view: WasiHttpView::http, expiration: clocks, state: reuse })
    }
}

/// The clocks of an instance. They are polled outside the guest's event loop, so a busy guest cannot stop them.
pub(crate) struct Clocks {
    policy: ComponentPolicy,
    meter: Arc<Meter>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Clocks {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let (limit, why) = match status {
            WorkerStatus::Idle => (self.policy.idle, Ended::No),
            WorkerStatus::Requests => (self.policy.request, Ended::Request),
            WorkerStatus::PostReturn => (self.policy.post_return, Ended::PostReturn),
        };
        // Every poll of the instance that leaves something to wait for ends here.
        if self.meter.cpu.divide(cpu::lap()) && status != WorkerStatus::Idle {
            self.meter.end(Ended::Cpu);
            return Poll::Ready(());
        }
        // polled, not looked at: the end of the host must wake an instance that nobody asks anything
        if status == WorkerStatus::Idle && self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // a body that is arriving or leaving keeps the clock back
        let start = if status == WorkerStatus::Idle { start } else { start.max(self.meter.moved.at()) };
        let deadline = tokio::time::Instant::from_std(start + limit);
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        let polled = self.sleep.as_mut().poll(cx);
        if polled.is_ready() {
            self.meter.end(why);
        }
        polled
    }
}

/// The reuse policy of an instance, and what it is working on.
pub(crate) struct Reuse {
    component: Arc<Component>,
    meter: Arc<Meter>,
    requests: Mutex<Vec<Weak<RequestMark>>>,
}

impl WorkerState for Reuse {
    type StoreData = Guest;
    type RequestData = Arc<RequestMark>;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.component.policy.reuse {
            ShouldAccept::Never
        } else if concurrent >= self.component.policy.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Guest>,
        mark: Arc<RequestMark>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let _ = mark.meter.set(self.meter.clone());
        let budget = mark.cpu.get_or_init(|| Arc::new(CpuBudget::new(self.component.policy.cpu)));
        self.meter.cpu.add(task, budget);
        if let Ok(mut requests) = self.requests.lock() {
            if requests.len() >= 2 * self.component.policy.concurrent {
                requests.retain(|request| request.strong_count() > 0);
            }
            requests.push(Arc::downgrade(&mark));
        }
        let limit = self.component.policy.request;
        Box::pin(RequestClock { mark, limit, sleep: Box::pin(tokio::time::sleep(limit)) })
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            let marks: Vec<_> =
                self.requests.lock().map(|r| r.iter().filter_map(Weak::upgrade).collect()).unwrap_or_default();
            let ids: Vec<&str> = marks.iter().map(|mark| mark.id()).collect();
            tracing::error!(
                target: "host::instance", component = %self.component.id, request_ids = ?ids, ended = ?self.meter.ended(),
                error = ?error, "an instance ended with all requests in it"
            );
        }
        drop(store);
    }
}
