//! What a server is asked before a guest gets the first connection to it: whether it can carry the
//! budget, and whether a pooler in front of it passes connections on between transactions.
//!
//! Components set their credentials for a session, outside of transactions. A pooler that gives the
//! session to another client after each transaction (PgBouncer's `pool_mode = transaction`) would
//! run a statement with the credentials of another request. So such a server is refused. Two
//! connections that are open at the same time show it:
//!
//! ```text
//! one ── pid 71 ─────────────────────────────────────> pid 71 again ──> sessions of their own
//! two ──────────── begin ── pid 72 ───────────────────────────────────> (after a few rounds)
//!                              └─ pid 71: `two` has the session of `one` ──> refused
//!                                                  pid 73: `one` lost its ──> refused
//! ```
//!
//! A pooler gives out the session that was used last, so one round shows it, unless other clients
//! take it in between; hence several.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};
use tokio::time::timeout;

use super::address::Address;
use super::pool::{Pool, close_later};
use crate::bindings::postgres::Error;

/// How long the questions to a server may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that was refused, or did not answer, is asked again after this time: it may have been
/// set up correctly.
const ASKED_AGAIN: Duration = Duration::from_secs(15);
const ROUNDS: usize = 4;

/// What clients may open, and what is open now.
const CAPACITY: &str = "select current_setting('max_connections')::int8 \
    - current_setting('superuser_reserved_connections')::int8 \
    - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int8, \
    (select sum(numbackends)::int8 from pg_stat_database)";

const TRANSACTION_POOLING: &str = "a pooler in front of Postgres passes connections on between \
    transactions, so statements would run with the rights of other requests: set its pool_mode \
    to session, or connect to Postgres itself";

/// The servers in use, by host, port and database. Those of pools that are gone are forgotten.
#[derive(Default)]
pub(super) struct Servers(Mutex<HashMap<(String, u16, String), Weak<Server>>>);

/// One server, as its clients see it.
#[derive(Default)]
pub(super) struct Server {
    fit: OnceLock<()>,
    check: Mutex<Option<Check>>,
}

#[derive(Clone)]
struct Check {
    begun: Instant,
    verdict: Shared<BoxFuture<'static, Verdict>>,
}

#[derive(Clone)]
enum Verdict {
    Fit,
    TransactionPooling,
    Unreachable(String),
    /// The server is used unchecked for a while.
    Unknown,
}

impl Servers {
    pub(super) fn get(&self, address: &Address) -> Arc<Server> {
        let database = address.options.get_database().unwrap_or_default().to_owned();
        let key = (address.host.clone(), address.port.unwrap_or(5432), database);
        let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|_, server| server.strong_count() > 0);
        if let Some(server) = servers.get(&key).and_then(Weak::upgrade) {
            return server;
        }
        let server = Arc::new(Server::default());
        servers.insert(key, Arc::downgrade(&server));
        server
    }
}

impl Server {
    /// Asks the server on the first call; concurrent calls wait for the same check.
    pub(super) async fn checked(&self, pool: &Arc<Pool>) -> Result<(), Error> {
        if self.fit.get().is_some() {
            return Ok(());
        }
        let check = {
            let mut check = self.check.lock().unwrap_or_else(PoisonError::into_inner);
            let outdated = |it: &Check| match it.verdict.peek() {
                None | Some(Verdict::Fit) => false,
                Some(Verdict::TransactionPooling | Verdict::Unknown) => {
                    it.begun.elapsed() > ASKED_AGAIN
                }
                Some(Verdict::Unreachable(_)) => true,
            };
            if check.as_ref().is_none_or(outdated) {
                *check = Some(Check::begin(pool.clone()));
            }
            check.clone()
        };
        let Some(Check { verdict, .. }) = check else { return Ok(()) };
        match verdict.await {
            Verdict::Fit => {
                let _ = self.fit.set(());
                Ok(())
            }
            Verdict::Unknown => Ok(()),
            Verdict::TransactionPooling => {
                Err(Error::ConnectionFailed(TRANSACTION_POOLING.to_owned()))
            }
            Verdict::Unreachable(error) => Err(Error::ConnectionFailed(error)),
        }
    }
}

