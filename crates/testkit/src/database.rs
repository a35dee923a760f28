//! A migrated database for each test.

use std::path::Path;

use platform::pg::Source;
use schema::{Passwords, PostgresServer, redis::RedisServer};
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};

/// A database of its own.
pub struct Database {
    /// The server it is on.
    pub server: PostgresServer,
    /// Its name.
    pub name: String,
}

/// The passwords of the roles; roles belong to the server, so every test process uses the same
/// ones.
#[must_use]
pub fn passwords() -> Passwords {
    Passwords::from_fn(|role| format!("test-{role}"))
}

/// The Redis server of the tests, as its administrator; `./stack servers` has loaded the functions.
#[must_use]
pub fn test_redis_url() -> String {
    std::env::var("TESSERA_TEST_REDIS_URL").expect(
        "TESSERA_TEST_REDIS_URL: run the tests through ./stack test, or name a Redis server",
    )
}

/// The same, as the administrator of its users.
#[must_use]
pub fn test_redis() -> RedisServer {
    RedisServer::parse(&test_redis_url(), None).unwrap()
}

fn migrations() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations"))
}

/// The template's name changes with the migrations, so that an old one is never copied.
fn template_name() -> String {
    let folders = [migrations().to_owned(), migrations().join("functions")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut files: Vec<_> = entries.map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "sql" || e == "toml")) {
        hash.update(std::fs::read(file).unwrap());
    }
    let hash: String = hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("tessera_template_{hash}")
}

impl Database {
    /// A fresh copy of the migrated template, on the server of the tests.
    pub async fn fresh() -> Self {
        let url = std::env::var("TESSERA_TEST_DATABASE_URL")
            .expect("TESSERA_TEST_DATABASE_URL: run the tests through ./stack test, or name a Postgres superuser");
        Self::fresh_on(PostgresServer::parse(&url).unwrap()).await
    }

    /// A fresh copy of the migrated template, on a server that the test may stop.
    pub async fn fresh_on(server: PostgresServer) -> Self {
        let template = template_name();
        let mut admin = PgConnection::connect(&server.admin_url("postgres")).await.unwrap();
        // One process creates the template; the others wait here until it is complete.
        admin.execute("select pg_advisory_lock(7355608)").await.unwrap();
        let made: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
            .bind(format!("{template}_done"))
            .fetch_optional(&mut admin)
            .await
            .unwrap();
        if made.is_none() {
            server.provision(&template, &passwords()).await.unwrap();
            server.migrate(&template, &passwords(), migrations()).await.unwrap();
            server.copy_database(&template, &format!("{template}_done")).await.unwrap();
        }
        admin.execute("select pg_advisory_unlock(7355608)").await.unwrap();
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        server.copy_database(&format!("{template}_done"), &name).await.unwrap();
        Self { server, name }
    }

    /// Connects as one of the roles, for example `tessera_chat`.
    pub async fn source(&self, role: &str) -> Source {
        Source::connect(&self.url(role), 4).await.unwrap()
    }

    /// The URL for one of the roles.
    #[must_use]
    pub fn url(&self, role: &str) -> String {
        self.server.url(&self.name, role, passwords().of(role))
    }

    /// A superuser's connection, with which a test inspects or breaks the database directly.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(&self.server.admin_url(&self.name)).await.unwrap()
    }
}

/// Drops the database with the test, so that a run of all tests does not fill the disk. Connections
/// that are still open on it end.
impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // The test's own runtime cannot wait here, so another one does.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(server.drop_database(&name))
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the test's database stays: {error:#}");
        }
    }
}
