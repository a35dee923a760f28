//! `worker migrate`: roles, database, migrations, functions and grants, for installations without
//! `./stack`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use platform::config;
use schema::{Passwords, PostgresServer};

/// The database, unless the URL names another than the maintenance database `postgres`.
const DATABASE: &str = "tessera";

/// The roles that log in, each with the variable of its password: for a component the same as in
/// `spin.toml`.
const PASSWORDS: [(&str, &str); 16] = [
    ("tessera_owner", "pg_password_owner"),
    ("tessera_worker", "pg_password_worker"),
    ("tessera_auth", "pg_password_auth"),
    ("tessera_passwords", "pg_password_passwords"),
    ("tessera_admin", "pg_password_admin"),
    ("tessera_scim", "pg_password_scim"),
    ("tessera_sysadmin", "pg_password_sysadmin"),
    ("tessera_workspace", "pg_password_workspace"),
    ("tessera_upload", "pg_password_upload"),
    ("tessera_search", "pg_password_search"),
    ("tessera_chat", "pg_password_chat"),
    ("tessera_openai", "pg_password_openai"),
    ("tessera_gateway", "pg_password_gateway"),
    ("tessera_events", "pg_password_events"),
    ("tessera_health", "pg_password_health"),
    ("tessera_scheduler", "pg_password_scheduler"),
];

/// The database that the configuration names, and what it is migrated with.
struct Target {
    server: PostgresServer,
    database: String,
    passwords: Passwords,
    directory: PathBuf,
}

impl Target {
    async fn from_config() -> Result<Self> {
        let url = config::required("migrate_url").await?;
        let server = PostgresServer::parse(&url).context("TESSERA_MIGRATE_URL")?;
        let database = server.named_database().unwrap_or(DATABASE).to_owned();
        let directory =
            config::optional("migrations_dir").await?.unwrap_or_else(|| "migrations".to_owned());
        let mut passwords = BTreeMap::new();
        for (role, variable) in PASSWORDS {
            passwords.insert(role, config::optional(variable).await?.unwrap_or_default());
        }
        let passwords = Passwords::from_fn(|role| passwords.remove(role).unwrap_or_default());
        Ok(Self { server, database, passwords, directory: directory.into() })
    }
}

/// Brings the database named by `TESSERA_MIGRATE_URL` up to date and prints what changed.
///
/// # Errors
/// If a variable is missing, or the database refuses.
pub(crate) async fn run() -> Result<()> {
    let Target { server, database, passwords, directory } = Target::from_config().await?;
    let report = server.install(&database, &passwords, &directory).await?;
    println!("{database}: {report}");
    Ok(())
}

/// Prints what [`run`] would lock, rewrite and index, and about how long; changes nothing.
///
/// # Errors
/// If a variable is missing, the database is not there, or a pending file fails.
pub(crate) async fn plan() -> Result<()> {
    let Target { server, database, passwords, directory } = Target::from_config().await?;
    let plan = server.plan_migration(&database, &passwords, &directory).await?;
    println!("{database}: {plan}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_that_logs_in_has_a_variable() {
        let roles = Passwords::from_fn(|_| String::new());
        let mut named = PASSWORDS.map(|(role, _)| role);
        named.sort_unstable();
        assert_eq!(roles.iter().map(|(role, _)| role).collect::<Vec<_>>(), named);
        for (role, variable) in PASSWORDS {
            assert_eq!(variable.replace("pg_password_", "tessera_"), role);
        }
    }
}
