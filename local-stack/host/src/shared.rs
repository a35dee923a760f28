//! State that all components of a host share.

use std::sync::{Arc, OnceLock, Weak};

use telemetry::Traces;
use tokio_util::sync::CancellationToken;
use wasmtime::Engine;
use wasmtime_wasi_http::ForbiddenHeaderFilter;

use crate::admission::Admission;
use crate::app::App;
use crate::caller::Callers;
use crate::client::TrustedProxies;
use crate::egress::http::HttpClient;
use crate::key_value::KeyValueStores;
use crate::maintenance::Maintenance;
use crate::metrics::Metrics;
use crate::postgres::PoolSet;
use crate::redis::RedisServers;
use crate::runtime_config::RuntimeConfig;
use crate::small_body::BodyBudget;
use crate::variables::Variables;

/// The host's own parts, beneath the application.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) config: RuntimeConfig,
    pub(crate) variables: Variables,
    pub(crate) http: HttpClient,
    pub(crate) redis: RedisServers,
    pub(crate) key_value: KeyValueStores,
    pub(crate) postgres: Arc<PoolSet>,
    /// The permits of requests.
    pub(crate) admission: Arc<Admission>,
    /// The credentials that components have accepted.
    pub(crate) callers: Callers,
    pub(crate) proxies: TrustedProxies,
    /// Bodies that are read before an instance takes their requests.
    pub(crate) small_bodies: Arc<BodyBudget>,
    /// Whether new requests are refused for now.
    pub(crate) maintenance: Maintenance,
    /// None: nothing is measured.
    pub(crate) metrics: Option<Metrics>,
    /// None: no spans are exported.
    pub(crate) traces: Option<Traces>,
    /// Cancelled when the drain notice begins: health answers 503 and connections close after their
    /// response, but requests are still served.
    pub(crate) drain_announced: CancellationToken,
    /// No new requests; idle instances end, and event streams as their component says.
    pub(crate) draining: CancellationToken,
    /// Connections and pools close.
    pub(crate) stopped: CancellationToken,
    pub(crate) forbidden_headers: ForbiddenHeaderFilter,
    /// Set once the application is built; weak, because its handlers hold this.
    pub(crate) app: OnceLock<Weak<App>>,
}

impl Shared {
    /// The application, for calls from one component to another.
    pub(crate) fn app(&self) -> Option<Arc<App>> {
        self.app.get()?.upgrade()
    }
}
