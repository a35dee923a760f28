//! Connection pools: one for each component, address and certificate. All take their connections
//! from one budget.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::postgres::{PgConnection, PgTypeInfo};
use sqlx::{ConnectOptions, Connection as _};
use tls::Authorities;
use tokio::sync::Semaphore;
use tokio::time::{timeout, timeout_at};

use super::address::Address;
use super::budget::{
    Budget, BudgetGrant, BudgetUsage, ConnectionPermit, PoolNumber, PooledConnection, Request,
};
use super::classify::Kind;
use super::server::{Server, Servers};
use super::slot::{Connection, Slot};
use crate::admission::ComponentNumber;
use crate::bindings::postgres::Error;
use crate::egress::allowed_hosts::AllowedHosts;
use crate::runtime_config::OutboundPg;

/// Addresses per component; a guest that uses more loses the pools that are unused.
const MOST_POOLS: usize = 16;
const MOST_STATEMENTS: usize = 2048;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that did not say goodbye by then is closed without.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection idle for longer is checked before a guest gets it.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);
/// A connection idle for longer is closed.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// What the pools of all components share.
pub(crate) struct PoolSet {
    config: OutboundPg,
    authorities: Authorities,
    budget: Arc<Budget<Connection>>,
    servers: Servers,
}

impl PoolSet {
    pub(crate) fn new(config: &OutboundPg) -> Result<Arc<Self>> {
        let authorities = Authorities::new(tls::PG_CA, config.ca_file.clone());
        authorities.check()?;
        let budget = Budget::new(config.budget, close_later);
        let (config, servers) = (config.clone(), Servers::default());
        Ok(Arc::new(Self { config, authorities, budget, servers }))
    }

    /// The budget of this process.
    pub(crate) fn usage(&self) -> BudgetUsage {
        self.budget.usage()
    }
}

/// The pools of one component.
pub(crate) struct Pools {
    set: Arc<PoolSet>,
    component: ComponentNumber,
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
    /// Reserves the guaranteed connections of `component`, if it may reach Postgres at all.
    pub(crate) fn new(
        set: &Arc<PoolSet>,
        component: ComponentNumber,
        allowed: &AllowedHosts,
    ) -> Result<Self> {
        if allowed.names_scheme("postgres") {
            set.budget.guarantee(component, set.config.minimum)?;
        }
        Ok(Self { set: set.clone(), component, pools: Mutex::default() })
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
        let pool = Arc::new(Pool::new(parsed, key.1.as_deref(), &self.set, self.component));
        pools.insert(key, pool.clone());
        Ok(pool)
    }

    /// How many connections there are now, over all addresses.
    pub(crate) fn usage(&self) -> PoolUsage {
        let pools = self.pools.lock().map_or(0, |pools| pools.len());
        let own = self.set.budget.usage_of(self.component);
        PoolUsage {
            used: own.places - own.idle,
            idle: own.idle,
            limit: own.limit.min(self.set.config.max_connections.saturating_mul(pools)),
        }
    }

    /// How many connections were closed since the last call because others waited.
    pub(crate) fn take_given_up(&self) -> u64 {
        self.set.budget.take_given_up(self.component)
    }

    /// Closes connections that were not used for a while.
    pub(crate) fn close_unused(&self) {
        self.set.budget.close_unused(self.component, LONGEST_IDLE);
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
    authorities: Authorities,
    number: PoolNumber,
    component: ComponentNumber,
    budget: Arc<Budget<Connection>>,
    server: Arc<Server>,
    permits: Arc<Semaphore>,
    size: usize,
    wait: Duration,
    statements: RwLock<HashMap<Arc<str>, Arc<Statement>>>,
}

impl Pool {
    fn new(address: Address, ca: Option<&str>, set: &PoolSet, component: ComponentNumber) -> Self {
        let config = &set.config;
        let server = set.servers.get(&address);
        let mut options = address
            .options
            .statement_cache_capacity(config.statement_cache)
            .disable_statement_logging();
        if let Some(pem) = ca {
            options = options.ssl_root_cert_from_pem(pem.as_bytes().to_vec());
        } else if let Some(file) = set.authorities.file() {
            options = options.ssl_root_cert(file);
        }
        Self {
            options,
            authorities: set.authorities.clone(),
            number: set.budget.pool(),
            component,
            budget: set.budget.clone(),
            server,
            permits: Arc::new(Semaphore::new(config.max_connections)),
            size: config.max_connections,
            wait: Duration::from_secs(config.wait_seconds),
            statements: RwLock::default(),
        }
    }

