//! A transaction of a request or a job.

use super::{ConnectedDriver, Error, Row, Value};

/// A running transaction.
pub struct Transaction<'a> {
    pub(super) connected: ConnectedDriver<'a>,
    pub(super) open: bool,
}

impl Transaction<'_> {
    /// As [`super::Db::query`].
    ///
    /// # Errors
    /// The error of the database or the driver.
    pub async fn query(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<Vec<Row>, Error> {
        self.connected.query(sql, params).await
    }

    /// As [`super::Db::execute`].
    ///
    /// # Errors
    /// The error of the database or the driver.
    pub async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Value],
    ) -> std::result::Result<u64, Error> {
        self.connected.execute(sql, params).await
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// The error of the database or the driver; then nothing was stored.
    pub async fn commit(mut self) -> std::result::Result<(), Error> {
        self.connected.execute("commit", &[]).await?;
        self.open = false;
        Ok(())
    }

    /// Rolls back and keeps the connection.
    ///
    /// # Errors
    /// The error of the database or the driver; then the connection is closed.
    pub async fn rollback(mut self) -> std::result::Result<(), Error> {
        self.connected.execute("rollback", &[]).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            self.connected.0.take();
        }
    }
}
