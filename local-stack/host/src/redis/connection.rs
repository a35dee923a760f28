//! Connections to Redis servers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redis::RedisError;
use redis::aio::MultiplexedConnection;
use tls::{Authorities, RedisAddress};
use tokio::net::TcpStream;

use crate::bindings::redis::Error;
use crate::egress::allowed_hosts::AllowedHosts;
use crate::egress::blocked::BlockedNetworks;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Servers that are cached; a guest that uses more reconnects each time.
const MOST_SERVERS: usize = 64;

/// The servers of guests, by address.
pub(crate) struct RedisServers {
    blocked: BlockedNetworks,
    authorities: Authorities,
    servers: Mutex<HashMap<String, Arc<Server>>>,
}

/// One server, with the connection that ordinary commands share.
pub(crate) struct Server {
    address: RedisAddress,
    blocked: BlockedNetworks,
    authorities: Authorities,
    shared: tokio::sync::Mutex<Shared>,
}

/// The connection of ordinary commands, and the last attempt to make one that failed.
#[derive(Default)]
struct Shared {
    link: Option<Link>,
    failed: Option<(Instant, Error)>,
}

/// A connection and whether it is alive.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) connection: MultiplexedConnection,
    alive: Arc<AtomicBool>,
}

impl Link {
    /// After a failover a connection may still lead to the server that was the primary, and which
    /// takes no writes any more: then the next command gets another connection.
    pub(crate) fn note(&self, error: &RedisError) {
        if error.code() == Some("READONLY") {
            self.alive.store(false, Relaxed);
        }
    }
}

impl RedisServers {
    pub(crate) fn new(blocked: BlockedNetworks, authorities: Authorities) -> Self {
        Self { blocked, authorities, servers: Mutex::default() }
    }

    /// The server at `address`, shared by all guests.
    pub(crate) fn server(&self, address: &str) -> Result<Arc<Server>, Error> {
        let mut servers =
            self.servers.lock().map_err(|_| Error::Other("the servers are gone".into()))?;
        if let Some(server) = servers.get(address) {
            return Ok(server.clone());
        }
        let parsed = RedisAddress::parse(address).map_err(|_| Error::InvalidAddress)?;
        let server = Arc::new(Server {
            address: parsed,
            blocked: self.blocked.clone(),
            authorities: self.authorities.clone(),
            shared: tokio::sync::Mutex::default(),
        });
        if servers.len() >= MOST_SERVERS {
            servers.clear();
        }
        servers.insert(address.to_owned(), server.clone());
        Ok(server)
    }
}

impl Server {
    /// Whether a guest with these allowed hosts may connect to the server.
    pub(super) fn is_allowed(&self, allowed: &AllowedHosts) -> bool {
        let RedisAddress { host, port, .. } = &self.address;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        allowed.allows(self.address.scheme(), &host, Some(*port))
    }

    /// The connection that ordinary commands share; opened again when it broke.
    pub(crate) async fn shared(&self) -> Result<Link, Error> {
        let asked = Instant::now();
        let mut shared = self.shared.lock().await;
        if let Some(link) = shared.link.as_ref().filter(|link| link.alive.load(Relaxed)) {
            return Ok(link.clone());
        }
        // Those that waited for an attempt have its failure, too: attempts one after the other
        // would let the last of them wait for minutes where a server is silent.
        if let Some((_, error)) = shared.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        let connected = self.connect().await;
        match &connected {
            Ok(link) => *shared = Shared { link: Some(link.clone()), failed: None },
            Err(error) => {
                *shared = Shared { link: None, failed: Some((Instant::now(), error.clone())) };
            }
        }
        connected
    }

    /// An exclusive connection.
    pub(super) async fn connect(&self) -> Result<Link, Error> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.dial()).await {
            Ok(link) => link,
            Err(_) => Err(Error::Other("connecting to Redis timed out".into())),
        }
    }

    async fn dial(&self) -> Result<Link, Error> {
        let RedisAddress { host, port, .. } = &self.address;
        let other = |error: &dyn std::fmt::Display| Error::Other(error.to_string());
        let found =
            tokio::net::lookup_host((host.as_str(), *port)).await.map_err(|error| other(&error))?;
        let (addresses, some_blocked) = self.blocked.keep_allowed(found);
        if addresses.is_empty() && some_blocked {
            tracing::warn!(target: "host::egress", "every address of redis://{host}:{port} is in a blocked network");
            return Err(Error::InvalidAddress);
        }
        let stream =
            TcpStream::connect(addresses.as_slice()).await.map_err(|error| other(&error))?;
        let opened = tls::open_redis(&self.address, &self.authorities, stream).await;
        let (connection, work) = opened.map_err(|error| {
            tracing::warn!(target: "host::redis", "no connection to Redis at {host}:{port}: {error:#}");
            Error::Other(format!("{error:#}"))
        })?;
        let alive = Arc::new(AtomicBool::new(true));
        let ends = alive.clone();
        tokio::spawn(async move {
            work.await;
            ends.store(false, Relaxed);
        });
        Ok(Link { connection, alive })
    }
}
