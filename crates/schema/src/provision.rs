//! The statements that prepare an empty server for Tessera's processes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use postgres_protocol::password::scram_sha_256;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::PostgresServer;
use crate::roles::{
    AUDIT_ROLE, BOUNDS, LOOKUP_ROLE, OWNER_ROLE, Passwords, SEARCHING, WORKER_ROLE, component_role,
    identifier, literal,
};

/// The number is arbitrary, but every provisioning process must use the same.
const PROVISION_LOCK: i64 = 0x0074_6573_7365_7261;

pub(super) async fn run(
    server: &PostgresServer,
    database: &str,
    passwords: &Passwords,
) -> Result<()> {
    let mut admin = server.connect_admin(None).await?;
    sqlx::query("select pg_advisory_lock($1)").bind(PROVISION_LOCK).execute(&mut admin).await?;
    make_roles(&mut admin, passwords)
        .await
        .context("making the database roles (the administrator must be allowed to create roles)")?;
    empty_database(server, database).await?;
    // Closing the session releases the lock.
    admin.close().await?;
    Ok(())
}

async fn make_roles(admin: &mut PgConnection, passwords: &Passwords) -> Result<()> {
    let present: Vec<String> =
        sqlx::query_scalar("select rolname::text from pg_roles where rolname like 'tessera%'")
            .fetch_all(&mut *admin)
            .await?;
    let present: BTreeSet<String> = present.into_iter().collect();
    let unknown =
        passwords.iter().filter(|(role, password)| password.is_empty() && !present.contains(*role));
    let unknown: Vec<&str> = unknown.map(|(role, _)| role).collect();
    if !unknown.is_empty() {
        bail!("expected a password for each role that is not there yet: {}", unknown.join(", "));
    }
    sqlx::raw_sql(AssertSqlSafe(roles_sql(&present, passwords)?)).execute(admin).await?;
    Ok(())
}

/// What makes the roles. Passwords stand in it as SCRAM verifiers, which do not sign in: a server
/// logs statements that fail or take long.
fn roles_sql(present: &BTreeSet<String>, passwords: &Passwords) -> Result<String> {
    let mut sql = String::new();
    for role in [LOOKUP_ROLE, AUDIT_ROLE] {
        if !present.contains(role) {
            writeln!(sql, "create role {role} nologin;")?;
        }
    }
    for (role, password) in passwords.iter() {
        let verb = if present.contains(role) { "alter" } else { "create" };
        if !password.is_empty() {
            let verifier = scram_sha_256(password.as_bytes());
            let (role, verifier) = (identifier(role), literal(&verifier));
            writeln!(sql, "{verb} role {role} login password {verifier};")?;
        }
        if role != OWNER_ROLE && role != WORKER_ROLE {
            // Each time, so that an older installation gets them at its next start.
            for (setting, value) in BOUNDS {
                writeln!(
                    sql,
                    "alter role {} set {setting} = {};",
                    identifier(role),
                    literal(value)
                )?;
            }
        }
    }
    for component in SEARCHING {
        let role = component_role(component);
        writeln!(
            sql,
            "alter role {} set plan_cache_mode = 'force_generic_plan';",
            identifier(&role)
        )?;
    }
    // A migration gives the look-ups and the audit log to their roles, and an administrator who is
    // not a superuser may only give a new database to a role of which they are a member.
    writeln!(sql, "grant {LOOKUP_ROLE}, {AUDIT_ROLE} to {OWNER_ROLE};")?;
    writeln!(
        sql,
        "do $$ begin if not (select rolsuper from pg_roles where rolname = current_user) then"
    )?;
    writeln!(sql, "  execute format('grant {OWNER_ROLE} to %I', current_user); end if; end $$;")?;
    Ok(sql)
}

