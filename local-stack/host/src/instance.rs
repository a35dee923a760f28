//! Instances: creation, number of requests, and the clocks that end them.
//!
//! ```text
//! instantiate ──> Idle ──request──> Requests ──heads sent──> PostReturn ──all ended──> Idle ──> … ──> dropped
//!                  │                  │                        │
//!            policy.idle        policy.request           policy.post_return
//!            or host stopped    since the last activity  since the last activity
//!                               or CPU time used up      or CPU time used up
//! ```
//!
//! Two clocks measure inactivity (a body that moves in or out restarts both):
//! * [`RequestClock`], one per request: time until the response head, since the last arrival of its
//!   body.
//! * [`Clocks`], one per instance, polled outside the guest's event loop, so that a busy guest
//!   cannot stop it.
//!
//! CPU time is charged every epoch (10 ms) that passes while a guest computes, to the task that
//! runs; see `cpu`. A clock that ends an instance notes its [`EndReason`] first, and `request`
//! turns it into a problem for each request in it.

use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::HeaderValue;
use telemetry::TraceContext;
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

/// A deadline far in the future.
const FAR: Duration = Duration::from_secs(86_400 * 365);

/// The state of a request that server, body and instance share.
pub(crate) struct RequestState {
    /// The request id.
    pub(crate) id: HeaderValue,
    /// The span that its component works in.
    pub(crate) trace: TraceContext,
    meter: OnceLock<Arc<Meter>>,
    last_activity: LastActivity,
    /// Its CPU time; set once an instance has taken the request.
    cpu: OnceLock<Arc<CpuBudget>>,
}

/// Time of the last activity, with a resolution of a millisecond.
struct LastActivity {
    since: Instant,
    ms: AtomicU64,
}

impl LastActivity {
    fn new() -> Self {
        Self { since: Instant::now(), ms: AtomicU64::new(0) }
    }

    fn touch(&self) {
        self.ms.store(millis(self.since.elapsed()), Relaxed);
    }

    fn at(&self) -> Instant {
        self.since + Duration::from_millis(self.ms.load(Relaxed))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl RequestState {
    pub(crate) fn new(id: HeaderValue, trace: TraceContext) -> Arc<Self> {
        Arc::new(Self {
            id,
            trace,
            meter: OnceLock::new(),
            last_activity: LastActivity::new(),
            cpu: OnceLock::new(),
        })
    }

    /// The id as text.
    pub(crate) fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// The meter of the instance that took the request.
    pub(crate) fn meter(&self) -> Option<&Arc<Meter>> {
        self.meter.get()
    }

    /// More of the request body has arrived: restarts the clocks of request and instance.
    pub(crate) fn touch(&self) {
        self.last_activity.touch();
        if let Some(meter) = self.meter.get() {
            meter.touch();
        }
    }

    /// Counts bytes of a body that entered or left the instance.
    pub(crate) fn add_body_bytes(&self, bytes: usize) {
        if let Some(cpu) = self.cpu.get() {
            cpu.add_body_bytes(bytes);
        }
    }

    /// Whether this request used up its CPU time, rather than another one in the same instance.
    pub(crate) fn used_up_cpu(&self) -> bool {
        self.cpu.get().is_some_and(|cpu| cpu.is_used_up())
    }
}

/// Ends when a request has waited too long for its response head, not counting the arrival of its
/// body.
struct RequestClock {
    state: Arc<RequestState>,
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Future for RequestClock {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(cx).is_ready() {
            let deadline = self.state.last_activity.at() + self.limit;
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
pub(crate) enum EndReason {
    /// No clock ended it.
    None = 0,
    /// A request had no response head in time.
    Request = 1,
    /// One of its requests used up its CPU time.
    Cpu = 2,
    /// Work after the response took too long.
    PostReturn = 3,
}

/// The usage of one instance, shared with the bodies that flow through it.
pub(crate) struct Meter {
    last_activity: LastActivity,
    cpu: CpuAccounts,
    end_reason: AtomicU8,
}

impl Meter {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            last_activity: LastActivity::new(),
            cpu: CpuAccounts::default(),
            end_reason: AtomicU8::new(0),
        })
    }

    /// A body was read or written: restarts the clock of the instance.
    pub(crate) fn touch(&self) {
        self.last_activity.touch();
    }

    /// Which clock ended the instance.
    pub(crate) fn end_reason(&self) -> EndReason {
        match self.end_reason.load(Relaxed) {
            1 => EndReason::Request,
            2 => EndReason::Cpu,
            3 => EndReason::PostReturn,
            _ => EndReason::None,
        }
    }

    fn end(&self, reason: EndReason) {
        let _ = self.end_reason.compare_exchange(0, reason as u8, Relaxed, Relaxed);
    }
}

/// Creates the instances of one component.
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
                meter.end(EndReason::Cpu);
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
    type WorkerState = InstanceState;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Clocks, InstanceState>> {
        let meter = Meter::new();
        let mut store = self.store(&meter)?;
        let service = self.component.service.instantiate_async(&mut store).await?;
        let policy = self.component.policy.clone();
        let (component, shared) = (self.component.clone(), self.shared.clone());
        let state =
            InstanceState { component, shared, meter: meter.clone(), requests: Mutex::default() };
        if let Some(metrics) = &self.shared.metrics {
            metrics.instance_started(&self.component.id);
        }
        let sleep = Box::pin(tokio::time::sleep(FAR));
        let stopped = Box::pin(self.shared.stopped.clone().cancelled_owned());
        let clocks = Clocks { policy, meter, stopped, sleep };
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: WasiHttpView::http,
            expiration: clocks,
            state,
        })
    }
}

