//! Errors of sqlx in the terms of `spin:postgres`.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::classify::Kind;
use crate::bindings::postgres::{DbError, Error, QueryError};

/// A failed statement.
#[derive(Debug)]
pub(super) struct Failure {
    /// The error for the guest.
    pub(super) error: Error,
    pub(super) code: Option<String>,
    pub(super) lost: bool,
}

impl Failure {
    /// A failure of our own, not of the server.
    pub(super) fn text(message: impl Into<String>) -> Self {
        Self {
            error: Error::QueryFailed(QueryError::Text(message.into())),
            code: None,
            lost: false,
        }
    }

    /// The server ended the connection before it took the statement.
    pub(super) fn refused_by_shutdown(&self) -> bool {
        self.code.as_deref().is_some_and(|code| matches!(code, "57P01" | "57P02" | "57P03"))
    }

    /// The connection is no longer usable.
    pub(super) fn connection_lost(&self) -> bool {
        self.lost || self.refused_by_shutdown()
    }

    /// The prepared statement does not fit the schema any more; preparing it again helps.
    pub(super) fn is_outdated(&self) -> bool {
        matches!(self.code.as_deref(), Some("0A000" | "26000"))
    }

    /// Whether Spin reports it from the call itself. Spin executes after the call has returned, so
    /// most failures of the executor come at the end of the rows instead.
    pub(super) fn is_immediate(&self, kind: Kind) -> bool {
        match self.code.as_deref() {
            None => true,
            Some("42501") => kind.select,
            Some(code) => {
                code.starts_with("42")
                    || matches!(code, "22021" | "22P02" | "22P03" | "25P02" | "26000" | "0A000")
            }
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &error else {
            let lost = !matches!(
                error,
                sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }
            );
            return Self {
                error: Error::QueryFailed(QueryError::Text(error.to_string())),
                code: None,
                lost,
            };
        };
        let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() else {
            return Self::text(database.to_string());
        };
        let code = Some(postgres.code().to_owned());
        let lost = matches!(postgres.severity(), PgSeverity::Fatal | PgSeverity::Panic);
        Self { error: Error::QueryFailed(QueryError::DbError(db_error(postgres))), code, lost }
    }
}

fn db_error(error: &PgDatabaseError) -> DbError {
    let severity = match error.severity() {
        PgSeverity::Panic => "PANIC",
        PgSeverity::Fatal => "FATAL",
        PgSeverity::Error => "ERROR",
        PgSeverity::Warning => "WARNING",
        PgSeverity::Notice => "NOTICE",
        PgSeverity::Debug => "DEBUG",
        PgSeverity::Info => "INFO",
        PgSeverity::Log => "LOG",
    };
    let line = error.line().map(|line| line.to_string());
    let extras = [
        ("column", error.column()),
        ("constraint", error.constraint()),
        ("routine", error.routine()),
        ("hint", error.hint()),
        ("table", error.table()),
        ("datatype", error.data_type()),
        ("schema", error.schema()),
        ("file", error.file()),
        ("line", line.as_deref()),
        ("where_", error.r#where()),
    ];
    DbError {
        as_text: format!("db error: {severity}: {} (SQLSTATE {})", error.message(), error.code()),
        severity: severity.to_owned(),
        code: error.code().to_owned(),
        message: error.message().to_owned(),
        detail: error.detail().map(str::to_owned),
        extras: extras
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect(),
    }
}
