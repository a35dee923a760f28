//! Instances: creation, number of requests, and the clocks that end them.
//!
//! ```text
//! instantiate ──> Idle ──request──> Requests ──heads sent──> PostReturn ──all ended──> Idle ──> … ──> dropped
//!                  │                  │                        │
//!            policy.idle        policy.request           policy.post_return
//!            or host drains     since the last activity  since the last activity
//!                               or CPU time used up      or CPU time used up
//! ```
//!
//! Two clocks measure inactivity (a body that moves in or out restarts both):
//! * one per request: time until the response head, since the last arrival of its body (`runner`).
//! * [`Clocks`], one per instance, polled outside the guest's event loop, so that a busy guest
//!   cannot stop it.
//!
//! CPU time is charged every epoch (10 ms) that passes while a guest computes, to the task that
//! runs; see `cpu`. A clock that ends an instance notes its [`EndReason`] first, and `request`
//! turns it into a problem for each request in it.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

use http::HeaderValue;
use telemetry::TraceContext;
use wasmtime::component::GuestTaskId;
use wasmtime::{Store, UpdateDeadline};

use crate::clocks::Clocks;
use crate::component::Component;
use crate::cpu::{self, CpuAccounts, CpuBudget};
use crate::drain::DrainGuard;
use crate::exports::Exports;
use crate::guest::Guest;
use crate::runtime_config::ComponentPolicy;
use crate::shared::Shared;
use crate::spans::{RequestSpans, TaskTraces};
use crate::trace::RequestTrace;

/// The state of a request that server, body and instance share.
pub(crate) struct RequestState {
    /// The request id.
    pub(crate) id: HeaderValue,
    /// The span that its component works in.
    pub(crate) trace: TraceContext,
    /// None: they are not recorded.
    pub(crate) spans: Option<RequestSpans>,
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
    pub(crate) fn new(id: HeaderValue, trace: impl Into<RequestTrace>) -> Arc<Self> {
        let RequestTrace { context, spans } = trace.into();
        Arc::new(Self {
            id,
            trace: context,
            spans,
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

    /// When it last moved: since then it waits for its response head.
    pub(crate) fn last_activity(&self) -> Instant {
        self.last_activity.at()
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

    /// When a body last moved.
    pub(crate) fn last_activity(&self) -> Instant {
        self.last_activity.at()
    }

    /// See [`CpuAccounts::divide`].
    pub(crate) fn divide_cpu(&self, nanos: u64) -> bool {
        self.cpu.divide(nanos)
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

    /// Notes which clock ends it.
    pub(crate) fn end(&self, reason: EndReason) {
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

    fn store(
        &self,
        meter: &Arc<Meter>,
        spans: Option<Arc<TaskTraces>>,
    ) -> wasmtime::Result<Store<Guest>> {
        let guest = Guest::new(self.component.clone(), self.shared.clone(), spans)?;
        let mut store = Store::new(&self.shared.engine, guest);
        store.limiter(|guest| &mut guest.memory);
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

impl Instances {
    /// A new instance with its clocks.
    pub(crate) async fn start(
        &self,
    ) -> wasmtime::Result<(Store<Guest>, Exports, Clocks, InstanceState)> {
        let meter = Meter::new();
        let spans = TaskTraces::new(self.shared.traces.as_ref());
        let mut store = self.store(&meter, spans.clone())?;
        let exports = self.component.exports.instantiate(&mut store).await?;
        let (component, shared) = (self.component.clone(), self.shared.clone());
        if let Some(metrics) = &self.shared.metrics {
            metrics.instance_started(&self.component.id);
        }
        let draining = self.shared.draining.clone().cancelled_owned();
        let clocks = Clocks::new(self.component.policy.clone(), meter.clone(), draining);
        let state = InstanceState {
            _live: component.drain.begin(),
            component,
            shared,
            meter,
            spans,
            requests: Mutex::default(),
            result: Mutex::new(Err(wasmtime::format_err!("the host panicked"))),
        };
        Ok((store, exports, clocks, state))
    }
}

/// The policy of an instance, and its requests. The end of the instance is reported when it is
/// dropped.
pub(crate) struct InstanceState {
    _live: DrainGuard,
    component: Arc<Component>,
    shared: Arc<Shared>,
    meter: Arc<Meter>,
    spans: Option<Arc<TaskTraces>>,
    requests: Mutex<Vec<Weak<RequestState>>>,
    result: Mutex<wasmtime::Result<()>>,
}

impl InstanceState {
    /// The policy.
    pub(crate) fn policy(&self) -> &ComponentPolicy {
        &self.component.policy
    }

    /// A request begins as `task`: at once, or again after the component has refused it as a whole.
    pub(crate) fn begin(&self, state: &Arc<RequestState>, task: GuestTaskId) {
        let budget = state.cpu.get_or_init(|| Arc::new(CpuBudget::new(self.policy().cpu)));
        self.meter.cpu.add(task, budget);
        if let Some(tasks) = &self.spans {
            tasks.add(task, state.trace);
        }
        if let Some(spans) = &state.spans {
            spans.component_started(&self.component.id, state.trace);
        }
        if state.meter.set(self.meter.clone()).is_err() {
            return;
        }
        if let Ok(mut requests) = self.requests.lock() {
            if requests.len() >= 2 * self.policy().concurrent {
                requests.retain(|request| request.strong_count() > 0);
            }
            requests.push(Arc::downgrade(state));
        }
    }

    /// Notes how the instance ended.
    pub(crate) fn ended(&self, result: wasmtime::Result<()>) {
        if let Ok(mut noted) = self.result.lock() {
            *noted = result;
        }
    }
}

impl Drop for InstanceState {
    fn drop(&mut self) {
        let Ok(result) = self.result.get_mut() else { return };
        if let Some(metrics) = &self.shared.metrics {
            metrics.instance_ended(&self.component.id, self.meter.end_reason(), result.is_err());
        }
        if let Err(error) = result {
            let states: Vec<_> = self
                .requests
                .get_mut()
                .map(|r| r.iter().filter_map(Weak::upgrade).collect())
                .unwrap_or_default();
            let ids: Vec<&str> = states.iter().map(|state| state.id()).collect();
            tracing::error!(
                target: "host::instance", component = %self.component.id, request_ids = ?ids, ended = ?self.meter.end_reason(),
                error = ?error, "an instance ended with all requests in it"
            );
        }
    }
}
