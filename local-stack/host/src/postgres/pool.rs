//! Connection pools: one for each component, address and certificate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnection, PgTypeInfo};
use sqlx::{ConnectOptions, Connection as _};
use tokio::sync::Semaphore;

use super::address::Address;
use super::classify::Kind;
use super::slot::{Connection, Slot};
use crate::bindings::postgres::Error;
use crate::egress::allowed_hosts::AllowedHosts;
use crate::runtime_config::OutboundPg;

/// Addresses per component; a guest that uses more loses the pools that are unused.
const MOST_POOLS: usize = 16;
const MOST_STATEMENTS: usize = 2048;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection idle for longer is checked before a guest gets it.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);
/// A connection idle for longer is closed.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// The pools of one component.
pub(crate) struct Pools {
    config: OutboundPg,
    pools: Mutex<HashMap<Key, Arc<Pool>>>,
}

/// The connections of one component.
#[derive(Default)]
pub(crate) struct PoolUsage {
    /// Leased to a guest.
    pub(crate) used: usize,
    /// Open, and waiting for a guest.
    pub(crate) idle: usize,
    /// As many as there may be.
    pub(crate) limit: usize,
}

/// Connection string, and the PEM text of a certificate authority.
type Key = (String, Option<String>);

impl Pools {
    pub(crate) fn new(config: &OutboundPg) -> Self {
        Self { config: config.clone(), pools: Mutex::default() }
    }

    /// The pool for `address`, which must be among the allowed hosts. `ca` is a PEM text.
    pub(super) fn get(
        &self,
        address: &str,
        ca: Option<String>,
        allowed: &AllowedHosts,
    ) -> Result<Arc<Pool>, Error> {
        let key = (address.to_owned(), ca);
        let mut pools = self.pools.lock().map_err(|_| Error::Other("the pools are gone".into()))?;
        if let Some(pool) = pools.get(&key) {
            return Ok(pool.clone());
        }
        let parsed = Address::parse(address)
            .map_err(|error| Error::ConnectionFailed(format!("{error:#}")))?;
        if !allowed.allows("postgres", &bracketed(&parsed.host), parsed.port) {
            let port = parsed.port.map(|port| format!(":{port}")).unwrap_or_default();
            tracing::warn!(target: "host::egress", "denied postgres://{}{port}: add it to allowed_outbound_hosts", parsed.host);
            return Err(Error::ConnectionFailed(format!(
                "address postgres://{}{port} is not permitted",
                parsed.host
            )));
        }
        if pools.len() >= MOST_POOLS {
            pools.retain(|_, pool| pool.is_in_use());
        }
        let pool = Arc::new(Pool::new(parsed, key.1.as_deref(), &self.config));
        pools.insert(key, pool.clone());
        Ok(pool)
    }

    /// How many connections there are now, over all addresses.
    pub(crate) fn usage(&self) -> PoolUsage {
        let mut usage = PoolUsage::default();
        let Ok(pools) = self.pools.lock() else { return usage };
        for pool in pools.values() {
            usage.used += pool.size.saturating_sub(pool.places.available_permits());
            usage.idle += pool.idle.lock().map_or(0, |idle| idle.len());
            usage.limit += pool.size;
        }
        usage
    }

    /// Closes connections that were not used for a while.
    pub(crate) fn close_unused(&self) {
        let Ok(pools) = self.pools.lock() else { return };
        for pool in pools.values() {
            if let Ok(mut idle) = pool.idle.lock() {
                idle.retain(|connection| connection.idle_since.elapsed() < LONGEST_IDLE);
            }
        }
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// A statement as the server described it.
pub(super) struct Statement {
    pub(super) sql: Arc<str>,
    pub(super) parameters: Vec<PgTypeInfo>,
    pub(super) kind: Kind,
}

/// The connections to one address.
pub(super) struct Pool {
    options: sqlx::postgres::PgConnectOptions,
    places: Arc<Semaphore>,
    size: usize,
    wait: Duration,
    idle: Mutex<Vec<Connection>>,
    statements: RwLock<HashMap<Arc<str>, Arc<Statement>>>,
}

impl Pool {
    fn new(address: Address, ca: Option<&str>, config: &OutboundPg) -> Self {
        let mut options = address
            .options
            .statement_cache_capacity(config.statement_cache)
            .disable_statement_logging();
        if let Some(pem) = ca {
            options = options.ssl_root_cert_from_pem(pem.as_bytes().to_vec());
        }
        Self {
            options,
            places: Arc::new(Semaphore::new(config.max_connections)),
            size: config.max_connections,
            wait: Duration::from_secs(config.wait_seconds),
            idle: Mutex::default(),
            statements: RwLock::default(),
        }
    }

    fn is_in_use(&self) -> bool {
        self.places.available_permits() < self.size
    }

    /// A connection for one guest, or an error after the configured wait.
    pub(super) async fn lease(self: Arc<Self>) -> Result<Slot, Error> {
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                match tokio::time::timeout(self.wait, self.places.clone().acquire_owned()).await {
                    Ok(Ok(place)) => place,
                    _ => {
                        let text = format!(
                            "all {} connections were in use for {} s",
                            self.size,
                            self.wait.as_secs()
                        );
                        return Err(Error::ConnectionFailed(text));
                    }
                }
            }
        };
        while let Some(mut connection) = self.take_idle() {
            if connection.idle_since.elapsed() < TRUSTED_IDLE || answers(&mut connection.pg).await {
                return Ok(Slot::new(self, connection, place));
            }
        }
        let connection = self.connect().await?;
        Ok(Slot::new(self, connection, place))
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Connection, Error> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(Ok(pg)) => Ok(Connection::new(pg)),
            Ok(Err(error)) => Err(Error::ConnectionFailed(error.to_string())),
            Err(_) => Err(Error::ConnectionFailed("the server did not answer in time".into())),
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().ok()?.pop()
    }

    /// Returns a clean connection to the pool.
    pub(super) fn put_back(&self, mut connection: Connection) {
        connection.idle_since = Instant::now();
        connection.reused = true;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
    }

    /// The cached description of `sql`.
    pub(super) fn known(&self, sql: &str) -> Option<Arc<Statement>> {
        self.statements.read().ok()?.get(sql).cloned()
    }

    pub(super) fn remember(&self, statement: Arc<Statement>) {
        if let Ok(mut statements) = self.statements.write() {
            if statements.len() >= MOST_STATEMENTS {
                statements.clear();
            }
            statements.insert(statement.sql.clone(), statement);
        }
    }

    pub(super) fn forget(&self, sql: &str) {
        if let Ok(mut statements) = self.statements.write() {
            statements.remove(sql);
        }
    }
}

async fn answers(pg: &mut PgConnection) -> bool {
    matches!(tokio::time::timeout(Duration::from_secs(2), pg.ping()).await, Ok(Ok(())))
}
