//! Postgres: one connection, one set of values, one kind of row, for both drivers.

use std::{pin::pin, sync::OnceLock, time::Duration};

use futures::{
    future::{Either, select},
    lock::{Mutex, MutexGuard},
};
use kernel::id::TenantId;

use crate::adapter::pg as driver;
pub use driver::Source;
pub use error::Error;
pub(crate) use error::is_connection_terminated;
pub use ticket::Ticket;
pub(crate) use ticket::{Entrance, Entrances};
pub use transaction::Transaction;
pub use value::{FromValue, Row, Value};

mod error;
mod ticket;
mod transaction;
mod value;

/// The interface of a driver; private, so that both adapters keep one signature.
pub(crate) trait Connection: Sized {
    async fn open(source: &Source) -> std::result::Result<Self, Error>;
    async fn query(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error>;
    async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error>;
}

/// Below this delay the connection is kept instead of re-acquired.
const SLOW: Duration = Duration::from_millis(50);

/// A connection that opens at first use, works for one tenant, and can be released.
pub struct Db {
    source: Source,
    tenant: Option<TenantId>,
    /// How a connection enters the tenant.
    entrance: Entrance,
    /// The origin of the request, for the audit log.
    from: String,
    /// The ticket of the first connection; later connections enter with it.
    ticket: OnceLock<Ticket>,
    connection: Mutex<Option<driver::Driver>>,
}

impl Db {
    /// No connection is opened yet. Without a tenant no row of a tenant table is visible; with one,
    /// an entrance that an earlier look-up on the same source found is used ([`Ticket`]).
    #[must_use]
    pub fn new(source: Source, tenant: Option<TenantId>) -> Self {
        let (from, ticket, connection) = (String::new(), OnceLock::new(), Mutex::new(None));
        Self { source, tenant, entrance: Entrance::Found, from, ticket, connection }
    }

    /// The same through another entrance; `from` is the origin for the audit log.
    #[must_use]
    pub(crate) fn through(mut self, entrance: Entrance, from: String) -> Self {
        (self.entrance, self.from) = (entrance, from);
        self
    }

    /// The same with the caller's ticket.
    #[must_use]
    pub fn with_ticket(mut self, ticket: Ticket) -> Self {
        self.ticket = ticket.into();
        self
    }

    /// For the same tenant and actor, with its own connection, not opened yet.
    #[must_use]
    pub(crate) fn with_own_connection(&self) -> Self {
        let Self { source, tenant, entrance, from, ticket, connection: _ } = self;
        let (source, from, ticket) = (source.clone(), from.clone(), ticket.clone());
        Self {
            source,
            tenant: *tenant,
            entrance: *entrance,
            from,
            ticket,
            connection: Mutex::new(None),
        }
    }

    /// The tenant whose rows are visible.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// The tenant's namespace in Redis keys, once a connection has entered with a credential or as
    /// the worker.
    #[must_use]
    pub fn redis_namespace(&self) -> Option<&str> {
        self.ticket.get().and_then(Ticket::redis_namespace)
    }

    /// Opens a connection with a statement that checks a credential, sets the ticket, and returns
    /// one row, or none (`open_request`). The columns `ticket` and `redis_namespace` are read from
    /// the row.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn open_with(
        &mut self,
        tenant: TenantId,
        from: String,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Option<Row>, Error> {
        let mut connection = driver::Driver::open(&self.source).await?;
        let row = connection.query(sql, params).await?.into_iter().next();
        self.tenant = Some(tenant);
        self.from = from;
        self.ticket = row.as_ref().and_then(Ticket::read).map_or_else(OnceLock::new, Into::into);
        self.connection = Mutex::new(Some(connection));
        Ok(row)
    }

    /// Opens a connection now, so that the values of the ticket are known.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn enter(&self) -> std::result::Result<(), Error> {
        self.open().await.map(drop)
    }

