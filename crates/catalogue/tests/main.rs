//! Providers, models and aliases on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

#[cfg(test)]
mod aliases;
#[cfg(test)]
mod known;
#[cfg(test)]
mod models;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod replacement;
#[cfg(test)]
mod rerankers;
#[cfg(test)]
mod usable;

use catalogue::provider::{NewProvider, Provider, create_provider};
use kernel::PageRequest;
use platform::{Cx, config::Settings};
use testkit::{Database, Person};

const KEY: &str = "a-master-key-of-these-tests-0123456789abcdef";

fn all() -> PageRequest {
    PageRequest::parse(None, None).unwrap()
}

/// With a master key, and a model server in the own network.
async fn configured<T>(work: impl Future<Output = T>) -> T {
    let values =
        [("master_key", KEY.to_owned()), ("model_hosts", "gpu.example.internal:8000".to_owned())];
    Settings::new(values).scope(work).await
}

/// A database with an administrator, and what the component `admin` has of it.
async fn administrator() -> (Database, Person, Cx) {
    let database = Database::fresh().await;
    let person = database.person("ann").await;
    let cx = database.cx(&person, "tessera_admin").await;
    (database, person, cx)
}

fn new_provider<'a>(name: &'a str, credential: Option<&'a str>) -> NewProvider<'a> {
    NewProvider {
        name,
        dialect: "openai",
        base_url: "https://api.example.org/v1/",
        api_version: None,
        credential,
    }
}

async fn provider(cx: &Cx, name: &str) -> Provider {
    create_provider(cx, &new_provider(name, None)).await.unwrap()
}
