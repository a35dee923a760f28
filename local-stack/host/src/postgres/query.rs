//! Runs statements: prepare, bind to the inferred types, stream the rows.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{AssertSqlSafe, Either, Executor, SqlSafeStr, Statement as _};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};

use super::classify;
use super::decode;
use super::encode::{self, Refusal};
use super::failure::Failure;
use super::pool::Statement;
use super::slot::Slot;
use crate::bindings::postgres::{Column, Error, ParameterValue, Row};

/// Beyond this many rows, the server waits for a guest that does not keep up.
const ROWS_AHEAD: usize = 64;

/// A connection shared by concurrent calls of a guest; they take turns.
pub(super) type SharedSlot = Arc<Mutex<Slot>>;

/// The rows of a running or finished query.
pub(super) struct Rows {
    pub(super) columns: Vec<Column>,
    pub(super) rows: mpsc::Receiver<Row>,
    pub(super) end: End,
}

/// How a query ended, or will.
pub(super) enum End {
    Now(Result<(), Error>),
    Later(oneshot::Receiver<Result<(), Error>>),
}

/// A statement that the server knows, with its parameters.
struct BoundStatement {
    statement: Arc<Statement>,
    arguments: PgArguments,
}

/// Runs `sql`; returns the number of affected rows.
pub(super) async fn execute(
    slot: SharedSlot,
    sql: String,
    parameters: Vec<ParameterValue>,
) -> Result<u64, Error> {
    let mut slot = slot.lock_owned().await;
    let mut retried = false;
    loop {
        let unused = slot.is_unused();
        let run = async {
            let BoundStatement { statement, arguments } =
                prepare(&mut slot, &sql, &parameters, Error::ValueConversionFailed).await?;
            slot.begin(statement.kind);
            let query = sqlx::query_with(AssertSqlSafe(statement.sql.clone()), arguments);
            let done = slot.pg()?.execute(query).await?;
            Ok::<_, Failure>(done.rows_affected())
        };
        match run.await {
            Ok(count) => {
                slot.end();
                return Ok(count);
            }
            Err(failure) => {
                let again = !retried && recover(&mut slot, &failure, unused, &sql).await;
                if !again {
                    return Err(failure.error);
                }
                retried = true;
            }
        }
    }
}

/// Runs `sql` for its rows. Returns when the first row or the end has arrived.
pub(super) async fn query(
    slot: SharedSlot,
    sql: String,
    parameters: Vec<ParameterValue>,
) -> Result<Rows, Error> {
    let mut slot = slot.lock_owned().await;
    let mut retried = false;
    loop {
        let unused = slot.is_unused();
        let failure = match prepare(&mut slot, &sql, &parameters, Error::BadParameter).await {
            Err(failure) => failure,
            Ok(ready) => {
                let kind = ready.statement.kind;
                slot.begin(kind);
                match start(slot, ready).await {
                    QueryStart::Running(rows) => return Ok(rows),
                    QueryStart::Done(_, rows, Ok(())) => return Ok(rows),
                    QueryStart::Done(back, rows, Err(failure)) => {
                        slot = back;
                        // A row that cannot be converted, or a failure of the executor, is reported
                        // at the end of the rows.
                        let late = !rows.columns.is_empty() || !failure.is_immediate(kind);
                        if late && !failure.connection_lost() && !failure.is_outdated() {
                            return Ok(Rows { end: End::Now(Err(failure.error)), ..rows });
                        }
                        failure
                    }
                }
            }
        };
        let again = !retried && recover(&mut slot, &failure, unused, &sql).await;
        if !again {
            return Err(failure.error);
        }
        retried = true;
    }
}

/// After a failure: brings the connection into a known state; returns whether `sql` may safely run
/// once more.
async fn recover(slot: &mut Slot, failure: &Failure, unused: bool, sql: &str) -> bool {
    if failure.connection_lost() {
        // The server closed the connection while it was in the pool: nothing ran. A write that
        // failed without a reply of the server may have run, so it is not repeated.
        let nothing_ran = failure.refused_by_shutdown() || classify::kind(sql).select;
        if unused && nothing_ran && slot.reconnect().await.is_ok() {
            return true;
        }
        slot.lose();
        return false;
    }
    slot.end();
    if failure.is_outdated() && slot.is_outside_transaction() {
        slot.pool().forget(sql);
        slot.forget_statements().await;
        return true;
    }
    false
}

