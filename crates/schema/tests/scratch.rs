//! A database for one test, and copies of the migrations that a test may change.

use std::fs;
use std::path::Path;

use schema::{MigrationReport, Passwords, PostgresServer};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The product's own folder.
pub(crate) const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");

/// Roles belong to the complete server, which other tests use too, so all tests use these
/// passwords.
pub(crate) fn passwords() -> Passwords {
    Passwords::from_fn(|role| format!("test-{role}"))
}

pub(crate) fn server() -> PostgresServer {
    let url = std::env::var("TESSERA_TEST_DATABASE_URL").expect(
        "TESSERA_TEST_DATABASE_URL: run ./stack test, or ./stack servers and set what it prints",
    );
    PostgresServer::parse(&url).unwrap()
}

/// A database that is dropped at the end of the test.
pub(crate) struct Scratch {
    pub(crate) server: PostgresServer,
    pub(crate) name: String,
}

impl Scratch {
    /// The name alone; no database exists yet.
    pub(crate) async fn new(name: &str) -> Self {
        let scratch =
            Self { server: server(), name: format!("stack_{name}_{}", std::process::id()) };
        scratch.server.drop_database(&scratch.name).await.unwrap();
        scratch
    }

    /// With the product's migrations.
    pub(crate) async fn migrated(name: &str) -> Self {
        let scratch = Self::new(name).await;
        scratch.provision().await;
        scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
        scratch
    }

    pub(crate) async fn provision(&self) {
        self.server.provision(&self.name, &passwords()).await.unwrap();
    }

    pub(crate) async fn migrate(&self, directory: &Path) -> anyhow::Result<MigrationReport> {
        self.server.migrate(&self.name, &passwords(), directory).await
    }

    pub(crate) async fn connect(&self, role: &str) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.server.url(&self.name, role, passwords().of(role))).await
    }

    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.server.admin_url(&self.name)).await.unwrap()
    }

    pub(crate) async fn end(self) {
        self.server.drop_database(&self.name).await.unwrap();
    }
}

pub(crate) async fn text(connection: &mut PgConnection, sql: &str) -> String {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await.unwrap()
}

pub(crate) async fn texts(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

pub(crate) async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A copy of the product's folder that a test may change, with the numbered files up to `newest`.
pub(crate) fn copy_of_migrations(newest: u32) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("functions")).unwrap();
    for folder in ["", "functions"] {
        for entry in fs::read_dir(Path::new(MIGRATIONS).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_later =
                folder.is_empty() && name[..4].parse::<u32>().is_ok_and(|version| version > newest);
            if path.is_file() && !is_later {
                fs::copy(&path, copy.path().join(folder).join(name)).unwrap();
            }
        }
    }
    copy
}
