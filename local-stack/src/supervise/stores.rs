//! Postgres and Redis of a clone: the embedded ones, or those named by `DATABASE_URL` and
//! `REDIS_URL`.

use std::{env, fs, io};

use anyhow::{Context, Result};

use super::postgres::{EmbeddedPostgres, remove_external_data};
use super::redis::EmbeddedRedis;
use super::{Program, Ready, Supervisor, Tier};
use crate::paths::Paths;
use crate::ports::is_free;
use crate::secrets::Secrets;
use crate::setup::{self, BuildEnv};
use schema::PostgresServer;
use schema::redis::RedisServer;
use tls::Authorities;

/// The database of the embedded server, and of an external one whose URL names none.
const DATABASE: &str = "tessera";

/// A running Postgres, and our database in it.
#[derive(Clone, Debug)]
pub struct Database {
    /// The server, as its administrator.
    pub server: PostgresServer,
    /// The database's name.
    pub name: String,
}

/// How durable the embedded stores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Confirmed writes survive a power cut.
    Durable,
    /// Faster, for tests.
    Volatile,
}

/// How the stores of a start are chosen: durability, and external servers of the environment.
pub struct StoreChoice {
    /// How durable the embedded stores are.
    pub durability: Durability,
    /// `DATABASE_URL`.
    pub database_url: Option<String>,
    /// `REDIS_URL`.
    pub redis_url: Option<String>,
}

impl StoreChoice {
    /// From the environment.
    #[must_use]
    pub fn from_env() -> Self {
        let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            durability: Durability::Durable,
            database_url: named("DATABASE_URL"),
            redis_url: named("REDIS_URL"),
        }
    }

    /// The embedded ones, for tests.
    #[must_use]
    pub fn private() -> Self {
        Self { durability: Durability::Volatile, database_url: None, redis_url: None }
    }
}

/// Starts the embedded Postgres, or checks the external one. The database itself is created later.
///
/// # Errors
/// If it cannot be installed, started or reached.
pub async fn start_postgres(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    secrets: &Secrets,
    choice: &StoreChoice,
) -> Result<Database> {
    if let Some(url) = &choice.database_url {
        return check_postgres(url).await;
    }
    setup::postgres::install(build_env).await?;
    let BuildEnv { paths, ports, spawner, console, .. } = build_env;
    let prepare = async || {
        let postgres = EmbeddedPostgres::prepare(paths, secrets, ports, spawner, console).await?;
        Ok(if choice.durability == Durability::Volatile { postgres.volatile() } else { postgres })
    };
    let postgres =
        start_where_free(supervisor, prepare, |it| (it.program(), it.server().port())).await?;
    Ok(Database { server: postgres.server().clone(), name: DATABASE.to_owned() })
}

/// Starts the embedded Redis, or checks the external one.
///
/// # Errors
/// If it cannot be installed, started or reached.
pub async fn start_redis(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    secrets: &Secrets,
    choice: &StoreChoice,
) -> Result<RedisServer> {
    let server = match &choice.redis_url {
        Some(url) => check_redis(url, &secrets.redis).await?,
        None => {
            let installed = setup::redis::install(build_env).await?;
            let prepare = async || {
                EmbeddedRedis::prepare(
                    &build_env.paths,
                    secrets,
                    installed.clone(),
                    &build_env.ports,
                )
                .await
            };
            start_where_free(supervisor, prepare, |it| (it.program(), it.server().port))
                .await?
                .server()
                .clone()
        }
    };
    server.provision().await?;
    Ok(server)
}

/// How often a server whose port is taken tries another one.
const OTHER_PORTS: u32 = 3;

/// Starts the program that `prepare` returns. A port that was free when it was chosen may be taken
/// by the time the server listens (a race): then another one is chosen.
///
/// # Errors
/// The errors of `prepare`; or the server does not start, although its port is free.
pub async fn start_where_free<S>(
    supervisor: &Supervisor,
    prepare: impl AsyncFn() -> Result<S>,
    program: impl Fn(&S) -> (Program, u16),
) -> Result<S> {
    let mut tries = 0;
    loop {
        let server = prepare().await?;
        let (program, port) = program(&server);
        match supervisor.start(Tier::Data, program).await {
            Ok(()) => return Ok(server),
            Err(_) if tries < OTHER_PORTS && !is_free(port) => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Deletes the embedded stores of a temporary state folder, of a test or an admin command, with all
/// their files.
///
/// # Errors
/// The error of the file system.
pub fn delete_data(paths: &Paths) -> Result<()> {
    remove_external_data(paths)?;
    for stale_process in
        ["postgres", "postgres.elsewhere", "redis", "aot", "secrets.json", "ports.json"]
    {
        let path = paths.state.join(stale_process);
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("deleting {}", path.display()));
        }
    }
    Ok(())
}

/// Checks that the server of `DATABASE_URL` accepts us.
///
/// # Errors
/// If it does not.
pub async fn check_postgres(url: &str) -> Result<Database> {
    let server = PostgresServer::parse(url).context("DATABASE_URL")?;
    server.ping().await.with_context(|| {
        format!("the Postgres named by DATABASE_URL ({}:{})", server.host(), server.port())
    })?;
    let name = server.named_database().unwrap_or(DATABASE).to_owned();
    Ok(Database { server, name })
}

/// Checks that the server of `REDIS_URL` answers. `key`: the key of its users' passwords.
///
/// # Errors
/// If it does not.
pub async fn check_redis(url: &str, key: &str) -> Result<RedisServer> {
    let server = RedisServer::parse(url, Some(key))?;
    if server.tls {
        tls::connect_redis(url, &Authorities::redis_from_env()).await.context("REDIS_URL")?;
        return Ok(server);
    }
    let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
    let found = found
        .ok()
        .and_then(|mut all| all.next())
        .with_context(|| format!("REDIS_URL: unknown host {}", server.host))?;
    let asked = Ready::Redis(found).ask().await;
    asked.with_context(|| {
        format!("the Redis named by REDIS_URL ({}:{})", server.host, server.port)
    })?;
    Ok(server)
}
