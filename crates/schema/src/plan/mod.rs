//! What the pending numbered files would lock and rewrite, before anybody runs them.
//!
//! ```text
//! database:  which files are applied?  ───────────────┐        how large is each table?
//!                                                      v                    v
//! scratch (empty, dropped at the end):  applied files, then each pending one in a transaction:
//!                                       its locks, rewrites and new indexes ──> effects with times
//! ```
//!
//! Postgres itself says what a statement locks; no SQL is read here. The scratch database has no
//! rows, so a file that looks at rows to decide what to do is seen on its way without any.

mod effects;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::migrate::Migration;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::roles::Passwords;
use crate::{PostgresServer, migrate, provision};
pub use effects::TableEffect;

/// What a migration would do to a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationPlan {
    /// The pending numbered files, in their order.
    pub pending: Vec<PlannedFile>,
    /// Files of functions that differ from those in the database, e.g. `job_queue`. After a
    /// numbered file all functions are applied again.
    pub functions: Vec<String>,
}

/// One pending numbered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// The number and the words of its name, e.g. `0320 nearness across`.
    pub name: String,
    /// The existing tables that it locks against others, the longest first.
    pub tables: Vec<TableEffect>,
}

impl PlannedFile {
    /// The expected time of its transaction, and so of all its locks.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.tables.iter().map(|effect| effect.time).sum()
    }
}

impl fmt::Display for MigrationPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pending.is_empty() && self.functions.is_empty() {
            return formatter.write_str("up to date");
        }
        writeln!(formatter, "numbered files to apply: {}", self.pending.len())?;
        for file in &self.pending {
            writeln!(formatter, "  {}: {}", file.name, effects::in_words(file.time()))?;
            if file.tables.is_empty() {
                writeln!(formatter, "    locks no existing table")?;
            }
            for effect in &file.tables {
                writeln!(formatter, "    {effect}")?;
            }
        }
        let functions = self.functions.join(", ");
        let functions = if functions.is_empty() { "none".to_owned() } else { functions };
        writeln!(formatter, "functions to apply: {functions}")?;
        formatter.write_str(
            "Each file is one transaction that keeps its locks to its end. Times are estimated from the sizes of tables; a lock also waits for the statements before it.",
        )
    }
}

pub(crate) async fn run(
    server: &PostgresServer,
    database: &str,
    passwords: &Passwords,
    directory: &Path,
) -> Result<MigrationPlan> {
    let (migrator, repeatables) = migrate::read(directory).await?;
    let mut admin = server.connect_admin(None).await?;
    if !provision::has_database(&mut admin, database).await? {
        bail!(
            "expected the database {database}, but it does not exist: there is nothing to plan, a migration makes it"
        );
    }
    admin.close().await?;
    let mut owner = server.connect_owner(database, passwords).await?;
    let applied = migrate::versions(&mut owner).await?;
    let functions = repeatables.changed(&mut owner).await?;
    let files: Vec<&Migration> = migrator.iter().collect();
    let known: BTreeSet<i64> = files.iter().map(|file| file.version).collect();
    if let Some(version) = applied.difference(&known).next() {
        bail!(
            "the database {database} has migration {version}, which this folder does not: it was used by a newer version"
        );
    }
    let mut pending = Vec::new();
    if files.iter().any(|file| !applied.contains(&file.version)) {
        let scratch = Scratch::make(server, database).await?;
        let planned = plan(&scratch, passwords, &files, &applied).await;
        scratch.server.drop_database(&scratch.name).await?;
        pending = planned?;
    }
    for effect in pending.iter_mut().flat_map(|file| &mut file.tables) {
        effect.measure(&mut owner).await?;
    }
    pending
        .iter_mut()
        .for_each(|file| file.tables.sort_by_key(|effect| std::cmp::Reverse(effect.time)));
    Ok(MigrationPlan { pending, functions })
}

/// An empty database on the same server, with the same extension and owner.
struct Scratch<'a> {
    server: &'a PostgresServer,
    name: String,
}

impl<'a> Scratch<'a> {
    async fn make(server: &'a PostgresServer, database: &str) -> Result<Self> {
        // Two may plan at once.
        let mut admin = server.connect_admin(None).await?;
        let nonce: String = sqlx::query_scalar("select left(gen_random_uuid()::text, 8)")
            .fetch_one(&mut admin)
            .await?;
        admin.close().await?;
        let name = format!("{database}_plan_{nonce}");
        let scratch = Self { server, name };
        let made = provision::empty_database(server, &scratch.name).await;
        if made.is_err() {
            server.drop_database(&scratch.name).await?;
        }
        made.context("the plan runs the files in a database of its own, which it drops afterwards: TESSERA_MIGRATE_URL must name a role that may create databases")?;
        Ok(scratch)
    }
}

async fn plan(
    scratch: &Scratch<'_>,
    passwords: &Passwords,
    files: &[&Migration],
    applied: &BTreeSet<i64>,
) -> Result<Vec<PlannedFile>> {
    let mut connection = scratch.server.connect_owner(&scratch.name, passwords).await?;
    let mut planned = Vec::new();
    for file in files {
        let name = format!("{:04} {}", file.version, file.description);
        if applied.contains(&file.version) {
            execute(&mut connection, file).await.with_context(|| name)?;
            continue;
        }
        let mut transaction = connection.begin().await?;
        let before = effects::Relations::read(&mut transaction).await?;
        execute(&mut transaction, file).await.with_context(|| name.clone())?;
        let tables = effects::read(&mut transaction, &before).await?;
        transaction.commit().await?;
        planned.push(PlannedFile { name, tables });
    }
    connection.close().await?;
    Ok(planned)
}

async fn execute(connection: &mut PgConnection, file: &Migration) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(file.sql.as_str())).execute(connection).await?;
    Ok(())
}