    async fn open(&self) -> std::result::Result<ConnectedDriver<'_>, Error> {
        let mut guard = self.connection.lock().await;
        if guard.is_none() {
            let mut connection = driver::Driver::open(&self.source).await?;
            if let Some(tenant) = self.tenant {
                self.let_in(&mut connection, tenant).await?;
            }
            *guard = Some(connection);
        }
        Ok(ConnectedDriver(guard))
    }

    /// Sets the connection's tenant and actor in the database, in one statement.
    async fn let_in(
        &self,
        connection: &mut driver::Driver,
        tenant: TenantId,
    ) -> std::result::Result<(), Error> {
        let from = self.from.as_str().into();
        let row = match self.entrance {
            Entrance::Worker => {
                let sql = "select ticket, redis_namespace from tenancy.enter_worker($1, $2)";
                connection.query(sql, &[tenant.into(), from]).await?
            }
            Entrance::Found => {
                let known =
                    self.ticket.get().cloned().or_else(|| self.source.entrances().of(tenant));
                let Some(ticket) = known else {
                    return Err(Error::of(
                        "no ticket for the tenant: nothing has let this connection in",
                    ));
                };
                let sql = "select set_config('app.ticket', $1::text, false), set_config('app.from', $2::text, false)";
                connection.query(sql, &[ticket.text().into(), from]).await?;
                Vec::new()
            }
        };
        if let Some(ticket) = row.first().and_then(Ticket::read) {
            let _ = self.ticket.set(ticket);
        }
        Ok(())
    }

    /// Runs a statement and reads all its rows.
    ///
    /// # Errors
    /// The error of the database or the driver.
    pub async fn query(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error> {
        let rows = self.open().await?.query(sql, params).await?;
        if self.tenant.is_none() {
            self.source.entrances().keep(&rows);
        }
        Ok(rows)
    }

    /// The first row; None if there is none.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn optional(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Option<Row>, Error> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`Db::query`], and if no row came.
    pub async fn one(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Row, Error> {
        self.optional(sql, params).await?.ok_or_else(|| Error::of("expected one row, got none"))
    }

    /// Runs a statement; returns how many rows it affected.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn execute(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        self.open().await?.execute(sql, params).await
    }

    /// As [`Db::execute`], for a statement that deletes very much at once (a space with all its
    /// chunks): its timeout is half an hour, where other statements of a component have seconds. It
    /// continues if the request is given up.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn execute_at_length(
        &self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        let mut connected = self.open().await?;
        connected.query("select set_config('statement_timeout', '30min', false)", &[]).await?;
        let done = connected.execute(sql, params).await;
        let as_before = "select set_config(name, reset_val, false) from pg_settings where name = 'statement_timeout'";
        if connected.0.is_some() && connected.query(as_before, &[]).await.is_err() {
            connected.0.take();
        }
        done
    }

    /// Releases the connection (a model is about to stream for a minute); the next statement opens
    /// one again.
    pub async fn release(&self) {
        self.connection.lock().await.take();
    }

    /// Waits for a client to send or to read, and releases the connection if that takes long: the
    /// pool is shared, and a client may be slow.
    pub async fn released_while<T>(&self, waiting: impl Future<Output = T>) -> T {
        match select(pin!(waiting), pin!(crate::task::sleep(SLOW))).await {
            Either::Left((done, _)) => done,
            Either::Right(((), waiting)) => {
                self.release().await;
                waiting.await
            }
        }
    }

    /// Begins a transaction: other users of this `Db` wait until it has ended. Dropping it without
    /// [`Transaction::commit`] closes the connection, which rolls back all changes.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub async fn begin(&self) -> std::result::Result<Transaction<'_>, Error> {
        let mut connected = self.open().await?;
        connected.execute("begin", &[]).await?;
        Ok(Transaction { connected, open: true })
    }
}

struct ConnectedDriver<'a>(MutexGuard<'a, Option<driver::Driver>>);

impl ConnectedDriver<'_> {
    fn driver(&mut self) -> std::result::Result<&mut driver::Driver, Error> {
        let closed = || Error {
            unavailable: true,
            sqlstate: None,
            message: "the connection is closed".to_owned(),
        };
        self.0.as_mut().ok_or_else(closed)
    }

    async fn query(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error> {
        let out = self.driver()?.query(sql, params).await;
        self.drop_if_broken(out)
    }

    async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        let out = self.driver()?.execute(sql, params).await;
        self.drop_if_broken(out)
    }

    /// After a broken connection the next statement opens a new one.
    fn drop_if_broken<T>(
        &mut self,
        out: std::result::Result<T, Error>,
    ) -> std::result::Result<T, Error> {
        if out.as_ref().is_err_and(|e| e.unavailable) {
            self.0.take();
        }
        out
    }
}

/// The parameters of a list statement: one item more than asked for, and the cursor's time and id
/// (null at the beginning). The statement says `where before_cursor(created_at, id, $2, $3) order
/// by created_at desc, id desc limit $1`.
#[must_use]
pub fn page_params(request: kernel::PageRequest) -> [Value; 3] {
    [
        Value::I64(request.limit + 1),
        request.after.map(|cursor| cursor.at).into(),
        request.after.map(|cursor| cursor.id).into(),
    ]
}
