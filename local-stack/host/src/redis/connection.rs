//! Connections to Redis servers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
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
    servers: Mutex<HashMap<String, Arc<Server>>>,
}

/// One server, with the connection that ordinary commands share.
pub(crate) struct Server {
    info: ConnectionInfo,
    blocked: BlockedNetworks,
    shared: tokio::sync::Mutex<Option<Link>>,
}

/// A connection and whether it is alive.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) connection: MultiplexedConnection,
    alive: Arc<AtomicBool>,
}

impl RedisServers {
    pub(crate) fn new(blocked: BlockedNetworks) -> Self {
        Self { blocked, servers: Mutex::default() }
    }

    /// The server at `address`, shared by all guests.
    pub(crate) fn server(&self, address: &str) -> Result<Arc<Server>, Error> {
        let mut servers =
            self.servers.lock().map_err(|_| Error::Other("the servers are gone".into()))?;
        if let Some(server) = servers.get(address) {
            return Ok(server.clone());
        }
        let info = address.into_connection_info().map_err(|_| Error::InvalidAddress)?;
        let server = Arc::new(Server {
            info,
            blocked: self.blocked.clone(),
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
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                allowed.allows("redis", &host, Some(*port))
            }
            _ => false,
        }
    }

    /// The connection that ordinary commands share; opened again when it broke.
    pub(crate) async fn shared(&self) -> Result<Link, Error> {
        let mut shared = self.shared.lock().await;
        if let Some(link) = shared.as_ref().filter(|link| link.alive.load(Relaxed)) {
            return Ok(link.clone());
        }
        let link = self.connect().await?;
        *shared = Some(link.clone());
        Ok(link)
    }

    /// An exclusive connection.
    pub(super) async fn connect(&self) -> Result<Link, Error> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.dial()).await {
            Ok(link) => link,
            Err(_) => Err(Error::Other("connecting to Redis timed out".into())),
        }
    }

    async fn dial(&self) -> Result<Link, Error> {
        let ConnectionAddr::Tcp(host, port) = self.info.addr() else {
            return Err(Error::InvalidAddress);
        };
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
        stream.set_nodelay(true).map_err(|error| other(&error))?;
        // Blocking commands have no timeout here.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let settings = self.info.redis_settings();
        let made = MultiplexedConnection::new_with_config(settings, stream, config).await;
        let (connection, driver) = made.map_err(|error| other(&error))?;
        let alive = Arc::new(AtomicBool::new(true));
        let ends = alive.clone();
        tokio::spawn(async move {
            driver.await;
            ends.store(false, Relaxed);
        });
        Ok(Link { connection, alive })
    }
}
