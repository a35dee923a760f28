//! Files that are applied again whenever they change: functions and views, then owners and grants.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::grants::{self, GrantsFile};
use crate::roles::{AUDIT_ROLE, LOOKUP_ROLE, OWNER_ROLE};

/// The name under which the hash of `grants.toml` is stored.
const GRANTS: &str = "grants.toml";

/// The repeatable files of a folder of migrations.
pub(crate) struct Repeatables {
    /// Ordered by name.
    functions: Vec<Repeatable>,
    grants: Option<(GrantsFile, Vec<u8>)>,
}

struct Repeatable {
    /// Without folder and extension, e.g. `job_queue`.
    name: String,
    sql: String,
    sha256: Vec<u8>,
}

/// The repeatable files that were applied again, and the rights that changed.
pub(crate) struct RepeatableChanges {
    /// Names of the files of functions.
    pub(crate) functions: Vec<String>,
    /// Grants, revocations and owners.
    pub(crate) rights: usize,
}

impl Repeatables {
    /// Reads `functions/*.sql` and `grants.toml`; a folder without them has none.
    ///
    /// # Errors
    /// If a file cannot be read, or `grants.toml` is malformed.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let mut functions = Vec::new();
        let folder = directory.join("functions");
        if folder.is_dir() {
            for entry in
                fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?
            {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "sql") {
                    let sql = fs::read_to_string(&path)
                        .with_context(|| format!("reading {}", path.display()))?;
                    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    functions.push(Repeatable { name, sha256: sha256(&sql), sql });
                }
            }
        }
        functions.sort_by(|one, other| one.name.cmp(&other.name));
        let path = directory.join(GRANTS);
        let grants = if path.is_file() {
            let text =
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let file =
                GrantsFile::parse(&text).with_context(|| format!("reading {}", path.display()))?;
            Some((file, sha256(&text)))
        } else {
            None
        };
        Ok(Self { functions, grants })
    }

    /// The parsed grants.
    pub(crate) fn grants(&self) -> Option<&GrantsFile> {
        self.grants.as_ref().map(|(file, _)| file)
    }

    /// The names of the files of functions that differ from those that were applied last. Reads
    /// only.
    ///
    /// # Errors
    /// The error of the server.
    pub(crate) async fn changed(&self, owner: &mut PgConnection) -> Result<Vec<String>> {
        let sql = "select to_regclass('public.schema_repeatables') is not null";
        let present: bool = sqlx::query_scalar(sql).fetch_one(&mut *owner).await?;
        let known: BTreeMap<String, Vec<u8>> = if present {
            let sql = "select name, sha256 from public.schema_repeatables";
            sqlx::query_as(sql).fetch_all(owner).await?.into_iter().collect()
        } else {
            BTreeMap::new()
        };
        let differing =
            self.functions.iter().filter(|file| known.get(&file.name) != Some(&file.sha256));
        Ok(differing.map(|file| file.name.clone()).collect())
    }

    /// Applies what changed, in one transaction. All functions are also applied after new numbered
    /// files, which may have changed what they depend on, and the grants every time: rights that
    /// were granted by hand end with the next start.
    ///
    /// # Errors
    /// If a statement fails; then nothing is changed.
    pub(crate) async fn apply(&self, owner: &mut PgConnection) -> Result<RepeatableChanges> {
        let mut transaction = owner.begin().await?;
        let newest = newest_migration(&mut transaction).await?;
        let known = known(&mut transaction).await?;
        let is_new =
            |file: &&Repeatable| known.get(&file.name) != Some(&(file.sha256.clone(), newest));
        let changed: Vec<&Repeatable> = self.functions.iter().filter(is_new).collect();
        // A function may use one of a later file, so bodies are checked after all exist.
        execute(&mut transaction, "set local check_function_bodies = off").await?;
        for file in &changed {
            execute(&mut transaction, &file.sql)
                .await
                .with_context(|| format!("functions/{}.sql", file.name))?;
            remember(&mut transaction, &file.name, &file.sha256, newest).await?;
        }
        if !changed.is_empty() {
            check_bodies(&mut transaction).await?;
        }
        let mut rights = 0;
        if let Some((file, sha256)) = &self.grants {
            rights = grants::apply(&mut transaction, file).await?;
            if known.get(GRANTS) != Some(&(sha256.clone(), newest)) {
                remember(&mut transaction, GRANTS, sha256, newest).await?;
            }
        }
        for name in known
            .keys()
            .filter(|name| *name != GRANTS && !self.functions.iter().any(|it| it.name == **name))
        {
            sqlx::query("delete from schema_repeatables where name = $1")
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(RepeatableChanges {
            functions: changed.iter().map(|file| file.name.clone()).collect(),
            rights,
        })
    }
}

/// Name → hash, and the newest numbered file at that time.
async fn known(owner: &mut PgConnection) -> Result<BTreeMap<String, (Vec<u8>, i64)>> {
    execute(
        owner,
        "do $$ begin
           if to_regclass('public.schema_repeatables') is null then
             create table public.schema_repeatables (
               name       text primary key,
               sha256     bytea not null,
               -- The newest numbered file that was there.
               migration  bigint not null,
               applied_at timestamptz not null default now()
             );
           end if;
         end $$",
    )
    .await?;
    let rows = sqlx::query("select name, sha256, migration from public.schema_repeatables")
        .fetch_all(owner)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("name")?, (row.try_get("sha256")?, row.try_get("migration")?))))
        .collect::<Result<_>>()
}

async fn newest_migration(owner: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations")
        .fetch_one(owner)
        .await?)
}

async fn remember(owner: &mut PgConnection, name: &str, sha256: &[u8], newest: i64) -> Result<()> {
    sqlx::query(
        "insert into public.schema_repeatables (name, sha256, migration) values ($1, $2, $3)
         on conflict (name) do update set sha256 = excluded.sha256, migration = excluded.migration, applied_at = now()",
    )
    .bind(name)
    .bind(sha256)
    .bind(newest)
    .execute(owner)
    .await?;
    Ok(())
}

/// The check that `create function` would have done: each body against the existing tables and
/// functions.
async fn check_bodies(owner: &mut PgConnection) -> Result<()> {
    let sql = format!(
        "set local check_function_bodies = on;
         do $$ declare f record; begin
           for f in select p.oid, l.lanname from pg_proc p join pg_language l on l.oid = p.prolang
                     where p.proowner in (select oid from pg_roles where rolname in ('{OWNER_ROLE}', '{LOOKUP_ROLE}', '{AUDIT_ROLE}')) loop
             if f.lanname = 'sql' then perform fmgr_sql_validator(f.oid);
             elsif f.lanname = 'plpgsql' then perform plpgsql_validator(f.oid);
             end if;
           end loop;
         end $$"
    );
    execute(owner, &sql).await.context("checking the bodies of functions")
}

async fn execute(owner: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await?;
    Ok(())
}

fn sha256(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}