impl Check {
    /// A task of its own: a request that is dropped does not stop it for the others.
    fn begin(pool: Arc<Pool>) -> Self {
        let task = tokio::spawn(async move { judge(&pool).await });
        let verdict = task.map(|ended| ended.unwrap_or(Verdict::Unknown)).boxed().shared();
        Self { begun: Instant::now(), verdict }
    }
}

async fn judge(pool: &Arc<Pool>) -> Verdict {
    let Some(place) = pool.place_now() else { return Verdict::Unknown };
    let mut one = match pool.connect(place).await {
        Ok(held) => held,
        Err(Error::ConnectionFailed(error)) => return Verdict::Unreachable(error),
        Err(_) => return Verdict::Unknown,
    };
    let Some(place) = pool.place_now() else {
        close_later(one);
        return Verdict::Unknown;
    };
    let Ok(mut two) = pool.connect(place).await else {
        close_later(one);
        return Verdict::Unknown;
    };
    let questions = async {
        warn_of_budget(pool, &mut one.connection.pg).await;
        are_shared(&mut one.connection.pg, &mut two.connection.pg).await
    };
    let shared = timeout(CHECK_TIMEOUT, questions).await;
    close_later(two);
    match shared {
        Ok(Ok(false)) => {
            pool.put_back(one);
            Verdict::Fit
        }
        Ok(Ok(true)) => {
            tracing::error!(target: "host::postgres", "no component gets a connection: {TRANSACTION_POOLING}");
            close_later(one);
            Verdict::TransactionPooling
        }
        Ok(Err(error)) => {
            tracing::warn!(target: "host::postgres", %error, "could not tell whether a pooler passes connections on between transactions");
            close_later(one);
            Verdict::Unknown
        }
        Err(_) => Verdict::Unknown,
    }
}

/// Whether two open connections use one session of the server, or one of them several.
async fn are_shared(one: &mut PgConnection, two: &mut PgConnection) -> sqlx::Result<bool> {
    for _ in 0..ROUNDS {
        let first = session(one).await?;
        // What refuses a transaction passes connections on after each statement.
        match two.execute(sqlx::raw_sql("begin")).await {
            Err(sqlx::Error::Database(_)) => return Ok(true),
            begun => begun?,
        };
        let held = session(two).await?;
        if held == first || session(one).await? != first {
            return Ok(true);
        }
        two.execute(sqlx::raw_sql("rollback")).await?;
        std::mem::swap(one, two);
    }
    Ok(false)
}

/// By the simple protocol: poolers may lose prepared statements.
async fn session(pg: &mut PgConnection) -> sqlx::Result<i32> {
    pg.fetch_one(sqlx::raw_sql("select pg_backend_pid()")).await?.try_get(0)
}

async fn warn_of_budget(pool: &Pool, pg: &mut PgConnection) {
    let Ok(row) = pg.fetch_one(sqlx::raw_sql(CAPACITY)).await else { return };
    let (Ok(allowed), Ok(open)) = (row.try_get::<i64, _>(0), row.try_get::<i64, _>(1)) else {
        return;
    };
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let budget = pool.budget();
    let others = open.saturating_sub(count(budget.used)).max(0);
    if let Some(advice) = advice(count(budget.limit), allowed, others) {
        tracing::warn!(target: "host::postgres", "{advice}");
    }
}

/// What to do if the server does not allow as many connections as this host may open beside others.
fn advice(budget: i64, allowed: i64, others: i64) -> Option<String> {
    let left = allowed.saturating_sub(others).max(0);
    (budget > left).then(|| {
        format!(
            "this host may open {budget} connections, but Postgres allows {allowed}, of which \
             others have {others}: set TESSERA_PG_BUDGET ([outbound_pg] budget) to {left} or \
             less, or raise max_connections of Postgres"
        )
    })
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