    fn is_in_use(&self) -> bool {
        self.permits.available_permits() < self.size
    }

    /// A connection for one guest, or an error after the configured wait.
    pub(super) async fn lease(self: Arc<Self>) -> Result<Slot, Error> {
        self.server.checked(&self).await?;
        let deadline = tokio::time::Instant::now() + self.wait;
        let permit = timeout_at(deadline, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| self.waited_for(self.size))?.map_err(|_| stopped())?;
        let granted = match self.budget.request(self.component, self.number) {
            Request::Granted(granted) => granted,
            Request::Waits(waiting) => {
                let granted = timeout_at(deadline, waiting).await;
                let all = |_| self.waited_for(self.budget.usage().limit);
                granted.map_err(all)?.ok_or_else(stopped)?
            }
        };
        let place = match granted {
            BudgetGrant::Permit(place) => place,
            BudgetGrant::Connection(PooledConnection { mut connection, place }) => {
                if connection.idle_since.elapsed() < TRUSTED_IDLE
                    || answers(&mut connection.pg).await
                {
                    return Ok(Slot::new(self, PooledConnection { connection, place }, permit));
                }
                place
            }
        };
        let held = self.connect(place).await?;
        Ok(Slot::new(self, held, permit))
    }

    fn waited_for(&self, connections: usize) -> Error {
        let seconds = self.wait.as_secs();
        Error::ConnectionFailed(format!(
            "all {connections} connections were in use for {seconds} s"
        ))
    }

    /// A place beside the permits, for the check of the server.
    pub(super) fn place_now(&self) -> Option<ConnectionPermit<Connection>> {
        match self.budget.request(self.component, self.number) {
            Request::Granted(BudgetGrant::Permit(place)) => Some(place),
            Request::Granted(BudgetGrant::Connection(held)) => {
                self.budget.put_back(self.number, held);
                None
            }
            Request::Waits(_) => None,
        }
    }

    /// A new connection.
    pub(super) async fn connect(
        &self,
        place: ConnectionPermit<Connection>,
    ) -> Result<PooledConnection<Connection>, Error> {
        match timeout(CONNECT_TIMEOUT, self.options.connect()).await {
            Ok(Ok(pg)) => Ok(PooledConnection { connection: Connection::new(pg), place }),
            Ok(Err(error)) => {
                let refused = tls::explain(&error, self.options.get_host(), &self.authorities);
                if let Some(reason) = &refused {
                    tracing::warn!(target: "host::postgres", "no connection to Postgres: {reason}");
                }
                Err(Error::ConnectionFailed(refused.unwrap_or_else(|| error.to_string())))
            }
            Err(_) => Err(Error::ConnectionFailed("the server did not answer in time".into())),
        }
    }

    /// Returns a clean connection to the pool.
    pub(super) fn put_back(&self, mut held: PooledConnection<Connection>) {
        held.connection.idle_since = Instant::now();
        held.connection.reused = true;
        self.budget.put_back(self.number, held);
    }

    /// The budget of this process.
    pub(super) fn budget(&self) -> BudgetUsage {
        self.budget.usage()
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

fn stopped() -> Error {
    Error::ConnectionFailed("the host stops".into())
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.budget.close_pool(self.component, self.number);
    }
}

/// Tells the server before the socket is closed, off the request's path; then gives the place back.
pub(super) fn close_later(held: PooledConnection<Connection>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        let PooledConnection { connection, place } = held;
        let _ = timeout(CLOSE_TIMEOUT, connection.pg.close()).await;
        drop(place);
    });
}

async fn answers(pg: &mut PgConnection) -> bool {
    matches!(timeout(Duration::from_secs(2), pg.ping()).await, Ok(Ok(())))
}
