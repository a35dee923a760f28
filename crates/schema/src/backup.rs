//! The database's side of backup and restore: a snapshot that a dump and its counts share, and what
//! is checked and changed after a restore.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::server::MAINTENANCE_DATABASE;
use crate::{PostgresServer, provision, roles};

/// Bytes of an original up to which [`PostgresServer::check_originals`] reads it.
const LARGEST_CHECKED: i64 = 64 << 20;

/// A transaction that sees one moment of a database; `pg_dump --snapshot` sees the same one while
/// it is open.
pub struct Snapshot {
    connection: PgConnection,
    /// What `pg_export_snapshot` named it.
    pub id: String,
    /// The moment, as `20261129T041500Z`.
    pub stamp: String,
    /// The moment, in seconds since 1970.
    pub unix_seconds: i64,
    /// The newest numbered migration.
    pub migration: i64,
}

impl Snapshot {
    /// Rows of every table, by `schema.table`.
    ///
    /// # Errors
    /// What the server said.
    pub async fn row_counts(&mut self) -> Result<BTreeMap<String, i64>> {
        row_counts(&mut self.connection).await
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// What the server said.
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.context("closing the snapshot")
    }
}

/// What [`PostgresServer::check_originals`] found of one tenant.
pub struct CheckedOriginal {
    /// The tenant's slug.
    pub tenant: String,
    /// Whether the stored bytes have the SHA-256 of their upload.
    pub intact: bool,
}

impl PostgresServer {
    /// Opens a snapshot of `database`.
    ///
    /// # Errors
    /// What the server said.
    pub async fn snapshot(&self, database: &str) -> Result<Snapshot> {
        let mut connection = self.connect_admin(Some(database)).await?;
        sqlx::raw_sql("begin isolation level repeatable read, read only")
            .execute(&mut connection)
            .await?;
        let sql = "select pg_export_snapshot() as id, to_char(now() at time zone 'utc', 'YYYYMMDD\"T\"HH24MISS\"Z\"') as stamp,
            extract(epoch from now())::bigint as unix_seconds, (select max(version) from _sqlx_migrations) as migration";
        let row = sqlx::query(sql)
            .fetch_one(&mut connection)
            .await
            .context("opening a snapshot of the database")?;
        let (id, stamp) = (row.try_get("id")?, row.try_get("stamp")?);
        let (unix_seconds, migration) = (row.try_get("unix_seconds")?, row.try_get("migration")?);
        Ok(Snapshot { connection, id, stamp, unix_seconds, migration })
    }

    /// Records that a backup of `database` was written and read back, for the metrics of workers.
    /// Returns false if the database is from before this record.
    ///
    /// # Errors
    /// What the server said.
    pub async fn record_backup(
        &self,
        database: &str,
        unix_seconds: i64,
        bytes: u64,
    ) -> Result<bool> {
        let mut connection = self.connect_admin(Some(database)).await?;
        let known: bool = sqlx::query_scalar("select to_regclass('public.backups') is not null")
            .fetch_one(&mut connection)
            .await?;
        if known {
            let sql = "with old as (delete from backups where taken_at < now() - interval '1 year')
                insert into backups (taken_at, size_bytes) values ('epoch'::timestamptz + $1 * interval '1 second', $2)
                on conflict do nothing";
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            let recorded =
                sqlx::query(sql).bind(unix_seconds).bind(bytes).execute(&mut connection).await;
            recorded.context("recording the backup")?;
        }
        connection.close().await?;
        Ok(known)
    }

    /// Rows of every table of `database`, by `schema.table`.
    ///
    /// # Errors
    /// What the server said.
    pub async fn row_counts(&self, database: &str) -> Result<BTreeMap<String, i64>> {
        let mut connection = self.connect_admin(Some(database)).await?;
        let counts = row_counts(&mut connection).await?;
        connection.close().await?;
        Ok(counts)
    }

    /// Gives the database `fresh` the name `name`; one that has it already becomes `before`. Both
    /// happen or neither. Returns whether there was one.
    ///
    /// # Errors
    /// When something is connected to one of them, or the name `before` is taken.
    pub async fn replace_database(&self, name: &str, fresh: &str, before: &str) -> Result<bool> {
        // Not the connection of the URL, which may be to this very database.
        let mut connection = self.connect_admin(Some(MAINTENANCE_DATABASE)).await?;
        let was_there = provision::has_database(&mut connection, name).await?;
        let rename = |from: &str, to: &str| {
            format!(
                "alter database {} rename to {};",
                roles::identifier(from),
                roles::identifier(to)
            )
        };
        let away = if was_there { rename(name, before) } else { String::new() };
        let sql = format!("begin; {away} {} commit;", rename(fresh, name));
        let renamed = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        renamed.with_context(|| format!("renaming the database {fresh} to {name}"))?;
        connection.close().await?;
        Ok(was_there)
    }

    /// Ends every session: a backup knows nothing of the sign-outs after it. Returns how many were
    /// open.
    ///
    /// # Errors
    /// What the server said.
    pub async fn revoke_sessions(&self, database: &str) -> Result<u64> {
        let mut connection = self.connect_admin(Some(database)).await?;
        let sql = "update sessions set revoked_at = now(), revoked_reason = 'restored' where revoked_at is null";
        let revoked = sqlx::query(sql).execute(&mut connection).await?.rows_affected();
        connection.close().await?;
        Ok(revoked)
    }

    /// Reads the newest document of each tenant that has one of at most 64 MiB, and compares its
    /// bytes with its SHA-256.
    ///
    /// # Errors
    /// What the server said.
    pub async fn check_originals(&self, database: &str) -> Result<Vec<CheckedOriginal>> {
        let mut connection = self.connect_admin(Some(database)).await?;
        let sql = "select t.slug, (select sha256(string_agg(p.bytes, ''::bytea order by p.seq)) = b.sha256
                  from blob_chunks p where p.tenant_id = b.tenant_id and p.blob_id = b.id) is true as intact
            from tenants t
            cross join lateral (
              select b.tenant_id, b.id, b.sha256 from documents d join blobs b on b.tenant_id = d.tenant_id and b.id = d.blob_id
              where d.tenant_id = t.id and b.sha256 is not null and b.size_bytes between 1 and $1
              order by d.created_at desc, d.id desc limit 1) b
            order by t.slug";
        let rows = sqlx::query(sql).bind(LARGEST_CHECKED).fetch_all(&mut connection).await?;
        connection.close().await?;
        rows.iter()
            .map(|row| {
                Ok(CheckedOriginal { tenant: row.try_get("slug")?, intact: row.try_get("intact")? })
            })
            .collect()
    }
}

async fn row_counts(connection: &mut PgConnection) -> Result<BTreeMap<String, i64>> {
    let sql =
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
          and n.nspname not like 'pg\\_%' order by 1";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        let sql = format!("select count(*) from {table}");
        let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await;
        counts
            .insert(table.clone(), rows.with_context(|| format!("counting the rows of {table}"))?);
    }
    Ok(counts)
}
