//! Postgres and Redis of a clone: the embedded ones, or those named by `DATABASE_URL` and `REDIS_URL`.

use std::env;

use anyhow::{Context, Result, bail};

use super::postgres::EmbeddedPostgres;
use super::redis::EmbeddedRedis;
use super::{Fleet, Place, Ready};
use crate::database::PostgresServer;
use crate::secrets::Secrets;
use crate::setup::{self, Workshop};

/// The database of the embedded server, and of a given one whose URL names none.
const DATABASE: &str = "tessera";

/// A Postgres that answers, and the database in it that is ours.
#[derive(Clone, Debug)]
pub struct Database {
    /// The server, as its administrator.
    pub server: PostgresServer,
    /// The database's name.
    pub name: String,
}

/// A Redis that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisAddress {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl RedisAddress {
    /// `redis://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}:{}", self.host, self.port)
    }

    /// Reads `REDIS_URL`. Components know Redis by host and port alone, so more than that is refused, not dropped silently.
    fn parse(url: &str) -> Result<Self> {
        let expected = "expected REDIS_URL as redis://HOST or redis://HOST:PORT (database 0, no password)";
        let rest = url.strip_prefix("redis://").context(expected)?;
        let authority = rest.trim_end_matches("/0").trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "6379"));
        if host.is_empty() || authority.contains(['/', '@', '?']) {
            bail!(expected);
        }
        Ok(Self { host: host.to_owned(), port: port.parse().context(expected)? })
    }
}

/// How durable the embedded stores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// What was confirmed survives a power cut.
    Kept,
    /// Faster, for tests.
    Volatile,
}

/// Which ports and secrets a start uses, and whether servers named by the environment are taken.
pub struct StoreChoice {
    /// How durable the embedded stores are.
    pub durability: Durability,
    /// `DATABASE_URL`.
    pub database_url: Option<String>,
    /// `REDIS_URL`.
    pub redis_url: Option<String>,
}

impl StoreChoice {
    /// What the environment says.
    #[must_use]
    pub fn from_env() -> Self {
        let named = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self { durability: Durability::Kept, database_url: named("DATABASE_URL"), redis_url: named("REDIS_URL") }
    }

    /// The embedded ones, for tests.
    #[must_use]
    pub fn private() -> Self {
        Self { durability: Durability::Volatile, database_url: None, redis_url: None }
    }
}

/// Starts the embedded Postgres, or checks that the given one answers. The database itself is not made yet.
///
/// # Errors
/// When it cannot be installed, started or reached.
pub async fn start_postgres(workshop: &Workshop, fleet: &Fleet, secrets: &Secrets, choice: &StoreChoice) -> Result<Database> {
    if let Some(url) = &choice.database_url {
        let server = PostgresServer::parse(url).context("DATABASE_URL")?;
        server.ping().await.with_context(|| format!("the Postgres named by DATABASE_URL ({}:{})", server.host(), server.port()))?;
        let name = server.named_database().unwrap_or(DATABASE).to_owned();
        return Ok(Database { server, name });
    }
    let installed = setup::postgres::install(workshop).await?;
    let prepared =
        EmbeddedPostgres::prepare(&workshop.places, &installed, secrets, &workshop.ports, &workshop.nursery, &workshop.console);
    let mut postgres = prepared.await?;
    if choice.durability == Durability::Volatile {
        postgres = postgres.volatile();
    }
    fleet.start(Place::Store, postgres.program()).await?;
    Ok(Database { server: postgres.server().clone(), name: DATABASE.to_owned() })
}

/// Starts the embedded Redis, or checks that the given one answers.
///
/// # Errors
/// When it cannot be installed, started or reached.
pub async fn start_redis(workshop: &Workshop, fleet: &Fleet, choice: &StoreChoice) -> Result<RedisAddress> {
    if let Some(url) = &choice.redis_url {
        let address = RedisAddress::parse(url)?;
        let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
        let found = found.ok().and_then(|mut all| all.next()).with_context(|| format!("REDIS_URL: unknown host {}", address.host))?;
        Ready::Redis(found).ask().await.with_context(|| format!("the Redis named by REDIS_URL ({})", address.url()))?;
        return Ok(address);
    }
    let installed = setup::redis::install(workshop).await?;
    let redis = EmbeddedRedis::prepare(&workshop.places, installed, &workshop.ports).await?;
    fleet.start(Place::Store, redis.program()).await?;
    Ok(RedisAddress { host: "127.0.0.1".to_owned(), port: redis.port() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_url_is_a_host_and_a_port_and_nothing_that_would_be_dropped() {
        let parsed = |url| RedisAddress::parse(url).ok().map(|address| (address.host, address.port));
        assert_eq!(parsed("redis://cache"), Some(("cache".to_owned(), 6379)));
        assert_eq!(parsed("redis://127.0.0.1:7000/0"), Some(("127.0.0.1".to_owned(), 7000)));
        assert_eq!(parsed("redis://:secret@cache:6379"), None);
        assert_eq!(parsed("redis://cache/5"), None);
        assert_eq!(parsed("http://cache"), None);
    }
}
