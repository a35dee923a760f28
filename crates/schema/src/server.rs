//! One Postgres server, and the administrator's operations on it.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tls::Authorities;

use crate::migrate::{self, MigrationReport};
use crate::plan::{self, MigrationPlan};
use crate::provision;
use crate::roles::{self, OWNER_ROLE, Passwords};

/// The database that every server has.
pub(crate) const MAINTENANCE_DATABASE: &str = "postgres";
/// SQLSTATE.
const NO_SUCH_DATABASE: &str = "3D000";

/// One Postgres server, reached as an administrator (superuser, or a role that may create roles and
/// databases).
#[derive(Clone, Debug)]
pub struct PostgresServer {
    admin: PgConnectOptions,
}

impl PostgresServer {
    /// Parses `postgres://user:password@host:port/database?sslmode=…`; does not connect. TLS trusts
    /// the authorities of `TESSERA_PG_CA`, too.
    ///
    /// # Errors
    /// If the text is not such a URL.
    pub fn parse(url: &str) -> Result<Self> {
        Ok(Self { admin: tls::postgres_options(url, &Authorities::postgres_from_env())? })
    }

    /// Host name or address of the server.
    #[must_use]
    pub fn host(&self) -> &str {
        self.admin.get_host()
    }

    /// TCP port of the server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.admin.get_port()
    }

    /// `sslmode` of components' connections, whose `require` checks certificate and name.
    #[must_use]
    pub fn ssl_mode(&self) -> &'static str {
        match self.admin.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => "disable",
            PgSslMode::Prefer => "prefer",
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => "require",
        }
    }

    /// The authorities that the URL or `TESSERA_PG_CA` names beside the public ones.
    #[must_use]
    pub fn authorities(&self) -> Authorities {
        let url = self.admin.to_url_lossy();
        let file = url.query_pairs().find(|(name, _)| name == "sslrootcert");
        Authorities::new(tls::PG_CA, file.map(|(_, path)| path.into_owned().into()))
    }

    /// The administrator's role.
    #[must_use]
    pub fn admin_name(&self) -> &str {
        self.admin.get_username()
    }

    /// The administrator's password, for a client program's environment; empty if the URL has none.
    #[must_use]
    pub fn admin_password(&self) -> String {
        let url = self.admin.to_url_lossy();
        percent_encoding::percent_decode_str(url.password().unwrap_or_default())
            .decode_utf8_lossy()
            .into_owned()
    }

    /// The database named by the URL, unless it is the maintenance database `postgres` that every
    /// server has.
    #[must_use]
    pub fn named_database(&self) -> Option<&str> {
        self.admin.get_database().filter(|name| !name.is_empty() && *name != MAINTENANCE_DATABASE)
    }

    /// A connection URL for `role` on `database` of this server.
    #[must_use]
    pub fn url(&self, database: &str, role: &str, password: &str) -> String {
        url_of(&self.options(database, role, password))
    }

    /// A connection URL for the administrator on `database` of this server.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        url_of(&self.admin.clone().database(database))
    }

    /// Returns once the server accepts the administrator.
    ///
    /// # Errors
    /// The error of the server or the network.
    pub async fn ping(&self) -> Result<()> {
        let connection = self.connect(&self.admin).await?;
        connection.close().await?;
        Ok(())
    }

    /// Creates roles, the database and the extension `vector`; a second call changes only the
    /// passwords.
    ///
    /// Concurrent calls from several processes are safe: an advisory lock serializes them.
    ///
    /// # Errors
    /// If the administrator may not create roles or databases, or pgvector is not installed on the
    /// server.
    pub async fn provision(&self, database: &str, passwords: &Passwords) -> Result<()> {
        provision::run(self, database, passwords).await
    }

    /// Brings `database` up to date as the owner role: applies the new numbered files of
    /// `directory`, each in a transaction; then, in one transaction, the changed functions, and the
    /// owners and grants.
    ///
    /// Concurrent calls from several processes are safe: an advisory lock serializes them.
    ///
    /// # Errors
    /// If a file fails (it is rolled back), or an applied numbered file has changed since.
    pub async fn migrate(
        &self,
        database: &str,
        passwords: &Passwords,
        directory: &Path,
    ) -> Result<MigrationReport> {
        migrate::run(self, database, passwords, directory).await
    }

    /// What [`PostgresServer::migrate`] would lock, rewrite and index in `database`, and about how
    /// long. Nothing in it is changed: the pending files run in an empty database beside it, which
    /// is dropped.
    ///
    /// # Errors
    /// If there is no such database, the administrator may not create databases, or a file fails.
    pub async fn plan_migration(
        &self,
        database: &str,
        passwords: &Passwords,
        directory: &Path,
    ) -> Result<MigrationPlan> {
        plan::run(self, database, passwords, directory).await
    }

    /// Provisions and migrates `database`, for an installation that does not start by `./stack`.
    /// With the owner role's own URL it only migrates: then an administrator has created roles,
    /// database and extension.
    ///
    /// # Errors
    /// As [`PostgresServer::provision`] and [`PostgresServer::migrate`].
    pub async fn install(
        &self,
        database: &str,
        passwords: &Passwords,
        directory: &Path,
    ) -> Result<MigrationReport> {
        if !self.is_owner() {
            self.provision(database, passwords).await?;
        }
        self.migrate(database, passwords, directory).await
    }

    /// The differences between the rights in `database` and `grants.toml` in `directory`, one per
    /// line; empty if there are none.
    ///
    /// # Errors
    /// If there is no such file, or it names an object that the database does not have.
    pub async fn grant_differences(
        &self,
        database: &str,
        passwords: &Passwords,
        directory: &Path,
    ) -> Result<Vec<String>> {
        migrate::grant_differences(self, database, passwords, directory).await
    }

    /// Copies the database `template` (no client may be connected to it) as `name`. For a database
    /// per test.
    ///
    /// # Errors
    /// The error of the server.
    pub async fn copy_database(&self, template: &str, name: &str) -> Result<()> {
        let sql = format!(
            "create database {} template {} owner {OWNER_ROLE}",
            roles::identifier(name),
            roles::identifier(template)
        );
        self.execute(&sql).await.with_context(|| format!("copying the database {template}"))?;
        provision::close_to_strangers(self, name).await
    }

    /// Drops a database, and ends open connections to it. A missing one is not an error.
    ///
    /// # Errors
    /// The error of the server.
    pub async fn drop_database(&self, name: &str) -> Result<()> {
        let sql = format!("drop database if exists {} with (force)", roles::identifier(name));
        self.execute(&sql).await.with_context(|| format!("dropping the database {name}"))
    }

    fn is_owner(&self) -> bool {
        self.admin.get_username() == OWNER_ROLE
    }

    /// A connection of the owner role: with its password, or with its own URL.
    pub(crate) async fn connect_owner(
        &self,
        database: &str,
        passwords: &Passwords,
    ) -> Result<PgConnection> {
        let options = match passwords.of(OWNER_ROLE) {
            _ if self.is_owner() => self.admin.clone().database(database),
            "" => bail!("expected the password of {OWNER_ROLE}, which runs the migrations"),
            password => self.options(database, OWNER_ROLE, password),
        };
        self.connect(&options)
            .await
            .with_context(|| format!("connecting to {database} as {OWNER_ROLE}"))
    }

    /// Connects; says what to do about a server that TLS refuses.
    async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection> {
        PgConnection::connect_with(options).await.map_err(|error| {
            match tls::explain(&error, self.host(), &self.authorities()) {
                Some(text) => anyhow!(text),
                None => error.into(),
            }
        })
    }

    pub(crate) fn options(&self, database: &str, role: &str, password: &str) -> PgConnectOptions {
        self.admin.clone().database(database).username(role).password(password)
    }

    /// To `database`, or to the one that the URL names; if that does not exist yet, to the
    /// maintenance database.
    pub(crate) async fn connect_admin(&self, database: Option<&str>) -> Result<PgConnection> {
        let options =
            database.map_or_else(|| self.admin.clone(), |name| self.admin.clone().database(name));
        let connected = match self.connect(&options).await {
            Err(error) if database.is_none() && has_no_database(&error) => {
                self.connect(&self.admin.clone().database(MAINTENANCE_DATABASE)).await
            }
            connected => connected,
        };
        connected.with_context(|| {
            format!("connecting to Postgres at {}:{} as administrator", self.host(), self.port())
        })
    }

    async fn execute(&self, sql: &str) -> Result<()> {
        let mut connection = self.connect_admin(None).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
}

fn has_no_database(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.code().as_deref() == Some(NO_SUCH_DATABASE))
}

/// The URL without the settings of our driver, which other programs would refuse.
fn url_of(options: &PgConnectOptions) -> String {
    let mut url = options.to_url_lossy();
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name.starts_with("ssl")).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    url.to_string()
}
