//! `local-stack.toml`: how the application runs, as opposed to its content.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use indexmap::IndexMap;
use serde::Deserialize;

use crate::admission::ComponentShares;
use crate::front_config::{
    Clients, Compression, ConnectionLimits, ShareOverrides, Shares, SmallBodies,
};

/// All keys of `local-stack.toml`; each has a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeConfig {
    /// Limits of requests and instances.
    pub limits: Limits,
    /// How instances are reused.
    pub instances: Instances,
    /// Clients behind proxies.
    pub clients: Clients,
    /// Connections of clients.
    pub connections: ConnectionLimits,
    /// Request bodies that are read before an instance takes the request.
    pub small_bodies: SmallBodies,
    /// Requests of one caller, tenant, address and component at the same time.
    pub shares: Shares,
    /// Compression of responses.
    pub compression: Compression,
    /// The log of requests.
    pub access_log: AccessLog,
    /// Overrides per component id.
    pub component: BTreeMap<String, ComponentOverrides>,
    /// Blocked networks.
    pub outbound_networking: OutboundNetworking,
    /// Defaults of outbound HTTP requests.
    pub outbound_http: OutboundHttp,
    /// Postgres pools.
    pub outbound_pg: OutboundPg,
    /// Connections to Redis.
    pub outbound_redis: OutboundRedis,
    /// Key-value stores by label.
    pub key_value_store: BTreeMap<String, KeyValueStore>,
    /// Providers of variables, in order.
    pub variables_provider: Vec<VariablesProvider>,
}

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Linear memory of one instance, MiB.
    pub memory_mib: u64,
    /// Requests in flight at the same time.
    pub requests_in_flight: usize,
    /// Timeout of a request that waits for a permit, in milliseconds.
    pub queue_wait_ms: u64,
    /// Timeout of the response head, in seconds.
    pub request_seconds: u64,
    /// Timeout of the complete request body, in seconds.
    pub body_seconds: u64,
    /// Write timeout: until the client takes the next frame of a response, in seconds.
    pub unread_seconds: u64,
    /// Total CPU time of one request, in seconds; its bytes and its lifetime add to it.
    pub cpu_seconds: u64,
    /// Timeout of streaming and spawned work after the response head, in seconds.
    pub post_return_seconds: u64,
    /// How long a shutdown waits for running requests, and for work that guests continue with after
    /// their responses, in seconds. Then event streams end with an event.
    pub drain_seconds: u64,
    /// How long before that the host tells proxies that it will not take requests any more, and
    /// still does, in seconds.
    pub drain_notice_seconds: u64,
}

/// `[access_log]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLog {
    /// Whether each request is logged when its response has ended. Off by default: the lines name
    /// the addresses of people.
    pub enabled: bool,
}

/// `[instances]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instances {
    /// Requests before an instance is replaced.
    pub reuse: usize,
    /// Requests at the same time in one instance.
    pub concurrent: usize,
    /// How long an unused instance is kept, seconds.
    pub idle_seconds: u64,
    /// Whether small requests go to `tessera:http/unary` where a component exports it.
    pub unary: bool,
}

/// `[component.<id>]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComponentOverrides {
    /// Replaces single limits.
    pub limits: LimitOverrides,
    /// Replaces single reuse settings.
    pub instances: InstanceOverrides,
    /// Replaces single shares.
    pub shares: ShareOverrides,
    /// Networks that it may not reach over HTTP, beside those that are blocked for all.
    pub outbound_http: HttpOverrides,
    /// Whether it is served in maintenance mode.
    pub in_maintenance: bool,
}

/// `[component.<id>.outbound_http]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpOverrides {
    /// As in [`OutboundNetworking`].
    pub block_networks: Vec<String>,
    /// Hosts whose addresses are not checked, `host:port` with commas between them: those that the
    /// operator names. May use the application's variables: `"{{ model_hosts }}"`.
    pub unblocked_hosts: String,
}

/// `[component.<id>.limits]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitOverrides {
    /// See [`Limits::memory_mib`].
    pub memory_mib: Option<u64>,
    /// See [`Limits::request_seconds`].
    pub request_seconds: Option<u64>,
    /// See [`Limits::body_seconds`].
    pub body_seconds: Option<u64>,
    /// See [`Limits::cpu_seconds`].
    pub cpu_seconds: Option<u64>,
    /// See [`Limits::post_return_seconds`].
    pub post_return_seconds: Option<u64>,
    /// See [`Limits::drain_seconds`].
    pub drain_seconds: Option<u64>,
}

/// `[component.<id>.instances]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstanceOverrides {
    /// See [`Instances::reuse`].
    pub reuse: Option<usize>,
    /// See [`Instances::concurrent`].
    pub concurrent: Option<usize>,
    /// See [`Instances::idle_seconds`].
    pub idle_seconds: Option<u64>,
}

/// `[outbound_networking]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundNetworking {
    /// `"private"` and CIDRs.
    pub block_networks: Vec<String>,
}

/// `[outbound_http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundHttp {
    /// Connect timeout, in seconds.
    pub connect_seconds: u64,
    /// Timeout of the response head, in seconds.
    pub first_byte_seconds: u64,
    /// Timeout between two frames of a response body, in seconds.
    pub between_bytes_seconds: u64,
}

/// `[outbound_pg]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundPg {
    /// Connections of the process, over all components and addresses.
    pub budget: usize,
    /// Those of the budget that are reserved for each component that may reach Postgres.
    pub minimum: usize,
    /// Connections per component and address.
    pub max_connections: usize,
    /// Timeout of `open` for a free connection, in seconds.
    pub wait_seconds: u64,
    /// Prepared statements kept per connection.
    pub statement_cache: usize,
    /// Certificates (PEM) of authorities that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
}

