//! The sections of `local-stack.toml` about clients: their connections, their shares, small bodies and compression.

use std::time::Duration;

use serde::Deserialize;

use crate::connection::IdleTimeouts;

/// `[clients]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clients {
    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed, with commas between them. May use the
    /// application's variables: `"{{ trusted_proxies }}"`.
    pub trusted_proxies: String,
}

/// `[connections]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionLimits {
    /// Connections at the same time; fewer where the system allows fewer open files.
    pub total: usize,
    /// Of these, from one client address (IPv6: one /64). Trusted proxies have no such limit.
    pub per_client: usize,
    /// From a connection until the head of its first request is whole, seconds.
    pub first_request_seconds: u64,
    /// Without a request on an open connection, seconds.
    pub idle_seconds: u64,
    /// Streams at the same time on one HTTP/2 connection.
    pub streams: u32,
}

/// `[small_bodies]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmallBodies {
    /// A request body is read up to so many bytes before an instance takes the request; 0: not at all.
    pub bytes: usize,
    /// How long that may take, seconds.
    pub seconds: u64,
    /// Of all bodies that are being read so, MiB; one client may have an eighth.
    pub total_mib: usize,
}

/// `[shares]`: how many requests at the same time. "Working" is a request without a response head yet, counted by component.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shares {
    /// Working, of one caller in one component.
    pub caller_working: usize,
    /// Milliseconds between the starts of two requests of one caller in one component, GET and HEAD left out, while one of
    /// them is in flight or waits and another caller (or address) has started a request within the last second.
    pub caller_spacing_ms: u64,
    /// Working, of one tenant in one component.
    pub tenant_working: usize,
    /// Working, of one client address in one component, of those whose credential is not known to be good.
    pub address_working: usize,
    /// Working in one component.
    pub component_working: usize,
    /// Until the response ends, of one caller.
    pub caller: usize,
    /// Until the response ends, of one tenant.
    pub tenant: usize,
    /// Until the response ends, of one client address, of those whose credential is not known to be good.
    pub address: usize,
    /// Until the response ends, in one component.
    pub component: usize,
    /// Requests of one tenant or client address that wait for their turn; more are refused at once.
    pub waiting: usize,
    /// Requests that wait for their turn.
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
    /// Whether answers are compressed for clients that accept it.
    pub enabled: bool,
    /// Answers of a known length below this are not, bytes.
    pub from_bytes: u64,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { total: 16_384, per_client: 1_024, first_request_seconds: 20, idle_seconds: 75, streams: 100 }
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