/// The clocks of an instance.
pub(crate) struct Clocks {
    policy: ComponentPolicy,
    meter: Arc<Meter>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Clocks {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        let (limit, reason) = match status {
            WorkerStatus::Idle => (self.policy.idle, EndReason::None),
            WorkerStatus::Requests => (self.policy.request, EndReason::Request),
            WorkerStatus::PostReturn => (self.policy.post_return, EndReason::PostReturn),
        };
        // Every poll of the instance that returns pending ends here.
        if self.meter.cpu.divide(cpu::lap()) && status != WorkerStatus::Idle {
            self.meter.end(EndReason::Cpu);
            return Poll::Ready(());
        }
        // Polled, so that the shutdown of the host wakes an idle instance.
        if status == WorkerStatus::Idle && self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // A body that moves restarts the clock.
        let start = if status == WorkerStatus::Idle {
            start
        } else {
            start.max(self.meter.last_activity.at())
        };
        let deadline = tokio::time::Instant::from_std(start + limit);
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        let polled = self.sleep.as_mut().poll(cx);
        if polled.is_ready() {
            self.meter.end(reason);
        }
        polled
    }
}

/// The reuse policy of an instance, and its current requests.
pub(crate) struct InstanceState {
    component: Arc<Component>,
    shared: Arc<Shared>,
    meter: Arc<Meter>,
    requests: Mutex<Vec<Weak<RequestState>>>,
}

impl WorkerState for InstanceState {
    type StoreData = Guest;
    type RequestData = Arc<RequestState>;

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
        state: Arc<RequestState>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let _ = state.meter.set(self.meter.clone());
        let budget = state.cpu.get_or_init(|| Arc::new(CpuBudget::new(self.component.policy.cpu)));
        self.meter.cpu.add(task, budget);
        if let Ok(mut requests) = self.requests.lock() {
            if requests.len() >= 2 * self.component.policy.concurrent {
                requests.retain(|request| request.strong_count() > 0);
            }
            requests.push(Arc::downgrade(&state));
        }
        let limit = self.component.policy.request;
        Box::pin(RequestClock { state, limit, sleep: Box::pin(tokio::time::sleep(limit)) })
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        if let Some(metrics) = &self.shared.metrics {
            metrics.instance_ended(&self.component.id, self.meter.end_reason(), result.is_err());
        }
        if let Err(error) = result {
            let states: Vec<_> = self
                .requests
                .lock()
                .map(|r| r.iter().filter_map(Weak::upgrade).collect())
                .unwrap_or_default();
            let ids: Vec<&str> = states.iter().map(|state| state.id()).collect();
            tracing::error!(
                target: "host::instance", component = %self.component.id, request_ids = ?ids, ended = ?self.meter.end_reason(),
                error = ?error, "an instance ended with all requests in it"
            );
        }
        drop(store);
    }
}