async fn prepare(
    slot: &mut Slot,
    sql: &str,
    parameters: &[ParameterValue],
    malformed: impl Fn(String) -> Error,
) -> Result<BoundStatement, Failure> {
    let statement = match slot.pool().known(sql) {
        Some(statement) => statement,
        None => {
            let kind = classify::kind(sql);
            let text: Arc<str> = sql.into();
            let prepared = slot.pg()?.prepare(AssertSqlSafe(text.clone()).into_sql_str()).await?;
            let parameters = match prepared.parameters() {
                Some(Either::Left(types)) => types.to_vec(),
                _ => Vec::new(),
            };
            let statement = Arc::new(Statement { sql: text, parameters, kind });
            slot.pool().remember(statement.clone());
            statement
        }
    };
    let arguments =
        encode::arguments(&statement.parameters, parameters).map_err(|refusal| match refusal {
            Refusal::Malformed(text) => Failure { error: malformed(text), ..Failure::text("") },
            Refusal::Mismatch(text) => Failure::text(text),
        })?;
    Ok(BoundStatement { statement, arguments })
}

enum QueryStart {
    Running(Rows),
    Done(OwnedMutexGuard<Slot>, Rows, Result<(), Failure>),
}

type QueryOutcome = (OwnedMutexGuard<Slot>, Result<(), Failure>);

/// Runs a query in place while it produces no rows; small results never leave this task.
async fn start(slot: OwnedMutexGuard<Slot>, ready: BoundStatement) -> QueryStart {
    let (row_sender, rows) = mpsc::channel(ROWS_AHEAD);
    let (column_sender, mut columns) = oneshot::channel();
    let mut driving: Pin<Box<dyn Future<Output = QueryOutcome> + Send>> =
        Box::pin(drive(slot, ready, column_sender, row_sender));
    let first = poll_fn(|cx| match driving.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Either::Left(done)),
        Poll::Pending => match columns.try_recv() {
            Ok(columns) => Poll::Ready(Either::Right(columns)),
            Err(_) => Poll::Pending,
        },
    });
    match first.await {
        Either::Left((slot, result)) => {
            let columns = columns.try_recv().unwrap_or_default();
            QueryStart::Done(slot, Rows { columns, rows, end: End::Now(Ok(())) }, result)
        }
        Either::Right(columns) => {
            let (end_sender, end) = oneshot::channel();
            tokio::spawn(async move {
                let (mut slot, result) = driving.await;
                if result.as_ref().is_err_and(Failure::connection_lost) {
                    slot.lose();
                }
                drop(slot);
                let _ = end_sender.send(result.map_err(|failure| failure.error));
            });
            QueryStart::Running(Rows { columns, rows, end: End::Later(end) })
        }
    }
}

/// Sends the rows of a query to `rows` until the end, a failure, or the guest drops the receiver.
async fn drive(
    mut slot: OwnedMutexGuard<Slot>,
    BoundStatement { statement, arguments }: BoundStatement,
    columns: oneshot::Sender<Vec<Column>>,
    rows: mpsc::Sender<Row>,
) -> QueryOutcome {
    let result = feed(&mut slot, statement, arguments, columns, &rows).await;
    let finished = match result {
        Ok(finished) => {
            if finished {
                slot.end();
            }
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    (slot, finished)
}

/// Whether the server reached the end.
async fn feed(
    slot: &mut Slot,
    statement: Arc<Statement>,
    arguments: PgArguments,
    columns: oneshot::Sender<Vec<Column>>,
    rows: &mpsc::Sender<Row>,
) -> Result<bool, Failure> {
    let mut columns = Some(columns);
    let query = sqlx::query_with(AssertSqlSafe(statement.sql.clone()), arguments);
    let mut stream =
        slot.pg()?.fetch_many(query).try_filter_map(|item| async move { Ok(item.right()) }).boxed();
    loop {
        let next = tokio::select! {
            biased;
            next = stream.next() => next,
            () = rows.closed() => return Ok(false),
        };
        let Some(row) = next else { return Ok(true) };
        let row: PgRow = row?;
        if let Some(columns) = columns.take() {
            let _ = columns.send(decode::columns(&row));
        }
        let decoded = decode::row(&row).map_err(Failure::text)?;
        if rows.send(decoded).await.is_err() {
            return Ok(false);
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, ..Self::text("") }
    }
}
