//! The start-up configuration of a host.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use telemetry::TracesConfig;

use crate::RuntimeConfig;

/// Where metrics are scraped.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// Where to listen; port 0 picks a free port.
    pub listen: SocketAddr,
    /// What scrapes show as a bearer token; needed where `listen` is not loopback.
    pub token: Option<String>,
}

/// Start-up configuration of a [`Host`](crate::Host).
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The path of `spin.toml`.
    pub manifest: PathBuf,
    /// Where to listen; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Variable name → value; wins over every provider.
    pub variables: BTreeMap<String, String>,
    /// Limits, reuse, networks, providers.
    pub runtime: RuntimeConfig,
    /// Where compiled components are kept between starts; `None` compiles at each start.
    pub cache_dir: Option<PathBuf>,
    /// Redis behind every key-value label that the runtime configuration does not name.
    pub key_value_redis: Option<String>,
    /// None: nothing is measured.
    pub metrics: Option<MetricsConfig>,
    /// None: no spans are exported.
    pub traces: Option<TracesConfig>,
}

impl HostConfig {
    /// Defaults: `127.0.0.1:3000`, no variables, no cache, no key-value store, no metrics, no
    /// traces.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            variables: BTreeMap::new(),
            runtime: RuntimeConfig::default(),
            cache_dir: None,
            key_value_redis: None,
            metrics: None,
            traces: None,
        }
    }
}