/// `[outbound_redis]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundRedis {
    /// Certificates (PEM) of authorities that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
}

/// `[key_value_store.<label>]`
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum KeyValueStore {
    /// A hash in Redis.
    Redis {
        /// `redis://host:port[/db]`, `rediss://` for TLS.
        url: String,
    },
}

/// `[[variables_provider]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum VariablesProvider {
    /// Values written here.
    Static {
        /// Variable name → value.
        values: IndexMap<String, String>,
    },
    /// Environment variables `<PREFIX>_<NAME>`.
    Env {
        /// `SPIN_VARIABLE` when absent.
        prefix: Option<String>,
    },
    /// A TOML file of `name = "value"` lines.
    File {
        /// Relative to the working directory.
        path: PathBuf,
    },
    /// HashiCorp Vault, KV version 2, field `value`.
    Vault(VaultProvider),
}

/// A Vault server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultProvider {
    /// `http(s)://host:port`
    pub url: String,
    /// Sent as `X-Vault-Token`.
    pub token: String,
    /// The KV mount.
    pub mount: String,
    /// Put before the variable name, joined by `/`.
    pub prefix: Option<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 256,
            requests_in_flight: 1024,
            queue_wait_ms: 5_000,
            request_seconds: 60,
            body_seconds: 60,
            unread_seconds: 60,
            cpu_seconds: 10,
            post_return_seconds: 3600,
            drain_seconds: 30,
            drain_notice_seconds: 0,
        }
    }
}

impl Limits {
    /// As a time.
    pub(crate) fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms)
    }

    /// As a time.
    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.unread_seconds)
    }
}

impl Default for Instances {
    fn default() -> Self {
        Self { reuse: 128, concurrent: 16, idle_seconds: 10, unary: true }
    }
}

impl Default for OutboundHttp {
    fn default() -> Self {
        Self { connect_seconds: 10, first_byte_seconds: 600, between_bytes_seconds: 600 }
    }
}

impl Default for OutboundPg {
    fn default() -> Self {
        Self {
            budget: 80,
            minimum: 2,
            max_connections: 16,
            wait_seconds: 10,
            statement_cache: 256,
            ca_file: None,
        }
    }
}

/// The policy of one component after overrides.
#[derive(Debug, Clone)]
pub(crate) struct ComponentPolicy {
    pub(crate) memory_bytes: usize,
    pub(crate) request: Duration,
    pub(crate) body: Duration,
    pub(crate) cpu: Duration,
    pub(crate) post_return: Duration,
    pub(crate) drain: Duration,
    pub(crate) idle: Duration,
    pub(crate) reuse: usize,
    pub(crate) concurrent: usize,
    pub(crate) in_maintenance: bool,
}

impl RuntimeConfig {
    /// Reads `path`; unknown keys and wrong types are errors.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the runtime configuration {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }

    pub(crate) fn component_shares(&self, component: &str) -> ComponentShares {
        let none = ShareOverrides::default();
        let own = self.component.get(component).map_or(&none, |over| &over.shares);
        let all = &self.shares;
        ComponentShares {
            caller_working: own.caller_working.unwrap_or(all.caller_working),
            caller_spacing: Duration::from_millis(
                own.caller_spacing_ms.unwrap_or(all.caller_spacing_ms),
            ),
            tenant_working: own.tenant_working.unwrap_or(all.tenant_working),
            address_working: own.address_working.unwrap_or(all.address_working),
            working: own.component_working.unwrap_or(all.component_working),
            in_flight: own.component.unwrap_or(all.component),
        }
    }

    pub(crate) fn policy(&self, component: &str) -> ComponentPolicy {
        let none = ComponentOverrides::default();
        let over = self.component.get(component).unwrap_or(&none);
        let (limits, instances) = (&over.limits, &over.instances);
        let mib = limits.memory_mib.unwrap_or(self.limits.memory_mib);
        let seconds = |own: Option<u64>, all: u64| Duration::from_secs(own.unwrap_or(all));
        ComponentPolicy {
            memory_bytes: usize::try_from(mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX),
            request: seconds(limits.request_seconds, self.limits.request_seconds),
            body: seconds(limits.body_seconds, self.limits.body_seconds),
            cpu: seconds(limits.cpu_seconds, self.limits.cpu_seconds),
            post_return: seconds(limits.post_return_seconds, self.limits.post_return_seconds),
            drain: seconds(limits.drain_seconds, self.limits.drain_seconds),
            idle: seconds(instances.idle_seconds, self.instances.idle_seconds),
            reuse: instances.reuse.unwrap_or(self.instances.reuse).max(1),
            concurrent: instances.concurrent.unwrap_or(self.instances.concurrent).max(1),
            in_maintenance: over.in_maintenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults_and_overrides_change_single_values() {
        let config: RuntimeConfig = toml::from_str("").unwrap();
        assert_eq!(config.policy("chat").request, Duration::from_secs(60));
        let text = "[component.chat.limits]\nrequest_seconds = 600\n[component.chat.instances]\nconcurrent = 8";
        let config: RuntimeConfig = toml::from_str(text).unwrap();
        let chat = config.policy("chat");
        assert_eq!((chat.request.as_secs(), chat.concurrent, chat.reuse), (600, 8, 128));
        assert_eq!(config.policy("auth").request, Duration::from_secs(60));
    }

    #[test]
    fn unknown_keys_are_refused() {
        for text in ["x = 1", "[limits]\nmemory = 1", "[outbound_http]\npooling = true"] {
            assert!(toml::from_str::<RuntimeConfig>(text).is_err(), "{text}");
        }
    }
}
