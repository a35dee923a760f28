//! Brings a database up to date: numbered files once, repeatable files when they change.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Connection as _, PgConnection};

use crate::PostgresServer;
use crate::grants;
use crate::repeatable::Repeatables;
use crate::roles::Passwords;

/// The advisory lock of a migrating process. The number is arbitrary, but every process must use
/// the same.
const MIGRATE_LOCK: i64 = 0x0074_6573_736d_6967;

/// What a migration changed in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// Numbered files that were applied.
    pub numbered: usize,
    /// Files of functions that were applied, e.g. `job_queue`.
    pub functions: Vec<String>,
    /// Grants, revocations and owners that were changed.
    pub rights: usize,
}

impl MigrationReport {
    /// Whether the database was up to date.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.write_str("up to date");
        }
        let functions = self.functions.join(", ");
        let functions = if functions.is_empty() { "none".to_owned() } else { functions };
        write!(
            formatter,
            "migrations applied: {}; functions applied: {functions}; rights changed: {}",
            self.numbered, self.rights
        )
    }
}

pub(crate) async fn run(
    server: &PostgresServer,
    database: &str,
    passwords: &Passwords,
    directory: &Path,
) -> Result<MigrationReport> {
    let (migrator, repeatables) = read(directory).await?;
    let mut owner = server.connect_owner(database, passwords).await?;
    sqlx::query("select pg_advisory_lock($1)").bind(MIGRATE_LOCK).execute(&mut owner).await?;
    let before = versions(&mut owner).await?.len();
    migrator.run(&mut owner).await.map_err(|error| explain(error, database))?;
    let numbered = versions(&mut owner).await?.len().saturating_sub(before);
    let repeated = repeatables
        .apply(&mut owner)
        .await
        .with_context(|| format!("migrating the database {database}"))?;
    // Closing the session releases the lock.
    owner.close().await?;
    Ok(MigrationReport { numbered, functions: repeated.functions, rights: repeated.rights })
}

pub(crate) async fn grant_differences(
    server: &PostgresServer,
    database: &str,
    passwords: &Passwords,
    directory: &Path,
) -> Result<Vec<String>> {
    let repeatables = Repeatables::read(directory)?;
    let file = repeatables
        .grants()
        .with_context(|| format!("expected grants.toml in {}", directory.display()))?;
    let mut owner = server.connect_owner(database, passwords).await?;
    grants::differences(&mut owner, file).await
}

pub(crate) async fn read(directory: &Path) -> Result<(Migrator, Repeatables)> {
    let migrator = Migrator::new(directory)
        .await
        .with_context(|| format!("reading the migrations in {}", directory.display()))?;
    Ok((migrator, Repeatables::read(directory)?))
}

/// The numbers of the files that were applied.
pub(crate) async fn versions(owner: &mut PgConnection) -> Result<BTreeSet<i64>> {
    let present: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *owner)
        .await?;
    if !present {
        return Ok(BTreeSet::new());
    }
    let versions: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations").fetch_all(owner).await?;
    Ok(versions.into_iter().collect())
}

fn explain(error: MigrateError, database: &str) -> anyhow::Error {
    let advice = match &error {
        MigrateError::VersionMismatch(version) => format!(
            "migration {version} was applied to {database} with other contents: migrations are immutable, so restore the file and write a new one (a scratch database: ./stack reset)"
        ),
        MigrateError::VersionMissing(version) => {
            format!(
                "the database {database} has migration {version}, which this source tree does not: it was used by a newer version; update the sources"
            )
        }
        _ => format!("migrating the database {database}"),
    };
    anyhow::Error::new(error).context(advice)
}