/// Makes a database like the product's: its owner, the extension, the rights on its schema. The
/// roles must exist.
pub(super) async fn empty_database(server: &PostgresServer, database: &str) -> Result<()> {
    let mut admin = server.connect_admin(None).await?;
    make_database(&mut admin, database).await?;
    admin.close().await?;
    let mut inside = server.connect_admin(Some(database)).await?;
    make_extension(&mut inside).await?;
    open_schema(&mut inside, database).await?;
    inside.close().await?;
    Ok(())
}

pub(super) async fn has_database(admin: &mut PgConnection, database: &str) -> Result<bool> {
    let sql = "select exists (select from pg_database where datname = $1)";
    Ok(sqlx::query_scalar(sql).bind(database).fetch_one(admin).await?)
}

async fn make_database(admin: &mut PgConnection, database: &str) -> Result<()> {
    if has_database(admin, database).await? {
        return Ok(());
    }
    let sql = format!(
        "create database {} owner {OWNER_ROLE} encoding 'UTF8' template template0",
        identifier(database)
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await.with_context(|| {
        format!("creating the database {database} (the administrator must be allowed to create databases)")
    })?;
    Ok(())
}

async fn make_extension(inside: &mut PgConnection) -> Result<()> {
    let present: bool =
        sqlx::query_scalar("select exists (select from pg_extension where extname = 'vector')")
            .fetch_one(&mut *inside)
            .await?;
    if present {
        return Ok(());
    }
    let available: bool = sqlx::query_scalar(
        "select exists (select from pg_available_extensions where name = 'vector')",
    )
    .fetch_one(&mut *inside)
    .await?;
    if !available {
        bail!(
            "expected the extension pgvector on the Postgres server, but it is not installed there; install it (Debian: apt-get install postgresql-18-pgvector) or leave DATABASE_URL out to use the embedded Postgres"
        );
    }
    sqlx::raw_sql("create extension vector").execute(inside).await.context(
        "creating the extension vector (a superuser has to run `create extension vector` in this database once)",
    )?;
    Ok(())
}

/// Only our roles may connect, and the owner may create and grant in `public`, for every owner of
/// the database.
async fn open_schema(inside: &mut PgConnection, database: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(connect_grants(database))).execute(&mut *inside).await?;
    // Only if it is missing: an administrator who is not a superuser, but a member of the owner,
    // may not grant it back.
    let sql = format!(
        "do $$ begin
           if not has_schema_privilege('{OWNER_ROLE}', 'public', 'create with grant option')
              or not has_schema_privilege('{OWNER_ROLE}', 'public', 'usage with grant option') then
             grant usage, create on schema public to {OWNER_ROLE} with grant option;
           end if;
           if not has_database_privilege('{OWNER_ROLE}', current_database(), 'create') then
             execute format('grant create on database %I to {OWNER_ROLE}', current_database());
           end if;
         end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(inside).await?;
    Ok(())
}

fn connect_grants(database: &str) -> String {
    let roles = Passwords::from_fn(|_| String::new());
    let roles: Vec<String> = roles.iter().map(|(role, _)| identifier(role)).collect();
    let (database, roles) = (identifier(database), roles.join(", "));
    format!(
        "revoke connect, temporary on database {database} from public; grant connect on database {database} to {roles}"
    )
}

/// The rights on a database are not copied with its contents, so a copy needs them again.
pub(super) async fn close_to_strangers(server: &PostgresServer, database: &str) -> Result<()> {
    let mut admin = server.connect_admin(None).await?;
    sqlx::raw_sql(AssertSqlSafe(connect_grants(database))).execute(&mut admin).await?;
    admin.close().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_stands_in_a_statement() {
        let passwords = Passwords::from_fn(|role| format!("secret-of-{role}"));
        for present in [BTreeSet::new(), BTreeSet::from([WORKER_ROLE.to_owned()])] {
            let sql = roles_sql(&present, &passwords).unwrap();
            assert!(!sql.contains("secret-of-"), "{sql}");
            assert_eq!(sql.matches("login password 'SCRAM-SHA-256$").count(), 16, "{sql}");
        }
    }
}
