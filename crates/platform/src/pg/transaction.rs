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
    /// What the database or the driver said.
    pub async fn query(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<Vec<Row>, Error> {
        self.connected.query(sql, params).await
    }

    /// As [`super::Db::execute`].
    ///
    /// # Errors
    /// What the database or the driver said.
    pub async fn execute(&mut self, sql: &'static str, params: &[Value]) -> std::result::Result<u64, Error> {
        self.connected.execute(sql, params).await
    }

    /// Makes it permanent.
    ///
    /// # Errors
    /// What the database or the driver said; nothing was kept then.
    pub async fn commit(mut self) -> std::result::Result<(), Error> {
        self.connected.execute("commit", &[]).await?;
        self.open = false;
        Ok(())
    }

    /// Undoes it and keeps the connection.
    ///
    /// # Errors
    /// What the database or the driver said; the connection is given up then.
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
