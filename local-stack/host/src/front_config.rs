//! The sections of `local-stack.toml` about clients: their connections, their shares, small bodies
//! and compression.

use std::time::Duration;

use serde::Deserialize;

use crate::connection::IdleTimeouts;

/// `[clients]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clients {
    /// Addresses and networks of proxies whose `X-Forwarded-For` is trusted, separated by commas.
    /// May use the application's variables: `"{{ trusted_proxies }}"`.
    pub trusted_proxies: String,
}

/// `[connections]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionLimits {
    /// Connections at the same time; fewer if the system allows fewer open files.
    pub total: usize,
    /// Connections from one client address (IPv6: one /64). Trusted proxies have no such limit.
    pub per_client: usize,
    /// Timeout from a connection until the head of its first request is complete, in seconds.
    pub first_request_seconds: u64,
    /// Timeout without a request on an open connection, in seconds.
    pub idle_seconds: u64,
    /// Streams at the same time on one HTTP/2 connection.
    pub streams: u32,
}

/// `[small_bodies]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmallBodies {
    /// A request body is read up to this size before an instance takes the request; 0: not at all.
    pub bytes: usize,
    /// Timeout of that, in seconds.
    pub seconds: u64,
    /// Total size of these bodies, in MiB; one client may use an eighth.
    pub total_mib: usize,
}

/// `[shares]`: limits of concurrent requests. "Working" is a request without a response head yet,
/// counted per component.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shares {
    /// Working requests of one caller in one component.
    pub caller_working: usize,
    /// Milliseconds between the starts of two requests of one caller in one component, except GET
    /// and HEAD, while one of them is in flight or waits and another caller (or address) has
    /// started a request within the last second.
    pub caller_spacing_ms: u64,
    /// Working requests of one tenant in one component.
    pub tenant_working: usize,
    /// Working requests of one client address in one component, among those without an accepted
    /// credential.
    pub address_working: usize,
    /// Working requests in one component.
    pub component_working: usize,
    /// Requests of one caller until the response ends.
    pub caller: usize,
    /// Requests of one tenant until the response ends.
    pub tenant: usize,
    /// Requests of one client address until the response ends, among those without an accepted
    /// credential.
    pub address: usize,
    /// Requests in one component until the response ends.
    pub component: usize,
    /// Waiting requests of one tenant or client address; more are refused at once.
    pub waiting: usize,
    /// Waiting requests in total.
    pub waiting_total: usize,
}

/// `[component.<id>.shares]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShareOverrides {
    /// See [`Shares::caller_working`].
    pub caller_working: Option<usize>,
    /// See [`Shares::caller_spacing_ms`].
    pub caller_spacing_ms: Option<u64>,
    /// See [`Shares::tenant_working`].
    pub tenant_working: Option<usize>,
    /// See [`Shares::address_working`].
    pub address_working: Option<usize>,
    /// See [`Shares::component_working`].
    pub component_working: Option<usize>,
    /// See [`Shares::component`].
    pub component: Option<usize>,
}

/// `[compression]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compression {
    /// Whether responses are compressed for clients that accept it.
    pub enabled: bool,
    /// Minimum length of a compressed response, if it is known, in bytes.
    pub from_bytes: u64,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: 16_384,
            per_client: 1_024,
            first_request_seconds: 20,
            idle_seconds: 75,
            streams: 100,
        }
    }
}

impl ConnectionLimits {
    pub(crate) fn idle_timeouts(&self) -> IdleTimeouts {
        IdleTimeouts {
            first: Duration::from_secs(self.first_request_seconds),
            idle: Duration::from_secs(self.idle_seconds),
        }
    }
}

impl Default for SmallBodies {
    fn default() -> Self {
        Self { bytes: 64 << 10, seconds: 20, total_mib: 64 }
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            caller_working: 8,
            caller_spacing_ms: 0,
            tenant_working: 12,
            address_working: 16,
            component_working: 128,
            caller: 64,
            tenant: 256,
            address: 128,
            component: 512,
            waiting: 256,
            waiting_total: 4_096,
        }
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self { enabled: true, from_bytes: 1_024 }
    }
}
