//! A connection of a guest, and its cleanup on return to the pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor};
use tokio::sync::OwnedSemaphorePermit;

use super::budget::PooledConnection;
use super::classify::Kind;
use super::pool::Pool;
use crate::bindings::postgres::Error;

/// Resets settings only; any statement that is not plain needs the long form.
const RESET: &str = "RESET ALL";
const CLEAN: &str = "ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";
/// A connection that is not clean by then is closed.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(5);

/// A physical connection.
pub(super) struct Connection {
    pub(super) pg: PgConnection,
    pub(super) idle_since: Instant,
    /// It has been in the pool before, so the server may have closed it unseen.
    pub(super) reused: bool,
}

impl Connection {
    pub(super) fn new(pg: PgConnection) -> Self {
        Self { pg, idle_since: Instant::now(), reused: false }
    }
}

/// The changes on a connection since it was leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SessionChange {
    Nothing,
    Settings,
    Anything,
    Lost,
}

/// A leased connection. Dropping it returns it to the pool.
pub(super) struct Slot {
    pool: Arc<Pool>,
    held: Option<PooledConnection<Connection>>,
    permit: Option<OwnedSemaphorePermit>,
    change: SessionChange,
    /// A statement is running, or its rows were not read to the end.
    busy: bool,
}

impl Slot {
    pub(super) fn new(
        pool: Arc<Pool>,
        held: PooledConnection<Connection>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            pool,
            held: Some(held),
            permit: Some(permit),
            change: SessionChange::Nothing,
            busy: false,
        }
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The connection; an error if it was lost before.
    pub(super) fn pg(&mut self) -> Result<&mut PgConnection, Error> {
        let lost = || Error::ConnectionFailed("the connection was lost: open another".into());
        self.held.as_mut().map(|held| &mut held.connection.pg).ok_or_else(lost)
    }

    /// Must be called before a statement is sent.
    pub(super) fn begin(&mut self, kind: Kind) {
        self.change = self.change.max(if kind.plain {
            SessionChange::Settings
        } else {
            SessionChange::Anything
        });
        self.busy = true;
    }

    /// Must be called when the server is ready again.
    pub(super) fn end(&mut self) {
        self.busy = false;
    }

    /// Must be called when the connection broke.
    pub(super) fn lose(&mut self) {
        self.change = SessionChange::Lost;
        self.held = None;
    }

    /// Only plain statements ran, so none depends on a transaction that a new connection would not
    /// have.
    pub(super) fn is_outside_transaction(&self) -> bool {
        self.change < SessionChange::Anything
    }

    /// Nothing was sent yet on a connection from the pool.
    pub(super) fn is_unused(&self) -> bool {
        self.change == SessionChange::Nothing
            && self.held.as_ref().is_some_and(|held| held.connection.reused)
    }

    /// Replaces a connection that the server has closed while it was in the pool.
    pub(super) async fn reconnect(&mut self) -> Result<(), Error> {
        let lost = || Error::ConnectionFailed("the connection was lost: open another".into());
        let PooledConnection { connection, place } = self.held.take().ok_or_else(lost)?;
        drop(connection);
        self.held = Some(self.pool.connect(place).await?);
        self.change = SessionChange::Nothing;
        self.busy = false;
        Ok(())
    }

    /// Makes the server prepare all statements again.
    pub(super) async fn forget_statements(&mut self) {
        if let Some(held) = &mut self.held {
            let _ = held.connection.pg.clear_cached_statements().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        match self.change {
            SessionChange::Nothing => self.pool.put_back(held),
            SessionChange::Settings if !self.busy => {
                // Sent but not waited for: the reply is read before the next statement on this
                // connection. `unconstrained`, because a task without budget would not even send
                // it.
                let sent =
                    tokio::task::unconstrained(held.connection.pg.execute(RESET)).now_or_never();
                if !matches!(sent, Some(Err(_))) {
                    self.pool.put_back(held);
                }
            }
            SessionChange::Settings | SessionChange::Anything => self.clean_later(held),
            SessionChange::Lost => {}
        }
    }
}

impl Slot {
    /// Off the request's path. The permit of the pool is held until the connection is clean or
    /// closed.
    fn clean_later(&mut self, mut held: PooledConnection<Connection>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (pool, permit) = (self.pool.clone(), self.permit.take());
        runtime.spawn(async move {
            match tokio::time::timeout(CLEAN_TIMEOUT, held.connection.pg.execute(CLEAN)).await {
                Ok(Ok(_)) => pool.put_back(held),
                Ok(Err(error)) => tracing::warn!(target: "host::postgres", %error, "closed a connection that could not be cleaned"),
                Err(_) => tracing::warn!(target: "host::postgres", "closed a connection whose statement went on after its guest"),
            }
            drop(permit);
        });
    }
}
